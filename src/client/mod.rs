//! The one user of reqwest: one request in, one [`Verdict`] out.
//!
//! It repeats no request that anything may have taken, follows no redirect (the body holds the key), and says of every failure whether a byte of
//! the request can have left. What that means is the outcome table's to say.

mod failure;
mod forward;
mod paths;
pub(crate) mod probe;

pub(crate) use forward::ForwardClient;
pub(crate) use paths::CallPaths;

use crate::domain::api_key::ApiKey;
use crate::domain::base_url::BaseUrl;
use crate::outcome::{AnswerBody, Exchange, Verdict, judge};
use crate::tls::{Authorities, TlsError, TlsOptions};
use crate::wire::{self, Answer, Body, Call, ReceivedBody, Secrets};
use jiff::{SignedDuration, Timestamp};
use paths::CallUrls;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Request, Response, Url};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::Poll;
use std::time::{Duration, Instant};

/// No answer of the gateway comes near this; more is the page of another server, or an attack.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// Idle connections are dropped before servers usually drop them: one closed under a request makes a false `unknown`.
const IDLE_LIMIT: Duration = Duration::from_secs(2);

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Tuning {
    /// From the first byte sent to the last byte of the answer.
    pub(crate) timeout: Duration,
    /// Name resolution, TCP, proxy tunnel and TLS; always below `timeout`.
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Option<Url>,
    /// Used where `proxy` names none.
    pub(crate) environment_proxy: Option<EnvironmentProxy>,
    /// PEM certificates trusted besides the platform's.
    pub(crate) ca_file: Option<PathBuf>,
    /// How many connections stay open between requests.
    pub(crate) pool: usize,
}

/// The proxy that the environment names. The HTTP library does not look there by itself: it would pass over what it can't
/// read, and connect directly.
#[derive(Clone, Debug)]
pub(crate) struct EnvironmentProxy {
    pub(crate) url: Url,
    /// Hosts that are reached without it, as `NO_PROXY` lists them.
    pub(crate) except: Option<String>,
}

/// Why no client could be made. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot set up HTTPS")]
    Tls(#[from] TlsError),
    #[error("cannot use the proxy: {reason}")]
    Proxy { reason: String },
    #[error("cannot set up HTTP: {reason}")]
    Setup { reason: String },
}

/// What passes between both sides, for showing.
pub(crate) enum Passing<'a> {
    Request { url: &'a Url, body: &'a Body },
    Answer(&'a Exchange),
}

/// One connection pool to one gateway.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    urls: [CallUrls; 4],
    timeout: Duration,
    connect_timeout: Duration,
    host: String,
    clock_ahead: OnceLock<SignedDuration>,
    /// What the user should know about how the connection is made.
    pub(crate) warning: Option<String>,
}

impl Client {
    pub(crate) fn new(base_url: &BaseUrl, paths: &CallPaths, tuning: &Tuning) -> Result<Self, ClientError> {
        let connect_timeout = connect_timeout(tuning);
        let is_direct = base_url.is_loopback() || base_url.is_plain();
        let (http, warning) = http_client(tuning, is_direct, base_url.scheme() == "https")?;
        Ok(Self {
            http,
            urls: Call::ALL.map(|call| CallUrls::new(base_url, paths.of(call), call)),
            timeout: tuning.timeout,
            connect_timeout,
            host: base_url.host().to_owned(),
            clock_ahead: OnceLock::new(),
            warning,
        })
    }

    /// How far the gateway's clock is ahead of this machine's, by the first answer that had a date.
    pub(crate) fn clock_ahead(&self) -> Option<SignedDuration> {
        self.clock_ahead.get().copied()
    }

    /// Where a call goes.
    pub(crate) fn url(&self, call: Call) -> &Url {
        self.urls[call as usize].current()
    }

    /// The same, after those where there was no such path: `URL and URL`.
    pub(crate) fn tried_urls(&self, call: Call) -> String {
        let urls: Vec<&str> = self.urls[call as usize].tried().iter().map(Url::as_str).collect();
        urls.join(" and ")
    }

    /// Whether the path of a call was found out to be another than the first that was tried.
    pub(crate) fn has_found_path(&self, call: Call) -> bool {
        self.urls[call as usize].tried().len() > 1
    }

