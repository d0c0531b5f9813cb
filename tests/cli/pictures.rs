//! The pictures of the documentation, in `docs/pictures/`: made of what the program prints and shows. This makes them again:
//! `SMSPIN_UPDATE=1 cargo test --test cli pictures -- --include-ignored`

use crate::readme::typed;
use crate::served::{KEY, Served};
use crate::support::browser::Browser;
use crate::support::home::Home;
use rustix::process::Signal;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The list: rows of invented people, one of whom has a number that the sandbox never answers.
const PEOPLE: usize = 1000;
/// Ends a run in the middle, as a machine does that loses its power.
const KILLED: &str = "smspin --sandbox batch users.csv --yes --rate 50/s  # kill -9 in the middle";
/// What is typed in the session. `PIN` stands for the PIN that was shown last.
const SESSION: [&str; 6] = [
    "smspin --sandbox request 12025550100",
    "smspin --sandbox verify 12025550100 PIN",
    "head -n 3 users.csv; wc -l < users.csv",
    KILLED,
    "smspin --sandbox batch users.csv --yes",
    "smspin sandbox inbox --json | grep -o '\"msisdn\":\"[0-9]*\"' | sort | uniq -d | wc -l  # got two",
];

/// The width of the session, in characters.
const COLUMNS: usize = 98;
const LINE: usize = 19;
const MARGIN: usize = 18;

/// Before each command.
const PROMPT: &str = "\u{1b}[1;34m$\u{1b}[0m \u{1b}[1m";

fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/pictures")
        .join(name)
}

fn is_update() -> bool {
    std::env::var_os("SMSPIN_UPDATE").is_some()
}

/// The lines of the session, with the colours that the program gives them.
fn session() -> Vec<String> {
    let home = Home::new();
    let rows = (1..PEOPLE).map(|at| match at {
        25 => "Bo,12025550142\n".to_owned(),
        at => format!("Ana,34600000{at:03}\n"),
    });
    std::fs::write(
        home.file("users.csv"),
        "name,phone\n".to_owned() + &rows.collect::<String>(),
    )
    .unwrap();
    let at_home = home.path().display().to_string();
    let (mut lines, mut pin) = (Vec::new(), String::new());
    for (at, command) in SESSION.iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        let command = command.replace("PIN", &pin);
        lines.push(format!("{PROMPT}{command}\u{1b}[0m"));
        let coloured = command.replacen("smspin", "smspin --color always", 1);
        let shown = if command == KILLED {
            killed(&home, &coloured)
        } else {
            typed(&home, &coloured).0
        };
        for line in shown {
            if let Some(text) = line.strip_prefix("  text  ") {
                text.split_whitespace().last().unwrap().clone_into(&mut pin);
            }
            let line = line.replace(&at_home, "/home/ana");
            lines.extend(wrapped(&at_a_fixed_time(&line.replace(" --color always", ""))));
        }
    }
    lines
}

/// Types a line, and kills the program once the gateway has taken some of its requests.
fn killed(home: &Home, line: &str) -> Vec<String> {
    let (line, _) = line.split_once("  #").unwrap();
    let running = home.smspin(line.split(' ').skip(1)).start();
    let has_begun = || {
        let journal = home.typed("--sandbox journal status users.csv --json").end();
        journal.status == Some(4) && journal.json()["rows"]["accepted"].as_u64() > Some(30)
    };
    while !has_begun() {}
    running.signal(Signal::KILL);
    let ended = running.end();
    let shown = ended.stderr.lines().chain(["Killed"]);
    shown.map(str::to_owned).collect()
}

/// The moment from which a command can be typed has a date where it is not today.
fn at_a_fixed_time(line: &str) -> String {
    match line.split_once(" UTC on: ") {
        Some((_, command)) => format!("from 15:53 UTC on: {command}"),
        None => line.to_owned(),
    }
}

