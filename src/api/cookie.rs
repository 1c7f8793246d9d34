//! The cookie of the Playground's session: how it is named, set, found and taken back.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::api::app::App;
use crate::kernel::error::{Error, Result};

/// Over https browsers keep a name with this prefix to our host, over https, for every path.
const SECURE: &str = "__Host-entaku";
/// Inside a closed network without https.
const PLAIN: &str = "entaku";

fn is_secure(app: &App) -> bool {
    app.settings.issuer.starts_with("https://")
}

fn name(app: &App) -> &'static str {
    if is_secure(app) { SECURE } else { PLAIN }
}

/// The cookie a request brings.
pub fn of<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    let name = name(app);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Gives a browser its cookie, until it is closed.
pub fn set(app: &App, headers: &mut HeaderMap, secret: &str) -> Result<()> {
    put(app, headers, secret, "")
}

/// Takes it back.
pub fn clear(app: &App, headers: &mut HeaderMap) -> Result<()> {
    put(app, headers, "", "; Max-Age=0")
}

fn put(app: &App, headers: &mut HeaderMap, value: &str, end: &str) -> Result<()> {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}", name(app));
    headers.append(header::SET_COOKIE, HeaderValue::from_str(&text).map_err(Error::internal)?);
    Ok(())
}
