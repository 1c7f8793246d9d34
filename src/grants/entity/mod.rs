//! Rows, ids and words of grants.

mod application;
mod calculation;
mod life;
mod programme;

pub use application::*;
pub use calculation::*;
pub use life::*;
pub use programme::*;