/// A line in pieces that fit, cut between words.
fn wrapped(line: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut wide = 0;
    for word in line.split_inclusive(' ') {
        let length = without_colours(word).trim_end().chars().count();
        if wide + length > COLUMNS {
            pieces.push("    ".to_owned());
            wide = 4;
        }
        wide += without_colours(word).chars().count();
        pieces.last_mut().unwrap().push_str(word);
    }
    pieces
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or("", |(_, rest)| rest)
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One line as SVG: each colour is a class of the picture's style.
fn drawn(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut text = escaped(parts.next().unwrap_or_default());
    for part in parts {
        let (code, rest) = part.split_once('m').unwrap();
        let class = match code.trim_start_matches('[') {
            "0" => "",
            "1" => "strong",
            "1;31" => "red",
            "1;32" => "green",
            "1;33" => "yellow",
            "1;34" => "blue",
            other => panic!("a colour that the picture doesn't know: {other}"),
        };
        match class {
            "" => text.push_str(&escaped(rest)),
            class => text.push_str(&format!("<tspan class=\"{class}\">{}</tspan>", escaped(rest))),
        }
    }
    text
}

/// Dark, or light where the reader's system is. The lines come one after the other, and stay; where the reader wants no motion, all
/// of them are there at once.
const STYLE: &str = "\
text { font: 13.3px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d1d7e0; white-space: pre; }
rect { fill: #0d1117; } .strong { font-weight: 700; fill: #f0f6fc; } .red { font-weight: 700; fill: #ff7b72; }
.green { font-weight: 700; fill: #56d364; } .yellow { font-weight: 700; fill: #e3b341; } .blue { font-weight: 700; fill: #79c0ff; }
@media (prefers-color-scheme: light) {
text { fill: #24292f; } rect { fill: #f6f8fa; } .strong { fill: #1f2328; } .red { fill: #cf222e; }
.green { fill: #1a7f37; } .yellow { fill: #9a6700; } .blue { fill: #0969da; }
}
@media (prefers-reduced-motion: no-preference) { text { animation: 1ms step-end backwards come; } }
@keyframes come { from { opacity: 0; } }
";

fn svg(lines: &[String]) -> String {
    let (width, height) = (2 * MARGIN + COLUMNS * 8, 2 * MARGIN + lines.len() * LINE);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <style>\n{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n"
    );
    // In tenths of a second: time to read what a command has said, and a moment before its answer.
    let mut moment = 0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        moment += match line.as_str() {
            line if line.starts_with(PROMPT) => 15,
            "Killed" => 10,
            _ if lines[at - 1].starts_with(PROMPT) => 6,
            _ => 1,
        };
        let (seconds, tenths) = (moment / 10, moment % 10);
        let y = MARGIN + at * LINE + 14;
        svg.push_str(&format!(
            "<text x=\"{MARGIN}\" y=\"{y}\" style=\"animation-delay: {seconds}.{tenths}s\">{}</text>\n",
            drawn(line)
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

/// A picture without what differs from run to run: PINs, times and rates.
fn comparable(svg: &str) -> String {
    let without_figures = |line: &str| {
        let text: String = line
            .chars()
            .filter(|c| !c.is_ascii_digit() && !".,".contains(*c))
            .collect();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").replace("(lines", "(line") + "\n"
    };
    let mut comparable = String::new();
    for line in svg.lines() {
        let measured = [
            " ms",
            " EUR",
            "code is",
            " verify ",
            " UTC",
            " ago",
            " s (",
            " to send",
            " accepted",
            "(line",
            "sending",
        ]
        .iter()
        .any(|word| line.contains(word));
        if measured {
            comparable.push_str(&without_figures(line));
        } else {
            comparable.push_str(line);
            comparable.push('\n');
        }
    }
    comparable
}

/// What a badge of some service would say, drawn here: two words side by side.
fn badge(label: &str, value: &str) -> String {
    let wide = |text: &str| 16 + text.chars().count() * 7;
    let (left, right) = (wide(label), wide(value));
    let half = |class: &str, x: usize, width: usize, text: &str| {
        let middle = x + width / 2;
        format!(
            "<rect class=\"{class}\" x=\"{x}\" width=\"{width}\" height=\"20\"/>\
             <text x=\"{middle}\" y=\"14\">{text}</text>\n"
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" role=\"img\" aria-label=\"{label}: {value}\">\n\
         <style>text {{ font: 12px Verdana, 'DejaVu Sans', sans-serif; fill: #fff; text-anchor: middle; }} \
         .label {{ fill: #555; }} .value {{ fill: #0969da; }}</style>\n{1}{2}</svg>\n",
        left + right,
        half("label", 0, left, label),
        half("value", left, right, value)
    )
}

#[test]
fn the_badges_say_what_the_manifest_says() {
    let oldest = format!("{} or newer", env!("CARGO_PKG_RUST_VERSION"));
    let badges = [
        ("licence.svg", badge("licence", env!("CARGO_PKG_LICENSE"))),
        ("rust.svg", badge("Rust", &oldest)),
    ];
    for (name, made) in badges {
        if is_update() {
            std::fs::write(picture(name), &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(picture(name)).unwrap(), made, "{name}");
    }
}

#[test]
fn the_session_is_what_the_program_prints() {
    let made = svg(&session());
    let place = picture("session.svg");
    if is_update() {
        std::fs::write(&place, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&place).unwrap();
    assert_eq!(
        comparable(&committed),
        comparable(&made),
        "run `SMSPIN_UPDATE=1 cargo test --test cli pictures` and look at docs/pictures/session.svg"
    );
    let twice = committed.trim_end().trim_end_matches("</svg>").trim_end();
    assert!(twice.ends_with(">0</text>"), "a number has got two SMS");
}

#[test]
#[ignore = "needs chromium"]
fn the_inbox_is_what_a_browser_shows() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:", "--dlr-delay", "1ms"]);
    let send = |msisdn: &str, sender: &str, text: &str| {
        let body = json!({"api_key": KEY, "msisdn": msisdn, "sms_text": text, "sender": sender});
        served.call("2fa/request", &body).unwrap();
    };
    send("12025550101", "SHOP", "Su código es {PIN}");
    send("12025550100", "GOOD PIZZA", "Your verification code is {PIN}");
    let mut browser = Browser::start(home.path());
    let page = browser.open(&format!("{}/", served.url()));
    let delivered = "[...document.querySelectorAll('#messages .delivery')].filter((one) => one.textContent === 'DELIVRD').length === 2";
    browser.until(&page, delivered);
    let screen = json!({"width": 760, "height": 600, "deviceScaleFactor": 1, "mobile": false});
    browser.command(Some(&page), "Emulation.setDeviceMetricsOverride", &screen);
    browser.value(
        &page,
        "document.documentElement.style.scrollbarWidth = 'none'; const tabs = document.querySelector('[role=tablist]'); tabs.style.scrollMarginTop = '14px'; tabs.scrollIntoView()",
    );
    let taken = browser.picture(&page, false);
    assert!(taken.len() > 10_000, "an empty picture");
    if is_update() {
        let encoded = home.file("inbox.base64");
        std::fs::write(&encoded, taken).unwrap();
        let decoded = std::process::Command::new("base64")
            .arg("-d")
            .arg(encoded)
            .output()
            .unwrap();
        std::fs::write(picture("inbox.png"), decoded.stdout).unwrap();
    }
    let committed = std::fs::read(picture("inbox.png")).unwrap();
    assert!(committed.starts_with(b"\x89PNG") && committed.len() < 200_000);
}
