//! The URL of a PostgreSQL database: `postgres://user@host:port/database?sslmode=…`.
//!
//! Its errors quote no URL, since one may hold a password. Nothing here connects, and nothing reads a file.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// How much TLS a connection has to have; the names are those of libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// None.
    Disable,
    /// If the server has it. Nobody's certificate is checked.
    Prefer,
    /// The certificate is checked where `sslrootcert` names who may have signed it.
    Require,
    /// The certificate is checked, but not the name in it.
    VerifyCa,
    VerifyFull,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerAddress {
    /// The directory of a Unix socket.
    Socket(PathBuf),
    Host(String),
}

impl ServerAddress {
    /// This machine: what is sent to it crosses no network.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Host(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

/// The URL of a database, checked. Shown without its user and its password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl {
    pub(crate) address: ServerAddress,
    pub(crate) port: u16,
    pub(crate) user: String,
    password: Option<String>,
    pub(crate) database: String,
    pub(crate) tls: TlsMode,
    /// PEM files: who may have signed the server's certificate, and the client's own certificate and key.
    pub(crate) root_certificate: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
}

/// Why something is not the URL of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DatabaseUrlError {
    #[error("the URL of a database starts with postgres://")]
    Scheme,
    #[error("the URL names no user: postgres://USER@HOST/DATABASE")]
    NoUser,
    #[error("the URL names no host: postgres://USER@HOST/DATABASE, or ?host=DIRECTORY for a Unix socket")]
    NoHost,
    #[error("the host in the URL of the database is not one host")]
    Host,
    #[error("the port in the URL of the database is not a number from 1 to 65535")]
    Port,
    #[error("the URL of the database is not percent-encoded UTF-8")]
    Encoding,
    #[error("`{name}` in the URL of the database is not known; known are {}", PARAMETERS.join(", "))]
    Parameter { name: String },
    #[error("sslmode is one of disable, prefer, require, verify-ca and verify-full")]
    TlsMode,
    #[error(
        "sslmode={mode} would let anybody between here and the database read or change the journal; beyond this machine it is not taken: use verify-full"
    )]
    Insecure { mode: &'static str },
}

const PARAMETERS: [&str; 6] = ["host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey"];

impl DatabaseUrl {
    /// True for a text that is meant to be the URL of a database.
    pub(crate) fn is_meant(text: &str) -> bool {
        ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
    }

    /// Reads a URL. Beyond this machine `verify-full` is the default, and modes that would fall back to plain text are refused.
    pub(crate) fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or(DatabaseUrlError::Scheme)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, host_port) = authority.rsplit_once('@').ok_or(DatabaseUrlError::NoUser)?;
        let (user, password) = match user_info.split_once(':') {
            Some((user, password)) => (user, Some(decoded(password)?)),
            None => (user_info, None),
        };
        let user = decoded(user)?;
        if user.is_empty() {
            return Err(DatabaseUrlError::NoUser);
        }
        let query = Parameters::parse(query)?;
        let (host, port) = split_port(host_port)?;
        let address = address(query.host.unwrap_or(decoded(host)?))?;
        let port = match query.port.as_deref().or(port) {
            None | Some("") => 5432,
            Some(text) => match text.parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(DatabaseUrlError::Port),
            },
        };
        let database = decoded(database)?;
        Ok(Self {
            tls: tls_mode(query.mode.as_deref(), &address)?,
            address,
            port,
            database: if database.is_empty() {
                user.clone()
            } else {
                database
            },
            user,
            password: password.filter(|password| !password.is_empty()),
            root_certificate: query.root_certificate,
            client_certificate: query.client_certificate,
            client_key: query.client_key,
        })
    }

    /// The password in the URL, if it has one.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

/// Where the database is, and not how it is entered: without user and password, so that it can stand beside a list that is
/// passed on.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = crate::text::line(&self.database);
        match &self.address {
            ServerAddress::Host(name) => {
                write!(
                    f,
                    "postgres://{}:{}/{database}",
                    crate::text::line(name),
                    self.port
                )
            }
            ServerAddress::Socket(directory) => write!(
                f,
                "postgres:///{database}?host={}",
                crate::text::line(&directory.to_string_lossy()),
            ),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[derive(Default)]
struct Parameters {
    host: Option<String>,
    port: Option<String>,
    mode: Option<String>,
    root_certificate: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, DatabaseUrlError> {
        let mut found = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(value)?;
            match name {
                "host" => found.host = Some(value),
                "port" => found.port = Some(value),
                "sslmode" => found.mode = Some(value),
                "sslrootcert" => found.root_certificate = Some(value.into()),
                "sslcert" => found.client_certificate = Some(value.into()),
                "sslkey" => found.client_key = Some(value.into()),
                _ => {
                    return Err(DatabaseUrlError::Parameter {
                        name: crate::text::line(name).into_owned(),
                    });
                }
            }
        }
        Ok(found)
    }
}

fn decoded(text: &str) -> Result<String, DatabaseUrlError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| DatabaseUrlError::Encoding)
}

/// `host:port`, `[::1]:port`, or one without a port.
fn split_port(text: &str) -> Result<(&str, Option<&str>), DatabaseUrlError> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(DatabaseUrlError::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(DatabaseUrlError::Host),
        };
    }
    Ok(text
        .rsplit_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port))))
}

