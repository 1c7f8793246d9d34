//! What a driver needs to play the people of the large towns: ids, tokens, places in lists.

use anyhow::{Context, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use uuid::Uuid;

use crate::kernel::id::TypedId;
use crate::kernel::keys::KeyRing;
use crate::kernel::principal::{AccountId, MunicipalityId, SessionId};
use crate::organizations::entity::OrganizationId;
use crate::people::token;
use crate::roundtables::entity::RoundtableId;

/// The fewest organizations of a large town.
const LARGE: usize = 25;
/// The most towns that are told.
const MOST: usize = 200;

/// What signs the tokens, and when.
pub struct Signer<'a> {
    /// The installation's key ring.
    pub keys: &'a KeyRing,
    /// The installation's name in the tokens.
    pub issuer: &'a str,
    /// When they are signed.
    pub now: DateTime<Utc>,
}

/// One object for each large town in which somebody with both roles is signed in, read as `entaku_app`
/// within each town's wall.
pub async fn workload(app_url: &str, signer: &Signer<'_>) -> Result<Vec<Value>> {
    let mut connection = PgConnection::connect(app_url).await.context("the database cannot be reached")?;
    let mut tx = connection.begin().await?;
    sqlx::query("SET TRANSACTION READ ONLY").execute(&mut *tx).await?;
    let towns = sqlx::query_as("SELECT id, code FROM municipalities ORDER BY code");
    let towns: Vec<(Uuid, String)> = towns.fetch_all(&mut *tx).await?;
    let mut found = Vec::new();
    for (town, code) in towns {
        if found.len() < MOST {
            found.extend(of_town(&mut tx, town, &code, signer).await?);
        }
    }
    tx.commit().await?;
    connection.close().await?;
    Ok(found)
}

async fn of_town(tx: &mut PgConnection, town: Uuid, code: &str, signer: &Signer<'_>) -> Result<Option<Value>> {
    sqlx::query("SELECT set_config('entaku.municipality', $1, true)").bind(town.to_string()).execute(&mut *tx).await?;
    let organizations = ids::<OrganizationId>(tx, "SELECT id FROM organizations ORDER BY name_kana, id").await?;
    if organizations.len() < LARGE {
        return Ok(None);
    }
    let Some((account, session)) = signed_in(tx, signer.now).await? else { return Ok(None) };
    let who = (MunicipalityId(town), account, session);
    let token = token::sign(signer.keys, signer.issuer, who, signer.now).map_err(anyhow::Error::msg)?;
    // In an order of no meaning, so that they belong to many organizations.
    let drafts = "SELECT id FROM roundtables WHERE state = 'MINUTES_DRAFT' ORDER BY md5(id::text) LIMIT 40";
    Ok(Some(json!({
        "code": code,
        "municipality": town,
        "account": account.uuid(),
        "accountId": account.to_string(),
        "token": token,
        "organizations": organizations,
        "drafts": ids::<RoundtableId>(tx, drafts).await?,
        "cursors": cursors(tx).await?,
    })))
}

async fn ids<Id: TypedId + std::fmt::Display>(tx: &mut PgConnection, sql: &'static str) -> Result<Vec<Value>> {
    let found: Vec<Uuid> = sqlx::query_scalar(sql).fetch_all(tx).await?;
    Ok(found.into_iter().map(|uuid| json!({"id": Id::from_uuid(uuid).to_string(), "uuid": uuid})).collect())
}

/// Somebody who works with grants and plans, and their session.
async fn signed_in(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<(AccountId, SessionId)>> {
    let sql = "SELECT s.account_id, s.id FROM sessions s WHERE s.ended_at IS NULL AND s.expires_at > $1 AND 2 = (
            SELECT count(DISTINCT p.role) FROM appointments p
            WHERE p.municipality_id = s.municipality_id AND p.account_id = s.account_id AND p.scope = 'MUNICIPALITY'
                AND p.role IN ('GRANT_STAFF', 'PLANNING_STAFF') AND p.ended_at IS NULL)
        ORDER BY s.id LIMIT 1";
    let row = sqlx::query(sql).bind(now).fetch_optional(tx).await?;
    row.map(|row| Ok((AccountId(row.try_get("account_id")?), SessionId(row.try_get("id")?)))).transpose()
}

/// Times at twenty places of the town's list of round tables, the latest first.
async fn cursors(tx: &mut PgConnection) -> Result<Vec<String>> {
    let sql =
        "SELECT percentile_disc((SELECT array_agg(n / 20.0 ORDER BY n DESC) FROM generate_series(1, 20) n)::float8[])
            WITHIN GROUP (ORDER BY starts_at) FROM roundtables";
    let times: Option<Vec<DateTime<Utc>>> = sqlx::query_scalar(sql).fetch_one(tx).await?;
    Ok(times.unwrap_or_default().iter().map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).collect())
}
