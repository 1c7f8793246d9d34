//! The thread that starts the servers.
//!
//! The kernel ends a child with the *thread* that spawned it. Callers come from pools whose threads end when idle,
//! so one thread, which lives as long as the process, spawns for all.

use std::io;
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

type Order = (Command, Sender<io::Result<Child>>);

static ORDERS: LazyLock<io::Result<Sender<Order>>> = LazyLock::new(|| {
    let (sender, orders) = channel();
    Builder::new().name("postgres-parent".into()).spawn(move || serve(&orders))?;
    Ok(sender)
});

/// Spawns `command` as a child that may ask to die with this process.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let orders = ORDERS.as_ref().map_err(|error| io::Error::from(error.kind()))?;
    let (reply, child) = channel();
    orders.send((command, reply)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}

fn serve(orders: &Receiver<Order>) {
    for (mut command, reply) in orders {
        let _ = reply.send(command.spawn());
    }
}
