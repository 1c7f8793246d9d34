//! Approval routes (決裁ルート): who has to approve an act above an amount before it can be done.
//!
//! ```text
//! route (act, from yen): step 1 (role or post, n of m) · step 2 … in order or at once
//! matter ready ─open─> approval OPEN ─all steps─> APPROVED ─the act─> DONE
//!                        │  └─ a seat returns it ─> RETURNED ┐
//!                        └─ the object changes ───> VOID ────┴─request─> another approval
//! seat: WAITING ─its step's turn─> OPEN ─> APPROVED / RETURNED; CLOSED where it is no longer needed
//! ```
//!
//! Invariants: an act that a route covers is done only when every step has its approvals, for the object as it is and for
//! this amount, and once; a route that ends lets go what began by it only when it is over; nobody
//! who had a hand in the matter approves it; nobody approves twice in one matter, neither themself nor by another;
//! whoever stands in (代決) is recorded with the person in whose name they acted. The database holds all of it once more.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod routing;
pub mod rules;
pub mod seating;
pub mod shapes;
