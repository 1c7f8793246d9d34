//! The wire: HTTP in, GraphQL through, JSON out. It knows every noun and no rule.

pub mod app;
pub mod cookie;
pub mod documents;
pub mod establish;
pub mod guard;
pub mod http;
pub mod identity;
pub mod lifecycle;
pub mod origin;
pub mod playground;
pub mod response;
pub mod schema;
pub mod sdl;
pub mod serve;
pub mod socket;
pub mod sse;
pub mod subscribing;
pub mod telling;
pub mod variables;
