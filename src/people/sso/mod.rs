//! Single sign-on: signing in with the town hall's own sign-in (OpenID Connect Core 1.0, authorization code flow with
//! PKCE; docs/adr/0024).
//!
//! ```text
//! administrator --set--> provider (one for a municipality: issuer, client, sealed secret)
//! button --begin--> attempt --provider--> answered --id token verified--> identity (issuer + subject)
//!   SIGN_IN     identity known -> session, after a code of the local second factor where one is asked for
//!   ELEVATE     identity of the session's account, proved just now -> step-up
//!   LINK        ticket --identityLink, in the session that began--> identity of the account
//!   INVITATION  ticket --invitationAcceptWithIdentity--> account without a password, its identity, its appointment
//! ```
//!
//! Invariants: an identity is known by issuer and subject alone, never by an address of mail; an attempt is answered
//! once, by the browser that began it, at the municipality it began at, while that still trusts the same issuer; what
//! the provider is told of it (state, nonce, verifier) is derived from a secret that only the browser keeps; nothing
//! that somebody sends decides where a browser is sent.

pub mod attempts;
pub mod commands;
pub mod discovery;
pub mod entity;
pub mod flow;
pub mod graphql;
pub mod id_token;
pub mod mandatory;
pub mod rules;
pub mod shapes;
