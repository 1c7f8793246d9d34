//! Columns: how a value of PostgreSQL becomes a value of GraphQL.

use async_graphql::Value;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Row};

use crate::kernel::codes::{CorporateNumber, LocalGovernmentCode};
use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::error::Result;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;

/// A Rust type that is both a column and a field.
pub trait ColumnValue {
    /// What the driver reads.
    type Sql: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> + Send + Unpin + 'static;
    /// What the client gets.
    fn value(sql: Self::Sql) -> Value;
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    type Sql = Option<T::Sql>;
    fn value(sql: Self::Sql) -> Value {
        sql.map_or(Value::Null, T::value)
    }
}

macro_rules! plain {
    ($($rust:ty: $sql:ty => $value:expr;)+) => {
        $(impl ColumnValue for $rust {
            type Sql = $sql;
            fn value(sql: $sql) -> Value {
                $value(sql)
            }
        })+
    };
}

plain! {
    String: String => Value::from;
    bool: bool => Value::from;
    i32: i32 => Value::from;
    Yen: i64 => Value::from;
    FiscalYear: i32 => Value::from;
    LocalGovernmentCode: String => Value::from;
    CorporateNumber: String => Value::from;
    Decimal: String => Value::from;
    Date: NaiveDate => |day: NaiveDate| Value::from(day.to_string());
    DateTime<Utc>: DateTime<Utc> => |at: DateTime<Utc>| Value::from(at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
}

/// Reads a column of a row.
pub(super) fn read<T: ColumnValue>(row: &PgRow, column: &str) -> Result<Value> {
    Ok(T::value(row.try_get(column)?))
}
