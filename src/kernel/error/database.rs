//! What PostgreSQL and the way to it say, as our errors.

use crate::kernel::error::{Error, Refusal};
use crate::kernel::pipeline::Failure;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) => from_sqlstate(db.code().as_deref().unwrap_or(""), &error),
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                tracing::warn!(%error, "database out of reach");
                Self::Unavailable
            }
            _ => Self::internal(error),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        (&error).into()
    }
}

impl From<&tokio_postgres::Error> for Error {
    fn from(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(db) => from_sqlstate(db.code().code(), &db),
            None if error.is_closed() => Self::Unavailable,
            None => Self::internal(error),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        (&failure).into()
    }
}

impl From<&Failure> for Error {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Closed | Failure::NoConnection => Self::Unavailable,
            Failure::Said(error) => error.into(),
            Failure::Over | Failure::Malformed => Self::internal(failure),
        }
    }
}

impl From<sea_orm::DbErr> for Error {
    /// What `kernel::orm` wrapped, or what SeaORM itself complains of.
    fn from(error: sea_orm::DbErr) -> Self {
        let sea_orm::DbErr::TryIntoErr { source, .. } = &error else { return Self::internal(error) };
        match source.downcast_ref::<Failure>() {
            Some(failure) => failure.into(),
            None => Self::internal(error),
        }
    }
}

/// PostgreSQL's error codes (Appendix A of its manual) as our errors.
fn from_sqlstate(code: &str, cause: &impl std::fmt::Display) -> Error {
    match code {
        "40001" | "40P01" => Error::Retry,
        "23505" => Error::Conflict(Refusal::new(
            "DUPLICATE",
            "同じ内容がすでに登録されています。",
            "The same entry already exists.",
        )),
        "23503" => Error::NotFound,
        "23514" | "23P01" => {
            tracing::info!(%cause, "a rule of the database refused the change");
            Error::Conflict(Refusal::new(
                "RULE",
                "データベースの規則により変更できません。",
                "A rule of the database refuses this change.",
            ))
        }
        "22021" | "22P05" => Error::invalid(
            "",
            "CHARACTER",
            "使用できない文字が含まれています。",
            "The text contains a character that cannot be stored.",
        ),
        "55P03" => Error::Conflict(Refusal::new(
            "IN_PROGRESS",
            "同じ対象を別の処理が更新しています。",
            "Another request is changing the same thing.",
        )),
        "57014" | "53300" | "57P01" | "57P02" | "57P03" => {
            tracing::warn!(%cause, "database busy");
            Error::Unavailable
        }
        _ => Error::internal(cause),
    }
}
