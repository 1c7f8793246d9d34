//! Notifications: what an act tells the people it concerns, in Japanese, やさしい日本語 and English.
//!
//! ```text
//! act of a noun --Notice--> notify: one INSERT in the act's own transaction --> notification: unread -> read
//! account --choice per kind--> in the application (yes unless chosen otherwise), in a digest by mail (no …)
//! ```
//!
//! Invariants: a notification is there exactly when its act is; nobody is told of their own act, twice of
//! one act, or of a kind they chose not to see; a suspended account is told nothing; only the recipient
//! reads a notification and marks it as read. It carries the object's title and nothing else of it, and
//! a noun names recipients who may read that title when it is written (`notices.rs` of the nouns). Like a
//! letter it stays with its recipient: a later change of title or rights does not rewrite it, and what
//! its `objectId` leads to is shown by today's rights. What one chose for the digest and has not read is mailed once,
//! in the morning (`digest.rs`); a notification only for the digest is not shown in the application. They are kept for
//! a year (`people::housekeeping`).

pub mod commands;
pub mod digest;
pub mod entity;
pub mod graphql;
mod notice;
pub mod shapes;
mod texts;

pub use notice::{Notice, notify};
pub use texts::{Texts, texts};
