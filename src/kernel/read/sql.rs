//! SQL text with its parameters. Text is ours alone; everything of a client is a parameter. What depends
//! on who asks or on a list's arguments is a [`Slot`], so that one text serves everybody.

use bytes::BytesMut;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use postgres_types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::pipeline::Query;
use crate::kernel::principal::{Principal, Role, ScopeKind};
use crate::kernel::request::Request;

/// A parameter; its cast is written with it, so that plans are stable.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// `bool`
    Bool(bool),
    /// `int8`
    Int(Option<i64>),
    /// `uuid`
    Uuid(Option<Uuid>),
    /// `uuid[]`
    Uuids(Vec<Uuid>),
    /// `text`
    Text(Option<String>),
    /// `text[]`
    Texts(Vec<String>),
    /// `date`
    Date(Option<NaiveDate>),
    /// `timestamptz`
    Time(Option<DateTime<Utc>>),
}

impl Param {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    fn cast(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::Int(_) => "int8",
            Self::Uuid(_) => "uuid",
            Self::Uuids(_) => "uuid[]",
            Self::Text(_) => "text",
            Self::Texts(_) => "text[]",
            Self::Date(_) => "date",
            Self::Time(_) => "timestamptz",
        }
    }
}

impl ToSql for Param {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Bool(value) => value.to_sql(ty, out),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Uuid(value) => value.to_sql(ty, out),
            Self::Uuids(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Texts(value) => value.to_sql(ty, out),
            Self::Date(value) => value.to_sql(ty, out),
            Self::Time(value) => value.to_sql(ty, out),
        }
    }

    /// The server takes the type from the cast that is written with the parameter.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What of the principal a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Is it the system itself?
    System,
    /// Is somebody signed in?
    SignedIn,
    /// The own account, null for nobody.
    Account,
    /// The own account, the nil UUID for nobody.
    AccountOrNil,
    /// The own account of somebody who acts for themself; null for nobody and for support.
    Doer,
    /// Is one of the roles held over the municipality?
    Holds(&'static [Role]),
    /// Over which things of a kind one of the roles is held.
    Scopes(&'static [Role], ScopeKind),
}

impl Viewer {
    fn of(self, who: &Principal) -> Param {
        match self {
            Self::System => Param::Bool(who.system.is_some()),
            Self::SignedIn => Param::Bool(who.is_signed_in()),
            Self::Account => Param::Uuid(who.account.map(|a| a.0)),
            Self::AccountOrNil => Param::Uuid(Some(who.account.map_or(Uuid::nil(), |a| a.0))),
            Self::Doer => Param::Uuid(who.account.filter(|_| who.support.is_none()).map(|a| a.0)),
            Self::Holds(roles) => Param::Bool(who.holds(roles)),
            Self::Scopes(roles, kind) => Param::Uuids(who.scopes(roles, kind)),
        }
    }

    fn cast(self) -> &'static str {
        match self {
            Self::System | Self::SignedIn | Self::Holds(_) => "bool",
            Self::Account | Self::AccountOrNil | Self::Doer => "uuid",
            Self::Scopes(..) => "uuid[]",
        }
    }
}

/// Where a parameter's value comes from when the statement is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Slot {
    /// It is known already.
    Value(Param),
    /// From who asks.
    Viewer(Viewer),
    /// The municipality, as the wall's setting.
    Town,
    /// The request's time, as a setting.
    Now,
    /// The ids that were asked for.
    Ids,
    /// The nth parameter of a list's arguments.
    List {
        /// Which list of the plan.
        list: usize,
        /// Which of its parameters.
        n: usize,
    },
}

/// A statement in the making.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    text: String,
    slots: Vec<Slot>,
}

