//! Strategies (総合戦略・計画): what a town wants to reach, as a tree of nodes with indicators.
//!
//! ```text
//! strategy  DRAFT -> PUBLIC_COMMENT -> COUNCIL_REVIEW -> ADOPTED -> IN_FORCE -> EXPIRED
//!             |            (both may be left out)           ^
//!             +---------------------------------------------+
//! revision  PROPOSED -> APPROVED by an expert council, effective on its day
//! value     PENDING -> KNOWN
//! ```
//!
//! Invariants: the strategy is the whole; whoever changes a part of it locks it first. A node's parent is
//! of the same strategy, siblings of one kind do not share a number, and siblings are listed by kind,
//! number and order of entry, whatever the order they were made in. After adoption the tree changes
//! only under an approved revision, and the old words of a node stay readable. An indicator has one value
//! for each role and fiscal year; actual values are recorded while the strategy is in force. From adoption
//! on everybody reads all of it.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod import;
pub mod rules;
pub mod shapes;
