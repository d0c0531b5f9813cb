//! Where the files of a batch are: the input, its journal with the files beside it, and the results. They are told apart
//! before any of them is opened, so that none is written over another.

use super::journal::{self, JournalLocation};
use super::journal_choice;
use super::results;
use crate::cli::BatchArgs;
use crate::failure::{Failure, Kind};
use crate::files;
use crate::rows::Format;
use crate::session::Session;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Every format that gives results a name of its own.
const FORMATS: [Format; 3] = [
    Format::Delimited(b','),
    Format::Delimited(b'\t'),
    Format::JsonLines,
];

/// Standard input.
pub(super) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The names of a batch's files, links followed: a file has one journal, whatever it is called by.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) input: PathBuf,
    pub(crate) journal: JournalLocation,
    /// Where `--output` says, if it does.
    output: Option<PathBuf>,
    sandbox: bool,
    journal_is_named: bool,
}

/// Where the journal of a file is, unless somebody says otherwise.
pub(crate) fn journal_beside(file: &Path, sandbox: bool) -> PathBuf {
    let mut name = file.to_owned().into_os_string();
    name.push(if sandbox { ".sandbox.smspin" } else { ".smspin" });
    name.into()
}

impl Places {
    /// `users.csv` has its journal in `users.csv.smspin`; the sandbox's is another one, and so are its results.
    pub(crate) fn of(session: &Session<'_>, args: &BatchArgs) -> Result<Self, Failure> {
        let sandbox = session.in_sandbox();
        let input = end_of_link(args.file())?;
        let named = journal_choice::named(session, &args.run.journal)?;
        let journal_is_named = named.is_some();
        let journal = match named {
            Some(location) => location,
            None if is_dash(&input) => {
                let error =
                    "the rows come from standard input, so there is no file to keep the journal beside";
                return Err(Failure::message(Kind::Usage, error).hint("name it: --journal users.smspin"));
            }
            None => JournalLocation::File(journal_beside(&input, sandbox)),
        };
        let output = args.run.output.as_deref().map(end_of_link).transpose()?;
        let places = Self {
            input,
            journal,
            output,
            sandbox,
            journal_is_named,
        };
        places.tell_apart()?;
        places.tell_reports_apart(&args.run.report)?;
        Ok(places)
    }

    /// The copy of rows that came in through a pipe.
    pub(super) fn spool(&self) -> PathBuf {
        // What would be beside a database is in the system's folder for such files.
        let Some(journal) = self.journal_file() else {
            return std::env::temp_dir().join(format!("smspin-{}.input", std::process::id()));
        };
        let mut name = journal.to_owned().into_os_string();
        name.push(".input");
        name.into()
    }

    /// Removes that copy, if the rows came in through a pipe.
    pub(crate) fn remove_spool(&self) -> io::Result<()> {
        if !is_dash(&self.input) {
            return Ok(());
        }
        match fs::remove_file(self.spool()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The journal, where it is a file.
    pub(super) fn journal_file(&self) -> Option<&Path> {
        match &self.journal {
            JournalLocation::File(path) => Some(path),
            JournalLocation::Database(_) => None,
        }
    }

    /// The journal is where it is because of the name of the input.
    pub(super) const fn journal_is_beside(&self) -> bool {
        !self.journal_is_named
    }

    /// Where the results go, `None` for standard output. `input` is the file that the rows are read from, be it the spool.
    pub(super) fn results(&self, input: &Path, format: Format) -> Option<PathBuf> {
        match &self.output {
            Some(path) if is_dash(path) => None,
            Some(path) => Some(path.clone()),
            // There is nothing of the batch here but its input.
            None if self.journal_file().is_none() => {
                Some(results::default_path(&self.input, format, self.sandbox))
            }
            None => Some(results::default_path(input, format, self.sandbox)),
        }
    }

    fn tell_apart(&self) -> Result<(), Failure> {
        let streamed = is_dash(&self.input);
        let Some(journal) = self.journal_file() else {
            if streamed && self.output.is_none() {
                let error =
                    "the rows come from standard input, so there is no file to write the results beside";
                return Err(
                    Failure::message(Kind::Usage, error).hint("name them: --output users.results.csv")
                );
            }
            return Ok(());
        };
        let of_journal: Vec<PathBuf> = journal::names_of(journal).chain([self.spool()]).collect();
        if !streamed && let Some(name) = of_journal.iter().find(|name| is_same(name, &self.input)) {
            let error = format!(
                "{} can't be the list of numbers: the journal {} {}",
                self.input.display(),
                journal.display(),
                if is_same(name, journal) {
                    "is the same file"
                } else {
                    "needs that name"
                },
            );
            return Err(Failure::message(Kind::Usage, error)
                .doing("nothing was sent")
                .hint("choose another file with --journal"));
        }
        let source = if streamed {
            self.spool()
        } else {
            self.input.clone()
        };
        for path in FORMATS.iter().filter_map(|format| self.results(&source, *format)) {
            let error = if of_journal.iter().any(|name| is_same(name, &path)) {
                format!("the results file would overwrite the journal {}", path.display())
            } else if !streamed && is_same(&self.input, &path) {
                format!("the results would replace the input {}", path.display())
            } else {
                continue;
            };
            return Err(Failure::message(Kind::Usage, error)
                .doing("nothing was sent")
                .hint("choose another file with --output"));
        }
        Ok(())
    }

    /// A report is written last, when it is too late to choose another name for it.
    fn tell_reports_apart(&self, reports: &[String]) -> Result<(), Failure> {
        let source = if is_dash(&self.input) {
            self.spool()
        } else {
            self.input.clone()
        };
        let others: Vec<PathBuf> = FORMATS
            .iter()
            .filter_map(|format| self.results(&source, *format))
            .chain(self.journal_file().into_iter().flat_map(journal::names_of))
            .collect();
        let taken = |report: &&String| others.iter().any(|other| is_same(other, Path::new(report)));
        let Some(report) = reports.iter().find(taken) else {
            return Ok(());
        };
        let error = format!("the report would replace the results or the journal {report}");
        Err(Failure::message(Kind::Usage, error)
            .doing("nothing was sent")
            .hint("choose another file with --report"))
    }
}

/// What a symbolic link leads to in the end; a path that is none, as it was given. A link to a pipe (`/dev/stdin`) leads to
/// no name that could be opened.
fn end_of_link(path: &Path) -> Result<PathBuf, Failure> {
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    match path.canonicalize() {
        Ok(end) if end.is_file() => Ok(end),
        Ok(_) => Ok(path.to_owned()),
        Err(_) if path.exists() => Ok(path.to_owned()),
        Err(error) => Err(Failure::new(Kind::Input, error)
            .doing(format!(
                "nothing was sent: the symbolic link {} can't be followed",
                path.display()
            ))
            .hint("name the file that is meant")),
    }
}

/// Whether two names lead to one file, or would if there were one.
fn is_same(one: &Path, other: &Path) -> bool {
    files::is_same(one, other) || resolved(one) == resolved(other)
}

/// The path with its links resolved, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let folder = || {
        let folder = files::directory(path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    let found = path.canonicalize().ok().or_else(folder);
    found.unwrap_or_else(|| path.to_owned())
}
