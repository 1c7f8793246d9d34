//! The data of the bench: invented municipalities as large as one wants, and what a driver needs to use
//! them.
//!
//! A scale is always the same data: every id and every word is drawn from the place of its row (`dice`),
//! so that two installations can be compared and a row told without reading it. The rows go straight
//! into the tables (`load`), as the owner and without the triggers that write audit and events, in one
//! transaction: a database is seeded or it is empty. Foreign keys, CHECKs and UNIQUEs hold as always.
//!
//! ```text
//! town        a municipality with 30 organizations
//! organization  a district, a facility, 3 officers, 2 liaisons, 125 round tables (20 of them drafts),
//!               75 proposals, an allocation and an application in each of 5 fiscal years
//! ```
//!
//! A large town of every scale is that; the others have one or two organizations. Names are invented, and
//! the codes are numbers that no municipality has.

mod calendar;
mod dice;
mod load;
mod rows;
mod runs;
mod tables;
mod town;
mod words;
mod workload;

pub use load::{Progress, seed};
pub use runs::runs;
pub use town::Scale;
pub use workload::{Signer, workload};
