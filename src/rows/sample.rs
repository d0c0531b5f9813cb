//! Inputs for tests, from bytes and the flags that a person would give.

use super::{Input, InputError, InputFile, InputOptions, OpenedInput};

pub(crate) fn input(bytes: impl AsRef<[u8]>, flags: &[&str]) -> Result<Input, InputError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("users.csv");
    std::fs::write(&path, bytes).unwrap();
    let OpenedInput::File(source) = InputFile::open(&path).unwrap() else {
        panic!("a file")
    };
    let mut options = InputOptions::default();
    for flag in flags {
        match flag.split_once('=').unwrap_or((flag, "")) {
            ("--no-header", _) => options.no_header = true,
            ("--hidden-rows", "skip") => options.hidden_rows = Some(super::HiddenRows::Skip),
            ("--hidden-rows", _) => options.hidden_rows = Some(super::HiddenRows::Send),
            ("--header-row", row) => options.header_row = Some(row.parse().unwrap()),
            ("--column", mapping) => options.columns.push(mapping.parse()?),
            ("--encoding", name) => options.encoding = Some(name.parse()?),
            ("--format", name) => options.format = Some(name.parse()?),
            ("--sheet", name) => options.sheet = Some(name.to_owned()),
            ("--delimiter", delimiter) => options.delimiter = Some(delimiter.parse()?),
            _ => panic!("{flag}"),
        }
    }
    Input::open(source, &options)
}
