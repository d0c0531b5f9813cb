//! Help, version, topics, and words that are not commands.

use crate::support::home::Home;
use serde_json::Value;

/// Each command that `--help` lists, at any depth, with its own help.
pub(crate) fn every_command(home: &Home) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![Vec::new()];
    while let Some(words) = waiting.pop() {
        let mut args: Vec<String> = words.clone();
        args.push("--help".to_owned());
        let ended = home.smspin(&args).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
        for name in subcommands(&ended.stdout) {
            let mut path = words.clone();
            path.push(name);
            waiting.push(path);
        }
        found.push((words, ended.stdout));
    }
    found
}

fn subcommands(help: &str) -> Vec<String> {
    let section = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| line.starts_with("  "));
    lines
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The long flags that a help lists.
pub(crate) fn flags(help: &str) -> Vec<String> {
    let lines = help.lines().map(str::trim).filter(|line| line.starts_with('-'));
    lines
        .filter_map(|line| line.split([' ', ',', '[']).find(|word| word.starts_with("--")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_flag_has_a_line_in_help_and_in_its_page() {
    let home = Home::new();
    let commands = every_command(&home);
    assert!(commands.len() > 15, "the helps were not read: {}", commands.len());
    for (words, help) in commands {
        let mut args = vec!["man".to_owned()];
        args.extend(words.clone());
        let page = home.smspin(args).end().stdout.replace("\\-", "-");
        let mut lines = help
            .lines()
            .map(str::trim)
            .skip_while(|line| *line != "Options:")
            .peekable();
        while let Some(line) = lines.next() {
            if line.starts_with("--") || line.starts_with("-q") || line.starts_with("-v") {
                let beside = line.split("  ").nth(1).is_some();
                let below = lines
                    .peek()
                    .is_some_and(|next| !next.is_empty() && !next.starts_with('-'));
                assert!(beside || below, "{words:?}: {line} says nothing");
            }
        }
        for flag in flags(&help) {
            assert!(
                page.contains(&format!("\\fB{flag}\\fR")),
                "{words:?}: {flag} is not in the page"
            );
        }
    }
}

#[test]
fn the_short_help_is_one_page_and_the_long_one_says_more() {
    const PAGE: usize = 60;
    let home = Home::new();
    for (words, long) in every_command(&home) {
        let mut args = words.clone();
        args.push("-h".to_owned());
        let short = home.smspin(&args).env("COLUMNS", "80").end().stdout;
        assert!(short.lines().count() <= PAGE, "{words:?}: {short}");
        assert!(short.contains("(see more with '--help')"), "{words:?}: {short}");
        assert!(long.len() > short.len(), "{words:?}: {long}");
        let (few, all) = (flags(&short), flags(&long));
        assert!(few.len() < all.len(), "{words:?}: {few:?} {all:?}");
    }
}

#[test]
fn no_word_of_json_stands_twice_in_its_table() {
    let text = Home::new().typed("help json").end().stdout;
    let mut words: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(words.len() > 30, "{text}");
    let all = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), all, "{text}");
}

/// The words of `text` that begin with `prefix`, as far as `fits` goes.
fn words<'a>(text: &'a str, prefix: &'a str, fits: fn(char) -> bool) -> impl Iterator<Item = String> + 'a {
    text.match_indices(prefix).map(move |(at, _)| {
        let rest = text[at + prefix.len()..].chars().take_while(|c| fits(*c));
        prefix.chars().chain(rest).collect()
    })
}

#[test]
fn topics_fit_into_the_width_that_there_is() {
    let home = Home::new();
    for columns in [50, 72, 100] {
        for topic in ["environment", "json", "config-file", "journal"] {
            let shown = home
                .typed(format!("help {topic}"))
                .env("COLUMNS", columns.to_string())
                .end()
                .stdout;
            let prose = shown.lines().filter(|line| !line.starts_with("  "));
            let widest = prose.map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(
                widest <= columns && widest > columns - 20,
                "{topic} at {columns}:\n{shown}"
            );
        }
    }
}

#[test]
fn no_variable_setting_or_error_id_is_missing_from_its_table() {
    let home = Home::new();
    let variables = home.typed("help environment").end().stdout;
    let ids = home.typed("help error-ids").end().stdout;
    let page = home.typed("man").end().stdout.replace("\\-", "-");
    let mut seen = 0;
    let of_tests = |file: &str| file.contains("/tests/");
    for (file, text) in crate::structure::all() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = if of_tests(&file) { "" } else { code };
        for name in words(code, "\"SMSPIN_", |c| c.is_ascii_uppercase() || c == '_') {
            let name = name.trim_start_matches('"');
            // The prefix alone is how strangers are told.
            let listed = name == "SMSPIN_" || (variables.contains(name) && page.contains(name));
            assert!(listed, "src/{file} reads {name}, which no table lists");
            seen += 1;
        }
        if file == "wire/error_id.rs" {
            for line in code
                .lines()
                .filter(|line| line.contains("\" 4") || line.contains("\" 5") || line.contains("\" 200"))
            {
                let id = line.split('"').nth(1).unwrap();
                assert!(
                    ids.contains(&format!("  {id} ")),
                    "{id} is not in `help error-ids`"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "the source was not read: {seen}");
    home.typed("config init --set sender=SHOP")
        .says(0, &["wrote"], &["API key"]);
    let keys = home.typed("help config-file").end().stdout;
    let file = std::fs::read_to_string(home.config_file()).unwrap();
    let settings = file
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .filter_map(|line| line.split_once(" = "));
    for (key, _) in settings {
        assert!(
            keys.contains(&format!("  {key} ")),
            "{key} is not in `help config-file`"
        );
    }
}

#[test]
fn help_takes_the_names_of_commands_and_topics() {
    let home = Home::new();
    let long = home.typed("config set --help").end();
    home.typed("help config set").is(0, &long.stdout, "");
    let topics = home.typed("help topics").end();
    topics.says(0, &["exit-codes", "test-numbers"], &[]);
    for line in topics.stdout.lines().filter(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().unwrap();
        let ended = home.typed(format!("help {name}")).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
        assert!(ended.stdout.lines().count() > 3, "{ended}");
    }
    home.typed("help exit-code")
        .fails(2, "did you mean `exit-codes`?");
    home.typed("help config sett")
        .fails(2, "did you mean `config set`?");
    home.typed("help zzzzzzz").fails(2, "smspin help topics");
}

#[test]
fn the_grammar_names_every_command_and_flag_that_the_help_has() {
    fn commands(part: &Value, found: &mut Vec<(String, Vec<String>)>) {
        let flags = part["arguments"].as_array().into_iter().flatten();
        let flags = flags.filter_map(|argument| argument["flag"].as_str().map(str::to_owned));
        found.push((part["name"].as_str().unwrap().to_owned(), flags.collect()));
        for below in part["commands"].as_array().into_iter().flatten() {
            commands(below, found);
        }
    }
    let home = Home::new();
    let whole = home.typed("help --json").end().json();
    let mut found = Vec::new();
    commands(&whole, &mut found);
    let listed = every_command(&home);
    assert_eq!(found.len(), listed.len(), "{found:?}");
    for (words, help) in listed {
        let name = ["smspin"].into_iter().chain(words.iter().map(String::as_str));
        let name = name.collect::<Vec<_>>().join(" ");
        // What a whole group takes stands at the group.
        let groups = found
            .iter()
            .filter(|(group, _)| format!("{name} ").starts_with(&format!("{group} ")));
        let mut told: Vec<&String> = groups.flat_map(|(_, flags)| flags).collect();
        let mut shown = flags(&help);
        told.retain(|flag| *flag != "--version" || words.is_empty());
        told.sort_unstable();
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(told, shown.iter().collect::<Vec<_>>(), "{name}");
    }
    let one = home.typed("help config set --json").end().json();
    assert_eq!(one["name"], "smspin config set", "{one}");
    home.typed("help exit-codes --json")
        .says(2, &["smspin help exit-codes"], &[]);
}

#[test]
fn version_and_help_are_answers() {
    let home = Home::new();
    let version = concat!("smspin ", env!("VERSION_AND_COMMIT"), "\n");
    home.typed("--version").is(0, version, "");
    for args in [
        vec!["--help"],
        vec!["help"],
        vec!["request", "--help"],
        vec!["help", "config"],
    ] {
        let ended = home.smspin(args).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
        ended.out("Usage: smspin");
    }
}

#[test]
fn nothing_at_all_shows_what_to_do_first() {
    Home::new()
        .smspin::<_, &str>([])
        .fails(2, "smspin --sandbox request 12025550100");
}

#[test]
fn there_is_no_way_to_type_a_key() {
    Home::new()
        .typed("request --api-key x 34600000000")
        .fails(2, "--api-key-file");
}

#[test]
fn every_option_of_a_manual_page_has_its_text() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let page = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = page.lines().collect();
        for item in lines.windows(3).filter(|item| item[0] == ".TP") {
            assert!(
                !item[2].starts_with('.'),
                "{}: {} has no text",
                path.display(),
                item[1]
            );
        }
    }
}

#[test]
fn help_is_coloured_and_as_wide_as_it_was_asked_to_be() {
    let home = Home::new();
    let help = |args: &[&str], columns: &str| {
        let ended = home
            .smspin(args)
            .env("COLUMNS", columns)
            .env("CLICOLOR_FORCE", "1")
            .exits(0);
        ended.stdout
    };
    assert!(help(&["-h"], "80").contains('\u{1b}'));
    for plain in [&["--color", "never"][..], &["--color=never"], &["--no-color"]] {
        assert!(
            !help(&[plain, &["-h"]].concat(), "80").contains('\u{1b}'),
            "{plain:?}"
        );
        let text = help(&[plain, &["batch", "-h"]].concat(), "0");
        assert_eq!(text, help(&[plain, &["batch", "-h"]].concat(), "80"));
    }
    home.typed("--no-color --color always config path").exits(2);
    home.typed("--no-color config path").exits(0);
}

/// What the build script makes of a directory, built as Cargo builds it.
#[test]
#[ignore = "needs git"]
fn an_optimized_build_from_git_names_its_commit() {
    let home = Home::new();
    let in_home = |program: &str, arguments: &[&str], variables: &[(&str, &str)]| {
        let output = std::process::Command::new(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(home.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs");
    let version = [("CARGO_PKG_VERSION", "1.2.3")];
    in_home("rustc", &["--edition=2024", "-obuild", source], &version);
    let named = |profile: &str| {
        let said = in_home("./build", &[], &[("PROFILE", profile)]);
        let line = said
            .lines()
            .find_map(|line| line.split_once("VERSION_AND_COMMIT="));
        line.unwrap().1.to_owned()
    };
    assert_eq!(named("release"), "1.2.3", "there is no repository");
    in_home("git", &["init", "--quiet"], &[]);
    assert_eq!(named("release"), "1.2.3", "there is no commit");
    let author = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"];
    let commit = ["commit", "--quiet", "--allow-empty", "--message=first"];
    let date = [("GIT_COMMITTER_DATE", "2026-11-30T12:00:00Z")];
    in_home("git", &[author.as_slice(), &commit].concat(), &date);
    let hash = in_home("git", &["rev-parse", "--short=9", "HEAD"], &[]);
    assert_eq!(named("release"), format!("1.2.3 ({} 2026-11-30)", hash.trim()));
    assert_eq!(named("debug"), "1.2.3");
}
