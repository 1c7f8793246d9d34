//! The record (記録) of who did what, on behalf of which post, and who looked at whose personal data, for those who may
//! read it: auditors all of it, everybody what they did themselves and what was done to their own account.
//!
//! An entry is written by the database's triggers and functions (`kernel::audit`) and never changed. The heads of the
//! chain are there to be kept elsewhere.

pub mod entity;
pub mod shapes;
