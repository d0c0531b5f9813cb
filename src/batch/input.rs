//! Opens the input of a batch: a file, or standard input and pipes, which are copied beside the journal first.

use super::errors;
use super::rows::{Input, InputFile, InputOptions, OpenedInput, spool};
use crate::cli::{BatchArgs, InputArgs};
use crate::failure::{Failure, Kind};
use crate::session::Session;
use std::path::{Path, PathBuf};

/// Standard input.
pub(super) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub(super) fn open(session: &Session<'_>, args: &BatchArgs, journal: &Path) -> Result<Input, Failure> {
    let doing = format!("cannot read {}", args.file.display());
    let failed = |error: anyhow::Error| errors::failure(Kind::Invalid, error).doing(doing.clone());
    let options = options(&args.input)?;
    let spool_path = || {
        let mut name = journal.as_os_str().to_owned();
        name.push(".input");
        PathBuf::from(name)
    };
    let source = if is_dash(&args.file) {
        if session.layers.key_is_on_stdin() {
            let error = "standard input can supply the key or the rows, but not both";
            return Err(
                Failure::message(Kind::Usage, error).hint("give the key in a file or in SMSPIN_API_KEY")
            );
        }
        spool(std::io::stdin().lock(), &spool_path()).map_err(|error| failed(error.into()))?
    } else {
        match InputFile::open(&args.file).map_err(|error| failed(error.into()))? {
            OpenedInput::File(source) => source,
            OpenedInput::Stream(_) if args.run.journal.is_none() => {
                let error = format!(
                    "{} is a pipe, so there is no file to keep the journal beside",
                    args.file.display()
                );
                return Err(Failure::message(Kind::Usage, error).hint("name it: --journal users.smspin"));
            }
            OpenedInput::Stream(stream) => {
                spool(stream, &spool_path()).map_err(|error| failed(error.into()))?
            }
        }
    };
    Input::open(source, &options).map_err(|error| failed(error.into()))
}

fn options(args: &InputArgs) -> Result<InputOptions, Failure> {
    fn one<T: std::str::FromStr>(flag: &str, text: Option<&String>) -> Result<Option<T>, Failure>
    where
        T::Err: Into<anyhow::Error>,
    {
        let parsed = text.map(|text| text.parse::<T>()).transpose();
        parsed.map_err(|error| Failure::new(Kind::Usage, error).doing(format!("{flag} is not usable")))
    }
    let mut columns = Vec::new();
    for text in &args.columns {
        columns.extend(one("--column", Some(text))?);
    }
    Ok(InputOptions {
        format: one("--format", args.format.as_ref())?,
        delimiter: one("--delimiter", args.delimiter.as_ref())?,
        encoding: one("--encoding", args.encoding.as_ref())?,
        no_header: args.no_header,
        columns,
    })
}
