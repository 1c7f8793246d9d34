//! `viewerCan` and `redacted`: what the reader may do here and now, and what is kept from them.

use async_graphql::registry::Registry;
use async_graphql::{Name, OutputType, SimpleObject, Value};
use indexmap::IndexMap;

use crate::kernel::error::{Error, Message, Result};
use crate::kernel::policy::Over;
use crate::kernel::read::cells::Cells;
use crate::kernel::read::shape::{Act, Field, ShapeDef};
use crate::kernel::request::{Locale, Request};

/// 操作ができるかどうか。
#[derive(SimpleObject)]
pub struct Permission {
    /// 操作(ミューテーション)の名前。
    pub action: String,
    /// 今この操作ができるか。
    pub allowed: bool,
    /// できない場合のコード(UNAUTHENTICATED・FORBIDDEN・CONFLICT)。
    pub code: Option<String>,
    /// できない理由を表す語。
    pub reason: Option<String>,
    /// 根拠となる条例・要綱・設定。
    pub policy_ref: Option<String>,
    /// どうすればできるようになるか。
    pub unlock_hint: Option<String>,
}

/// 表示されない項目。
#[derive(SimpleObject)]
pub struct Redaction {
    /// 項目の名前。
    pub field: String,
    /// 表示されない理由を表す語。
    pub reason: String,
}

pub(crate) fn permissions(registry: &mut Registry) -> String {
    <Vec<Permission> as OutputType>::create_type_info(registry)
}

pub(crate) fn redactions(registry: &mut Registry) -> String {
    <Vec<Redaction> as OutputType>::create_type_info(registry)
}

/// The reason of FORBIDDEN where somebody else has to act ([`ShapeDef::apart`]).
pub(crate) const DUTIES_APART: &str = "DUTIES_APART";
/// The reason of FORBIDDEN where a fresh proof of identity is needed first ([`ShapeDef::step_up`]).
pub(crate) const STEP_UP: &str = "STEP_UP";

/// Is the field kept from the reader in this row?
pub(crate) fn is_masked(field: &Field, row: &Cells<'_>, request: &Request) -> bool {
    let Some(mask) = &field.mask else { return false };
    let open = mask.unless.is_some_and(|column| row.get(column).unwrap_or(false));
    let who = &request.principal;
    let permitted = || mask.permits.iter().any(|p| p.covers(who, |column| row.scope(column)));
    !(open || who.system.is_some() || permitted())
}

/// Is the field one that somebody sees by right, so that the look at it is recorded?
pub(crate) fn is_personal_look(field: &Field, row: &Cells<'_>, request: &Request) -> bool {
    let Some(mask) = field.mask.as_ref().filter(|m| m.personal) else { return false };
    let open = mask.unless.is_some_and(|column| row.get(column).unwrap_or(false));
    let own = mask
        .permits
        .iter()
        .any(|p| matches!(p.over, Over::Own(_)) && p.covers(&request.principal, |column| row.scope(column)));
    !open && !own && request.principal.system.is_none() && !is_masked(field, row, request)
}

/// The value of `redacted`.
pub(crate) fn redacted(shape: &ShapeDef, row: &Cells<'_>, request: &Request) -> Value {
    let masked = shape.fields.iter().filter(|f| is_masked(f, row, request));
    let one = |field: &Field| {
        object([
            ("field", Value::from(field.name)),
            ("reason", Value::from(field.mask.as_ref().map_or("", |m| m.reason))),
        ])
    };
    Value::List(masked.map(one).collect())
}

/// The value of `viewerCan`.
pub(crate) fn viewer_can(shape: &ShapeDef, row: &Cells<'_>, request: &Request) -> Result<Value> {
    let acts = shape.acts.iter().filter(|a| !a.creates);
    let mut seen: Vec<&str> = Vec::new();
    let mut list = Vec::new();
    for act in acts {
        if !seen.contains(&act.action.0) {
            seen.push(act.action.0);
            list.push(permission(shape, act, row, request)?);
        }
    }
    Ok(Value::List(list))
}

fn permission(shape: &ShapeDef, act: &Act, row: &Cells<'_>, request: &Request) -> Result<Value> {
    let column = |name| row.scope(name);
    let (code, reason, hint) = if !shape.allows(act.action, &request.principal, column) {
        (Some(request.refused().code()), None, Some(who_may(shape, act, request.locale)))
    } else if shape.keeps_apart(act.action, &request.principal, column) {
        let hint = Message::new("別の人が行ってください。", "Somebody else has to do this.");
        (Some("FORBIDDEN"), Some(DUTIES_APART), Some(hint.text(request.locale).to_owned()))
    } else if let Err(refusal) = (shape.may)(row, act.action, request.now)? {
        let hint = refusal.message.text(request.locale).to_owned();
        (Some("CONFLICT"), Some(refusal.reason), Some(hint))
    } else if shape.needs_proof(act.action, &request.principal, request.now) {
        let hint = Error::Forbidden(STEP_UP).message().text(request.locale).to_owned();
        (Some("FORBIDDEN"), Some(STEP_UP), Some(hint))
    } else {
        (None, None, None)
    };
    Ok(object([
        ("action", Value::from(act.action.0)),
        ("allowed", Value::from(code.is_none())),
        ("code", code.map_or(Value::Null, Value::from)),
        ("reason", reason.map_or(Value::Null, Value::from)),
        ("policyRef", if act.policy_ref.is_empty() { Value::Null } else { Value::from(act.policy_ref) }),
        ("unlockHint", hint.map_or(Value::Null, Value::from)),
    ]))
}

/// The roles that may, as the hint for somebody who may not.
fn who_may(shape: &ShapeDef, act: &Act, locale: Locale) -> String {
    let permits = shape.permits.iter().filter(|p| p.action == act.action);
    let roles: Vec<String> = permits.flat_map(|p| p.roles.iter().map(|r| r.word())).collect();
    match (locale, roles.is_empty()) {
        (Locale::Ja, true) => "サインインが必要です。".to_owned(),
        (Locale::En, true) => "Please sign in.".to_owned(),
        (Locale::Ja, false) => format!("次の役割が行えます: {}", roles.join("、")),
        (Locale::En, false) => format!("These roles may: {}", roles.join(", ")),
    }
}

pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(IndexMap::from(fields.map(|(name, value)| (Name::new(name), value))))
}
