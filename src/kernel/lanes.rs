//! Lanes: threads that answer requests, each with a runtime of its own, and with connections to PostgreSQL of its own
//! (`kernel::pipeline`). What a request waits for wakes the thread that waits, and no other: handing work from one thread
//! to the next cost a tenth of the server's throughput (docs/adr/0051-lanes.md).

use std::cell::Cell;
use std::io;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

thread_local! {
    static OWN: Cell<usize> = const { Cell::new(0) };
}

/// The number of the lane that this thread is, from 1; 0 for every other thread.
pub(crate) fn own() -> usize {
    OWN.get()
}

/// The lanes of a server. They end when it is dropped, and with them what still runs there.
#[derive(Default)]
pub struct Lanes {
    lanes: Vec<Handle>,
    ended: CancellationToken,
}

impl Lanes {
    /// So many lanes, whose threads have a stack of so many bytes.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn open(count: usize, stack: usize) -> io::Result<Self> {
        let ended = CancellationToken::new();
        let lanes = (1..=count).map(|number| lane(number, stack, ended.clone())).collect::<io::Result<_>>()?;
        Ok(Self { lanes, ended })
    }

    /// Where what comes next is to run: the lane that has least to do. Without lanes it is the caller's runtime.
    pub fn next(&self) -> Handle {
        let least = self.lanes.iter().min_by_key(|lane| lane.metrics().num_alive_tasks());
        least.cloned().unwrap_or_else(Handle::current)
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

fn lane(number: usize, stack: usize, ended: CancellationToken) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().thread_stack_size(stack).build()?;
    let handle = runtime.handle().clone();
    let run = move || {
        OWN.set(number);
        runtime.block_on(ended.cancelled());
        // What blocks is not waited for.
        runtime.shutdown_background();
    };
    std::thread::Builder::new().name(format!("lane-{number}")).stack_size(stack).spawn(run)?;
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where something runs.
    async fn whereabouts(lane: &Handle) -> usize {
        lane.spawn(async { own() }).await.expect("done")
    }

    #[tokio::test]
    async fn what_comes_next_runs_where_least_is_to_do() {
        let lanes = Lanes::open(2, 1 << 20).expect("threads");
        assert_eq!(own(), 0);
        let first = lanes.next();
        let busy = first.spawn(std::future::pending::<()>());
        let second = lanes.next();
        let (one, other) = (whereabouts(&first).await, whereabouts(&second).await);
        assert_eq!(one + other, 3, "two lanes, 1 and 2");
        busy.abort();
        assert!(busy.await.expect_err("gone").is_cancelled());
    }

    #[tokio::test]
    async fn lanes_end_with_what_runs_there() {
        let lanes = Lanes::open(1, 1 << 20).expect("threads");
        let running = lanes.next().spawn(std::future::pending::<()>());
        drop(lanes);
        assert!(running.await.expect_err("ended").is_cancelled());
    }

    #[tokio::test]
    async fn without_lanes_work_stays_where_it_is() {
        assert_eq!(whereabouts(&Lanes::default().next()).await, 0);
    }
}
