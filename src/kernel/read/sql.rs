//! SQL text with its parameters. Text is ours alone; everything of a client is a parameter.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};

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

    fn add(self, to: &mut PgArguments) -> Result<(), sqlx::error::BoxDynError> {
        match self {
            Self::Bool(v) => to.add(v),
            Self::Int(v) => to.add(v),
            Self::Uuid(v) => to.add(v),
            Self::Uuids(v) => to.add(v),
            Self::Text(v) => to.add(v),
            Self::Texts(v) => to.add(v),
            Self::Date(v) => to.add(v),
            Self::Time(v) => to.add(v),
        }
    }
}

/// A statement in the making.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    text: String,
    params: Vec<Param>,
}

impl Sql {
    /// Begins a statement.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), params: Vec::new() }
    }

    /// Appends text of ours.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a parameter, `$n::type`.
    pub fn param(&mut self, param: Param) {
        self.text += &format!("${}::{}", self.params.len() + 1, param.cast());
        self.params.push(param);
    }

    /// Appends text in which each `?` stands for the next parameter.
    pub fn fill(&mut self, text: &str, params: impl IntoIterator<Item = Param>) {
        let mut params = params.into_iter();
        let mut parts = text.split('?');
        self.push(parts.next().unwrap_or(""));
        for part in parts {
            if let Some(param) = params.next() {
                self.param(param);
            }
            self.push(part);
        }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text and its arguments, ready to be sent.
    pub fn into_parts(self) -> Result<(String, PgArguments)> {
        let mut arguments = PgArguments::default();
        for param in self.params {
            param.add(&mut arguments).map_err(Error::internal)?;
        }
        Ok((self.text, arguments))
    }
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
}
