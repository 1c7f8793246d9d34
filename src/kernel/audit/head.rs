//! The head of a municipality's chain, signed each day. Whoever keeps heads outside the database (the log, an auditor,
//! `entaku audit heads`) can tell later whether the end of the chain was cut off or all of it was written anew.

use chrono::{Duration, NaiveDate};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::audit::seal::seal_all;
use crate::kernel::error::Result;
use crate::kernel::jobs::Kind;
use crate::kernel::keys::KeyRing;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;

/// Seals and signs once a day in every municipality, and makes the partition of the next fiscal year.
pub fn kind() -> Kind {
    Kind::new("audit.head", run).every(Duration::days(1))
}

/// A signed head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The municipality's id.
    pub municipality: Uuid,
    /// The day in Japan.
    pub day: NaiveDate,
    /// How many entries are sealed.
    pub position: i64,
    /// The hash of the last of them, hexadecimal.
    pub hash: String,
    /// Which key has signed.
    pub key: String,
    /// Ed25519 (RFC 8032), base64url.
    pub signature: String,
}

impl Head {
    /// What is signed: purpose, municipality, day, position and hash, a line each.
    fn message(municipality: Uuid, day: NaiveDate, position: i64, hash: &str) -> String {
        format!("entaku audit head\n{municipality}\n{day}\n{position}\n{hash}\n")
    }

    /// A head signed by the ring's key.
    pub fn sign(keys: &KeyRing, municipality: Uuid, day: NaiveDate, position: i64, hash: String) -> Self {
        let (key, signature) = keys.audit.sign(Self::message(municipality, day, position, &hash).as_bytes());
        Self { municipality, day, position, hash, key, signature }
    }

    /// Has the ring's key signed it?
    pub fn is_genuine(&self, keys: &KeyRing) -> bool {
        let message = Self::message(self.municipality, self.day, self.position, &self.hash);
        self.key == keys.audit.id && keys.audit.has_signed(message.as_bytes(), &self.signature)
    }
}

fn run(tx: &Tx, _subject: Option<Uuid>) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        next_year(tx).await?;
        seal_all(tx).await?;
        if let Some(head) = sign_today(tx).await? {
            let Head { municipality, day, position, hash, key, signature } = &head;
            tracing::info!(%municipality, %day, position, hash, key, signature, "head of the audit chain");
        }
        Ok(())
    })
}

/// Signs where the chain stands; nothing where it is empty or today's head is there already.
pub async fn sign_today(tx: &Tx) -> Result<Option<Head>> {
    let last = "SELECT position, encode(hash, 'hex') FROM audit_links ORDER BY position DESC LIMIT 1";
    let Some(row) = tx.rows(Sql::new(last)).await?.pop() else { return Ok(None) };
    let head = Head::sign(&tx.keys, tx.municipality()?.0, tx.today(), row.try_get(0)?, row.try_get(1)?);
    let mut sql = Sql::new("INSERT INTO audit_heads (id, day, position, hash, key_id, signature) VALUES (");
    sql.fill(
        "?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            Param::Uuid(Some(Uuid::now_v7())),
            Param::Date(Some(head.day)),
            Param::Int(Some(head.position)),
            Param::text(&head.hash),
            Param::text(&head.key),
            Param::text(&head.signature),
        ],
    );
    Ok((tx.run(sql).await? == 1).then_some(head))
}

/// The heads of the transaction's municipality, oldest first.
pub async fn heads(tx: &Tx) -> Result<Vec<Head>> {
    let text = "SELECT municipality_id, day, position, hash, key_id, signature FROM audit_heads ORDER BY day";
    let head = |row: tokio_postgres::Row| {
        Ok(Head {
            municipality: row.try_get(0)?,
            day: row.try_get(1)?,
            position: row.try_get(2)?,
            hash: row.try_get(3)?,
            key: row.try_get(4)?,
            signature: row.try_get(5)?,
        })
    };
    tx.rows(Sql::new(text)).await?.into_iter().map(head).collect()
}

async fn next_year(tx: &Tx) -> Result<()> {
    let year = crate::kernel::fiscal_year::FiscalYear::of(tx.today()).0 + 1;
    let mut sql = Sql::new("SELECT entaku_audit_partition(");
    sql.fill("?::int)", [Param::Int(Some(i64::from(year)))]);
    tx.run(sql).await?;
    Ok(())
}
