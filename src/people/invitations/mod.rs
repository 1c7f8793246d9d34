//! Invitations: how somebody whom the municipality or an organization knows gets an account and a role.
//!
//! ```text
//! invited --accept (no account yet)--> account + appointment
//!         --claim (signed in)--------> appointment            --72 hours--> nothing
//!         --revoke, a newer one, who invited may no longer--> nothing
//! ```
//!
//! Invariants: an invitation is good once, for the address it was sent to, and never gives a role above what who
//! invites may give, neither when it is written nor when it is accepted. Only the hash of its secret is kept.

pub mod commands;
pub mod graphql;
pub mod rules;
pub mod shapes;
