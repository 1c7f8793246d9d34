//! Rows that are held until a transaction ends, without being read or judged.

use crate::kernel::error::Result;
use crate::kernel::id::TypedId;
use crate::kernel::read::Shape;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// What a row is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It stays as it is; others may hold it so as well.
    Unchanged,
    /// Who holds it so takes turns, and it stays as it is for all others.
    InTurn,
}

impl Tx {
    /// Waits for a row and holds it.
    pub async fn hold<S: Shape>(&self, id: S::Id, hold: Hold) -> Result<()> {
        let mut sql = Sql::new(&format!("SELECT FROM {} WHERE id = ", S::shape().table));
        sql.param(Param::Uuid(Some(id.uuid())));
        sql.push(match hold {
            Hold::Unchanged => " FOR SHARE",
            Hold::InTurn => " FOR NO KEY UPDATE",
        });
        self.rows(sql).await?;
        Ok(())
    }
}
