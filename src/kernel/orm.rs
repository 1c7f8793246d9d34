//! SeaORM over a [`Tx`]: its statements go out, and its rows come in, through the pipeline.

use std::sync::Arc;

use sea_orm::sea_query::FromValueTuple;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExecResult, PrimaryKeyTrait, ProxyExecResult,
    ProxyRow, QueryResult, QueryTrait, Statement,
};
use sea_query_postgres::PostgresValue;
use tokio_postgres::Row;

use crate::kernel::error::{Error, Result};
use crate::kernel::pipeline::{Failure, Outgoing, Told};
use crate::kernel::read::{FlatRow, Ty};
use crate::kernel::tx::Tx;

/// A row as SeaORM reads it: by the names of its columns. Not by their order, which it does not keep.
///
/// # Errors
/// [`DbErr::Type`] for a column of a type that no entity has.
pub(crate) fn result(row: Row) -> std::result::Result<QueryResult, DbErr> {
    let row = FlatRow(row);
    let values = row.0.columns().iter().enumerate().map(|(at, column)| {
        let unknown = || DbErr::Type(format!("{} is of the type {}", column.name(), column.type_()));
        let ty = Ty::of_pg(column.type_()).ok_or_else(unknown)?;
        let value = row.cell(at).and_then(|cell| ty.value(cell)).map_err(|error| DbErr::Type(error.to_string()))?;
        Ok((column.name().to_owned(), value))
    });
    Ok(ProxyRow::new(values.collect::<Result<_, DbErr>>()?).into())
}

/// The cause, which [`From<DbErr>`](Error) takes out again.
fn failed(failure: Failure) -> DbErr {
    DbErr::TryIntoErr { from: "SQL", into: "rows", source: Arc::new(failure) }
}

/// SeaORM's statement, as it is sent.
pub(crate) fn outgoing(Statement { sql, values, .. }: Statement) -> Outgoing {
    let values = values.map(|values| values.0).unwrap_or_default();
    Outgoing::new(sql.into(), values.into_iter().map(PostgresValue))
}

impl Tx {
    async fn statement(&self, statement: Statement) -> Result<Told, DbErr> {
        self.send_one(outgoing(statement)).await.map_err(failed)
    }

    /// Writes a new row in one write with the next statement, or with COMMIT: for rows whose columns nobody needs back.
    /// What PostgreSQL refuses of it is told there, so not before a statement whose refusal somebody reads a meaning into.
    ///
    /// # Returns
    /// The row's id.
    ///
    /// # Errors
    /// INTERNAL when it has none yet.
    pub fn insert_later<A: ActiveModelTrait>(&self, row: A) -> Result<Id<A>> {
        let id = row.get_primary_key_value().ok_or_else(|| Error::internal("a row without an id"))?;
        self.send_later(outgoing(A::Entity::insert(row).build(DbBackend::Postgres)));
        Ok(FromValueTuple::from_value_tuple(id))
    }
}

/// The id of a row.
type Id<A> = <<<A as ActiveModelTrait>::Entity as EntityTrait>::PrimaryKey as PrimaryKeyTrait>::ValueType;

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let told = self.statement(statement).await?;
        Ok(ProxyExecResult::new(0, told.touched).into())
    }

    /// One statement, prepared all the same.
    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(DbBackend::Postgres, text)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.pop())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let told = self.statement(statement).await?;
        told.rows.into_iter().map(result).collect()
    }
}
