//! The content hash of a file: SHA-256 over its bytes as they are, the same that `sha256sum` prints.
//!
//! A journal keeps it for ever, so it must not change with a version of ours or of the compiler, and two files that share one
//! would mean a second SMS to a person. The hash costs less than a tenth of the parsing.

use crate::text;
use std::fmt;

/// Says whether two inputs are the same file, byte for byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ContentHash([u8; 32]);

pub(super) struct ContentHasher(ring::digest::Context);

impl ContentHasher {
    pub(super) fn new() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes so far.
    pub(super) fn content_hash(&self) -> ContentHash {
        let digest = self.0.clone().finish();
        ContentHash(digest.as_ref().try_into().expect("SHA-256 is 32 bytes"))
    }
}

impl fmt::Debug for ContentHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ContentHasher").finish_non_exhaustive()
    }
}

impl ContentHash {
    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 64 hexadecimal digits, lower case.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::hex(&self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_prints_however_the_bytes_come() {
        let mut hasher = ContentHasher::new();
        for part in [b"a".as_slice(), b"", b"bc"] {
            hasher.update(part);
        }
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hasher.content_hash().to_string(), expected);
    }
}