fn address(host: String) -> Result<ServerAddress, DatabaseUrlError> {
    if host.starts_with('/') {
        return Ok(ServerAddress::Socket(host.into()));
    }
    if host.is_empty() {
        return Err(DatabaseUrlError::NoHost);
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '%');
    if host.chars().all(is_name) {
        Ok(ServerAddress::Host(host))
    } else {
        Err(DatabaseUrlError::Host)
    }
}

fn tls_mode(written: Option<&str>, address: &ServerAddress) -> Result<TlsMode, DatabaseUrlError> {
    let local = address.is_local();
    match written {
        // `allow` is plain text first, TLS if the server insists: which is what `prefer` comes to here.
        None | Some("prefer" | "allow") if local => Ok(TlsMode::Prefer),
        None | Some("verify-full") => Ok(TlsMode::VerifyFull),
        Some("verify-ca") => Ok(TlsMode::VerifyCa),
        Some("require") => Ok(TlsMode::Require),
        Some("disable") if local => Ok(TlsMode::Disable),
        Some("prefer") => Err(DatabaseUrlError::Insecure { mode: "prefer" }),
        Some("allow") => Err(DatabaseUrlError::Insecure { mode: "allow" }),
        Some("disable") => Err(DatabaseUrlError::Insecure { mode: "disable" }),
        Some(_) => Err(DatabaseUrlError::TlsMode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_as_libpq_reads_them() {
        let table = [
            (
                "postgres://me@db.example.com/app",
                "db.example.com",
                5432,
                "app",
                TlsMode::VerifyFull,
            ),
            (
                "postgresql://me@db:6000/app?sslmode=require",
                "db",
                6000,
                "app",
                TlsMode::Require,
            ),
            (
                "postgres://me@db/app?sslmode=verify-ca",
                "db",
                5432,
                "app",
                TlsMode::VerifyCa,
            ),
            (
                "postgres://me@127.0.0.1:1/",
                "127.0.0.1",
                1,
                "me",
                TlsMode::Prefer,
            ),
            (
                "postgres://me@localhost/a%20b?sslmode=disable",
                "localhost",
                5432,
                "a b",
                TlsMode::Disable,
            ),
            ("postgres://m%40e:x@[::1]:7/app", "::1", 7, "app", TlsMode::Prefer),
        ];
        for (text, host, port, database, tls) in table {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.address, ServerAddress::Host(host.to_owned()), "{text}");
            assert_eq!(
                (url.port, url.database.as_str(), url.tls),
                (port, database, tls),
                "{text}"
            );
        }
        let socket = DatabaseUrl::parse("postgres://me@/app?host=/run/postgresql&port=5433").unwrap();
        assert_eq!(socket.address, ServerAddress::Socket("/run/postgresql".into()));
        assert_eq!((socket.port, socket.tls), (5433, TlsMode::Prefer));
        let encoded = DatabaseUrl::parse("postgres://me@%2Frun%2Fpg/app").unwrap();
        assert_eq!(encoded.address, ServerAddress::Socket("/run/pg".into()));
    }

    #[test]
    fn what_is_no_url_of_a_database_says_why_and_repeats_nothing() {
        use DatabaseUrlError as E;
        let insecure = |mode| E::Insecure { mode };
        let table = [
            ("mysql://me@db/app", E::Scheme),
            ("postgres://db/app", E::NoUser),
            ("postgres://@db/app", E::NoUser),
            ("postgres://me:hunter2@/app", E::NoHost),
            ("postgres://me:hunter2@a,b/app", E::Host),
            ("postgres://me:hunter2@[::1/app", E::Host),
            ("postgres://me:hunter2@db:x/app", E::Port),
            ("postgres://me:hunter2@db:0/app", E::Port),
            ("postgres://me:%ff@db/app", E::Encoding),
            ("postgres://me:hunter2@db/app?sslmode=maybe", E::TlsMode),
            ("postgres://me:hunter2@db/app?sslmode=prefer", insecure("prefer")),
            ("postgres://me:hunter2@db/app?sslmode=allow", insecure("allow")),
            (
                "postgres://me:hunter2@10.0.0.1/app?sslmode=disable",
                insecure("disable"),
            ),
            (
                "postgres://me@db/app?password=x",
                E::Parameter {
                    name: "password".to_owned(),
                },
            ),
        ];
        for (text, expected) in table {
            let error = DatabaseUrl::parse(text).unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
            assert_eq!(error, expected, "{text}");
        }
    }

    #[test]
    fn neither_user_nor_password_is_shown() {
        let url = DatabaseUrl::parse("postgres://me:hunter2@db:6000/app?sslmode=require").unwrap();
        assert_eq!(url.password(), Some("hunter2"));
        assert_eq!(url.to_string(), "postgres://db:6000/app");
        assert!(!format!("{url:?}").contains("hunter2"));
        let socket = DatabaseUrl::parse("postgres://me:hunter2@/app?host=/run/pg").unwrap();
        assert_eq!(socket.to_string(), "postgres:///app?host=/run/pg");
    }
}
