//! A real browser, driven over its debugging pipe.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Chromium without a window, and the two pipes over which it takes commands.
pub(crate) struct Browser {
    child: Child,
    commands: File,
    answers: BufReader<File>,
    last: u64,
}

impl Browser {
    pub(crate) fn start(home: &Path) -> Self {
        let script = "exec chromium --headless --no-sandbox --disable-gpu --disable-quic \
            --no-first-run --disable-background-networking --disable-component-update --disable-sync \
            --disable-dev-shm-usage --user-data-dir=profile --remote-debugging-pipe about:blank 3<in 4>out";
        for pipe in ["in", "out"] {
            let made = Command::new("mkfifo").arg(home.join(pipe)).status().unwrap();
            assert!(made.success());
        }
        let child = Command::new("sh")
            .args(["-c", script])
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        // In the shell's order: each of these waits for the other end.
        let commands = File::options().write(true).open(home.join("in")).unwrap();
        let answers = BufReader::new(File::open(home.join("out")).unwrap());
        Self {
            child,
            commands,
            answers,
            last: 0,
        }
    }

    /// Gives a command and returns its result. Events are skipped.
    pub(crate) fn command(&mut self, session: Option<&str>, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        write!(self.commands, "{message}\0").unwrap();
        loop {
            let mut bytes = Vec::new();
            self.answers.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser ended");
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["id"] == self.last {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// Opens a page, waits until it is whole, and returns what it is spoken to with.
    pub(crate) fn open(&mut self, url: &str) -> String {
        let target = self.command(None, "Target.createTarget", &json!({"url": url}))["targetId"].clone();
        let session = self.command(
            None,
            "Target.attachToTarget",
            &json!({"targetId": target, "flatten": true}),
        );
        let page = session["sessionId"].as_str().unwrap().to_owned();
        // Until the page is there its predecessor answers, so nothing may be awaited inside of it yet.
        let whole = format!("document.readyState === 'complete' && location.href === '{url}'");
        while self.value(&page, &whole) != true {}
        page
    }

    /// The value of an expression in a page; a promise is awaited.
    pub(crate) fn value(&mut self, page: &str, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let result = self.command(Some(page), "Runtime.evaluate", &params);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Returns once an expression is true in a page.
    pub(crate) fn until(&mut self, page: &str, expression: &str) {
        let look = format!(
            "new Promise((done) => {{ const look = () => (({expression}) ? done(true) : setTimeout(look, 20)); look(); }})"
        );
        assert_eq!(self.value(page, &look), true);
    }

    /// Shows a page in light and in dark at each of these widths, in CSS pixels.
    pub(crate) fn in_both_schemes(
        &mut self,
        page: &str,
        widths: [u32; 2],
        mut look: impl FnMut(&mut Self, &str),
    ) {
        for scheme in ["light", "dark"] {
            for width in widths {
                let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
                self.command(Some(page), "Emulation.setEmulatedMedia", &media);
                let screen =
                    json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
                self.command(Some(page), "Emulation.setDeviceMetricsOverride", &screen);
                look(self, &format!("{scheme}-{width}"));
            }
        }
    }

    /// axe finds nothing, contrast included, and nothing reaches beyond the side of the screen.
    #[track_caller]
    pub(crate) fn is_accessible(&mut self, page: &str, shown: &str) {
        if self.value(page, "typeof axe") == "undefined" {
            let axe = std::env::var("AXE")
                .unwrap_or_else(|_| "target/axe/node_modules/axe-core/axe.min.js".to_owned());
            let axe = std::fs::read_to_string(axe).expect("axe-core is installed");
            self.value(page, &format!("{axe}; 1"));
        }
        let violations = self.value(
            page,
            "axe.run().then((found) => JSON.stringify(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)])))",
        );
        assert_eq!(violations, "[]", "{shown}");
        let fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(self.value(page, fits), true, "{shown}");
    }

    /// The page as a PNG: what the screen shows, or all of it.
    pub(crate) fn picture(&mut self, page: &str, whole: bool) -> String {
        let params = json!({"format": "png", "captureBeyondViewport": whole});
        let taken = self.command(Some(page), "Page.captureScreenshot", &params);
        taken["data"].as_str().unwrap().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