    /// Makes one attempt, and judges it. A path that is not there, as the free probe confirms, took nothing: the same request goes
    /// to the other path then, once, if there is another. `tell` hears of all that passes.
    pub(crate) async fn call<T>(
        &self,
        body: &Body,
        key: &ApiKey,
        read: impl Fn(&Answer) -> Option<T>,
        tell: impl Fn(Passing<'_>),
    ) -> Verdict<T> {
        loop {
            let url = self.url(body.call());
            let verdict = judge(self.attempt(url, body, key, &tell).await, &read);
            if verdict.page().is_none() {
                return verdict;
            }
            let probed = if body.is_probe() {
                verdict.page()
            } else {
                let probe = wire::probe::body(body.call());
                judge(self.attempt(url, &probe, key, &tell).await, |_| Some(())).page()
            };
            let verdict = verdict.given_probe(probed, &self.tried_urls(body.call()));
            if verdict.outcome.is_final() || !self.urls[body.call() as usize].leave(url) {
                return verdict;
            }
        }
    }

    /// Sends once. However this ends, the request is not sent again from here.
    async fn attempt(&self, url: &Url, body: &Body, key: &ApiKey, tell: &impl Fn(Passing<'_>)) -> Exchange {
        tell(Passing::Request { url, body });
        let attempt = self.exchange(url, body, key).await;
        tell(Passing::Answer(&attempt));
        attempt
    }

    async fn exchange(&self, url: &Url, body: &Body, key: &ApiKey) -> Exchange {
        let mut request = Request::new(Method::POST, url.clone());
        *request.body_mut() = Some(body.to_bytes(key).into());
        let deadline = Instant::now() + self.timeout;
        let answer = until(deadline, pin!(self.http.execute(request))).await;
        match answer {
            Some(Ok(mut response)) => {
                let http = response.status().as_u16();
                let now = crate::clock::now();
                let retry_after = retry_after(response.headers(), now);
                if let Some(date) = response.headers().get(DATE).and_then(date) {
                    self.clock_ahead.get_or_init(|| date.duration_since(now));
                }
                let read = until(deadline, pin!(read(&mut response))).await;
                Exchange::Answered {
                    http,
                    retry_after,
                    body: self.received(read, body.secrets(key)),
                }
            }
            Some(Err(error)) if error.is_connect() => {
                Exchange::NotSent(failure::not_connected(&error, &self.host, self.connect_timeout))
            }
            Some(Err(error)) => Exchange::NoAnswer {
                detail: failure::no_answer(&error),
            },
            None => Exchange::NoAnswer {
                detail: format!("no answer within {}", failure::seconds(self.timeout)),
            },
        }
    }

    /// What was read of an answer's body; `None` is less than all of it by the deadline.
    fn received(&self, read: Option<Result<Vec<u8>, String>>, secrets: Secrets) -> AnswerBody {
        match read {
            Some(Ok(bytes)) => AnswerBody::Whole(ReceivedBody::new(bytes, secrets)),
            Some(Err(detail)) => AnswerBody::Broken { detail },
            None => AnswerBody::Broken {
                detail: format!(
                    "its body was not complete within {}",
                    failure::seconds(self.timeout)
                ),
            },
        }
    }
}

/// The whole body of an answer; an error says why there is none.
async fn read(response: &mut Response) -> Result<Vec<u8>, String> {
    let too_long = || format!("its body is longer than {ANSWER_LIMIT} bytes");
    if response
        .content_length()
        .is_some_and(|length| length > ANSWER_LIMIT as u64)
    {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure::cut(&error))? {
        if bytes.len() + chunk.len() > ANSWER_LIMIT {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Works until the deadline; `None` if the work was not done by then.
///
/// reqwest's own limit is not used: it looks at the clock before the socket. A process that was stopped, or a machine that was
/// asleep, wakes up after the deadline with answers that came in time, and each would be called a timeout.
///
/// The work is borrowed: the future of each row is moved a few times, and would hold it twice.
async fn until<T>(deadline: Instant, mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    /// The work passes through tasks of the HTTP library: each of them has to have had its turns.
    const LAST_LOOKS: u32 = 64;
    tokio::select! {
        biased;
        done = &mut work => return Some(done),
        () = tokio::time::sleep_until(deadline.into()) => {}
    }
    for _ in 0..LAST_LOOKS {
        // The runtime looks at the sockets before it comes back here.
        tokio::task::yield_now().await;
        let look = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context)));
        if let Poll::Ready(done) = look.await {
            return Some(done);
        }
    }
    None
}

/// Connecting is a part of the whole, and must fail first.
fn connect_timeout(tuning: &Tuning) -> Duration {
    tuning.connect_timeout.min(tuning.timeout.mul_f32(0.9))
}

/// A pool of connections, with what the user should know about whom they trust. Plain http, as on loopback, reads no certificates.
fn http_client(
    tuning: &Tuning,
    is_direct: bool,
    is_https: bool,
) -> Result<(reqwest::Client, Option<String>), ClientError> {
    let builder = builder(tuning, is_direct)?;
    let (builder, warning) = if is_https {
        let ca_file = tuning.ca_file.clone();
        let options = TlsOptions {
            authorities: Authorities::Platform { ca_file },
            ..TlsOptions::default()
        };
        let mut setup = options.setup()?;
        setup.config.alpn_protocols = vec![b"http/1.1".to_vec()];
        (builder.tls_backend_preconfigured(setup.config), setup.warning)
    } else {
        // The library wants a provider even where no TLS is spoken. A second call finds it in place, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        (builder.tls_certs_only([]), None)
    };
    let client = builder.build().map_err(|error| ClientError::Setup {
        reason: failure::reason(&error),
    })?;
    Ok((client, warning))
}

/// How every connection of ours behaves; a proxy is not for what runs on this machine.
fn builder(tuning: &Tuning, is_direct: bool) -> Result<reqwest::ClientBuilder, ClientError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let builder = reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("smspin/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(connect_timeout(tuning))
        .pool_idle_timeout(IDLE_LIMIT)
        .pool_max_idle_per_host(tuning.pool);
    let (url, except) = match (&tuning.proxy, &tuning.environment_proxy) {
        _ if is_direct => return Ok(builder.no_proxy()),
        (Some(url), _) => (url, None),
        (None, Some(proxy)) => (&proxy.url, proxy.except.as_deref()),
        (None, None) => return Ok(builder.no_proxy()),
    };
    let proxy = reqwest::Proxy::all(url.clone()).map_err(|error| ClientError::Proxy {
        reason: failure::reason(&error),
    })?;
    let except = except.and_then(reqwest::NoProxy::from_string);
    Ok(builder.no_proxy().proxy(proxy.no_proxy(except)))
}

/// `Retry-After` in either of its forms: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?;
    if let Ok(seconds) = value.to_str().ok()?.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = date(value)?.duration_since(now);
    Some(wait.try_into().unwrap_or_default())
}

fn date(value: &HeaderValue) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(value.to_str().ok()?.trim())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_second(784_111_777 - 90).unwrap();
        for (text, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
            ("Sat, 05 Nov 1994 08:49:37 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(
                retry_after(&headers, now),
                expected.map(Duration::from_secs),
                "{text}"
            );
        }
    }
}
