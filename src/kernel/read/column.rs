//! Columns: the types the read path knows, and how a cell of PostgreSQL becomes JSON.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use postgres_types::{FromSql, Type};
use sea_orm::{ColumnType, Value};
use uuid::Uuid;

use crate::kernel::codes::{CorporateNumber, LocalGovernmentCode};
use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::read::json::Json;

/// The type of a column. All that can be read is of one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ty {
    /// `uuid`
    Uuid,
    /// `text`
    Text,
    /// `int4`
    Int,
    /// `int8`
    Long,
    /// `bool`
    Bool,
    /// `date`
    Date,
    /// `timestamptz`
    Time,
    /// `jsonb`
    Json,
}

impl Ty {
    /// Every type.
    pub(crate) const ALL: [Self; 8] =
        [Self::Uuid, Self::Text, Self::Int, Self::Long, Self::Bool, Self::Date, Self::Time, Self::Json];

    /// PostgreSQL's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Int => "int4",
            Self::Long => "int8",
            Self::Bool => "bool",
            Self::Date => "date",
            Self::Time => "timestamptz",
            Self::Json => "jsonb",
        }
    }

    fn pg(self) -> Type {
        match self {
            Self::Uuid => Type::UUID,
            Self::Text => Type::TEXT,
            Self::Int => Type::INT4,
            Self::Long => Type::INT8,
            Self::Bool => Type::BOOL,
            Self::Date => Type::DATE,
            Self::Time => Type::TIMESTAMPTZ,
            Self::Json => Type::JSONB,
        }
    }

    /// As [`get`] where the Rust type is known to fit.
    pub(crate) fn decode<'a, T: FromSql<'a>>(self, cell: Option<&'a [u8]>) -> Result<T> {
        let pg = self.pg();
        debug_assert!(T::accepts(&pg), "a column of type {pg}");
        T::from_sql_nullable(&pg, cell).map_err(Error::internal)
    }

    /// The type of a column that PostgreSQL answers with.
    pub(crate) fn of_pg(ty: &Type) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.pg() == *ty)
    }

    /// The type of an entity's column.
    pub fn of(column: &ColumnType) -> Option<Self> {
        Some(match column {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Text | ColumnType::String(_) | ColumnType::Enum { .. } => Self::Text,
            ColumnType::Integer => Self::Int,
            ColumnType::BigInteger => Self::Long,
            ColumnType::Boolean => Self::Bool,
            ColumnType::Date => Self::Date,
            ColumnType::TimestampWithTimeZone | ColumnType::Timestamp | ColumnType::DateTime => Self::Time,
            ColumnType::Json | ColumnType::JsonBinary => Self::Json,
            _ => return None,
        })
    }

    /// A cell as text that PostgreSQL reads back as the same value, whatever its settings.
    pub(crate) fn text(self, cell: Option<&[u8]>) -> Result<String> {
        Ok(match self {
            Self::Uuid => get::<Uuid>(self, cell)?.to_string(),
            Self::Text => get::<String>(self, cell)?,
            Self::Int => get::<i32>(self, cell)?.to_string(),
            Self::Long => get::<i64>(self, cell)?.to_string(),
            Self::Bool => get::<bool>(self, cell)?.to_string(),
            Self::Date => get::<NaiveDate>(self, cell)?.to_string(),
            Self::Time => get::<DateTime<Utc>>(self, cell)?.to_rfc3339_opts(SecondsFormat::Micros, true),
            Self::Json => get::<serde_json::Value>(self, cell)?.to_string(),
        })
    }

    /// A cell as SeaORM takes it.
    pub(crate) fn value(self, cell: Option<&[u8]>) -> Result<Value> {
        Ok(match self {
            Self::Uuid => Value::from(get::<Option<Uuid>>(self, cell)?),
            Self::Text => Value::from(get::<Option<String>>(self, cell)?),
            Self::Int => Value::from(get::<Option<i32>>(self, cell)?),
            Self::Long => Value::from(get::<Option<i64>>(self, cell)?),
            Self::Bool => Value::from(get::<Option<bool>>(self, cell)?),
            Self::Date => Value::from(get::<Option<NaiveDate>>(self, cell)?),
            Self::Time => Value::from(get::<Option<DateTime<Utc>>>(self, cell)?),
            Self::Json => Value::from(get::<Option<serde_json::Value>>(self, cell)?),
        })
    }
}

/// A cell as a Rust value.
///
/// # Errors
/// INTERNAL when it is null or of another type.
pub(crate) fn get<'a, T: FromSql<'a>>(ty: Ty, cell: Option<&'a [u8]>) -> Result<T> {
    let pg = ty.pg();
    if !T::accepts(&pg) {
        return Err(Error::internal(format!("a column of type {pg} is read as {}", std::any::type_name::<T>())));
    }
    ty.decode(cell)
}

/// A cell as it came, whatever it is. A text is UTF-8: PostgreSQL has made sure of it, in no other encoding is a database
/// ours (`kernel/bootstrap/database.sql`).
pub(crate) struct Raw<'a>(pub(crate) &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A Rust type that is both a column and a field.
pub trait ColumnValue {
    /// The column's type.
    const TYPE: Ty;

    /// Writes a cell.
    ///
    /// # Errors
    /// INTERNAL when the cell is not what the declaration says.
    fn write(cell: Option<&[u8]>, to: &mut Json) -> Result<()>;

    /// The words of a closed list with what they are called in Japanese; nothing for other types.
    fn words() -> Vec<(String, &'static str)> {
        Vec::new()
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    const TYPE: Ty = T::TYPE;

    fn words() -> Vec<(String, &'static str)> {
        T::words()
    }

    fn write(cell: Option<&[u8]>, to: &mut Json) -> Result<()> {
        if cell.is_some() {
            return T::write(cell, to);
        }
        to.null();
        Ok(())
    }
}

macro_rules! columns {
    ($($rust:ty: $ty:ident as $sql:ty => |$value:ident, $to:ident| $write:expr;)+) => {
        $(impl ColumnValue for $rust {
            const TYPE: Ty = Ty::$ty;

            fn write(cell: Option<&[u8]>, $to: &mut Json) -> Result<()> {
                let $value = Ty::$ty.decode::<$sql>(cell)?;
                $write;
                Ok(())
            }
        })+
    };
}

columns! {
    String: Text as Raw<'_> => |text, to| to.utf8(text.0)?;
    bool: Bool as bool => |yes, to| to.flag(yes);
    i32: Int as i32 => |number, to| to.number(number);
    Yen: Long as i64 => |number, to| to.number(number);
    FiscalYear: Int as i32 => |number, to| to.number(number);
    LocalGovernmentCode: Text as Raw<'_> => |text, to| to.utf8(text.0)?;
    CorporateNumber: Text as Raw<'_> => |text, to| to.utf8(text.0)?;
    Decimal: Text as Raw<'_> => |text, to| to.utf8(text.0)?;
    Date: Date as NaiveDate => |day, to| to.display(&day);
    DateTime<Utc>: Time as DateTime<Utc> => |at, to| to.time(at);
}
