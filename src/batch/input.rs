//! Opens the input of a batch: a file, or standard input and pipes, which are copied to a private file without a name first.

use super::asked::BatchRequest;
use super::destination::{Places, is_dash};
use super::errors;
use super::results;
use crate::domain::suggest::{nearest, question};
use crate::failure::{Failure, Kind};
use crate::files;
use crate::rows::{Format, Input, InputFile, InputFileError, InputOptions, OpenedInput, ReadError, spool};
use crate::session::{Session, journal};
use crate::text;
use std::io::Read;
use std::path::Path;

/// Opens the list, which is read as it is found.
pub(super) fn open(session: &Session<'_>, args: &BatchRequest, places: &Places) -> Result<Input, Failure> {
    if is_dash(&places.input) {
        if session.layers.key_is_on_stdin() {
            let error = "standard input can supply the key or the rows, but not both";
            return Err(
                Failure::message(Kind::Usage, error).hint("give the key in a file or in SMSPIN_API_KEY")
            );
        }
        return copy(session, args, std::io::stdin().lock(), places);
    }
    match InputFile::open(&places.input).map_err(|error| not_opened(args, error))? {
        OpenedInput::File(source) => read(session, args, source, files::directory(&places.input)),
        OpenedInput::Stream(stream) => copy(session, args, stream, places),
    }
}

/// Copies a stream to where nothing is left of it, and reads it from there.
fn copy(
    session: &Session<'_>,
    args: &BatchRequest,
    stream: impl Read,
    places: &Places,
) -> Result<Input, Failure> {
    if !args.is_dry {
        places.require_output()?;
    }
    let folder = std::env::temp_dir();
    let source = spool(stream, &folder).map_err(|error| failed(args, error))?;
    read(session, args, source, &folder)
}

/// `workspace` is where the rows of a workbook are kept while they are needed.
fn read(
    session: &Session<'_>,
    args: &BatchRequest,
    source: InputFile,
    workspace: &Path,
) -> Result<Input, Failure> {
    let options = InputOptions {
        workspace: Some(workspace.to_owned()),
        ..args.reading.clone()
    };
    let input = Input::open(source, &options).map_err(|error| failed(args, error))?;
    if is_results(&input).map_err(|error| failed(args, error))? {
        return Err(results_as_input(session, &args.file));
    }
    Ok(input)
}

/// Whether the input is what a batch has written as its results.
fn is_results(input: &Input) -> Result<bool, ReadError> {
    let ours = |name: &String| name.trim() == results::COLUMNS[0];
    if input.shape().has_header() || input.shape().format == Format::JsonLines {
        return Ok(input.columns().names().iter().any(ours));
    }
    let mut rows = input.rows()?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let cells = (0..row.width()).map(|column| row.cell(column).unwrap_or_default().as_bytes());
    Ok(results::place_of_outcome(cells).is_some())
}

/// Sent as a list, results would go to the people who were reached as well.
fn results_as_input(session: &Session<'_>, file: &Path) -> Failure {
    let error = format!(
        "nothing was sent: {} is the results of a batch, and holds the rows that are done as well",
        file.display()
    );
    let failure = Failure::message(Kind::Input, error);
    match results::input_of(file).filter(|input| input.exists()) {
        Some(input) => {
            let words = format!("batch {}", text::shell_word(&input.to_string_lossy()));
            failure.hint(format!(
                "`{}`, with the settings of that batch, sends the rows that are left",
                journal::command(session, &words)
            ))
        }
        None => failure.hint("run the batch of the original file again: it sends the rows that are left"),
    }
    .hint("to send to other people, write them to a file without the columns smspin_…")
}

fn not_opened(args: &BatchRequest, error: InputFileError) -> Failure {
    let InputFileError::Open { source, .. } = &error else {
        return failed(args, error);
    };
    let shown = args.file.display();
    if source.kind() != std::io::ErrorKind::NotFound {
        let source = std::io::Error::from(source.kind());
        return errors::failure(Kind::Invalid, source).doing(format!("cannot read {shown}"));
    }
    no_such_file(&format!("cannot read {shown}"), &args.file)
}

/// A file that isn't there may have another name. `doing` is what was to be done with it.
pub(super) fn no_such_file(doing: &str, path: &Path) -> Failure {
    let failure = Failure::message(Kind::Invalid, format_args!("{doing}: no such file"));
    match similar_name(path) {
        Some(name) => failure.hint(question(text::shell_word(&name))),
        None => failure,
    }
}

/// The file in the same directory whose name is nearest.
fn similar_name(missing: &Path) -> Option<String> {
    let directory = missing.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = std::fs::read_dir(directory.unwrap_or(Path::new("."))).ok()?;
    let files = entries.flatten().filter(|entry| entry.path().is_file());
    let names: Vec<String> = files
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let found = nearest(missing.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(missing.with_file_name(found).to_string_lossy().into_owned())
}

fn failed(args: &BatchRequest, error: impl Into<anyhow::Error>) -> Failure {
    errors::unreadable(error, format!("cannot read {}", args.file.display()), &args.file)
}
