//! How long proofs are good, and how often there are new ones. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::people::proofs::entity::{ProofPurpose, address_proof};

/// How many mails of a purpose an address gets within [`MAIL_WINDOW`].
pub const MAILS: i64 = 3;
/// In what time.
pub const MAIL_WINDOW: Duration = Duration::hours(1);

/// How long the link is good.
pub fn life(purpose: ProofPurpose) -> Duration {
    match purpose {
        ProofPurpose::PasswordReset | ProofPurpose::EmailChange => Duration::hours(1),
        ProofPurpose::Registration => Duration::hours(24),
    }
}

/// The kind of its bearer secret.
pub fn kind(purpose: ProofPurpose) -> &'static str {
    match purpose {
        ProofPurpose::PasswordReset => "rst",
        ProofPurpose::Registration => "reg",
        ProofPurpose::EmailChange => "eml",
    }
}

/// Can it be used?
pub fn is_open(row: &address_proof::Model, now: DateTime<Utc>) -> bool {
    row.mailed_at.is_some() && row.ended_at.is_none() && row.expires_at > now
}
