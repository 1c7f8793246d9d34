//! チャレンジ事業: the town calls for projects of children, youth, adults and companies; people propose,
//! assigned reviewers score, the town hall adopts or rejects with a reason, and what is adopted is shown.
//!
//! ```text
//! call:     DRAFT -> OPEN -> CLOSED
//! proposal: DRAFT -> SUBMITTED -> SCREENING -> ADOPTED -> PUBLISHED
//!             |          |            |  \
//!             +----------+------------+   REJECTED
//!                        |
//!                    WITHDRAWN
//! ```
//!
//! Invariants: a proposal is submitted while its call is open and within its days, and a child's only
//! with a guardian's consent; one reviewer fills one sheet per proposal, each criterion once and within
//! its maximum; who proposed, or belongs to the organization that proposes, does not review; adoption
//! and rejection need the sheets of all assigned reviewers and are decided by somebody who neither
//! proposed nor scored; reviewers and their sheets are never shown to the proposer or the public, the
//! mean is shown with the adoption.
//!
//! An assigned reviewer is appointed REVIEWER over the proposal by the assignment: that is what lets
//! them read it. Planning staff read drafts, because they advise before a proposal is submitted (事前相談).

pub mod commands;
pub mod entity;
pub mod graphql;
mod notices;
pub mod rules;
pub mod shapes;
pub mod taking_over;
