//! The commands of `entaku`, one file each. `main` parses and calls; what they do is said here.
#![allow(clippy::large_futures)] // made once in a process, not for each request

pub mod audit;
pub mod bench;
pub mod bootstrap;
pub mod demo;
pub mod doctor;
pub mod healthcheck;
pub mod installation;
pub mod keys;
pub mod logging;
pub mod mail;
pub mod municipality;
pub mod privacy;
pub mod serve;
pub mod support;
pub mod throwaway;
