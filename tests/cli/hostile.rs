//! Strange strings as arguments: a clear refusal or a correct request, never raw control characters on a terminal.

use crate::support::home::Home;

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
fn harmless(args: &[&str]) {
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
}

#[test]
fn hostile_arguments_are_refused_clearly_or_sent_correctly() {
    for text in hostile() {
        let text = text.as_str();
        harmless(&["request", "--dry-run", "--", text]);
        for flag in [
            "--sender",
            "--sms-text",
            "--pin-length",
            "--pin-type",
            "--expires-in",
            "--max-tries",
            "--report-url",
            "--country",
            "--timeout",
        ] {
            let value = format!("{flag}={text}");
            if text.len() <= 100 || flag == "--sms-text" {
                harmless(&["request", "34600000000", "--dry-run", &value]);
            }
        }
        harmless(&["--sandbox", "verify", "34600000000", "--", text]);
        harmless(&["config", "set", "sender", text]);
        harmless(&["config", "get", "--", text]);
        harmless(&["--", text]);
    }
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
            .end();
        assert_eq!(ended.status, Some(3), "{ended}");
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\r']), "{ended}");
        }
    }
}
