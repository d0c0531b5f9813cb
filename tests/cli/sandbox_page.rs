//! The inbox in a real browser, driven over its debugging pipe.

use crate::served::{KEY, Served};
use crate::support::browser::Browser;
use crate::support::home::Home;
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;

fn request(served: &Served, msisdn: &str, text: &str) {
    let body = json!({"api_key": KEY, "msisdn": msisdn, "sms_text": text, "sender": "GOOD PIZZA"});
    assert_eq!(served.call("2fa/request", &body).unwrap().code, 200);
}

fn open_inbox(browser: &mut Browser, served: &Served) -> String {
    browser.open(&format!("{}/", served.url()))
}

#[test]
#[ignore = "needs chromium"]
fn the_inbox_shows_what_arrived_and_what_arrives() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:", "--dlr-delay", "2s"]);
    request(&served, "34666666111", "Your code is {PIN}");
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.until(&page, "document.querySelectorAll('#messages li').length === 1");
    let pin = home
        .typed(format!("sandbox pin 34666666111 --url {}", served.url()))
        .end()
        .stdout;
    let pin = pin.trim();
    let shown = browser.value(&page, "document.querySelector('#messages li').innerText");
    let shown = shown.as_str().unwrap();
    for piece in [
        "+34666666111",
        "from GOOD PIZZA",
        &format!("Your code is {pin}"),
        "valid, 3 tries left",
        "GSM-7",
    ] {
        assert!(shown.contains(piece), "{piece}: {shown}");
    }
    assert_eq!(
        browser.value(&page, "document.querySelector('#messages code').textContent"),
        pin
    );

    request(&served, "34666666222", "Código {PIN}");
    browser.until(&page, "document.querySelectorAll('#messages li').length === 2");
    let newest = browser.value(&page, "document.querySelector('#messages li .to').textContent");
    assert_eq!(newest, "+34666666222");

    browser.until(
        &page,
        "document.querySelector('#messages .delivery').textContent === 'DELIVRD'",
    );

    let verify = json!({"api_key": KEY, "msisdn": "34666666111", "pin": pin});
    served.call("2fa/verify", &verify).unwrap();
    browser.until(
        &page,
        "document.querySelectorAll('#messages .pin-state')[1].textContent.startsWith('verified')",
    );

    browser.value(&page, "{ const n = document.getElementById('search'); n.value = '6111'; n.dispatchEvent(new Event('input')); }");
    browser.until(&page, "document.querySelectorAll('#messages li').length === 1");
    browser.value(&page, "document.getElementById('clear').click()");
    browser.until(&page, "document.querySelectorAll('#messages li').length === 0");
    // What was done stays readable while the list goes on changing.
    browser.until(
        &page,
        "document.getElementById('notice').textContent === 'Cleared. The PINs stay valid.'",
    );
    browser.until(
        &page,
        "document.getElementById('state').textContent === 'No message with that in it.'",
    );
}

/// Types into the search field.
fn search(browser: &mut Browser, page: &str, text: &str) {
    let typed = format!(
        "{{ const n = document.getElementById('search'); n.value = '{text}'; n.dispatchEvent(new Event('input')); }}"
    );
    browser.value(page, &typed);
}

#[test]
#[ignore = "needs chromium"]
fn the_first_screen_says_how_to_begin_and_the_command_works_as_it_stands() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.until(
        &page,
        "document.getElementById('balance').textContent === '100.0000 EUR'",
    );
    let text = |browser: &mut Browser, id: &str| {
        let value = browser.value(&page, &format!("document.getElementById('{id}').textContent"));
        value.as_str().unwrap().to_owned()
    };
    assert_eq!(
        text(&mut browser, "base-url"),
        format!("{}/api/3.0", served.url())
    );
    assert_eq!(text(&mut browser, "api-key"), KEY);
    assert!(text(&mut browser, "test-numbers").contains("12025550119"));
    let command = text(&mut browser, "curl");
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "{\"status\":\"ok\"}",
        "{command}"
    );
    browser.until(&page, "document.querySelectorAll('#messages li').length === 1");
    browser.until(
        &page,
        "document.getElementById('balance').textContent === '99.9400 EUR'",
    );
    assert_eq!(served.desk("GET /favicon.ico", "").code, 200);
}

