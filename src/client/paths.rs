//! Where each call goes. A gateway may have its calls below the version, or beside it, and not all of them in one place; so the
//! first path that is not there makes way for the other one, for as long as the client lives.

use crate::domain::base_url::BaseUrl;
use crate::domain::call_path::CallPath;
use crate::wire::Call;
use reqwest::Url;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The path setting of each call.
#[derive(Clone, Debug)]
pub(crate) struct CallPaths([CallPath; 4]);

impl CallPaths {
    pub(crate) fn new(path: impl FnMut(Call) -> CallPath) -> Self {
        Self(Call::ALL.map(path))
    }

    pub(crate) const fn of(&self, call: Call) -> &CallPath {
        &self.0[call as usize]
    }

    /// The URL that a call goes to first.
    pub(crate) fn first_url(&self, base_url: &BaseUrl, call: Call) -> Url {
        base_url.join(&self.of(call).candidates(call.path())[0])
    }
}

/// The URLs that a call may go to, and which of them it goes to now.
#[derive(Debug)]
pub(super) struct CallUrls {
    urls: Vec<Url>,
    current: AtomicUsize,
}

impl CallUrls {
    pub(super) fn new(base_url: &BaseUrl, path: &CallPath, call: Call) -> Self {
        let candidates = path.candidates(call.path());
        Self {
            urls: candidates.iter().map(|path| base_url.join(path)).collect(),
            current: AtomicUsize::new(0),
        }
    }

    pub(super) fn current(&self) -> &Url {
        &self.urls[self.current.load(Ordering::Relaxed)]
    }

    /// Leaves a URL that is not there for the next one; false if there is none. Another request may have left it already.
    pub(super) fn leave(&self, missing: &Url) -> bool {
        let at = self.urls.iter().position(|url| url == missing);
        match at.map(|at| at + 1).filter(|next| *next < self.urls.len()) {
            Some(next) => {
                self.current.fetch_max(next, Ordering::Relaxed);
                true
            }
            None => false,
        }
    }

    /// Those that a request has gone to, or will go to first.
    pub(super) fn tried(&self) -> &[Url] {
        &self.urls[..=self.current.load(Ordering::Relaxed)]
    }
}
