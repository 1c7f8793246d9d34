//! People: accounts, how they prove who they are, and what they are appointed to.
//!
//! ```text
//! account --session--> refresh token (rotating, one use each) + access token (5 minutes)
//! account --second factor--> TOTP + recovery codes (see `factor`)
//! account <--identity-- the town hall's sign-in      (see `sso`)
//! account --appointment--> role x scope x term        section --successor--> section
//! post --holder--> appointment, one after the other   (see `posts`)
//! installation --support--> account for some hours    (see `support`)
//! account <--notification-- act of a noun             (see `notifications`)
//! town hall --closed day--> calendar                 (see `calendar`)
//! address --invitation, proof--> account              (see `invitations`, `proofs`; written to by `mails`)
//! account --erasure request--> anonymous             (see `privacy`: export, retention, holds)
//! ```
//!
//! Invariants: one e-mail address is one account within a municipality; a session that has ended never
//! comes back; a refresh token that is used twice ends its session, unless its answer was lost; nobody changes their own appointments.

pub mod approvals;
pub mod authenticate;
pub mod browser;
pub mod calendar;
pub mod commands;
pub mod device;
pub mod entity;
pub mod factor;
pub mod graphql;
pub mod guessable;
pub mod housekeeping;
pub mod invitations;
pub mod mails;
pub mod notifications;
pub mod password;
pub mod posts;
pub mod privacy;
pub mod proofs;
pub mod records;
pub mod refresh;
mod romaji;
pub mod rules;
pub mod scope;
pub mod sealed;
pub mod session;
pub mod shapes;
pub mod sso;
pub mod support;
pub mod tasks;
pub mod throttle;
pub mod token;
