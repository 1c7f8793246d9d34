//! Rows, ids and words of grants.

mod application;
mod calculation;
mod life;
mod papers;
mod programme;

pub use application::*;
pub use calculation::*;
pub use life::*;
pub use papers::*;
pub use programme::*;
