//! Districts and the community organizations (地域自主組織・地域運営組織) that work in them.
//!
//! ```text
//! IDEA -> PREPARING -> SURVEYING -> PLANNING -> FOUNDED -> APPLIED -> RECOGNIZED -> ACTIVE -> DISSOLVED
//!                                                            |  ^        |          |  ^ \
//!                                                         RETURNED    REVOKED   SUSPENDED  MERGED
//! ```
//!
//! Invariants: a name is borne by one organization of a municipality; an organization is founded only
//! with a chair and an auditor; statistics are dated and never overwritten; an organization is public
//! when it says so, an officer's name when the officer consents.

pub mod commands;
pub mod entity;
pub mod graphql;
pub mod rules;
pub mod shapes;
