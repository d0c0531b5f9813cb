//! `--forward`: posts that are on disk are posted to another URL too, a few at a time, each once.

use crate::answers::ForwardCounts;
use crate::cli::ListenArgs;
use crate::client::{ForwardClient, Tuning};
use crate::domain::report_url::ReportUrl;
use crate::failure::{Failure, Kind};
use crate::listen::{ForwardQueue, ForwardedPost};
use crate::output::Ui;
use crate::session::{Context, connection};
use crate::settings::{Flags, Reader, keys};
use crate::text::count;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a listener that ends waits for what is still to be passed on.
const GRACE: Duration = Duration::from_secs(5);

/// Everything to forward with, before it begins.
pub(super) struct Forwarding {
    queue: ForwardQueue,
    waiting: UnboundedReceiver<ForwardedPost>,
    client: ForwardClient,
}

/// `None` without `--forward`. Proxy and CA file are those of the settings.
pub(super) fn open(context: &Context, args: &ListenArgs) -> Result<Option<Forwarding>, Failure> {
    let Some(url) = args.forward.as_deref() else {
        // A list is read with the settings of its batch.
        let awaits_a_list = args
            .until_final
            .as_deref()
            .is_some_and(|text| Path::new(text).exists());
        if awaits_a_list {
            return Ok(None);
        }
        let unused = [
            (context.global.profile.is_some(), "--profile"),
            (context.global.config.is_some(), "--config"),
        ];
        return match unused.iter().find(|(given, _)| *given) {
            Some((_, flag)) => Err(Failure::message(
                Kind::Usage,
                format_args!("{flag} has no meaning for `listen` without --forward, or a list to wait for"),
            )),
            None => Ok(None),
        };
    };
    let url = ReportUrl::parse(url)
        .map_err(|error| Failure::new(Kind::Usage, error).doing("--forward can't be used"))?;
    let layers = context.layers(&Flags::default())?;
    let mut reader = Reader::new(&layers);
    let proxy = reader.read(keys::PROXY);
    let environment_proxy = if proxy.is_some() || url.is_loopback() {
        None
    } else {
        let is_https = url.to_url().scheme() == "https";
        connection::proxy_of_environment(&mut reader, &context.environment, is_https)
    };
    let ca_file = if url.to_url().scheme() == "https" {
        connection::authorities(&mut reader, &context.environment)
    } else {
        None
    };
    reader.finish("nothing is received: the settings have faults", Some(()))?;
    let tuning = Tuning {
        timeout: PATIENCE,
        connect_timeout: PATIENCE / 3,
        proxy,
        environment_proxy,
        ca_file,
        pool: AT_ONCE,
    };
    let client = ForwardClient::new(&url, &tuning)
        .map_err(|error| Failure::new(Kind::Config, error).doing("cannot set up --forward"))?;
    if let Some(warning) = &client.warning {
        context.ui.warn(warning);
    }
    let (queue, waiting) = ForwardQueue::new();
    Ok(Some(Forwarding {
        queue,
        waiting,
        client,
    }))
}

impl Forwarding {
    pub(super) fn queue(&self) -> ForwardQueue {
        self.queue.clone()
    }

    /// Begins to forward. Called inside a runtime.
    pub(super) fn start(self, ui: Ui) -> Forwarder {
        let Self {
            queue,
            waiting,
            client,
        } = self;
        let counts = Arc::new(Mutex::new(ForwardCounts::default()));
        let task = tokio::spawn(pass_on(waiting, Arc::new(client), ui, Arc::clone(&counts)));
        Forwarder { queue, task, counts }
    }
}

/// Forwards as long as there are ways into its queue.
pub(super) struct Forwarder {
    queue: ForwardQueue,
    task: JoinHandle<()>,
    counts: Arc<Mutex<ForwardCounts>>,
}

impl Forwarder {
    /// Gives what is still waiting a little time, and says what became of it all.
    pub(super) async fn finish(self, ui: &Ui) -> ForwardCounts {
        let Self { queue, task, counts } = self;
        let (offered, dropped) = (queue.offered(), queue.dropped());
        drop(queue);
        // What is not forwarded by then is missing at the other side alone: it is on disk here.
        let _ = tokio::time::timeout(GRACE, task).await;
        let mut counts = *counts.lock().unwrap_or_else(PoisonError::into_inner);
        let left = offered - counts.posts;
        if left > 0 {
            ui.warn(format_args!(
                "{} not passed on, or not answered, when the listener ended; the reports are stored",
                count(left, "post was", "posts were")
            ));
        }
        counts.dropped = dropped + left;
        counts
    }
}

async fn pass_on(
    mut waiting: UnboundedReceiver<ForwardedPost>,
    client: Arc<ForwardClient>,
    ui: Ui,
    counts: Arc<Mutex<ForwardCounts>>,
) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(post) = waiting.recv().await {
        let slot = Arc::clone(&slots).acquire_owned().await;
        let (client, ui, counts) = (Arc::clone(&client), ui.clone(), Arc::clone(&counts));
        tokio::spawn(async move {
            let posted = client.post(post.query.as_deref(), post.body.clone()).await;
            let is_first = {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.posts += 1;
                counts.failed += u64::from(posted.is_err());
                counts.failed == 1
            };
            if let Err(error) = posted
                && is_first
            {
                ui.warn(format_args!(
                    "a post could not be forwarded: {error}; it is stored, and further ones are counted in the summary"
                ));
            }
            drop(slot);
        });
    }
    // All slots are free once the last post has its answer.
    let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
    let _ = slots.acquire_many(all).await;
}
