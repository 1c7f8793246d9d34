//! Files: where they are kept, how they arrive, what they are and how they are named. No table is known here.
//!
//! ```text
//! body --Spool: size, SHA-256--> Media: what it is --Store: under a random key--> directory, or S3
//! ```
//!
//! Nothing is ever held in memory as a whole. What is being received has no name on the disk, so that a crash or a
//! client that hangs up leaves nothing behind; what is kept has a name that nobody chose.

mod media;
mod name;
mod spool;
mod store;

pub use media::{MEDIA, Media, Unfit};
pub use name::{attachment, is_plain};
pub use spool::{Spool, Spooled};
pub use store::{Content, Store};
