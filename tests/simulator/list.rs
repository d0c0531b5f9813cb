//! The list of one command as its bytes, what the command line says of it, and what its results must be.

use super::account::msisdn;
use super::run::Started;
use super::step::Chance;
use super::world::GATEWAY;
use crate::batch::asked::BatchRequest;
use crate::cli::Global;
use crate::env::Environment;
use crate::output::{ColorChoice, Ui, Verbosity};
use crate::session::{CommandLine, Context, Session};
use crate::settings::{ConfigFile, ConfigPath, Flags, Key, Layers};
use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The account's key, which the gateway says back in its messages.
pub(super) const API_KEY: &str = "simulated-key-93fd1c7a";

/// The PIN of every SMS, which the gateway adds to its answers. Letters, since a digest or an id may have any six digits in it.
pub(super) const PIN: &str = "QXKZWY";

/// One row of a list: its cells, and its number where it has one that is valid.
pub(super) struct ListedRow {
    pub(super) cells: [String; 2],
    pub(super) number: Option<u64>,
    /// An earlier row has the same number.
    pub(super) is_duplicate: bool,
}

/// A list, and where the results of a command go.
pub(super) struct List {
    pub(super) rows: Vec<ListedRow>,
    delimiter: char,
    file: PathBuf,
    excluded: Option<PathBuf>,
    pub(super) results: PathBuf,
}

impl List {
    /// Writes the list of a command in the place of an earlier one, as an editor does.
    pub(super) fn write(started: &Started, file: &Path) -> Self {
        let command = &started.command;
        let mut chance = Chance(command.chance ^ 2);
        let delimiter = chance.pick(&[',', ';', '\t']);
        let mut seen = HashSet::new();
        let mut rows = Vec::new();
        for number in &command.list {
            if !started.is_kind && chance.once_in(12) {
                rows.push(ListedRow {
                    cells: ["12 or so".to_owned(), "Invalid".to_owned()],
                    number: None,
                    is_duplicate: false,
                });
            }
            let written = msisdn(*number);
            let written = chance.pick(&["+", "00"]).to_owned() + &written.to_string();
            rows.push(ListedRow {
                cells: [written, chance.pick(&["Ana", "Zoë, \"Z\"", "x;y"]).to_owned()],
                number: Some(*number),
                is_duplicate: !seen.insert(*number),
            });
        }
        let mut text = format!("msisdn{delimiter}name\n");
        for ListedRow {
            cells: [number, name],
            ..
        } in &rows
        {
            let name = name.replace('"', "\"\"");
            let _ = writeln!(text, "{number}{delimiter}\"{name}\"");
        }
        let beside = |what: &str| file.with_extension(format!("{}.{what}", command.chance));
        std::fs::write(beside("new"), text).unwrap();
        std::fs::rename(beside("new"), file).unwrap();
        let excluded = (!command.exclude.is_empty()).then(|| beside("exclude"));
        if let Some(path) = &excluded {
            let all = command
                .exclude
                .iter()
                .map(|number| format!("+{}\n", msisdn(*number)));
            std::fs::write(path, all.collect::<String>()).unwrap();
        }
        Self {
            rows,
            delimiter,
            file: file.to_owned(),
            excluded,
            results: beside("results"),
        }
    }

    /// The cells of each line of its results.
    pub(super) fn parse(&self, text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| cells(line, self.delimiter)).collect()
    }

    pub(super) fn request(&self, started: &Started) -> BatchRequest {
        let command = &started.command;
        BatchRequest {
            is_dry: false,
            output: Some(self.results.clone()),
            exclude: self.excluded.iter().cloned().collect(),
            resend: command.resend,
            limit: command.limit,
            concurrency: u16::try_from(command.concurrency).unwrap(),
            rate: command.rate.map(ToOwned::to_owned),
            max_failures: 4,
            ..BatchRequest::of(&self.file)
        }
    }
}

/// The cells of a line: no text of a simulated world has a line break.
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let last = cells.last_mut().unwrap();
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => last.extend(characters.next()),
            '"' => is_quoted = !is_quoted,
            _ if character == delimiter && !is_quoted => cells.push(String::new()),
            _ => last.push(character),
        }
    }
    cells
}

/// What every command of a simulated world works with: it says nothing, and has no configuration file.
pub(super) fn context() -> Context {
    let environment = Environment::from_pairs([]);
    Context {
        ui: Ui::new(
            false,
            false,
            Verbosity::Quiet,
            ColorChoice::Never,
            true,
            &environment,
        ),
        environment,
        global: Global {
            profile: None,
            sandbox: false,
            json: false,
            quiet: true,
            verbose: false,
            color: ColorChoice::Never,
            no_color: true,
            no_input: true,
            config: None,
        },
        command_line: CommandLine::default(),
    }
}

pub(super) fn session<'a>(context: &'a Context, started: &Started) -> Session<'a> {
    let command = &started.command;
    let seconds = |time: std::time::Duration| format!("{}s", time.as_secs());
    let mut values = vec![
        (Key::BaseUrl, format!("https://{GATEWAY}")),
        (Key::Campaign, command.campaign.to_owned()),
        (Key::ReportUrl, "https://a.example/dlr".to_owned()),
        (Key::SmsText, "{PIN} is your PIN, {name}".to_owned()),
        (Key::Timeout, seconds(command.timeout)),
        (Key::Retries, command.retries.to_string()),
        (Key::ExpiresIn, command.expires_in.to_string()),
    ];
    values.extend(
        command
            .once_per
            .map(|window| (Key::BatchOncePer, seconds(window))),
    );
    let flags = Flags {
        values,
        profile: None,
        api_key_file: None,
    };
    let file = ConfigFile::empty(ConfigPath::nowhere());
    let layers = Layers::new(&flags, &context.environment, &file, false);
    Session {
        context,
        flags,
        layers: layers.unwrap_or_else(|failure| panic!("{:#}", failure.error)),
    }
}
