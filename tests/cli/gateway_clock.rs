//! Where the age of an SMS decides whether its number gets another one, this machine's clock is held against the gateway's date.

use crate::batch::Batch;
use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply, Script};
use crate::support::home::KEY;
use crate::support::http::{self, Request};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use std::time::SystemTime;

/// A gateway that accepts everything, with a clock so many minutes ahead of this machine's.
struct Dated {
    minutes_ahead: i64,
}

impl Script for Dated {
    fn reply(&self, request: &Request) -> Reply {
        let (code, body) = match request.number {
            _ if request.is_balance() => (200, http::BALANCE),
            None => (400, http::MISSING_PARAMS),
            Some(_) => (200, r#"{"status":"ok"}"#),
        };
        let date =
            Timestamp::try_from(SystemTime::now()).unwrap() + SignedDuration::from_mins(self.minutes_ahead);
        let date = rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&date)
            .unwrap();
        let answer = String::from_utf8(http::answer(code, body)).unwrap();
        let (status, rest) = answer.split_once("\r\n").unwrap();
        Reply::Bytes(format!("{status}\r\nDate: {date}\r\n{rest}").into_bytes())
    }
}

fn batch(minutes_ahead: i64) -> Batch {
    let batch = Batch::at(Gateway::start(Dated { minutes_ahead }));
    batch.write("msisdn\n34600000001\n");
    batch
}

#[track_caller]
fn is_refused(ended: &Ended, says: &str) {
    assert_eq!(ended.status, Some(2), "{ended}");
    let error = ended.json()["error"].to_string();
    assert!(
        error.contains("nothing was sent") && error.contains(says),
        "{ended}"
    );
}

#[test]
fn a_batch_that_asks_for_ages_needs_a_clock_that_is_right() {
    const ONCE: &[&str] = &["--once-per", "25d"];
    const OVER: &[&str] = &["--resend", "unknown"];
    for (minutes_ahead, flags, refused) in [
        (11, ONCE, Some("behind")),
        (-11, ONCE, Some("ahead of")),
        (11, OVER, Some("behind")),
        (9, ONCE, None),
        (-9, ONCE, None),
        (11, &["--resend", "all-unknown"], None),
        (11, &[], None),
    ] {
        let batch = batch(minutes_ahead);
        match refused {
            Some(says) => {
                is_refused(&batch.run(&[&["--yes"], flags].concat()), says);
                assert!(batch.gateway.numbers().is_empty());
            }
            None => {
                batch.sends(flags, 0, "finished");
            }
        }
    }
}

#[test]
fn a_request_asks_for_the_date_only_where_an_sms_is_old_enough_for_another() {
    let request = |batch: &Batch, once_per| {
        let args = ["--json", "request", "34600000001", "--once-per", once_per];
        let run = batch
            .home
            .smspin([&args[..], &["--base-url", &batch.gateway.base_url]].concat());
        run.env("SMSPIN_API_KEY", KEY)
            .env("SMSPIN_JOURNAL", batch.file("request.db"))
            .end()
    };
    for (minutes_ahead, second) in [(11, 2), (9, 0)] {
        let batch = batch(minutes_ahead);
        request(&batch, "10m").exits(0);
        assert_eq!(request(&batch, "10m").json()["kind"], "sent_recently");
        let third = request(&batch, "1ms").exits(second);
        let sent = if second == 0 { 2 } else { 1 };
        assert_eq!(batch.gateway.numbers().len(), sent, "{third}");
    }
}
