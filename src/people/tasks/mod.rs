//! Tasks: what waits for somebody, by when, and the act that settles it. Nouns declare them
//! ([`kernel::tasks`](crate::kernel::tasks)); here they are read (`viewer { tasks }`) and reminded of.
//!
//! Invariants: somebody sees the tasks that the policy lets them do now, and no others; support has none. A reminder is
//! written once for a task, its deadline and a threshold, to whoever could do it that night, and stays when it is done.

pub mod entity;
pub mod reminders;
pub mod rules;
pub mod shapes;
