//! What waits to be sent to a client: so many messages and so many bytes at most. Whoever does not read is told
//! nothing more, and costs no memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::Message;
use tokio::sync::mpsc;

/// How many messages may wait.
const MESSAGES: usize = 256;
/// How many bytes may wait. One message may always, however long it is.
const BYTES: usize = 1024 * 1024;

/// The client does not read what it is sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Behind;

/// The end that puts messages in.
#[derive(Clone)]
pub struct Outbox {
    queue: mpsc::Sender<Message>,
    waiting: Arc<AtomicUsize>,
}

/// The end that sends them.
pub struct Queue {
    messages: mpsc::Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    /// How long the message is that is on its way.
    sending: usize,
}

/// Both ends.
pub fn outbox() -> (Outbox, Queue) {
    let (sender, receiver) = mpsc::channel(MESSAGES);
    let waiting = Arc::new(AtomicUsize::new(0));
    (Outbox { queue: sender, waiting: waiting.clone() }, Queue { messages: receiver, waiting, sending: 0 })
}

impl Outbox {
    /// Puts a message in.
    ///
    /// # Errors
    /// When too much waits already.
    pub fn put(&self, message: Message) -> Result<(), Behind> {
        let length = length(&message);
        let room = self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
            (waiting == 0 || waiting.saturating_add(length) <= BYTES).then_some(waiting.saturating_add(length))
        });
        room.map_err(|_| Behind)?;
        self.queue.try_send(message).map_err(|_| {
            self.waiting.fetch_sub(length, Ordering::AcqRel);
            Behind
        })
    }

    /// Puts the last message in, as soon as there is a place.
    pub async fn end(&self, message: Message) {
        let _ = self.queue.send(message).await;
    }
}

impl Queue {
    /// The next message; the one before has been sent.
    pub async fn next(&mut self) -> Option<Message> {
        self.waiting.fetch_sub(std::mem::take(&mut self.sending), Ordering::AcqRel);
        let message = self.messages.recv().await?;
        if !matches!(message, Message::Close(_)) {
            self.sending = length(&message);
        }
        Some(message)
    }
}

fn length(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn text(length: usize) -> Message {
        Message::text("x".repeat(length))
    }

    #[tokio::test]
    async fn w7_what_waits_is_bounded_in_bytes() {
        let (to, mut from) = outbox();
        to.put(text(4 * BYTES)).expect("the first, however long");
        assert_eq!(to.put(text(1)), Err(Behind));
        assert_eq!(from.next().await.map(|m| length(&m)), Some(4 * BYTES));
        assert_eq!(to.put(text(1)), Err(Behind), "it is still on its way");
        let waited = tokio::time::timeout(std::time::Duration::ZERO, from.next());
        assert!(waited.await.is_err(), "nothing more waits");
        for _ in 0..4 {
            to.put(text(BYTES / 4)).expect("room");
        }
        assert_eq!(to.put(text(1)), Err(Behind));
        from.next().await.expect("a message");
        assert_eq!(to.put(text(1)), Err(Behind));
        from.next().await.expect("a message");
        to.put(text(BYTES / 4)).expect("room again");
    }

    #[tokio::test]
    async fn w7_what_waits_is_bounded_in_messages() {
        let (to, mut from) = outbox();
        for _ in 0..MESSAGES {
            to.put(text(1)).expect("room");
        }
        assert_eq!(to.put(text(1)), Err(Behind));
        assert_eq!(to.waiting.load(Ordering::Acquire), MESSAGES, "what found no place is not counted");
        from.next().await.expect("a message");
        to.put(text(0)).expect("room again");
        to.end(Message::Close(None)).now_or_never();
        while let Ok(message) = from.messages.try_recv() {
            assert!(length(&message) <= 1);
        }
    }
}
