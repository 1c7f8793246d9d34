//! Proofs: links by mail, by which somebody shows that they read what is sent to an address.
//!
//! ```text
//! PASSWORD_RESET  anybody names an address --job: there is an account--> mail --link--> new password, all sessions end
//! REGISTRATION    anybody names an address --job: there is none--------> mail --link--> account of a RESIDENT
//!                                          --job: there is one---------> mail that says so
//! EMAIL_CHANGE    signed in, password      --job: it is free-----------> mail --link--> new address, notice to the old
//! ```
//!
//! Invariants: whoever asks is told the same, in the same statements, whatever is known of the address: what follows is
//! decided by a job. An address gets three such mails an hour. A link is good once and for a short time, and the newest
//! one only; what it proves opens no session of an account that was there before, so no second factor is passed by.

pub mod commands;
pub mod entity;
pub mod graphql;
mod job;
pub mod rules;

pub use job::kind;
