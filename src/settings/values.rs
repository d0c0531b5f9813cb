//! Parsers of values that have no type of their own in the domain: time limits, retries, the proxy, a list of countries.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::domain::database_url::WrittenUrl;
use crate::domain::duration;
use crate::domain::invalid::Invalid;
use crate::domain::numbering::Region;

/// A time of more than 0 and at most one hour.
pub(crate) fn time_limit(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_secs(3600);
    match duration::parse(text).map_err(|error| error.to_string())? {
        Duration::ZERO => Err("it must be more than 0".to_owned()),
        long if long > LONGEST => Err("it must be at most one hour".to_owned()),
        duration => Ok(duration),
    }
}

/// How old an SMS must be for a batch to send another: an hour or more.
pub(crate) fn batch_once_per(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(3600);
    match duration::parse(text).map_err(|error| error.to_string())? {
        short if short < SHORTEST => Err("it must be at least 1h".to_owned()),
        window => Ok(window),
    }
}

/// Names of files, separated by commas.
pub(crate) fn files(text: &str) -> Result<Vec<PathBuf>, std::convert::Infallible> {
    text.split(',').map(str::parse).collect()
}

/// A whole number within limits, both included.
pub(crate) fn within<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("it must be from {LEAST} to {MOST}")),
    }
}

/// The URL of an HTTP proxy. It may hold a password, so no error repeats any of it.
pub(crate) fn proxy(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("it must be http://HOST:PORT or https://HOST:PORT".to_owned()),
    }
}

/// The proxy that an environment variable names: as a setting, but `HOST:PORT` alone is http, as everywhere.
pub(crate) fn proxy_without_scheme(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if text.contains("://") {
        proxy(text)
    } else if text.starts_with('/') {
        Err("it must be http://HOST:PORT or https://HOST:PORT".to_owned())
    } else {
        proxy(&format!("http://{text}"))
    }
}

/// Where a journal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalSetting {
    File(PathBuf),
    Database(Box<WrittenUrl>),
}

/// Why a file that is kept for all folders can't name a journal by a relative path, and what to type.
pub(crate) const RELATIVE_JOURNAL: &str =
    "it has to be an absolute path, or each folder would have a journal of its own";
pub(crate) const ABSOLUTE_JOURNAL: &str = "smspin config set journal /PATH/TO/FILE";

/// The URL of a database, or the name of a file. Whatever looks like a URL is none of a file.
pub(crate) fn journal(text: &str) -> Result<JournalSetting, Invalid> {
    if text.contains("://") {
        WrittenUrl::parse(text).map(|url| JournalSetting::Database(Box::new(url)))
    } else {
        Ok(JournalSetting::File(text.into()))
    }
}

/// Country codes of two letters each, separated by commas.
pub(crate) fn regions(text: &str) -> Result<Vec<Region>, Invalid> {
    text.split(',').map(str::parse).collect()
}
