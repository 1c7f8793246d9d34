//! Those who stand between the town hall and its districts: liaison staff (地域担当職員), life-support
//! coordinators (生活支援コーディネーター) and hamlet supporters (集落支援員).
//!
//! ```text
//! assignment  PROPOSED -> APPOINTED -> ENDED (term over)
//!                                  \-> RELIEVED -> a successor's APPOINTED, for the remaining term
//! request     RECEIVED -> FORWARDED -> ANSWERED -> REPORTED_BACK -> CLOSED
//!                          |     ^ to another section
//!                          +-----+
//! ```
//!
//! Invariants: whoever is appointed here holds the LIAISON or COORDINATOR appointment over the district
//! exactly as long; nobody appoints themselves; every answer of a section goes back to whom it was asked
//! for before the request is closed. The present assignments are public, the visit log is not; an
//! organization reads the requests that concern it.

pub mod commands;
pub mod entity;
pub mod graphql;
mod notices;
pub mod rules;
pub mod shapes;
pub mod taking_over;
