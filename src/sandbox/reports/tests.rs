//! Delivery reports against a receiver on a real socket.

use super::*;
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use crate::sandbox::store::pins::{self, NewMessage};
use crate::sandbox::store::reports::NewReport;
use crate::sandbox::store::{Db, StateView, accounts};
use serde_json::Value;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A store with one SMS, and reports to `url` that are due already.
async fn store(url: String, reports: Vec<&'static str>) -> SandboxStore {
    let store = SandboxStore::open(&Db::Memory).unwrap();
    let at = Millis(1_700_000_000_000);
    let write = move |state: &StateView<'_>| {
        let message = NewMessage {
            account: accounts::open(state, "k", Money::ZERO, false)?,
            msisdn: Msisdn::from_digits("34666666111").unwrap(),
            sms_id: [0xab; 16],
            sender: Some("GOOD PIZZA".to_owned()),
            text: String::new(),
            pin: "1234".to_owned(),
            at,
            expires_in: None,
            max_tries: 0,
            status: "ACCEPTD",
            settled: "DELIVRD",
            settled_at: at,
        };
        let id = pins::record(state, &message)?;
        let due: Vec<_> = reports
            .iter()
            .map(|status| NewReport { status, due: at })
            .collect();
        reports::schedule(state, id, &url, "http://receiver", &due)
    };
    store.write(write).await.unwrap();
    store
}

fn rules() -> PostRules {
    PostRules {
        allow_remote: false,
        gives_up: true,
        roots: TrustedRoots::default(),
    }
}

async fn listed(store: &SandboxStore) -> Vec<reports::ShownReport> {
    let all = accounts::AccountPrefix::default();
    store
        .read(move |state| reports::list(state, None, &all, 10))
        .await
        .unwrap()
}

/// Answers one POST after another with these codes, and gives back the bodies.
async fn receive(listener: TcpListener, codes: Vec<u16>) -> Vec<(String, Value)> {
    let mut bodies = Vec::new();
    for code in codes {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 256 * 1024];
        let mut length = 0;
        let (head, body) = loop {
            let read = stream.read(&mut bytes[length..]).await.unwrap();
            assert_ne!(read, 0, "the post ended early, after {length} bytes");
            length += read;
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            if let Ok(body) = serde_json::from_str(body) {
                break (head.to_ascii_lowercase(), body);
            }
        };
        let answer = format!("HTTP/1.1 {code} X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        bodies.push((head, body));
    }
    bodies
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dlr?a=b", listener.local_addr().unwrap());
    (listener, url)
}

/// Posts until the store has nothing left, or `received` is complete.
async fn post_until<T>(store: &SandboxStore, received: impl Future<Output = T>) -> T {
    let stop = StopSignal::new();
    let rules = rules();
    let post = run(store, &stop, &rules, &|_| {});
    tokio::select! {
        received = received => received,
        () = post => unreachable!("it is not stopped"),
    }
}

#[tokio::test]
async fn what_is_due_together_is_posted_as_one_array() {
    let (listener, url) = listen().await;
    let store = store(url, vec!["ACCEPTD", "DELIVRD"]).await;
    let received = post_until(&store, receive(listener, vec![200])).await;
    let (head, body) = &received[0];
    assert!(
        head.starts_with("post /dlr?a=b http/1.1") && head.contains("content-type: application/json"),
        "{head}"
    );
    assert_eq!(
        body[0],
        serde_json::json!({
            "sms_id": "abababababababababababababababab", "from": "GOOD PIZZA", "to": "34666666111", "custom": "",
            "sms_date": "2023-11-14 23:13:20", "status": "ACCEPTD", "dlr_date": "2023-11-14 23:13:20"
        })
    );
    assert_eq!(
        (body.as_array().unwrap().len(), &body[1]["status"]),
        (2, &Value::from("DELIVRD"))
    );
}

#[tokio::test]
async fn no_array_has_more_than_a_thousand() {
    let (listener, url) = listen().await;
    let store = store(url, vec!["DELIVRD"; 1_001]).await;
    let received = post_until(&store, receive(listener, vec![200, 200])).await;
    let lengths: Vec<_> = received
        .iter()
        .map(|(_, body)| body.as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [1_000, 1]);
}

#[tokio::test]
async fn what_is_not_taken_comes_again_later_and_redirects_are_not_followed() {
    for refusal in [500, 302, 404] {
        let (listener, url) = listen().await;
        let store = store(url, vec!["DELIVRD"]).await;
        post_until(&store, async {
            receive(listener, vec![refusal]).await;
            // Settled once it is due again, within the backoff and not within the hold.
            loop {
                let shown = listed(&store).await;
                if shown[0].http == Some(refusal) {
                    assert_eq!((shown[0].state.as_str(), shown[0].attempts), ("waiting", 1));
                    let wait = store
                        .read(|state| reports::next_due(state, "[]"))
                        .await
                        .unwrap()
                        .unwrap();
                    assert!(wait <= backoff(0), "{wait:?}");
                    break;
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn reports_to_other_machines_are_given_up_and_told() {
    let store = store("http://192.0.2.1/".to_owned(), vec!["DELIVRD"]).await;
    let told = Mutex::new(Vec::new());
    let stop = StopSignal::new();
    let tell = |text| {
        told.lock().unwrap().push(text);
        stop.now();
    };
    run(&store, &stop, &rules(), &tell).await;
    let told = told.into_inner().unwrap();
    assert!(
        told[0].contains("192.0.2.1") && told[0].contains("--allow-remote-reports"),
        "{told:?}"
    );
    assert_eq!(
        store.read(|state| reports::next_due(state, "[]")).await.unwrap(),
        None
    );
    let shown = listed(&store).await;
    assert_eq!(shown[0].state, "given_up");
    // Who posts it again is told again.
    let id = shown[0].id;
    assert!(
        store
            .write(move |state| reports::post_again(state, id))
            .await
            .unwrap()
    );
    assert_eq!(listed(&store).await[0].state, "waiting");
}

#[test]
fn backoff_grows_and_stays_within_a_day() {
    assert_eq!(backoff(0), Duration::from_secs(1));
    assert_eq!(backoff(3), Duration::from_secs(8));
    assert_eq!(backoff(99), Duration::from_secs(8 * 3600));
    let total: Duration = (0..TRIES).map(backoff).sum();
    assert!(total < Duration::from_secs(48 * 3600));
}
