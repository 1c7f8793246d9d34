//! Posts (役職・職): what persons hold one after the other.
//!
//! ```text
//! post --holder--> appointment --predecessor's last day | successor's first day--> appointment
//! hand-over:  PLANNED --its day (job)--> DONE        with its summary (引継書): open items, deadlines, what was done,
//!             PLANNED --before its day--> CANCELLED  notes and contacts of the predecessor
//! transfer (人事異動) --> many hand-overs of one day, all or none
//! separation: two roles that one person does not hold over the same thing
//! ```
//!
//! Invariants: a post has one holder at a time, with the post's role; rights pass by the dates of the appointments
//! alone, in civil days of Japan, and wait for no job; a successor serves the remaining term; a municipality is never
//! without an administrator, now or later; nobody appoints or keeps themselves. The database keeps all but the last
//! once more (`m0025`).

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod handing_over;
pub mod personnel;
pub mod rules;
pub mod shapes;
pub mod summary;
pub mod taking_over;
