//! The password of a database, looked for where libpq does: PGPASSWORD, then the password file.

use crate::domain::database_url::{DatabaseUrl, ServerAddress};
use crate::env::Environment;
use crate::journal::error::{JournalError, JournalFault};
use std::fmt;
use std::path::{Path, PathBuf};

/// A password. Shown by nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DatabasePassword(String);

impl DatabasePassword {
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// That of the URL, of PGPASSWORD, or of the first line of the password file that fits. `None` where there is none: a server
    /// may ask for none.
    pub(super) fn find(url: &DatabaseUrl, environment: &Environment) -> Result<Option<Self>, JournalError> {
        if let Some(password) = url.password() {
            return Ok(Some(Self(password.to_owned())));
        }
        if let Ok(Some(password)) = environment.text("PGPASSWORD") {
            // What was read from a file often has the end of its line.
            let password = password.trim_end_matches(['\r', '\n']);
            return Ok(Some(Self(password.to_owned())));
        }
        let home = || environment.path("HOME").map(|home| home.join(".pgpass"));
        let Some(path) = environment.path("PGPASSFILE").map(PathBuf::from).or_else(home) else {
            return Ok(None);
        };
        let Some(text) = read(&path)? else {
            return Ok(None);
        };
        Ok(in_file(&text, url).map(Self))
    }
}

impl fmt::Debug for DatabasePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabasePassword(redacted)")
    }
}

/// `None` where there is no such file.
fn read(path: &Path) -> Result<Option<String>, JournalError> {
    let failed = |error| JournalError::io("read the password file", path, &error);
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    refuse_readable("the password file", path, &metadata)?;
    std::fs::read_to_string(path).map(Some).map_err(failed)
}

/// A user who can read it can change the journal.
pub(super) fn refuse_readable(
    what: &str,
    path: &Path,
    metadata: &std::fs::Metadata,
) -> Result<(), JournalError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    let shown = path.display();
    let error = format!("{what} {shown} can be read by others (mode {mode:o})");
    Err(JournalError::new(JournalFault::Unusable, error).hint(format_args!("chmod 600 {shown}")))
}

/// Lines are `host:port:database:user:password`; `*` fits anything, and a backslash makes the next character plain.
fn in_file(text: &str, url: &DatabaseUrl) -> Option<String> {
    let host = match &url.address {
        ServerAddress::Host(name) => name.clone(),
        // libpq calls its default directory so; ours are always written out, and either name fits.
        ServerAddress::Socket(directory) => directory.to_string_lossy().into_owned(),
    };
    let port = url.port.to_string();
    let wanted = [host.as_str(), &port, &url.database, &url.user];
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let fields = fields(line)?;
            let fits = fields[..4]
                .iter()
                .zip(wanted)
                .enumerate()
                .all(|(nth, (field, wanted))| {
                    let local = nth == 0 && field == "localhost" && url.address.is_local();
                    field == "*" || field == wanted || local
                });
            fits.then(|| fields[4].clone())
        })
}

fn fields(line: &str) -> Option<[String; 5]> {
    let mut fields = [const { String::new() }; 5];
    let mut at = 0;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            ':' if at < 4 => at += 1,
            '\\' => fields[at].push(characters.next().unwrap_or('\\')),
            c => fields[at].push(c),
        }
    }
    (at == 4 && !fields[4].is_empty()).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::database_url::WrittenUrl;

    fn url(text: &str) -> DatabaseUrl {
        WrittenUrl::parse(text).unwrap().complete(|_| None).unwrap()
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let text = "# a comment\nshort:line\ndb:*:other:me:one\ndb:5432:app:me:t\\:w\\\\o:3\n*:*:*:*:last\n";
        let table = [
            ("postgres://me@db/app", Some("t:w\\o:3")),
            ("postgres://me@db/other", Some("one")),
            ("postgres://you@db/app", Some("last")),
            ("postgres://me@/app?host=/run/pg", Some("last")),
        ];
        for (written, expected) in table {
            assert_eq!(in_file(text, &url(written)).as_deref(), expected, "{written}");
        }
        assert_eq!(in_file("db:1:app:me:x\n", &url("postgres://me@db/app")), None);
        let socket = url("postgres://me@/app?host=/run/pg");
        assert_eq!(in_file("localhost:*:*:*:x", &socket).as_deref(), Some("x"));
    }

    #[test]
    fn a_password_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "*:*:*:*:hunter2\n").unwrap();
        let environment = Environment::from_pairs([("PGPASSFILE".into(), file.path().into())]);
        let found = || DatabasePassword::find(&url("postgres://me@db/app"), &environment);
        assert_eq!(found().unwrap().unwrap().expose(), "hunter2");
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = found().unwrap_err();
        assert!(error.to_string().ends_with("(mode 644)"), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn pgpassword_comes_before_the_file_and_is_never_shown() {
        let environment = Environment::from_pairs([("PGPASSWORD".into(), "hunter2\r\n".into())]);
        let found = DatabasePassword::find(&url("postgres://me@db/app"), &environment);
        let found = found.unwrap().unwrap();
        assert_eq!(found.expose(), "hunter2");
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
