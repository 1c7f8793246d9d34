//! What is sealed with the key ring: secrets of second factors, and of clients at providers of single sign-on; numbers of
//! accounts at banks, and files of payments.

use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::keys::Sealed;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::factor::check;
use crate::people::sso::entity::IdentityProviderId;
use crate::people::sso::flow;

/// How many are sealed anew in one transaction.
const MOST: i64 = 100;

/// A table with what is sealed, the column it is sealed for, and what that makes the context.
struct Kept {
    table: &'static str,
    bound_to: &'static str,
    context: fn(Uuid) -> Vec<u8>,
}

const KEPT: [Kept; 4] = [
    Kept { table: "second_factors", bound_to: "account_id", context: |id| check::context(AccountId(id)) },
    Kept { table: "identity_providers", bound_to: "id", context: |id| flow::context(IdentityProviderId(id)) },
    Kept { table: "bank_accounts", bound_to: "organization_id", context: |id| context("bank_accounts", id) },
    Kept { table: "bank_transfers", bound_to: "id", context: |id| context("bank_transfers", id) },
];

/// What is sealed in a table is bound to the table and to what the row is of.
pub fn context(table: &str, bound_to: Uuid) -> Vec<u8> {
    [table.as_bytes(), b":", bound_to.as_bytes()].concat()
}

/// How many things each key of the ring has sealed in this municipality.
pub async fn keys_in_use(tx: &Tx) -> Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for Kept { table, .. } in KEPT {
        let sql = Sql::new(&format!("SELECT key_id, count(*) AS many FROM {table} WHERE secret <> '' GROUP BY key_id"));
        for row in tx.rows(sql).await? {
            found.push((row.try_get("key_id")?, row.try_get::<_, i64>("many")?.unsigned_abs()));
        }
    }
    Ok(found)
}

/// Seals some of what another key has sealed with the newest; tells how many. Each row is written only if it is still
/// what was read.
pub async fn reseal(tx: &Tx) -> Result<u64> {
    let mut done = 0;
    for Kept { table, bound_to, context } in KEPT {
        let mut sql = Sql::new(&format!(
            "SELECT id, {bound_to} AS bound_to, key_id, secret FROM {table} WHERE secret <> '' AND "
        ));
        sql.fill("key_id <> ? LIMIT ?", [Param::text(tx.keys.sealing_id()), Param::Int(Some(MOST))]);
        sql.push(" FOR NO KEY UPDATE");
        for row in tx.rows(sql).await? {
            let old = Sealed { key: row.try_get("key_id")?, text: row.try_get("secret")? };
            let context = context(row.try_get("bound_to")?);
            let plain = tx.keys.open(&context, &old).map_err(Error::internal)?;
            let new = tx.keys.seal(&context, &plain).map_err(Error::internal)?;
            let mut sql = Sql::new(&format!("UPDATE {table} SET key_id = "));
            let id = Param::Uuid(Some(row.try_get("id")?));
            sql.fill("?, secret = ? WHERE id = ?", [Param::text(new.key), Param::text(new.text), id]);
            done += tx.run(sql).await?;
        }
    }
    Ok(done)
}
