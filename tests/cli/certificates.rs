//! Certificates and proxies that stand between a command and the gateway: nothing leaves, nothing is tried again that can't
//! help, and the hint is the one for the cause.

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, KEY, Run};
use crate::support::postgres::Cluster;
use crate::support::text_table;
use crate::support::tls::{TlsGateway, certificate};

/// A request that is tried again as often as by default.
fn request(home: &Home, base_url: &str) -> Run {
    home.typed("request 34600000000 --json").at(base_url)
}

/// The text of a field of the document on standard output.
fn text(ended: &Ended, field: &str) -> String {
    ended.json()[field].as_str().unwrap_or_default().to_owned()
}

/// A certificate, whether its authority is trusted, and what is said of it.
const NOT_TRUSTED: &str = "
valid | | issuer that this machine doesn't trust | ca_file
other-name | authority | for other names than localhost | base_url
expired | authority | expired: it was valid until 2021-01-01T00:00:00Z | date and time
not-yet-valid | authority | not valid yet: it is from 2110-01-01T00:00:00Z on | date and time
self-signed | | is self-signed | ca_file
self-signed-authority | | is an authority's own | CA:FALSE
";

#[test]
fn a_certificate_that_is_not_trusted_is_tried_once_and_named() {
    for [name, with_authority, detail, hint] in text_table::rows(NOT_TRUSTED) {
        let home = Home::new();
        let server = TlsGateway::start(move |_| name);
        let mut run = request(&home, &server.base_url);
        if !with_authority.is_empty() {
            run = run.env("SMSPIN_CA_FILE", certificate("authority"));
        }
        let ended = run.end();
        assert_eq!(ended.status, Some(4), "{name}: {ended}");
        assert_eq!(text(&ended, "outcome"), "unsent", "{name}: {ended}");
        assert_eq!(ended.json()["attempts"], 1, "{name}: {ended}");
        assert_eq!(server.connections(), 1, "{name}: {ended}");
        assert!(text(&ended, "detail").contains(detail), "{name}: {ended}");
        assert!(text(&ended, "hint").contains(hint), "{name}: {ended}");
    }
}

#[test]
fn an_authority_of_the_users_own_is_trusted() {
    let home = Home::new();
    let server = TlsGateway::start(|_| "valid");
    for variable in ["SMSPIN_CA_FILE", "SSL_CERT_FILE"] {
        let run = request(&home, &server.base_url).env(variable, certificate("authority"));
        let ended = run.end();
        assert_eq!(
            (ended.status, text(&ended, "outcome").as_str()),
            (Some(0), "accepted"),
            "{ended}"
        );
    }
}

