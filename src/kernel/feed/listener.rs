//! The one connection by which processes tell one another that there are events.
#![allow(clippy::disallowed_types)] // it carries no content, only a call

use std::future::poll_fn;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Client};

use crate::kernel::pipeline::Address;

const LISTEN: &str = "LISTEN entaku_events";
const NOTIFY: &str = "NOTIFY entaku_events";

/// Tells and is told; a connection that breaks is made anew at the next occasion.
pub(super) struct Listener {
    url: String,
    client: Option<Client>,
    called: Arc<Notify>,
}

impl Listener {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: None, called: Arc::default() }
    }

    /// Waits until somebody tells. Without a connection it waits for ever: the dispatcher looks by itself.
    pub(super) async fn told(&mut self) {
        self.connected().await;
        self.called.notified().await;
    }

    /// Tells everybody, this process included.
    pub(super) async fn tell(&mut self) {
        let Some(client) = self.connected().await else { return };
        if let Err(error) = client.batch_execute(NOTIFY).await {
            tracing::warn!(%error, "other processes were not told of events");
        }
    }

    async fn connected(&mut self) -> Option<&Client> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = None;
            match self.connect().await {
                Ok(client) => self.client = Some(client),
                Err(error) => tracing::warn!(%error, "no connection to listen on"),
            }
        }
        self.client.as_ref()
    }

    async fn connect(&self) -> Result<Client, crate::kernel::error::Error> {
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