impl Sql {
    /// Begins a statement.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), slots: Vec::new() }
    }

    /// Appends text of ours.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a parameter, `$n::type`.
    pub fn param(&mut self, param: Param) {
        let cast = param.cast();
        self.slots.push(Slot::Value(param));
        self.text += &format!("${}::{cast}", self.slots.len());
    }

    /// Appends what the condition looks at of the principal; the same thing is sent once.
    pub(crate) fn viewer(&mut self, viewer: Viewer) {
        self.shared(Slot::Viewer(viewer), viewer.cast());
    }

    /// Appends an expression that puts up the wall and is never null.
    pub(crate) fn wall(&mut self) {
        self.push("set_config('entaku.municipality', ");
        self.shared(Slot::Town, "text");
        self.push(", true) || set_config('entaku.now', ");
        self.shared(Slot::Now, "text");
        self.push(", true)");
    }

    /// Appends the ids that are asked for.
    pub(crate) fn ids(&mut self) {
        self.shared(Slot::Ids, "uuid[]");
    }

    /// Appends a parameter of a list's arguments, of the type that `like` has.
    pub(crate) fn list(&mut self, list: usize, n: usize, like: &Param) {
        self.shared(Slot::List { list, n }, like.cast());
    }

    fn shared(&mut self, slot: Slot, cast: &str) {
        let n = self.slots.iter().position(|s| *s == slot).unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        });
        self.text += &format!("${}::{cast}", n + 1);
    }

    /// Appends text in which each `?` stands for the next parameter.
    pub fn fill(&mut self, text: &str, params: impl IntoIterator<Item = Param>) {
        let mut params = params.into_iter();
        self.fill_with(text, |sql| {
            if let Some(param) = params.next() {
                sql.param(param);
            }
        });
    }

    /// Appends text; at each `?`, `write` appends a parameter.
    pub(crate) fn fill_with(&mut self, text: &str, mut write: impl FnMut(&mut Self)) {
        let mut parts = text.split('?');
        self.push(parts.next().unwrap_or(""));
        for part in parts {
            write(self);
            self.push(part);
        }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Text and slots.
    pub(crate) fn into_template(self) -> (String, Vec<Slot>) {
        (self.text, self.slots)
    }

    /// The text and its parameters for a request.
    ///
    /// # Errors
    /// INTERNAL when the statement depends on a plan's arguments.
    pub(crate) fn into_query(self, request: &Request) -> Result<Query> {
        let params = bind(&self.slots, request, &[], |_, _| None)?;
        Ok(Query { text: self.text.into(), params, walled: false })
    }
}

/// The slots' values: of the request, of the `ids` asked for and of the lists' arguments.
pub(crate) fn bind(
    slots: &[Slot],
    request: &Request,
    ids: &[Uuid],
    list: impl Fn(usize, usize) -> Option<Param>,
) -> Result<Vec<Param>> {
    let value = |slot: &Slot| match slot {
        Slot::Value(param) => Ok(param.clone()),
        Slot::Viewer(viewer) => Ok(viewer.of(&request.principal)),
        Slot::Town => Ok(Param::text(request.municipality.map(|m| m.0.to_string()).unwrap_or_default())),
        Slot::Now => Ok(Param::text(request.now.to_rfc3339_opts(SecondsFormat::Micros, true))),
        Slot::Ids => Ok(Param::Uuids(ids.to_vec())),
        Slot::List { list: l, n } => list(*l, *n).ok_or_else(|| Error::internal("a list without its arguments")),
    };
    slots.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_become_parameters_in_order() {
        let mut sql = Sql::new("SELECT 1 WHERE ");
        sql.fill("t.a = ? AND t.b = ANY(?)", [Param::text("x"), Param::Uuids(vec![])]);
        assert_eq!(sql.text(), "SELECT 1 WHERE t.a = $1::text AND t.b = ANY($2::uuid[])");
    }

    #[test]
    fn what_is_asked_of_the_principal_twice_is_sent_once() {
        let mut sql = Sql::default();
        for _ in 0..2 {
            sql.viewer(Viewer::System);
            sql.push(" ");
            sql.viewer(Viewer::Account);
            sql.push(" ");
        }
        assert_eq!(sql.text(), "$1::bool $2::uuid $1::bool $2::uuid ");
    }
}
