//! Questions at a terminal: what is said to a person who ends the program in place of an answer, and where a key goes.

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, OnlyPaths, Reply};
use crate::support::home::{Home, Run};
use crate::support::http::BALANCE;
use crate::support::terminal::Terminal;
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

const KEY: &str = "fedcba9876543210fedcba9876543210";
const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";

/// What a person does at the last question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Types this where nothing that is typed is shown.
    Hidden(&'static str),
    /// Types this at a line.
    Line(&'static str),
    /// The terminal sends a signal.
    Signal,
}

/// A command, the questions that are answered by Enter, the one at which it ends, and what is said.
struct Walk {
    args: &'static [&'static str],
    enter_at: &'static [&'static str],
    question: &'static str,
    act: Act,
    said: &'static str,
}

const HIDDEN_KEY: &str = "API key (not shown";

const WALKS: [Walk; 12] = [
    walk(
        &["config", "set", "api_key"],
        &[],
        HIDDEN_KEY,
        Act::Hidden(CTRL_C),
        "nothing was changed",
    ),
    walk(
        &["config", "set", "api_key"],
        &[],
        HIDDEN_KEY,
        Act::Hidden(CTRL_D),
        "nothing was changed",
    ),
    walk(
        &["config", "set", "api_key"],
        &[],
        HIDDEN_KEY,
        Act::Signal,
        "nothing was changed",
    ),
    walk(
        &["config", "init"],
        &[],
        HIDDEN_KEY,
        Act::Hidden(CTRL_C),
        "nothing was written",
    ),
    walk(
        &["config", "init"],
        &[HIDDEN_KEY],
        "Sender shown",
        Act::Signal,
        "nothing was written",
    ),
    walk(
        &["config", "init"],
        &[HIDDEN_KEY],
        "Sender shown",
        Act::Line(CTRL_D),
        "nothing was written",
    ),
    walk(
        &["config", "init"],
        &[HIDDEN_KEY, "Sender shown", "Country"],
        "Text of",
        Act::Signal,
        "nothing was written",
    ),
    walk(
        &["--sandbox", "verify", "12025550100"],
        &[],
        "PIN: ",
        Act::Hidden(CTRL_C),
        "nothing was sent",
    ),
    walk(
        &["--sandbox", "verify", "12025550100"],
        &[],
        "PIN: ",
        Act::Signal,
        "nothing was sent",
    ),
    walk(
        &["--sandbox", "batch", "users.csv"],
        &[],
        "[y/N]",
        Act::Signal,
        "nothing was sent",
    ),
    walk(
        &["--sandbox", "batch", "users.csv"],
        &[],
        "[y/N]",
        Act::Line(CTRL_D),
        "nothing was sent",
    ),
    walk(
        &["--sandbox", "journal", "forget", "--number", "12025550101"],
        &[],
        "[y/N]",
        Act::Signal,
        "nothing was forgotten",
    ),
];

const fn walk(
    args: &'static [&'static str],
    enter_at: &'static [&'static str],
    question: &'static str,
    act: Act,
    said: &'static str,
) -> Walk {
    Walk {
        args,
        enter_at,
        question,
        act,
        said,
    }
}

impl Walk {
    fn end(&self, home: &Home, terminal: &mut Terminal, more: &[&str]) -> Ended {
        let running = terminal.start(home.smspin(self.args.iter().chain(more)));
        for question in self.enter_at {
            terminal.wait_for(question);
            if *question == HIDDEN_KEY {
                terminal.wait_until_hidden();
            }
            terminal.types("\n");
        }
        terminal.wait_for(self.question);
        match self.act {
            Act::Hidden(typed) => {
                terminal.wait_until_hidden();
                terminal.types(typed);
            }
            Act::Line(typed) => terminal.types(typed),
            Act::Signal => running.signal(Signal::INT),
        }
        running.end()
    }
}

