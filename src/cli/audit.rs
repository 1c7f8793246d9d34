//! `entaku audit`: is the record what it was, and where does it stand?

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::api::app::App;
use crate::cli::installation::Installation;
use crate::kernel::audit::head::{self, Head};
use crate::kernel::audit::verify::{self, Report};
use crate::kernel::clock::Clock;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::config::Config;
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::principal::MunicipalityId;
use crate::kernel::read::sql::Sql;
use crate::kernel::request::japan_day;
use crate::kernel::tx::Tx;

/// How long acts on grants are kept after their fiscal year, at least (文書管理規程: 5年).
const KEPT_YEARS: i32 = 5;

/// Goes over the chains of one municipality or all, and compares them with heads that were kept elsewhere, a JSON
/// object a line. Fails where anything is wrong, naming the first broken entry of each chain first.
#[allow(clippy::print_stdout)]
pub async fn verify(config: Config, municipality: Option<&str>, heads: Option<&Path>) -> Result<()> {
    let kept = heads.map_or(Ok(Vec::new()), read_heads)?;
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    let mut faults = 0;
    for (id, name) in towns(&app, municipality).await? {
        let tx = patient(&app, id).await?;
        let report = verify::verify(&tx, &kept).await.map_err(anyhow::Error::msg)?;
        tx.rollback().await.map_err(anyhow::Error::msg)?;
        let Report { links, disposed, waiting, heads, .. } = &report;
        println!("{name}: {links} sealed ({disposed} disposed of), {waiting} waiting, {heads} heads compared");
        for fault in &report.faults {
            println!("  {fault}");
        }
        faults += report.faults.len();
    }
    app.database.close();
    installation.close().await?;
    ensure!(faults == 0, "{faults} faults");
    Ok(())
}

/// Prints every signed head, a JSON object a line: to be kept where nobody who can write the database can write.
#[allow(clippy::print_stdout)]
pub async fn heads(config: Config, municipality: Option<&str>) -> Result<()> {
    let installation = Installation::visit(config).await?;
    let app = installation.app()?;
    for (id, _) in towns(&app, municipality).await? {
        let tx = patient(&app, id).await?;
        for head in head::heads(&tx).await.map_err(anyhow::Error::msg)? {
            println!("{}", serde_json::to_string(&head)?);
        }
        tx.rollback().await.map_err(anyhow::Error::msg)?;
    }
    app.database.close();
    installation.close().await
}

/// Disposes of the entries of a fiscal year (廃棄), as the owner: its partition goes, its links stay and keep the chain
/// whole. Refused until [`KEPT_YEARS`] years after its end.
#[allow(clippy::print_stdout)]
pub async fn dispose(config: Config, year: i32, reason: &str) -> Result<()> {
    ensure!(!reason.trim().is_empty(), "--reason is empty: which decision disposes of these records?");
    let current = FiscalYear::of(japan_day(Clock::System.now())).0;
    ensure!(
        year + KEPT_YEARS < current,
        "records of fiscal year {year} are kept until the end of {}",
        year + KEPT_YEARS
    );
    let installation = Installation::visit(config).await?;
    let owner = installation.owner_url.clone().context("ENTAKU_OWNER_DATABASE_URL is not set")?;
    let mut connection = PgConnection::connect(&owner).await?;
    let mut transaction = connection.begin().await?;
    let unsealed = AssertSqlSafe(format!(
        "SELECT count(*) FROM audit_entries_fy{year} e WHERE NOT EXISTS (SELECT FROM audit_links l
            WHERE l.municipality_id = e.municipality_id AND l.xid = e.xid AND l.seq = e.seq)"
    ));
    let unsealed: i64 = sqlx::query_scalar(unsealed).fetch_one(&mut *transaction).await?;
    if unsealed > 0 {
        bail!("{unsealed} entries of fiscal year {year} are not sealed yet");
    }
    let text = "INSERT INTO audit_disposals (year, reason) VALUES ($1, $2)";
    sqlx::query(text).bind(year).bind(reason).execute(&mut *transaction).await?;
    sqlx::query(AssertSqlSafe(format!("DROP TABLE audit_entries_fy{year}"))).execute(&mut *transaction).await?;
    transaction.commit().await?;
    println!("the records of fiscal year {year} are gone");
    installation.close().await
}

fn read_heads(path: &Path) -> Result<Vec<Head>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(n, line)| serde_json::from_str(line).with_context(|| format!("line {}", n + 1))).collect()
}

/// A transaction that may take its time.
async fn patient(app: &App, town: MunicipalityId) -> Result<Tx> {
    let tx = app.system("audit verify", Some(town));
    tx.run(Sql::new("SET LOCAL statement_timeout = '1h'")).await.map_err(anyhow::Error::msg)?;
    Ok(tx)
}

pub(super) async fn towns(app: &App, code: Option<&str>) -> Result<Vec<(MunicipalityId, String)>> {
    let code =
        code.map(|code| LocalGovernmentCode::parse(code).context("--municipality is not a local government code"));
    let code = code.transpose()?.map(|code| code.as_str().to_owned());
    let tx = app.system("audit verify", None);
    let rows = tx.rows(Sql::new("SELECT id, name, code FROM municipalities ORDER BY code")).await;
    let mut towns = Vec::new();
    for row in rows.map_err(anyhow::Error::msg)? {
        if code.as_ref().is_none_or(|code| *code == row.get::<_, String>(2)) {
            towns.push((MunicipalityId(row.get(0)), row.get(1)));
        }
    }
    ensure!(!towns.is_empty(), "there is no such municipality");
    Ok(towns)
}
