//! Entaku (円卓): the backend through which a municipality and its community organizations work together.
//!
//! - [`kernel`]: the foundation; it knows no noun.
pub mod kernel;
pub mod people;
pub mod api;
pub mod organizations;
