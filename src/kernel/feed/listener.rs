//! The one connection by which processes tell one another that there are events.
#![allow(clippy::disallowed_types)] // it carries no content, only a call

use std::future::poll_fn;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::{Duration, Instant, timeout};
use tokio_postgres::{AsyncMessage, Client};

use crate::kernel::pipeline::Address;

const LISTEN: &str = "LISTEN entaku_events";
const NOTIFY: &str = "NOTIFY entaku_events";

/// How long the other side may take. The dispatcher looks by itself, so nothing is lost by not waiting.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Tells and is told; a connection that breaks is made anew after a while.
pub(super) struct Listener {
    url: String,
    client: Option<Client>,
    tried: Option<Instant>,
    called: Arc<Notify>,
}

impl Listener {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: None, tried: None, called: Arc::default() }
    }

    /// Waits until somebody tells.
    pub(super) async fn told(&self) {
        self.called.notified().await;
    }

    /// Tells everybody, this process included.
    pub(super) async fn tell(&mut self) {
        let Some(client) = &self.client else { return };
        if !matches!(timeout(PATIENCE, client.batch_execute(NOTIFY)).await, Ok(Ok(()))) {
            tracing::warn!("other processes were not told of events");
            self.client = None;
        }
    }

    /// Sees to it that there is a connection, if it can be had quickly.
    pub(super) async fn connect(&mut self) {
        let there = self.client.as_ref().is_some_and(|client| !client.is_closed());
        if there || self.tried.is_some_and(|tried| tried.elapsed() < AGAIN) {
            return;
        }
        self.tried = Some(Instant::now());
        self.client = match timeout(PATIENCE, self.open()).await {
            Ok(Ok(client)) => Some(client),
            Ok(Err(error)) => {
                tracing::warn!(%error, "no connection to listen on");
                None
            }
            Err(_) => None,
        };
    }

    async fn open(&self) -> Result<Client, crate::kernel::error::Error> {
        let address: Address = self.url.parse()?;
        let (client, mut connection) = address.config.connect(address.tls).await?;
        let called = self.called.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if matches!(message, AsyncMessage::Notification(_)) {
                    called.notify_one();
                }
            }
        });
        client.batch_execute(LISTEN).await?;
        Ok(client)
    }
}
