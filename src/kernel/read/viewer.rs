//! `viewerCan` and `redacted`: what the reader may do here and now, and what is kept from them.

use async_graphql::registry::Registry;
use async_graphql::{Name, OutputType, SimpleObject, Value};
use indexmap::IndexMap;

use crate::kernel::error::{Error, Refusal, Result};
use crate::kernel::policy::{Action, Over};
use crate::kernel::read::cells::Cells;
use crate::kernel::read::field::{Act, Field, Mask};
use crate::kernel::read::rights::{Rights, say};
use crate::kernel::read::shape::ShapeDef;
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
    field.mask.as_ref().is_some_and(|mask| is_kept(mask, row, request))
}

fn is_kept(mask: &Mask, row: &Cells<'_>, request: &Request) -> bool {
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
    let kept = |field: &Field| {
        let mask = field.kept().filter(|mask| is_kept(mask, row, request))?;
        Some(object([("field", Value::from(field.name)), ("reason", Value::from(mask.reason))]))
    };
    Value::List(shape.fields.iter().filter_map(kept).collect())
}

/// Who looks at what can be done, and what they ask for.
pub(crate) struct Viewing<'r> {
    pub(crate) request: &'r Request,
    /// Are hints asked for?
    pub(crate) hints: bool,
}

/// Why an act is not possible: code, reason, and what would allow it.
struct Refused {
    code: &'static str,
    reason: Option<&'static str>,
    hint: String,
}

impl Viewing<'_> {
    /// The value of `viewerCan`.
    pub(crate) fn can(&self, shape: &ShapeDef, row: &Cells<'_>) -> Result<Value> {
        let acts = shape.acts.iter().filter(|a| !a.creates);
        let mut seen: Vec<&str> = Vec::new();
        let mut list = Vec::new();
        for act in acts {
            if !seen.contains(&act.action.0) {
                seen.push(act.action.0);
                list.push(self.permission(shape, act, row)?);
            }
        }
        Ok(Value::List(list))
    }

    fn permission(&self, shape: &ShapeDef, act: &Act, row: &Cells<'_>) -> Result<Value> {
        let refused = self.refused(shape, act.action, row)?;
        Ok(object([
            ("action", Value::from(act.action.0)),
            ("allowed", Value::from(refused.is_none())),
            ("code", refused.as_ref().map_or(Value::Null, |r| r.code.into())),
            ("reason", refused.as_ref().and_then(|r| r.reason).map_or(Value::Null, Value::from)),
            ("policyRef", Value::from(act.policy_ref)),
            ("unlockHint", refused.map_or(Value::Null, |r| r.hint.into())),
        ]))
    }

    fn refused(&self, shape: &ShapeDef, action: Action, row: &Cells<'_>) -> Result<Option<Refused>> {
        let Request { principal, now, locale, .. } = self.request;
        let column = |name| row.scope(name);
        let forbidden = |reason, hint: String| Some(Refused { code: "FORBIDDEN", reason: Some(reason), hint });
        Ok(if !shape.allows(action, principal, column) {
            let code = self.request.refused().code();
            Some(Refused { code, reason: None, hint: self.who_may(shape, action) })
        } else if shape.keeps_apart(action, principal, column) || had_a_hand(shape, action, row)? {
            let ja = format!("職務の分離のため、別の人が行ってください。{}", self.who_may(shape, action));
            let en = format!("Duties are kept apart: somebody else has to do this. {}", self.who_may(shape, action));
            forbidden(DUTIES_APART, say(*locale, &ja, &en).to_owned())
        } else if let Err(refusal) = (shape.may)(row, action, *now)? {
            let hint = if self.hints { self.when_it_may(shape, action, row, &refusal)? } else { String::new() };
            Some(Refused { code: "CONFLICT", reason: Some(refusal.reason), hint })
        } else if shape.needs_proof(action, principal, *now) {
            forbidden(STEP_UP, Error::Forbidden(STEP_UP).message().text(*locale).to_owned())
        } else {
            None
        })
    }

    /// The roles that may, as the hint for somebody who may not.
    fn who_may(&self, shape: &ShapeDef, action: Action) -> String {
        if !self.hints {
            return String::new();
        }
        let who = Rights::of_act(shape, action).sentence(self.request.locale);
        match self.request.locale {
            Locale::Ja => format!("次の人が行えます: {who}"),
            Locale::En => format!("Who may: {who}"),
        }
    }

    /// Why it is not possible now, and in which states it would be. The rule itself is asked, with the same row in
    /// every other state.
    fn when_it_may(&self, shape: &ShapeDef, action: Action, row: &Cells<'_>, refusal: &Refusal) -> Result<String> {
        let (locale, now) = (self.request.locale, self.request.now);
        let mut hint = refusal.message.text(locale).to_owned();
        let Some((column, words)) = shape.states() else { return Ok(hint) };
        let mut open = Vec::new();
        for (word, label) in &words {
            if (shape.may)(&row.supposing(column, word), action, now)?.is_ok() {
                open.push(say(locale, label, word));
            }
        }
        if !open.is_empty() {
            hint += &match locale {
                Locale::Ja => format!(" 次の状態であれば行えます: {}。", open.join("、")),
                Locale::En => format!(" Possible in: {}.", open.join(", ")),
            };
        }
        Ok(hint)
    }
}

/// Is the reader one of those from whom the act is kept apart, without being named in the row?
fn had_a_hand(shape: &ShapeDef, action: Action, row: &Cells<'_>) -> Result<bool> {
    for hands in shape.hands(action) {
        if row.get(hands.name)? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(IndexMap::from(fields.map(|(name, value)| (Name::new(name), value))))
}
