//! Files that people send, and exports: what is asked of the server now and fetched from it later.
//!
//! ```text
//! file    WAITING --PUT /files/{id}--> STORED --attached by a noun--> ATTACHED --detached--> DISCARDED -> gone
//!            \________________________________ unattached after 24 hours -> gone
//! export  QUEUED -> RUNNING -> DONE -> EXPIRED (after 7 days)
//!            ^_________/  \--> FAILED --retry--> QUEUED        QUEUED, RUNNING --cancel--> CANCELLED
//! ```
//!
//! A file here knows only who sent it. What it belongs to is a row of the noun that it was attached to
//! (`grant_application_files`, `roundtable_files`), and only through that row it is read, by the noun's policy.
//!
//! Invariants: what is stored has the size, the SHA-256 and the type that were announced; it is attached once; what is
//! not attached is read by who sent it alone. An export is read by who asked for it, as long as they hold what they
//! held when it was written. Rows go last: what is kept without a row does not exist.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod housekeeping;
pub mod rules;
pub mod shapes;
