//! Clients of Node.js against a served sandbox: one that keeps its connection, one that closes its half, one that pipelines.

use crate::served::{KEY, Served};
use crate::support::home::Home;
use std::process::Command;

/// Runs a script with the sandbox's port, and compares what it prints.
fn node(script: &str, printed: &str) {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let port = served.address.rsplit(':').next().unwrap();
    let output = Command::new("node")
        .args(["-e", script, port, KEY])
        .output()
        .expect("node is installed");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(stdout, printed, "{stderr}");
}

#[test]
#[ignore = "needs node"]
fn a_connection_that_is_kept_outlives_a_refusal_during_the_body() {
    node(
        r#"
        const http = require("http");
        const [port, key] = process.argv.slice(1);
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const body = JSON.stringify({ api_key: key, msisdn: "34666666111" });
        const send = (type) => new Promise((resolve) => {
          const request = http.request({ port, agent, method: "POST", path: "/api/3.0/2fa/request", headers: { "Content-Type": type } },
            (answer) => { answer.resume(); answer.on("end", () => resolve(answer.statusCode)); });
          request.on("error", (error) => resolve(error.code));
          request.write(body.slice(0, 10));
          setImmediate(() => request.end(body.slice(10)));
        });
        (async () => {
          const codes = [];
          for (let round = 0; round < 20; round++) codes.push(await send("text/plain"), await send("application/json"));
          console.log([...new Set(codes)].join(" "));
          agent.destroy();
        })();
        "#,
        "400 200\n",
    );
}

#[test]
#[ignore = "needs node"]
fn one_that_closes_its_half_and_one_that_pipelines_get_every_answer() {
    node(
        r#"
        const net = require("net");
        const [port, key] = process.argv.slice(1);
        const body = JSON.stringify({ api_key: key, msisdn: "34666666111" });
        const head = "POST /api/3.0/2fa/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ";
        const request = head + body.length + "\r\n\r\n" + body;
        const ask = (times) => new Promise((resolve) => {
          let text = "";
          const socket = net.connect({ port, allowHalfOpen: true }, () => socket.end(request.repeat(times)));
          socket.on("data", (data) => { text += data; });
          socket.on("end", () => resolve(text.split('{"status":"ok"}').length - 1));
        });
        (async () => {
          const answered = [];
          for (let round = 0; round < 20; round++) answered.push(await ask(1), await ask(5));
          console.log([...new Set(answered)].join(" "));
        })();
        "#,
        "1 5\n",
    );
}
