//! The URL of a PostgreSQL database: `postgres://user@host:port/database?sslmode=…`.
//!
//! Its errors quote no URL, since one may hold a password. Nothing here connects, and nothing reads a file.

use super::invalid::Invalid;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// How much TLS a connection has to have; the names are those of libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TlsMode {
    /// None.
    Disable,
    /// If the server has it. No certificate is checked.
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

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// What may stand behind the `?`.
const PARAMETERS: [&str; 7] = [
    "user",
    "host",
    "port",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
];

impl DatabaseUrl {
    /// True for a text that is meant to be the URL of a database.
    pub(crate) fn is_meant(text: &str) -> bool {
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }

    /// The password in the URL, if it has one.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

/// The URL of a database as it is written: its parts by the names that libpq has for them. What it lacks may be in the variables
/// that libpq reads.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WrittenUrl(BTreeMap<&'static str, String>);

impl WrittenUrl {
    /// Reads a URL. What was read from a file often has the end of its line.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim_end_matches(['\r', '\n']);
        let rest = SCHEMES
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or_else(|| Invalid::new("the URL of a database starts with postgres://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let (host, port) = split_port(host_port)?;
        let mut parts = vec![
            ("user", user),
            ("password", password),
            ("host", host),
            ("port", port),
            ("dbname", database),
        ];
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let known = PARAMETERS.iter().find(|known| **known == name);
            let known = known.ok_or_else(|| {
                Invalid::new(format_args!(
                    "`{}` in the URL of the database is not known; known are {}",
                    crate::text::line(name),
                    PARAMETERS.join(", ")
                ))
            })?;
            parts.push((known, value));
        }
        let mut written = BTreeMap::new();
        // What is empty is not given.
        for (name, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
            let decoded = percent_decode_str(text).decode_utf8();
            let decoded =
                decoded.map_err(|_| Invalid::new("the URL of the database is not percent-encoded UTF-8"))?;
            written.insert(name, decoded.into_owned());
        }
        Ok(Self(written))
    }

    /// With what is missing from the variables that libpq reads. Beyond this machine `verify-full` is the default, and modes that
    /// would fall back to plain text are refused.
    pub(crate) fn complete(
        self,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<DatabaseUrl, Invalid> {
        let Self(mut written) = self;
        let password = written.remove("password");
        let mut part = |name, of_libpq| written.remove(name).or_else(|| variable(of_libpq));
        let user = part("user", "PGUSER").ok_or_else(|| {
            Invalid::new("the URL names no user, and PGUSER is not set: postgres://USER@HOST/DATABASE")
        })?;
        let host = part("host", "PGHOST").ok_or_else(|| {
            Invalid::new("the URL names no host, and PGHOST is not set: postgres://USER@HOST/DATABASE, or ?host=DIRECTORY for a Unix socket")
        })?;
        let address = address(host)?;
        let port = match part("port", "PGPORT").map(|text| text.parse()) {
            None => 5432,
            Some(Ok(port)) if port > 0 => port,
            Some(_) => {
                return Err(Invalid::new(
                    "the port in the URL of the database is not a number from 1 to 65535",
                ));
            }
        };
        Ok(DatabaseUrl {
            tls: tls_mode(part("sslmode", "PGSSLMODE").as_deref(), &address)?,
            address,
            port,
            database: part("dbname", "PGDATABASE").unwrap_or_else(|| user.clone()),
            user,
            password,
            root_certificate: part("sslrootcert", "PGSSLROOTCERT").map(PathBuf::from),
            client_certificate: part("sslcert", "PGSSLCERT").map(PathBuf::from),
            client_key: part("sslkey", "PGSSLKEY").map(PathBuf::from),
        })
    }
}

impl fmt::Debug for WrittenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrittenUrl(…)")
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

/// `host:port`, `[::1]:port`, or one without a port.
fn split_port(text: &str) -> Result<(&str, &str), Invalid> {
    let Some(rest) = text.strip_prefix('[') else {
        return Ok(text.rsplit_once(':').unwrap_or((text, "")));
    };
    match rest.split_once(']').ok_or_else(not_one_host)? {
        (host, "") => Ok((host, "")),
        (host, after) => Ok((host, after.strip_prefix(':').ok_or_else(not_one_host)?)),
    }
}

fn not_one_host() -> Invalid {
    Invalid::new("the host in the URL of the database is not one host")
}

fn address(host: String) -> Result<ServerAddress, Invalid> {
    if host.starts_with('/') {
        return Ok(ServerAddress::Socket(host.into()));
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '%');
    if host.chars().all(is_name) {
        Ok(ServerAddress::Host(host))
    } else {
        Err(not_one_host())
    }
}

fn tls_mode(written: Option<&str>, address: &ServerAddress) -> Result<TlsMode, Invalid> {
    let local = address.is_local();
    match written {
        // `allow` is plain text first, TLS if the server insists: which is what `prefer` comes to here.
        None | Some("prefer" | "allow") if local => Ok(TlsMode::Prefer),
        None | Some("verify-full") => Ok(TlsMode::VerifyFull),
        Some("verify-ca") => Ok(TlsMode::VerifyCa),
        Some("require") => Ok(TlsMode::Require),
        Some("disable") if local => Ok(TlsMode::Disable),
        Some(mode @ ("prefer" | "allow" | "disable")) => Err(Invalid::new(format_args!(
            "sslmode={mode} would let any machine between here and the database read or change the journal; beyond this machine \
             it is not taken: use verify-full"
        ))),
        Some(_) => Err(Invalid::new(
            "sslmode is one of disable, prefer, require, verify-ca and verify-full",
        )),
    }
}

#[cfg(test)]
mod tests;
