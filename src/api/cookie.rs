//! The cookies of the Playground: how they are named, set, found and taken back.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::api::app::App;
use crate::kernel::error::{Error, Result};
use crate::people::device;
use crate::people::sso::rules::ATTEMPT_LIFE;

/// Over https browsers keep a name with this prefix to our host, over https, for every path.
const SECURE: &str = "__Host-entaku";
/// Inside a closed network without https.
const PLAIN: &str = "entaku";
/// The same two for what a browser keeps of who has signed in from it.
const DEVICE: [&str; 2] = ["__Host-entaku-device", "entaku-device"];
/// And for its way to the town hall's sign-in and back.
const ATTEMPT: [&str; 2] = ["__Host-entaku-sso", "entaku-sso"];

fn is_secure(app: &App) -> bool {
    app.settings.issuer.starts_with("https://")
}

fn device_name(app: &App) -> &'static str {
    DEVICE[usize::from(!is_secure(app))]
}

fn attempt_name(app: &App) -> &'static str {
    ATTEMPT[usize::from(!is_secure(app))]
}

fn name(app: &App) -> &'static str {
    if is_secure(app) { SECURE } else { PLAIN }
}

/// The cookie a request brings.
pub fn of<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    find(headers, name(app))
}

fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// What the browser keeps of who has signed in from it ([`device`]).
pub fn devices<'h>(app: &App, headers: &'h HeaderMap) -> Vec<&'h str> {
    find(headers, device_name(app))
        .unwrap_or("")
        .split('~')
        .filter(|proof| !proof.is_empty())
        .take(device::MOST)
        .collect()
}

/// Gives a browser its cookie, until it is closed.
pub fn set(app: &App, headers: &mut HeaderMap, secret: &str) -> Result<()> {
    put(app, headers, (name(app), secret), (STRICT, ""))
}

/// Takes it back.
pub fn clear(app: &App, headers: &mut HeaderMap) -> Result<()> {
    put(app, headers, (name(app), ""), (STRICT, "; Max-Age=0"))
}

/// Lets the browser keep who has signed in from it. It outlives the session and opens nothing.
pub fn set_devices(app: &App, headers: &mut HeaderMap, proofs: &[String]) -> Result<()> {
    let age = format!("; Max-Age={}", device::KNOWN.num_seconds());
    put(app, headers, (device_name(app), &proofs.join("~")), (STRICT, &age))
}

/// What the browser keeps while somebody is at the town hall's sign-in.
pub fn attempt<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    find(headers, attempt_name(app))
}

/// Lets the browser keep it. It comes along when that sign-in's page leads back to us.
pub fn set_attempt(app: &App, headers: &mut HeaderMap, secret: &str) -> Result<()> {
    let age = format!("; Max-Age={}", ATTEMPT_LIFE.num_seconds());
    put(app, headers, (attempt_name(app), secret), (LAX, &age))
}

/// Takes it back.
pub fn clear_attempt(app: &App, headers: &mut HeaderMap) -> Result<()> {
    put(app, headers, (attempt_name(app), ""), (LAX, "; Max-Age=0"))
}

/// Never sent with what another site asks for.
const STRICT: &str = "Strict";
/// Sent when another site's page leads here.
const LAX: &str = "Lax";

fn put(app: &App, headers: &mut HeaderMap, (name, value): (&str, &str), (site, end): (&str, &str)) -> Result<()> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite={site}{secure}{end}");
    headers.append(header::SET_COOKIE, HeaderValue::from_str(&text).map_err(Error::internal)?);
    Ok(())
}
