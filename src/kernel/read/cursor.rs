//! Keyset cursors, bound to the list they were made for and to who asked (HMAC): a cursor of another
//! query, another person or another municipality is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::error::{Error, Message, Result, Violation};
use crate::kernel::request::Request;

const TAG: usize = 16;

/// A cursor over the key texts of a row.
pub(crate) fn seal(keys: &[String], binding: &str, request: &Request) -> String {
    let payload = serde_json::to_vec(keys).unwrap_or_default();
    let mut bytes = tag(&payload, binding, request).to_vec();
    bytes.extend(payload);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key texts of a cursor that an argument brought.
///
/// # Errors
/// INVALID_INPUT/CURSOR when it is not one of ours for this list and this person.
pub(crate) fn open(
    text: &str,
    argument: &'static str,
    binding: &str,
    length: usize,
    request: &Request,
) -> Result<Vec<String>> {
    let refused = || {
        let message = Message::new(
            "カーソルが正しくありません。一覧を最初から読み直してください。",
            "The cursor is not valid here. Read the list from its beginning.",
        );
        Error::Invalid("CURSOR", vec![Violation { path: argument.into(), rule: "CURSOR", message }])
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
    let (found, payload) = bytes.split_at_checked(TAG).ok_or_else(refused)?;
    let expected = tag(payload, binding, request);
    aws_lc_rs::constant_time::verify_slices_are_equal(found, &expected).map_err(|_| refused())?;
    let keys: Vec<String> = serde_json::from_slice(payload).map_err(|_| refused())?;
    if keys.len() == length { Ok(keys) } else { Err(refused()) }
}

fn tag(payload: &[u8], binding: &str, request: &Request) -> [u8; TAG] {
    let municipality = request.municipality.map(|m| m.0).unwrap_or_default();
    let account = request.principal.account.map(|a| a.0).unwrap_or_default();
    request.keys.cursor_tag(&[binding.as_bytes(), municipality.as_bytes(), account.as_bytes(), payload])
}