#[test]
#[ignore = "needs chromium"]
fn every_message_can_be_reached_and_searched_for() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:", "--balance", "1000"]);
    for number in 0..205 {
        request(&served, &format!("34666666{number:03}"), "Your code is {PIN}");
    }
    request(&served, "34600000000", "Hola {PIN}");
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.until(
        &page,
        "document.getElementById('state').textContent === '206 messages, the newest 200 shown'",
    );
    browser.value(&page, "document.getElementById('more').click()");
    browser.until(&page, "document.querySelectorAll('#messages li').length === 206");
    assert_eq!(
        browser.value(&page, "document.getElementById('more').hidden"),
        true
    );
    for (text, found) in [
        ("hola", 1),
        ("pizza", 206),
        ("+34 600", 1),
        ("nothing like it", 0),
    ] {
        search(&mut browser, &page, text);
        let count = format!("document.querySelectorAll('#messages li').length === {found}");
        browser.until(&page, &count);
    }
}

#[test]
#[ignore = "needs chromium"]
fn the_pin_that_is_copied_is_the_one_that_is_shown() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let mut browser = Browser::start(home.path());
    request(&served, "34666666111", "{PIN}");
    let page = open_inbox(&mut browser, &served);
    for _ in 0..2 {
        browser.until(&page, "document.querySelectorAll('#messages li').length === 1");
        let shown = browser.value(&page, "document.querySelector('#messages code').textContent");
        browser.value(
            &page,
            "{ window.copied = ''; navigator.clipboard.writeText = async (text) => { window.copied = text; }; \
             document.querySelector('#messages .pin button').click(); }",
        );
        browser.until(&page, "window.copied !== ''");
        assert_eq!(browser.value(&page, "window.copied"), shown);
        served.desk("POST /sandbox/reset", "");
        browser.until(&page, "document.querySelectorAll('#messages li').length === 0");
        request(&served, "34666666111", "{PIN}");
    }
}

#[test]
#[ignore = "needs chromium"]
fn requests_and_reports_have_views_of_their_own() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:", "--dlr-delay", "1ms"]);
    let receiver = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/dlr", receiver.local_addr().unwrap());
    let post = || {
        let (mut stream, _) = receiver.accept().unwrap();
        let request = crate::support::http::Request::read(&mut stream, 0)
            .unwrap()
            .unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        request.body().as_array().unwrap().len()
    };
    let body = json!({"api_key": KEY, "msisdn": "34666666111", "report_url": url});
    served.call("2fa/request", &body).unwrap();
    let mut posted = 0;
    while posted < 2 {
        posted += post();
    }
    served
        .call(
            "2fa/request",
            &json!({"api_key": KEY, "msisdn": "34666666111", "sender": "far too long a name"}),
        )
        .unwrap();
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.value(&page, "document.getElementById('tab-requests').click()");
    browser.until(&page, "document.querySelectorAll('#requests li').length === 2");
    let newest = browser.value(&page, "document.querySelector('#requests li').textContent");
    let newest = newest.as_str().unwrap();
    assert!(
        newest.contains("INVALID_SENDER") && newest.contains("at most 11 letters") && !newest.contains(KEY),
        "{newest}"
    );
    browser.value(&page, "document.getElementById('refused').click()");
    browser.until(&page, "document.querySelectorAll('#requests li').length === 1");
    browser.value(&page, "document.getElementById('tab-reports').click()");
    browser.until(&page, "document.querySelectorAll('#reports .fate').length === 2");
    browser.until(
        &page,
        "document.querySelector('#reports .fate').textContent === 'taken (HTTP 200)'",
    );
    browser.value(&page, "document.querySelector('#reports li button').click()");
    assert_eq!(post(), 1);
}

#[test]
#[ignore = "needs chromium"]
fn combining_marks_stay_within_their_message() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let marks = format!("a{}{{PIN}}", "\u{301}".repeat(120));
    request(&served, "34666666111", &marks);
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.until(&page, "document.querySelectorAll('#messages li').length === 1");
    let clipped = "['overflowX', 'overflowY'].every((way) => \
        ['clip', 'hidden'].includes(getComputedStyle(document.querySelector('#messages .text'))[way]))";
    assert_eq!(browser.value(&page, clipped), true);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_that_is_idle_asks_once_and_waits() {
    let home = Home::new();
    let file = home.path().join("state");
    let served = Served::start(&home, &["--db", &file.to_string_lossy()]);
    request(&served, "34666666111", "{PIN}");
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.until(&page, "document.querySelectorAll('#messages li').length === 1");
    let settled =
        "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/sandbox/')).length";
    browser.until(&page, &format!("{settled} >= 2"));
    let revision = served.desk("GET /sandbox/messages?limit=1", "").body;
    let written = std::fs::metadata(home.path().join("state-wal")).unwrap().len();
    let before = browser.value(&page, settled);
    // Ten seconds in which nothing happens, told by the sandbox's own wait.
    let start: Value = serde_json::from_str(&revision).unwrap();
    served.desk(
        &format!(
            "GET /sandbox/messages?limit=1&since={}&wait=10",
            start["revision"]
        ),
        "",
    );
    assert_eq!(browser.value(&page, settled), before);
    assert_eq!(
        std::fs::metadata(home.path().join("state-wal")).unwrap().len(),
        written
    );
    let end: Value = serde_json::from_str(&served.desk("GET /sandbox/messages?limit=1", "").body).unwrap();
    assert_eq!(end["revision"], start["revision"]);
}

