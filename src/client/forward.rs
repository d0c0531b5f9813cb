//! Passes posts with delivery reports on to a URL of the user's: once each, without the gateway's key.

use super::{ClientError, Tuning, failure, http_client, until};
use crate::domain::report_url::ReportUrl;
use bytes::Bytes;
use reqwest::Url;
use std::pin::pin;
use std::time::{Duration, Instant};

/// A connection pool to the one who gets the posts.
#[derive(Debug)]
pub(crate) struct ForwardClient {
    http: reqwest::Client,
    url: Url,
    timeout: Duration,
    connect_timeout: Duration,
    /// What the user should know about how the connection is made.
    pub(crate) warning: Option<String>,
}

impl ForwardClient {
    pub(crate) fn new(url: &ReportUrl, tuning: &Tuning) -> Result<Self, ClientError> {
        let is_https = url.to_url().scheme() == "https";
        let (http, warning) = http_client(tuning, url.is_loopback(), is_https)?;
        Ok(Self {
            http,
            url: url.to_url(),
            timeout: tuning.timeout,
            connect_timeout: super::connect_timeout(tuning),
            warning,
        })
    }

    /// Posts once. `query` is that of the post, and is added to the URL's own. The error is in words, and quotes no URL.
    pub(crate) async fn post(&self, query: Option<&str>, body: Bytes) -> Result<(), String> {
        let mut url = self.url.clone();
        if let Some(query) = query {
            let joined = url
                .query()
                .map_or_else(|| query.to_owned(), |own| format!("{own}&{query}"));
            url.set_query(Some(&joined));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        match until(
            Instant::now() + self.timeout,
            pin!(self.http.post(url).body(body).send()),
        )
        .await
        {
            Some(Ok(response)) if response.status().is_success() => Ok(()),
            Some(Ok(response)) => Err(format!(
                "{host} answered with HTTP {}",
                response.status().as_u16()
            )),
            Some(Err(error)) if error.is_connect() => {
                Err(failure::not_connected(&error, &host, self.connect_timeout).detail)
            }
            Some(Err(error)) => Err(failure::no_answer(&error)),
            None => Err(format!(
                "{host} gave no answer within {}",
                failure::seconds(self.timeout)
            )),
        }
    }
}
