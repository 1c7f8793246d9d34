//! 地域円卓会議: people of many sectors share one concrete trouble (困りごと) of a place; what was said is
//! kept as minutes, and read by all once the town hall has published it.
//!
//! ```text
//! PLANNED -> ANNOUNCED -> HELD -> MINUTES_DRAFT <-> MINUTES_REVIEW -> PUBLISHED -> CLOSED
//!    |  ^        |
//!    |  +--------+-> POSTPONED -> ANNOUNCED | CANCELLED
//!    +-----------+-> CANCELLED
//!
//! action item: OPEN -> IN_PROGRESS -> DONE | DROPPED
//! ```
//!
//! Invariants: from its announcement on everybody reads the notice (title, theme, day, venue), of the
//! record nothing before it is published; minutes are published by somebody who did not submit them,
//! with at least one passage and one participant; passages and decisions of a published meeting are
//! locked; a meeting is closed when no action item is open; names are shown by consent. A meeting may
//! end without any decision: understanding each other is a result.
//!
//! The domain's OPEN (受付) is not a state here: nobody registers for a meeting through this server, so
//! nothing would differ from ANNOUNCED.

pub mod commands;
pub mod entity;
pub mod graphql;
mod notices;
pub mod rules;
pub mod shapes;
