//! The parts of a workbook, which is a zip archive of XML: read a piece at a time, each piece and each part up to a bound, however
//! little the archive says they take.

use super::WorkbookError;
use crate::rows::encoding::FileEncoding;
use crate::rows::source::Pass;
use encoding_rs::DecoderResult;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// The most that one part may unpack to, in bytes. A sheet of a million rows and thirty columns has about 1 GiB.
const MOST_OF_PART: u64 = 4 * 1024 * 1024 * 1024;
/// The most that may stand between two tags, or in one.
const MOST_OF_PIECE: usize = 16 * 1024 * 1024;
/// Within so many bytes a part says which encoding it is written in.
const DECLARATION: u64 = 512;

/// The workbook as an archive.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<Pass>>,
    /// The most that one part may unpack to, in bytes.
    most: u64,
    /// The names of the parts as they are looked for, and as they are written.
    names: HashMap<String, String>,
}

/// The most that a workbook of so many bytes may unpack to: its parts repeat themselves, but no list as often as a file that is
/// made to do harm.
pub(super) const fn most_unpacked(archive: u64) -> u64 {
    let allowed = (64 * 1024 * 1024_u64).saturating_add(archive.saturating_mul(300));
    if allowed < MOST_OF_PART {
        allowed
    } else {
        MOST_OF_PART
    }
}

/// A name without regard to case and to how folders are written.
fn plain_name(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// One part, as the pieces of its XML.
pub(super) struct Part<'a> {
    name: String,
    xml: quick_xml::Reader<Bounded<'a>>,
    buffer: Vec<u8>,
}

impl Archive {
    pub(super) fn open(pass: Pass) -> Result<Self, WorkbookError> {
        let most = most_unpacked(pass.length());
        let of_archive = |error| failed("the archive", error);
        let mut zip = ZipArchive::new(BufReader::new(pass)).map_err(of_archive)?;
        // Two lists of parts that differ are two workbooks: which of them people saw can't be known.
        zip.validate_header_consistency().map_err(of_archive)?;
        let names = zip
            .file_names()
            .filter_map(|name| Some((plain_name(name.as_ref().ok()?), name.ok()?.into_owned())))
            .collect();
        Ok(Self { zip, most, names })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&plain_name(name))
    }

    pub(super) fn part(&mut self, name: &str) -> Result<Part<'_>, WorkbookError> {
        let written = self.names.get(&plain_name(name)).map_or(name, String::as_str);
        let file = self.zip.by_name(written).map_err(|error| failed(name, error))?;
        let text = as_utf8(file).map_err(|error| failed(name, error.into()))?;
        let mut xml = quick_xml::Reader::from_reader(Bounded {
            inner: text.ok_or_else(|| damaged(name, "it is written in an encoding that is not known"))?,
            most: self.most,
            of_part: 0,
            of_piece: 0,
        });
        xml.config_mut().expand_empty_elements = true;
        Ok(Part {
            name: name.to_owned(),
            xml,
            buffer: Vec::new(),
        })
    }
}

fn failed(part: &str, error: ZipError) -> WorkbookError {
    match error {
        ZipError::Io(error)
            if error.kind() != io::ErrorKind::InvalidData && error.raw_os_error().is_some() =>
        {
            WorkbookError::Io(error)
        }
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => WorkbookError::encrypted(),
        ZipError::FileNotFound => damaged(part, "it is missing"),
        error => damaged(part, error),
    }
}

pub(super) fn damaged(part: &str, reason: impl std::fmt::Display) -> WorkbookError {
    WorkbookError::refused(format_args!("the workbook is damaged: {part}: {reason}"))
}

impl Part<'_> {
    /// The next piece; an element without content is a start and an end.
    pub(super) fn next(&mut self) -> Result<Event<'_>, WorkbookError> {
        self.buffer.clear();
        self.xml.get_mut().of_piece = 0;
        match self.xml.read_event_into(&mut self.buffer) {
            Ok(event) => Ok(event),
            Err(quick_xml::Error::Io(error)) => Err(match error.kind() {
                io::ErrorKind::FileTooLarge => WorkbookError::too_large(&self.name, "its size allows"),
                io::ErrorKind::OutOfMemory => WorkbookError::too_large(&self.name, "16 MiB between two tags"),
                _ => damaged(&self.name, error),
            }),
            Err(error) => Err(damaged(&self.name, error)),
        }
    }

    /// Hands over each element that begins, up to the end of the part. To the end it is read in any case: its checksum stands there.
    pub(super) fn each(
        mut self,
        mut visit: impl FnMut(&BytesStart<'_>) -> Result<(), WorkbookError>,
    ) -> Result<(), WorkbookError> {
        loop {
            match self.next()? {
                Event::Start(start) => visit(&start)?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    pub(super) fn damaged(&self, reason: impl std::fmt::Display) -> WorkbookError {
        damaged(&self.name, reason)
    }
}

/// The value of an attribute, by its whole name, with its prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.0 == name)?;
    let value = found.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

/// Adds the text of a piece. False for a reference to something that the file would have to define.
pub(super) fn add_text(event: &Event<'_>, text: &mut String) -> bool {
    match event {
        Event::Text(piece) => text.push_str(&piece.xml10_content()),
        Event::CData(piece) => text.push_str(&piece.xml10_content()),
        Event::GeneralRef(reference) => match reference.resolve_char_ref() {
            Ok(Some(c)) => text.push(c),
            Ok(None) => match quick_xml::escape::resolve_predefined_entity(reference) {
                Some(c) => text.push_str(c),
                None => return false,
            },
            Err(_) => return false,
        },
        _ => {}
    }
    true
}

/// A part as UTF-8, whatever encoding it says it is written in; nothing where that is not known.
fn as_utf8<'a>(mut file: ZipFile<'a, BufReader<Pass>>) -> io::Result<Option<Box<dyn BufRead + 'a>>> {
    let mut head = Vec::new();
    file.by_ref().take(DECLARATION).read_to_end(&mut head)?;
    let encoding = FileEncoding::of_xml(&head);
    let whole = BufReader::with_capacity(64 * 1024, io::Cursor::new(head).chain(file));
    Ok(encoding.map(|encoding| -> Box<dyn BufRead> {
        if encoding == FileEncoding::UTF_8 {
            Box::new(whole)
        } else {
            let decoder = Some(encoding.decoder());
            Box::new(BufReader::new(Decoded {
                inner: whole,
                decoder,
            }))
        }
    }))
}

/// Text in another encoding, as UTF-8.
struct Decoded<R> {
    inner: R,
    /// `None` at the end.
    decoder: Option<encoding_rs::Decoder>,
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let bytes = self.inner.fill_buf()?;
            let last = bytes.is_empty();
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, buffer, last);
            self.inner.consume(read);
            match result {
                DecoderResult::Malformed(..) => {
                    let reason = format!("it holds bytes that are not {}", decoder.encoding().name());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
                DecoderResult::InputEmpty if last => self.decoder = None,
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

/// Counts what is read, and ends the reading at a bound.
struct Bounded<'a> {
    inner: Box<dyn BufRead + 'a>,
    most: u64,
    of_part: u64,
    of_piece: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.of_part > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.of_piece > MOST_OF_PIECE {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.of_part += amount as u64;
        self.of_piece += amount;
        self.inner.consume(amount);
    }
}