#[test]
fn a_user_who_ends_the_program_at_a_question_is_told_what_was_not_done() {
    let home = Home::new();
    for (file, rows) in [("users.csv", "12025550100"), ("sent.csv", "12025550101")] {
        std::fs::write(home.file(file), format!("phone\n{rows}\n")).unwrap();
    }
    home.typed("--sandbox batch sent.csv --yes").exits(0);
    for walk in &WALKS {
        let closed = matches!(walk.act, Act::Hidden(CTRL_D) | Act::Line(CTRL_D));
        let status = if closed { 2 } else { 130 };
        let mut terminal = Terminal::new();
        let ended = walk.end(&home, &mut terminal, &[]);
        assert_eq!(
            (ended.status, ended.stdout.as_str()),
            (Some(status), ""),
            "{ended}"
        );
        let said = format!("cancelled: {}", walk.said);
        terminal.wait_for(&said);
        assert_eq!(
            terminal.seen().matches("cancelled").count(),
            1,
            "{}",
            terminal.seen()
        );
        // Programs read the same.
        let ended = walk.end(&home, &mut Terminal::new(), &["--json"]).exits(status);
        assert_eq!(ended.json()["error"], said, "{ended}");
        assert_eq!(
            ended.json()["kind"],
            if closed { "usage" } else { "interrupted" },
            "{ended}"
        );
    }
    assert!(!home.config_file().exists());
    assert!(!home.file("users.sandbox.results.csv").exists());
}

/// A store for secrets: its program, what goes in and by which words it comes out.
struct Store {
    program: &'static str,
    before: &'static str,
    after: &'static str,
    get: &'static str,
}

const STORES: [Store; 4] = [
    Store {
        program: "secret-tool",
        before: "",
        after: "",
        get: "lookup service smspin",
    },
    Store {
        program: "security",
        before: "add-generic-password -a smspin -s smspin -w ",
        after: "\n",
        get: "find-generic-password -a smspin -s smspin -w",
    },
    Store {
        program: "pass",
        before: "",
        after: "\n",
        get: "show smspin",
    },
    Store {
        program: "op",
        before: r#"{"title":"smspin","category":"PASSWORD","fields":[{"id":"password","type":"CONCEALED","purpose":"PASSWORD","label":"password","value":""#,
        after: r#""}]}"#,
        get: "item get smspin --fields label=password --reveal",
    },
];

