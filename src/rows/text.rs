//! A file's text, a window at a time: bytes in, whole characters out, and nothing replaced on the way. Bytes that the encoding
//! doesn't know end the reading, with the line they stand on.

use super::content_hash::{ContentHash, ContentHasher};
use super::encoding::FileEncoding;
use super::source::{InputFile, Pass};
use encoding_rs::{Decoder, DecoderResult};
use std::io;

/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// Why a file could not be read to its end. Nothing may be sent from such a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("line {line}: cannot read further: {source}")]
    Io { line: u64, source: io::Error },
    #[error("line {line} holds bytes that are not {encoding}: {advice}")]
    Undecodable {
        line: u64,
        encoding: &'static str,
        advice: String,
    },
    #[error("line {line}: the file ends in the middle of a character; it was probably cut short")]
    CutCharacter { line: u64 },
    #[error("the file was changed while it was read: let the other program finish, then start again")]
    Changed,
    #[error(
        "line {opened}: a quotation mark opens here and is not closed properly, so that the lines after it can't be told apart: close or double it (\"\")"
    )]
    OpenQuote { opened: u64 },
    #[error(
        "line {line} looks like a row, but stands inside the quotation marks that open on line {opened}: close or double that mark (\"\")"
    )]
    RowInQuotes { opened: u64, line: u64 },
    #[error("reading stopped at an earlier error")]
    Ended,
}

impl ReadError {
    /// Not even the beginning can be read.
    pub(super) const fn at_start(source: io::Error) -> Self {
        Self::Io { line: 1, source }
    }
}

/// The part of the text that is in memory, and the way to get more.
#[derive(Debug)]
pub(super) struct Text {
    pass: Pass,
    encoding: FileEncoding,
    decoder: Decoder,
    hasher: ContentHasher,
    chunk: Box<[u8]>,
    /// Bytes of the byte order mark that are still to be left out.
    mark: usize,
    window: String,
    ended: bool,
}

impl Text {
    pub(super) fn new(source: &InputFile, encoding: FileEncoding) -> Self {
        Self {
            pass: source.read_from_start(),
            encoding,
            decoder: encoding.decoder(),
            hasher: ContentHasher::new(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            mark: encoding.mark(),
            window: String::new(),
            ended: false,
        }
    }

    /// With the beginning of the file in its window.
    pub(super) fn sample(source: &InputFile, encoding: FileEncoding) -> Result<Self, ReadError> {
        let mut text = Self::new(source, encoding);
        // The second time tells a file that is at its end from one that isn't.
        text.advance(0, 1)?;
        text.advance(0, 1)?;
        Ok(text)
    }

    pub(super) fn window(&self) -> &str {
        &self.window
    }

    /// Whether the window reaches to the end of the file.
    pub(super) const fn ended(&self) -> bool {
        self.ended
    }

    /// The hash of the whole file, once it is read.
    pub(super) fn content_hash(&self) -> Option<ContentHash> {
        self.ended.then(|| self.hasher.content_hash())
    }

    /// Forgets the first `done` bytes of the window, and reads more behind the rest. `line` is the number of the line that
    /// `done` stands on. At the end of the file there is nothing more.
    pub(super) fn advance(&mut self, done: usize, line: u64) -> Result<(), ReadError> {
        self.window.drain(..done);
        if self.ended {
            return Ok(());
        }
        let failed = |source| ReadError::Io { line, source };
        let read = self.pass.read(&mut self.chunk).map_err(failed)?;
        if !self.pass.is_unchanged().map_err(failed)? {
            return Err(ReadError::Changed);
        }
        self.hasher.update(&self.chunk[..read]);
        // A pass fills the chunk unless the file ends, so no mark is ever cut.
        let from = std::mem::take(&mut self.mark).min(read);
        self.decode(from..read, read == 0, line)?;
        self.ended = read == 0;
        Ok(())
    }

    fn decode(&mut self, range: std::ops::Range<usize>, last: bool, line: u64) -> Result<(), ReadError> {
        let whole = &self.chunk[range];
        let mut bytes = whole;
        loop {
            let room = self
                .decoder
                .max_utf8_buffer_length_without_replacement(bytes.len());
            self.window.reserve(room.unwrap_or(4 * CHUNK));
            let (result, read) =
                self.decoder
                    .decode_to_string_without_replacement(bytes, &mut self.window, last);
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    let line = line + line_ends(&self.window);
                    if last {
                        return Err(ReadError::CutCharacter { line });
                    }
                    let (encoding, advice) = (self.encoding.name(), self.encoding.advice(whole));
                    return Err(ReadError::Undecodable {
                        line,
                        encoding,
                        advice,
                    });
                }
            }
        }
    }
}

/// How many lines end in `text`: at LF, CR LF, or CR alone.
pub(super) fn line_ends(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(|&pair| ends(pair)).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::source;

    fn read(bytes: &[u8], encoding: Option<&str>) -> Result<(String, Option<ContentHash>), ReadError> {
        let dir = tempfile::tempdir().unwrap();
        let source = source::spool(bytes, dir.path()).unwrap();
        let named = encoding.map(|name| name.parse().unwrap());
        let encoding = FileEncoding::detect(&bytes[..bytes.len().min(512)], named).unwrap();
        let mut text = Text::new(&source, encoding);
        while !text.ended() {
            text.advance(0, 1)?;
        }
        Ok((text.window().to_owned(), text.content_hash()))
    }

    #[test]
    fn every_encoding_comes_out_as_text() {
        let long = "teléfono;🦀\n".repeat(20_000);
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(long.encode_utf16())
            .flat_map(u16::to_be_bytes)
            .collect();
        let cases: [(&[u8], Option<&str>, &str); 6] = [
            (b"", None, ""),
            (long.as_bytes(), None, &long),
            (b"\xef\xbb\xbfphone", None, "phone"),
            (&utf16, None, &long),
            (b"tel\xe9fono", Some("windows-1252"), "teléfono"),
            (b"\xef\xbb\xbf", None, ""),
        ];
        for (bytes, encoding, expected) in cases {
            let (text, content_hash) = read(bytes, encoding).unwrap();
            assert!(text == expected, "{} bytes", bytes.len());
            let mut hasher = ContentHasher::new();
            hasher.update(bytes);
            assert_eq!(content_hash, Some(hasher.content_hash()), "the mark counts too");
        }
    }

    #[test]
    fn bytes_without_a_character_name_their_line() {
        let far = [b"34666666111\n".repeat(30_000), b"tel\xe9fono\n".to_vec()].concat();
        let utf16_odd = [b"\xff\xfep\0\n\0x".as_slice()].concat();
        let cases: [(&[u8], &str); 5] = [
            (
                b"a\r\nb\rc\ntel\xe9fono\n",
                "line 4 holds bytes that are not UTF-8: add --encoding windows-1252 if",
            ),
            (&far, "line 30001 holds bytes that are not UTF-8"),
            (
                b"a\ncaf\xc3",
                "line 2: the file ends in the middle of a character",
            ),
            (&utf16_odd, "line 2: the file ends in the middle of a character"),
            (b"\xff\xfe\0\xd8x\0", "line 1 holds bytes that are not UTF-16LE"),
        ];
        for (bytes, expected) in cases {
            let message = read(bytes, None).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        let cases = [("", 0), ("a", 0), ("a\n", 1), ("a\r\nb\rc\n\n", 4), ("\r\r\n", 2)];
        for (text, expected) in cases {
            assert_eq!(line_ends(text), expected, "{text:?}");
        }
    }
}
