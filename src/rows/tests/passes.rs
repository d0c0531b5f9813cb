//! More than one pass over an input, and what ties them together.

use super::*;

#[test]
fn every_pass_sees_the_same_and_an_edit_ends_it() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("users.csv");
    let text = format!("phone\n{}", "34666666111\n".repeat(50_000));
    std::fs::write(&path, &text).unwrap();
    let OpenedInput::File(source) = InputFile::open(&path).unwrap() else {
        panic!("a file")
    };
    let input = Input::open(source, &InputOptions::default()).unwrap();
    let pass = || {
        let mut rows = input.rows().unwrap();
        while rows.next().unwrap().is_some() {}
        (rows.counts(), rows.content_hash().unwrap())
    };
    assert_eq!(pass(), pass());
    let mut rows = input.rows().unwrap();
    rows.next().unwrap();
    assert_eq!(rows.content_hash(), None, "not before the end");
    std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"1\n")
        .unwrap();
    let error = std::iter::repeat_with(|| rows.next().map(|row| row.is_some()))
        .find(Result::is_err)
        .unwrap();
    assert!(matches!(error, Err(ReadError::Changed)));
}
