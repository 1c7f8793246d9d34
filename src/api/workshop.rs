//! Files that are made while somebody waits for them: on all cores but one, and with few who may wait, so that a rush of
//! them takes neither the connections to the database nor the memory from everybody else.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::kernel::error::{Error, Result};

/// How many may wait for a place.
const QUEUE: usize = 32;

/// Where files are made.
pub struct Workshop {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

/// A place to make one file at. It is taken before the database is asked, and kept until the file is whole.
pub struct Place {
    _place: OwnedSemaphorePermit,
    _queued: OwnedSemaphorePermit,
}

impl Default for Workshop {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).max(1));
        Self::new(cores, QUEUE)
    }
}

impl Workshop {
    fn new(places: usize, queue: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), queue: Arc::new(Semaphore::new(places + queue)) }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// UNAVAILABLE where too many wait already.
    pub async fn place(&self) -> Result<Place> {
        let queued = self.queue.clone().try_acquire_owned().map_err(|_| Error::Unavailable)?;
        let place = self.places.clone().acquire_owned().await.map_err(Error::internal)?;
        Ok(Place { _place: place, _queued: queued })
    }
}

impl Place {
    /// Works beside the server's other work, and leaves the place.
    pub async fn work<T: Send + 'static>(self, job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let run = move || {
            let _place = self;
            job()
        };
        tokio::task::spawn_blocking(run).await.map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn a_rush_waits_and_who_comes_after_the_queue_is_sent_away() {
        let workshop = Workshop::new(1, 1);
        let first = workshop.place().await.expect("a place");
        let mut second = Box::pin(workshop.place());
        assert!(poll!(&mut second).is_pending(), "one file at a time");
        assert!(matches!(workshop.place().await, Err(Error::Unavailable)), "the queue is full");
        assert_eq!(first.work(|| Ok(1)).await.expect("made"), 1);
        let second = second.await.expect("its turn");
        assert!(poll!(Box::pin(workshop.place())).is_pending(), "who was sent away may come again");
        drop(second);
        workshop.place().await.expect("a place");
    }
}
