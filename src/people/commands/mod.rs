//! What is done with people: one function a verb.

mod accounts;
mod appointments;
mod municipalities;
mod sections;
mod sessions;
mod settings;

pub use accounts::*;
pub use appointments::*;
pub use municipalities::*;
pub use sections::*;
pub use sessions::*;
pub use settings::*;
