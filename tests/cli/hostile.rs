//! Strange strings as arguments: a clear refusal or a correct request, never raw control characters on a terminal.

use crate::support::ended::Ended;
use crate::support::home::Home;
use serde_json::Value;

/// Characters that move cursors, reorder lines, hide, or stand for digits in other scripts.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "-",
        "--",
        "\u{1b}[2J\u{1b}]0;title\u{7}",
        "\u{9b}31m",
        "\u{202e}0123456789",
        "٣٤٦٠٠٠٠٠٠٠٠",
        "３４６００００００００",
        "+34\u{200b}600000000",
        "34600000000\n34600000001",
        "\r\nX: y",
        "{PIN}{PIN}",
        "{pin}",
        "null",
        "1e10",
        "9999999999999999999999999999",
        "\u{feff}34600000000",
        "a\u{301}\u{301}\u{301}",
        "🙂",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("9".repeat(100_000));
    texts.push("{PIN}".repeat(20_000));
    texts
}

#[track_caller]
fn harmless(args: &[&str]) -> Ended {
    let home = Home::new();
    let ended = home.smspin(args).end();
    assert!(matches!(ended.status, Some(0..=2)), "{ended}");
    for text in [&ended.stdout, &ended.stderr] {
        let raw = text
            .chars()
            .find(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{feff}'));
        assert_eq!(raw, None, "{ended}");
        assert!(text.len() < 20_000, "an error of {} bytes", text.len());
    }
    ended
}

/// What would be sent under `name`, where the arguments are not refused.
fn sent(args: &[&str], name: &str) -> Option<String> {
    let ended = harmless(&[&["--json", "request", "--dry-run"], args].concat());
    (ended.status == Some(0)).then(|| match &ended.json()["body"][name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// The digits of a text, in whichever script they are.
fn digits(text: &str) -> String {
    let zeros = ['0', '٠', '０'];
    let value = |c: char| {
        let mut of_script = zeros
            .iter()
            .map(|zero| u32::from(c).wrapping_sub(u32::from(*zero)));
        of_script.find(|value| *value < 10)
    };
    text.chars()
        .filter_map(value)
        .map(|value| value.to_string())
        .collect()
}

#[test]
fn hostile_arguments_are_refused_clearly_or_sent_correctly() {
    let mut compared = 0;
    for text in hostile() {
        let text = text.as_str();
        harmless(&["request", "--dry-run", "--", text]);
        if let Some(msisdn) = sent(&["--", text], "msisdn") {
            assert_eq!(msisdn, digits(text), "{text:?}");
            compared += 1;
        }
        for (flag, name) in [
            ("--sender", "sender"),
            ("--sms-text", "sms_text"),
            ("--report-url", "report_url"),
        ] {
            let value = format!("{flag}={text}");
            if text.len() > 100 && flag != "--sms-text" {
                continue;
            }
            // What is empty is not sent.
            let expected = if text.is_empty() { "null" } else { text };
            if let Some(found) = sent(&["34600000000", &value], name) {
                assert_eq!(found, expected, "{value:?}");
                compared += 1;
            }
        }
        for flag in [
            "--pin-length",
            "--pin-type",
            "--expires-in",
            "--max-tries",
            "--country",
            "--timeout",
        ] {
            if text.len() <= 100 {
                harmless(&["request", "34600000000", "--dry-run", &format!("{flag}={text}")]);
            }
        }
        harmless(&["--sandbox", "verify", "34600000000", "--", text]);
        harmless(&["config", "set", "sender", text]);
        harmless(&["config", "get", "--", text]);
        harmless(&["--", text]);
    }
    assert!(
        compared > 0,
        "every text was refused: nothing that is sent was compared"
    );
    let text = "é{PIN}🙂 \"x\"\n\\";
    let found = sent(&["34600000000", "--sms-text", text], "sms_text");
    assert_eq!(found.as_deref(), Some(text));
}

#[test]
fn hostile_answers_move_no_cursor() {
    use crate::support::gateway::Gateway;
    let nasty =
        "{\"status\":\"error\",\"error_id\":\"A\\u001b[2JB\",\"error_msg\":\"x\\u202ey\\u009b31m\\r\\nz\"}";
    for more in [vec![], vec!["--json"], vec!["-v"]] {
        let server = Gateway::answering(400, nasty);
        let mut args = vec!["request", "34600000000", "--base-url", &server.base_url];
        args.extend(more);
        let ended = Home::new()
            .smspin(args)
            .env("SMSPIN_API_KEY", "k".repeat(32))
            .exits(3);
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\r']), "{ended}");
        }
    }
}
