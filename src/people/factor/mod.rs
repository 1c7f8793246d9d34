//! The second factor: what somebody has, besides the password they know. A time-based one-time password (TOTP,
//! RFC 6238) from an authenticator on their phone, and recovery codes on paper for the day the phone is lost.
//!
//! ```text
//! enrol: a secret, shown once --confirm with a code--> on, ten recovery codes, shown once --disable, reset--> off
//! ```
//!
//! Invariants: a code counts once, a recovery code counts once, each by one row that is written only if it still fits
//! (so of two that come at the same time one is taken); a try is written before the code is looked at, so wrong codes
//! cannot be tried in parallel without being counted; the secret is sealed with a key of the ring and bound to its
//! account, recovery codes are kept as hashes; whoever turns it on, off or renews its codes has just proved who they
//! are. When it is turned on, the sessions that never gave a code end.

pub mod check;
pub mod commands;
pub mod graphql;
pub mod recovery;
pub mod totp;
