//! Whether a `-wal` still has every record that was acknowledged. SQLite reads one up to the first frame that doesn't fit and
//! forgets the rest without a word: right where a power cut tore the last, unacknowledged commit, and wrong where a bit
//! flipped or a page was lost in the middle.
//!
//! It follows <https://www.sqlite.org/fileformat2.html#walformat> and <https://www.sqlite.org/walformat.html>, and only reads.
//! Nobody may be writing the journal meanwhile.

use super::place::JournalPath;
use crate::batch::journal::error::JournalError;
use std::fs::File;
use std::io::{self, BufReader, Read};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The size of both copies of the header of a `-shm`.
const INDEX_HEADER: usize = 48;

/// Sum and weighted sum of all words so far.
type Checksum = [u32; 2];

/// What is wrong with a `-wal` that is there; `None` for one that is whole, or torn where a commit was never acknowledged.
pub(super) fn damage(place: &JournalPath) -> Result<Option<String>, JournalError> {
    let path = place.wal();
    let file = File::open(&path).map_err(JournalError::io("open", &path))?;
    let scan = Scan::of(BufReader::new(file)).map_err(JournalError::io("read", &path))?;
    Ok(match scan {
        None => Some("its header is not that of a -wal".to_owned()),
        Some(scan) if scan.is_damaged() => Some(format!(
            "frame {} is damaged, and records follow it",
            scan.frames + 1
        )),
        Some(scan) => index_header(place)
            .filter(|index| index.salt == scan.salt && index.frames > scan.committed)
            .map(|index| {
                format!(
                    "it ends after frame {} of {}, or is damaged there",
                    scan.committed, index.frames
                )
            }),
    })
}

/// A `-wal`, read to its end.
#[derive(Debug)]
struct Scan {
    salt: [u8; 8],
    /// Frames up to the first that does not fit.
    frames: u32,
    /// Frames up to the last commit among them.
    committed: u32,
    /// The first that does not fit says of itself that it ends a commit.
    bad_commit: bool,
    /// Commits behind the first that does not fit which are whole in themselves.
    commits_behind: u32,
}

impl Scan {
    /// `None` where the header isn't one.
    fn of(mut wal: impl Read) -> io::Result<Option<Self>> {
        let mut header = [0; HEADER];
        wal.read_exact(&mut header)?;
        let big_endian = match word(&header, 0) {
            0x377F_0682 => false,
            0x377F_0683 => true,
            _ => return Ok(None),
        };
        let mut chain = checksum([0; 2], &header[..24], big_endian);
        let page = word(&header, 8);
        if chain != [word(&header, 24), word(&header, 28)] || !(512..=65536).contains(&page) {
            return Ok(None);
        }
        let salt = header[16..24].try_into().expect("it has eight bytes");
        let mut scan = Self {
            salt,
            frames: 0,
            committed: 0,
            bad_commit: false,
            commits_behind: 0,
        };
        let mut frame = vec![0; FRAME_HEADER + page as usize];
        let mut whole = true;
        while read_frame(&mut wal, &mut frame)? {
            let stored = [word(&frame, 16), word(&frame, 20)];
            let of_this_log = frame[8..16] == salt;
            let commit = word(&frame, 4) != 0;
            let sum = checksum(chain, &frame[..8], big_endian);
            let fits = of_this_log && checksum(sum, &frame[FRAME_HEADER..], big_endian) == stored;
            match (whole, fits) {
                (true, true) => {
                    scan.frames += 1;
                    if commit {
                        scan.committed = scan.frames;
                    }
                }
                (true, false) => {
                    whole = false;
                    scan.bad_commit = of_this_log && commit;
                }
                (false, true) => scan.commits_behind += u32::from(commit),
                (false, false) => {}
            }
            // Behind a frame that does not fit, each is compared with what the one before says of itself.
            chain = stored;
        }
        Ok(Some(scan))
    }

    /// Commits are synced one after another. So a power cut can tear one, in any order of its frames, and it is the last. With
    /// another commit behind it, it had been synced, and what is wrong with it came later.
    const fn is_damaged(&self) -> bool {
        self.commits_behind > 1 || self.commits_behind == 1 && self.bad_commit
    }
}

/// False at the end; what is shorter than a frame is none.
fn read_frame(wal: &mut impl Read, frame: &mut [u8]) -> io::Result<bool> {
    match wal.read_exact(frame) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn checksum([mut sum, mut weighted]: Checksum, bytes: &[u8], big_endian: bool) -> Checksum {
    for pair in bytes.chunks_exact(8) {
        let [first, second] = [&pair[..4], &pair[4..]].map(|word| {
            let word = word.try_into().expect("it has four bytes");
            if big_endian {
                u32::from_be_bytes(word)
            } else {
                u32::from_le_bytes(word)
            }
        });
        sum = sum.wrapping_add(first).wrapping_add(weighted);
        weighted = weighted.wrapping_add(second).wrapping_add(sum);
    }
    [sum, weighted]
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("it has four bytes"))
}

/// What the last process that wrote a `-wal` has noted of it.
struct IndexHeader {
    salt: [u8; 8],
    /// Frames up to the last commit.
    frames: u32,
}

/// The header of the `-shm` that a killed process leaves behind; `None` where there is none that can be relied on.
fn index_header(place: &JournalPath) -> Option<IndexHeader> {
    let mut copies = [0; 2 * INDEX_HEADER];
    File::open(place.beside("-shm"))
        .and_then(|mut file| file.read_exact(&mut copies))
        .ok()?;
    let (first, second) = copies.split_at(INDEX_HEADER);
    let native = |at: usize| u32::from_ne_bytes(first[at..at + 4].try_into().expect("it has four bytes"));
    let initialized = first[12] != 0;
    let whole = checksum([0; 2], &first[..40], cfg!(target_endian = "big")) == [native(40), native(44)];
    (first == second && initialized && whole).then(|| IndexHeader {
        salt: first[32..40].try_into().expect("it has eight bytes"),
        frames: native(16),
    })
}