#[test]
#[ignore = "needs chromium and axe-core"]
fn axe_finds_nothing_in_light_and_dark_on_a_phone_and_a_desk() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    for number in ["34666666111", "34666666111", "34666666222"] {
        request(&served, number, "Your code is {PIN}");
    }
    served
        .call(
            "2fa/request",
            &json!({"api_key": KEY, "msisdn": "34666666111", "sender": "far too long a name"}),
        )
        .unwrap();
    let report = json!({"api_key": KEY, "msisdn": "34666666111", "report_url": "http://127.0.0.1:1/dlr"});
    served.call("2fa/request", &report).unwrap();
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    browser.until(&page, "document.querySelectorAll('#messages li').length === 4");
    browser.value(
        &page,
        "for (const details of document.querySelectorAll('details')) details.open = true",
    );
    browser.in_both_schemes(&page, [320, 1280], |browser, shown| {
        for view in ["messages", "requests", "reports"] {
            browser.value(&page, &format!("document.getElementById('tab-{view}').click()"));
            browser.until(
                &page,
                &format!("document.querySelectorAll('#{view} li').length > 0"),
            );
            browser.is_accessible(&page, &format!("{shown} {view}"));
        }
    });
}

#[test]
#[ignore = "needs chromium"]
fn a_hostile_text_is_only_text_and_fits_a_phone() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let hostile =
        "<img src=x onerror=\"hacked=1\"><script>hacked=1</script><svg onload=hacked=1>{PIN}</li></ol>";
    request(&served, "34666666111", hostile);
    let long = format!("{}{{PIN}}", "W".repeat(150));
    request(&served, "34666666222", &long);
    let mut browser = Browser::start(home.path());
    let page = open_inbox(&mut browser, &served);
    let phone = json!({"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true});
    browser.command(Some(&page), "Emulation.setDeviceMetricsOverride", &phone);
    browser.until(&page, "document.querySelectorAll('#messages li').length === 2");
    let text = browser.value(
        &page,
        "document.querySelectorAll('#messages .text')[1].textContent",
    );
    assert!(
        text.as_str().unwrap().starts_with("<img src=x onerror="),
        "{text}"
    );
    let strangers = "document.querySelectorAll('#messages img, #messages script, #messages svg').length";
    assert_eq!(browser.value(&page, strangers), 0);
    assert_eq!(browser.value(&page, "typeof hacked"), "undefined");
    assert_eq!(
        browser.value(&page, "document.documentElement.scrollWidth <= 320"),
        true
    );
    // Inline script is refused by the page's policy, even if something got it in.
    browser.value(&page, "{ const s = document.createElement('script'); s.textContent = 'hacked = 1'; document.body.append(s); }");
    assert_eq!(browser.value(&page, "typeof hacked"), "undefined");
}

#[test]
#[ignore = "needs chromium"]
fn a_page_of_another_origin_gets_nothing() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:"]);
    let other = Served::start(&home, &["--db", ":memory:"]);
    request(&served, "34666666111", "{PIN}");
    let mut browser = Browser::start(home.path());
    // The other sandbox's 404 page has another origin, and no policy that would forbid the try.
    let page = browser.open(&format!("{}/nothing", other.url()));
    browser.until(
        &page,
        "document.readyState === 'complete' && location.pathname === '/nothing'",
    );
    let url = served.url();
    let read = format!("fetch('{url}/sandbox/messages').then(() => 'read', () => 'refused')");
    assert_eq!(browser.value(&page, &read), "refused");
    for path in ["sandbox/clear", "sandbox/reset", "api/3.0/2fa/request"] {
        let change =
            format!("fetch('{url}/{path}', {{method: 'POST', mode: 'no-cors'}}).then(() => 0, () => 0)");
        browser.value(&page, &change);
    }
    let inbox = home
        .typed(format!("sandbox inbox --json --url {url}"))
        .end()
        .json();
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 1);
}