#[test]
fn a_certificate_that_signed_itself_is_trusted_where_it_is_named() {
    let home = Home::new();
    let server = TlsGateway::start(|_| "self-signed");
    request(&home, &server.base_url)
        .env("SMSPIN_CA_FILE", certificate("self-signed"))
        .exits(0);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_database_is_trusted_as_the_gateway_is() {
    let cluster = Cluster::start();
    cluster.serve_tls(&certificate("valid"), &certificate("server-key"));
    let server = TlsGateway::start(|_| "valid");
    let home = Home::new();
    let run = |number: &str, query: &str| {
        let journal = format!(
            "postgres://me@localhost:{}/sms?sslmode=verify-full{query}",
            cluster.port
        );
        home.typed(format!(
            "request {number} --json --once-per 10m --journal {journal}"
        ))
        .at(&server.base_url)
    };
    for (number, variable) in [
        ("34600000001", "SMSPIN_CA_FILE"),
        ("34600000002", "SSL_CERT_FILE"),
    ] {
        let ended = run(number, "").env(variable, certificate("authority")).end();
        assert_eq!(ended.status, Some(0), "{variable}: {ended}");
    }
    // An authority that is named for the database is the only one there, whatever the gateway is trusted by.
    let other = format!("&sslrootcert={}", certificate("self-signed").display());
    for (query, variable) in [("", "SMSPIN_UNUSED"), (other.as_str(), "SMSPIN_CA_FILE")] {
        let ended = run("34600000003", query)
            .env(variable, certificate("authority"))
            .exits(2);
        ended.out("issuer that this machine doesn't trust");
        ended.out("ca_file");
    }
    let named = format!("&sslrootcert={}", certificate("authority").display());
    run("34600000004", &named)
        .env("SMSPIN_CA_FILE", certificate("authority"))
        .exits(0);
}

#[test]
fn a_server_without_tls_is_tried_once() {
    let home = Home::new();
    let server = Gateway::in_turn([Reply::BytesUnread(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]);
    let ended = request(&home, &server.base_url.replace("http:", "https:")).end();
    assert_eq!(
        (ended.status, ended.json()["attempts"].as_u64()),
        (Some(4), Some(1)),
        "{ended}"
    );
    assert!(text(&ended, "detail").contains("does not speak TLS"), "{ended}");
    assert!(text(&ended, "hint").contains("host and port"), "{ended}");
}

#[test]
fn authorities_that_the_environment_names_in_vain_stop_the_command() {
    let home = Home::new();
    let garbage = home.file("garbage.pem");
    std::fs::write(&garbage, "no certificate").unwrap();
    let server = TlsGateway::start(|_| "valid");
    for (name, value, reason) in [
        ("SSL_CERT_FILE", home.file("absent.pem"), "cannot read"),
        ("SSL_CERT_FILE", garbage.clone(), "holds no PEM certificate"),
        ("SSL_CERT_DIR", home.file("absent"), "cannot read"),
        ("SSL_CERT_DIR", garbage, "cannot read"),
    ] {
        let ended = request(&home, &server.base_url).env(name, &value).end();
        assert_eq!(ended.status, Some(2), "{name}: {ended}");
        let error = ended.json().to_string();
        assert!(error.contains(name) && error.contains(reason), "{name}: {ended}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_proxy_that_refuses_is_named_and_one_that_wants_a_password_is_tried_once() {
    for (answer, attempts, detail, hint) in [
        (
            "407 Proxy Authentication Required",
            1,
            "wants a user and a password",
            "USER:PASSWORD",
        ),
        (
            "403 Forbidden",
            2,
            "the proxy did not connect to gateway.example",
            "NO_PROXY",
        ),
    ] {
        let home = Home::new();
        let refusal = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").into_bytes();
        let proxy = Gateway::in_turn(vec![Reply::BytesUnread(refusal); attempts]);
        let ended = home
            .typed("request 34600000000 --json --base-url https://gateway.example/api/3.0")
            .env("SMSPIN_API_KEY", KEY)
            .env("SMSPIN_RETRIES", "1")
            .env("HTTPS_PROXY", proxy.base_url.trim_end_matches("/api/3.0"))
            .end();
        assert_eq!(ended.status, Some(4), "{answer}: {ended}");
        assert_eq!(ended.json()["attempts"], attempts, "{answer}: {ended}");
        assert!(text(&ended, "detail").contains(detail), "{answer}: {ended}");
        assert!(text(&ended, "hint").contains(hint), "{answer}: {ended}");
    }
}

#[test]
fn a_certificate_that_expires_during_a_batch_stops_it_at_the_first_row() {
    let home = Home::new();
    let file = home.file("users.csv");
    std::fs::write(
        &file,
        "msisdn\n+34600000001\n+34600000002\n+34600000003\n+34600000004\n",
    )
    .unwrap();
    // Two free calls, two rows, and then another certificate.
    let server = TlsGateway::start(|connection| if connection < 4 { "valid" } else { "expired" });
    let run = |args: &[&str]| {
        let batch = [
            "batch",
            file.to_str().unwrap(),
            "--yes",
            "--concurrency",
            "1",
            "--json",
        ];
        home.smspin(batch.iter().chain(args))
            .at(&server.base_url)
            .env("SMSPIN_CA_FILE", certificate("authority"))
            .end()
    };
    let ended = run(&[]).exits(4);
    assert_eq!(server.connections(), 5, "{ended}");
    assert_eq!(text(&ended, "outcome"), "stopped", "{ended}");
    assert!(text(&ended, "stopped_by").contains("expired"), "{ended}");
    assert!(text(&ended, "hint").contains("date and time"), "{ended}");
    // The next command finds out before its first row.
    let ended = run(&[]).exits(4);
    assert_eq!(server.connections(), 6, "{ended}");
    assert!(ended.json()["error"].to_string().contains("expired"), "{ended}");
}
