//! All that can be seen of a run that has ended: stdout, stderr, status, and the files that are there now.

use std::path::Path;

pub(crate) struct Ended {
    pub(crate) args: Vec<String>,
    /// The files below the directory where it ran, with their sizes.
    pub(crate) files: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
}

/// The files below a directory, with their sizes.
pub(crate) fn listing(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(next) = left.pop() {
        for path in std::fs::read_dir(next)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
        {
            match path.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => left.push(path),
                Ok(metadata) => {
                    let name = path.strip_prefix(dir).unwrap_or(&path).display();
                    found.push(format!("{name} ({} bytes)", metadata.len()));
                }
                Err(_) => {}
            }
        }
    }
    found.sort();
    found
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            args,
            files,
            stdout,
            stderr,
            status,
            signal,
        } = self;
        write!(
            f,
            "smspin {args:?} ended with status {status:?}, signal {signal:?}\n--- files\n{files:#?}\n"
        )?;
        write!(f, "--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

impl Ended {
    /// Compares the exit status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self}");
        self
    }

    /// Compares status, stdout and stderr at once, each text as a whole.
    #[track_caller]
    pub(crate) fn is(&self, status: i32, stdout: &str, stderr: &str) {
        assert!(
            self.status == Some(status) && self.stdout == stdout && self.stderr == stderr,
            "expected {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---\nbut {self}"
        );
    }

    /// The exit status, and pieces that stdout and stderr must hold; an empty list means that the stream is empty.
    #[track_caller]
    pub(crate) fn says(&self, status: i32, stdout: &[&str], stderr: &[&str]) -> &Self {
        assert_eq!(self.status, Some(status), "{self}");
        for (text, pieces, name) in [(&self.stdout, stdout, "stdout"), (&self.stderr, stderr, "stderr")] {
            assert!(
                !pieces.is_empty() || text.is_empty(),
                "{name} should be empty: {self}"
            );
            for piece in pieces {
                assert!(text.contains(piece), "{name} lacks {piece:?}: {self}");
            }
        }
        self
    }

    /// The exit status, with nothing on stdout, and pieces that stderr must hold, parted by ` … `.
    #[track_caller]
    pub(crate) fn fails(&self, status: i32, stderr: &str) -> &Self {
        let pieces: Vec<&str> = stderr.split(" … ").collect();
        self.says(status, &[], &pieces)
    }

    /// Pieces that stdout must hold, parted by ` … `.
    #[track_caller]
    pub(crate) fn out(&self, pieces: &str) {
        for piece in pieces.split(" … ") {
            assert!(self.stdout.contains(piece), "stdout lacks {piece:?}: {self}");
        }
    }

    /// Pieces that stderr must hold, parted by ` … `.
    #[track_caller]
    pub(crate) fn err(&self, pieces: &str) {
        for piece in pieces.split(" … ") {
            assert!(self.stderr.contains(piece), "stderr lacks {piece:?}: {self}");
        }
    }

    /// The one JSON document on stdout, which keeps to the schema of the command that printed it.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let document = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"));
        if let Err(fault) = super::schema::of(&self.args).check(&document) {
            panic!("not what `smspin schema` promises: {fault}: {self}");
        }
        document
    }

    /// No text says `1 rows`.
    pub(crate) fn counts_one_as_one(&self) {
        const SEVERAL: [&str; 24] = [
            "answers",
            "attempts",
            "bytes",
            "calls",
            "characters",
            "columns",
            "digits",
            "duplicates",
            "failures",
            "files",
            "lines",
            "messages",
            "numbers",
            "pages",
            "people",
            "records",
            "reports",
            "requests",
            "rows",
            "segments",
            "settings",
            "steps",
            "times",
            "tries",
        ];
        for line in self.stdout.lines().chain(self.stderr.lines()) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            for pair in words.windows(2) {
                let noun = pair[1].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
                let one = pair[0].trim_start_matches(['(', '"']) == "1";
                assert!(!one || !SEVERAL.contains(&noun), "{} {noun}: {self}", pair[0]);
            }
        }
    }

    #[track_caller]
    pub(crate) fn holds_nowhere(&self, secret: &str) {
        assert!(
            !self.stdout.contains(secret) && !self.stderr.contains(secret),
            "{secret} leaked: {self}"
        );
    }
}