impl Store {
    /// A program of this name that writes down how it is called and what it reads. `keeps` says whether it keeps what it
    /// is given; it ends well in any case, as some of them do.
    fn install(&self, home: &Home, keeps: bool) {
        let dir = home.file("bin");
        std::fs::create_dir_all(&dir).unwrap();
        let kept = home.file("kept").display().to_string();
        let keep = if keeps {
            format!("echo {KEY} > '{kept}'")
        } else {
            ":".to_owned()
        };
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> '{calls}'\nif [ \"$*\" = '{get}' ]; then\n  [ -f '{kept}' ] && exec /bin/cat '{kept}'\n  exit 1\nfi\n\
             input=$(/bin/cat; echo .)\nprintf %s \"${{input%.}}\" > '{input}'\n{keep}\n",
            calls = home.file("calls").display(),
            input = home.file("input").display(),
            get = self.get,
        );
        let path = dir.join(self.program);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// `config init` with a key, and this answer about the store, if it is asked. The gateway is not asked.
fn init(home: &Home, about_the_store: Option<&str>) -> (Ended, String) {
    let run = home.typed("config init").env("PATH", home.file("bin"));
    init_with(run, about_the_store, "n")
}

fn init_with(run: Run, about_the_store: Option<&str>, about_the_gateway: &str) -> (Ended, String) {
    let mut terminal = Terminal::new();
    let running = terminal.start(run);
    terminal.wait_for(HIDDEN_KEY);
    terminal.wait_until_hidden();
    terminal.types(&format!("{KEY}\n"));
    if let Some(answer) = about_the_store {
        terminal.wait_for("rather than in the file? [y/N]");
        terminal.types(&format!("{answer}\n"));
    }
    for question in ["Sender shown", "Country", "Text of"] {
        terminal.wait_for(question);
        terminal.types("\n");
    }
    terminal.wait_for("where its calls are?");
    terminal.types(&format!("{about_the_gateway}\n"));
    let ended = running.end();
    terminal.wait_for("next: ");
    (ended, terminal.seen().to_owned())
}

#[test]
fn a_store_for_secrets_takes_the_key_through_its_standard_input_and_gives_it_back() {
    for store in &STORES {
        let home = Home::new();
        store.install(&home, true);
        let (ended, seen) = init(&home, Some("y"));
        assert_eq!(ended.status, Some(0), "{ended}");
        assert!(seen.contains(&format!("`{}`", store.program)), "{seen}");
        ended.holds_nowhere(KEY);
        assert!(!seen.contains(KEY), "{seen}");
        let read = |name: &str| std::fs::read_to_string(home.file(name)).unwrap();
        assert_eq!(
            read("input"),
            format!("{}{KEY}{}", store.before, store.after),
            "{}",
            store.program
        );
        assert!(!read("calls").contains(KEY), "{}", read("calls"));
        let config = std::fs::read_to_string(home.config_file()).unwrap();
        assert!(!config.contains(KEY), "{config}");
        // What was written is the command that gives the key.
        let gateway = Gateway::in_turn([Reply::http(200, BALANCE)]);
        home.typed(format!("balance --base-url {}", gateway.base_url))
            .env("PATH", home.file("bin"))
            .exits(0);
        assert_eq!(gateway.requests()[0].body()["api_key"], KEY);
    }
}

#[test]
fn a_new_configuration_has_the_paths_of_the_gateway_that_were_found() {
    let home = Home::new();
    let documented = OnlyPaths::new(
        "/api",
        &[
            "2fa/request",
            "2fa/verify",
            "hlr/request",
            "3.0/account/get-balance",
        ],
    );
    let gateway = Gateway::start(Arc::new(documented));
    let run = |gateway: &Gateway| {
        home.typed("config init --force")
            .env("PATH", home.file("bin"))
            .env("SMSPIN_BASE_URL", &gateway.base_url)
    };
    let (ended, seen) = init_with(run(&gateway), None, "");
    assert_eq!(ended.status, Some(0), "{ended}");
    let config = std::fs::read_to_string(home.config_file()).unwrap();
    for line in [
        "request_path = \"2fa/request\"",
        "verify_path = \"2fa/verify\"",
        "lookup_path = \"hlr/request\"",
    ] {
        assert!(config.contains(line), "{config}\n{seen}");
    }
    assert!(!config.contains("\nbalance_path ="), "{config}");
    assert!(gateway.numbers().is_empty());
    // Without a gateway the file is as good.
    let (ended, seen) = init_with(run(&Gateway::by_number(|_, _| Reply::Ok)), None, "y");
    assert_eq!(ended.status, Some(0), "{ended}");
    assert!(seen.contains("is where it is looked for first"), "{seen}");
    let nothing = Gateway::start(Arc::new(OnlyPaths::new("/api", &[])));
    let (ended, seen) = init_with(run(&nothing), None, "y");
    assert_eq!(ended.status, Some(0), "{ended}");
    assert!(
        seen.contains("the gateway's calls were not found: there is no gateway at http://127.0.0.1"),
        "{seen}"
    );
    assert!(std::fs::read_to_string(home.config_file()).unwrap().contains(KEY));
}

#[test]
fn a_key_that_a_store_did_not_get_goes_into_the_file() {
    for (keeps, kept, answer, said) in [
        (true, false, Some("n"), None),
        (
            true,
            true,
            None,
            Some("holds an entry called smspin, which was not changed"),
        ),
        (
            false,
            false,
            Some("y"),
            Some("`pass` did not take the key: it goes into the file"),
        ),
    ] {
        let home = Home::new();
        STORES[2].install(&home, keeps);
        if kept {
            std::fs::write(home.file("kept"), "another\n").unwrap();
        }
        let (ended, seen) = init(&home, answer);
        assert_eq!(ended.status, Some(0), "{ended}");
        assert!(said.is_none_or(|said| seen.contains(said)), "{seen}");
        assert!(!seen.contains(KEY), "{seen}");
        let config = std::fs::read_to_string(home.config_file()).unwrap();
        assert!(config.contains(&format!("api_key = \"{KEY}\"")), "{config}");
        if kept {
            assert_eq!(std::fs::read_to_string(home.file("kept")).unwrap(), "another\n");
        }
    }
}

#[test]
fn a_store_holds_nothing_where_the_user_stopped_before_the_last_question() {
    let home = Home::new();
    STORES[2].install(&home, true);
    let mut terminal = Terminal::new();
    let run = home.typed("config init").env("PATH", home.file("bin"));
    let running = terminal.start(run);
    terminal.wait_for(HIDDEN_KEY);
    terminal.wait_until_hidden();
    terminal.types(&format!("{KEY}\n"));
    terminal.wait_for("rather than in the file? [y/N]");
    terminal.types("y\n");
    terminal.wait_for("Sender shown");
    running.signal(Signal::INT);
    terminal.wait_for("cancelled: nothing was written");
    running.exits(130);
    assert!(!home.file("kept").exists() && !home.config_file().exists());
}
