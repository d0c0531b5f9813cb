//! Where the results and the reports of a batch go. They are told apart from the list and from the journal before any of
//! them is opened, so that none is written over another.

use super::asked::BatchRequest;
use super::results;
use crate::failure::{Failure, Kind};
use crate::files;
use crate::journal::JournalPlace;
use crate::rows::Format;
use std::path::{Path, PathBuf};

/// Every format that gives results a name of its own.
const FORMATS: [Format; 3] = [
    Format::Delimited(b','),
    Format::Delimited(b'\t'),
    Format::JsonLines,
];

/// What SQLite and smspin keep beside a journal: its name with these behind it.
const BESIDE_JOURNAL: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Where the outcomes of the rows go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    File(PathBuf),
    /// Standard output, this run's rows as JSON lines.
    Stream,
}

impl Destination {
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stream => None,
        }
    }
}

/// Standard input or output.
pub(super) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The list, with the link that its name may be followed, and where its results are to go.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) input: PathBuf,
    /// Where `--output` says, if it does.
    output: Option<PathBuf>,
    in_sandbox: bool,
}

impl Places {
    pub(crate) fn of(
        asked: &BatchRequest,
        journal: &JournalPlace,
        in_sandbox: bool,
    ) -> Result<Self, Failure> {
        let places = Self {
            input: end_of_link(&asked.file)?,
            output: asked.output.as_deref().map(end_of_link).transpose()?,
            in_sandbox,
        };
        places.tell_apart(journal)?;
        places.tell_reports_apart(&asked.reports, journal)?;
        Ok(places)
    }

    /// The list as the journal keeps it: by its full path.
    pub(super) fn list(&self) -> String {
        if is_dash(&self.input) {
            return STANDARD_INPUT.to_owned();
        }
        let path = std::path::absolute(&self.input).unwrap_or_else(|_| self.input.clone());
        path.to_string_lossy().into_owned()
    }

    /// Refuses a stream of rows whose results have no place: beside it there is none.
    pub(super) fn require_output(&self) -> Result<(), Failure> {
        if self.output.is_some() {
            return Ok(());
        }
        let error = "the rows come through a pipe, so there is no file to write the results beside";
        Err(Failure::message(Kind::Usage, error)
            .doing("nothing was sent")
            .hint("name them: --output users.results.csv; `--output -` prints this run's rows"))
    }

    pub(super) fn destination(&self, format: Format) -> Destination {
        match &self.output {
            Some(path) if is_dash(path) => Destination::Stream,
            Some(path) => Destination::File(path.clone()),
            None => Destination::File(results::default_path(&self.input, format, self.in_sandbox)),
        }
    }

    /// Where results may go, whatever the format of the list turns out to be.
    fn all_results(&self) -> impl Iterator<Item = PathBuf> + '_ {
        FORMATS
            .iter()
            .filter_map(|format| match self.destination(*format) {
                Destination::File(path) => Some(path),
                Destination::Stream => None,
            })
    }

    fn tell_apart(&self, journal: &JournalPlace) -> Result<(), Failure> {
        let of_journal = names_of(journal);
        let is_list = !is_dash(&self.input);
        if is_list && of_journal.iter().any(|name| is_same(name, &self.input)) {
            let error = format!(
                "{} can't be the list of numbers: it belongs to the journal {journal}",
                self.input.display()
            );
            return Err(Failure::message(Kind::Usage, error)
                .doing("nothing was sent")
                .hint("choose another file with --journal"));
        }
        for path in self.all_results() {
            let error = if of_journal.iter().any(|name| is_same(name, &path)) {
                format!("the results file would overwrite the journal {}", path.display())
            } else if is_list && is_same(&self.input, &path) {
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
    fn tell_reports_apart(&self, reports: &[PathBuf], journal: &JournalPlace) -> Result<(), Failure> {
        let others: Vec<PathBuf> = self.all_results().chain(names_of(journal)).collect();
        let taken = |report: &&PathBuf| others.iter().any(|other| is_same(other, report));
        let Some(report) = reports.iter().find(taken) else {
            return Ok(());
        };
        let error = format!(
            "the report would replace the results or the journal {}",
            report.display()
        );
        Err(Failure::message(Kind::Usage, error)
            .doing("nothing was sent")
            .hint("choose another file with --report"))
    }
}

/// What a list is called that has no name.
const STANDARD_INPUT: &str = "standard input";

/// Whether a list of the journal has no name of its own: another one may be called so too.
pub(super) fn is_nameless(list: &str) -> bool {
    list == STANDARD_INPUT
}

/// A list of the journal, as people read of it: without its folder.
pub(crate) fn short_name(list: &str) -> &str {
    let name = Path::new(list).file_name().and_then(|name| name.to_str());
    name.unwrap_or(list)
}

/// The file of a journal and those that stand beside it.
fn names_of(journal: &JournalPlace) -> Vec<PathBuf> {
    let Some(path) = journal.file() else {
        return Vec::new();
    };
    let beside = |suffix: &&str| {
        let mut name = path.to_owned().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    };
    BESIDE_JOURNAL.iter().map(beside).collect()
}

/// What a symbolic link leads to in the end; a path that isn't one, as it was given. A link to a pipe (`/dev/stdin`) leads to
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
