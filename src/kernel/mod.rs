//! The foundation. It knows no noun: what a municipality does is said in the rings above.

pub mod audit;
pub mod bootstrap;
pub mod clock;
pub mod codes;
pub mod config;
pub mod date;
pub mod decimal;
pub mod embedded_pg;
pub mod entity;
pub mod error;
pub mod fiscal_year;
pub mod id;
pub mod idempotency;
pub mod keys;
pub mod money;
pub mod patch;
pub mod policy;
pub mod principal;
pub mod read;
pub mod request;
pub mod scalar;
pub mod text;
pub mod text_enum;
pub mod tx;
pub mod work;
