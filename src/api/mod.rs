//! The wire: HTTP in, GraphQL through, JSON out. It knows every noun and no rule.

pub mod address;
pub mod app;
pub mod bounded;
pub mod caching;
pub mod cors;
pub mod cost;
pub mod documents;
pub mod establish;
pub mod explain;
pub mod guard;
pub mod http;
pub mod identity;
pub mod intake;
pub mod judge;
pub mod lifecycle;
pub mod limits;
pub mod negotiation;
pub mod rates;
pub mod response;
pub mod schema;
pub mod serve;
pub mod status;
pub mod tab;
pub mod trusted;
pub mod variables;
