//! How long an allocation run takes, through the commands and the database as always, over towns of different sizes:
//! gathering, evaluating and writing; the approval with its journal; a correction with its comparison; one explanation.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Error, Result, anyhow};
use serde_json::{Value, json};

use crate::api::app::App;
use crate::api::establish::{New, establish};
use crate::grants::allocation::rule::Rule;
use crate::grants::commands::calculation::freeze::approve_run;
use crate::grants::commands::calculation::rule::{GrantRuleDraftInput, draft_rule, enact_rule};
use crate::grants::commands::calculation::run::{GrantRunCreateInput, create_run};
use crate::grants::commands::programme::{GrantProgrammeCreateInput, create_programme};
use crate::grants::entity::{GrantProgrammeId, GrantRuleId, GrantRunId, GrantRunKind, GrantRunLineId};
use crate::grants::papers;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::date::Date;
use crate::kernel::error::{Error as Failure, Result as Done};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::money::Yen;
use crate::kernel::paper::pdf;
use crate::kernel::principal::MunicipalityId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::people::commands::{SectionCreateInput, create_section};

/// Who acts, as the record names it.
const ACT: &str = "bench runs";
const YEAR: FiscalYear = FiscalYear(2026);

/// Measures towns of so many organizations; one object a town, times in milliseconds.
///
/// # Errors
/// When a town of the bench is there already: only a database without them is measured.
pub async fn runs(app: &Arc<App>, sizes: &[u32], mut tell: impl FnMut(Value)) -> Result<()> {
    for (n, size) in sizes.iter().enumerate() {
        let code =
            LocalGovernmentCode::parse(&format!("{:05}", 99_900 + n)).ok_or_else(|| anyhow!("too many sizes"))?;
        let new = New { code, name: "算定町", kana: "さんていちょう", prefecture: "試験県" };
        let town = establish(app, new).await.map_err(Error::msg)?;
        tell(measure(&Bench { app, town }, *size).await.map_err(Error::msg)?);
    }
    Ok(())
}

struct Bench<'a> {
    app: &'a Arc<App>,
    town: MunicipalityId,
}

async fn measure(bench: &Bench<'_>, size: u32) -> Done<Value> {
    let tx = bench.tx();
    organizations(&tx, size).await?;
    let (programme, rule) = prepare(&tx).await?;
    tx.commit().await?;
    let (run, calculating) = bench.calculate(programme, rule).await?;
    let (_, approving) = bench.timed(async |tx| approve_run(tx, run).await).await?;
    let (_, correcting) = bench.calculate(programme, rule).await?;
    let (line, _) = bench.timed(async |tx| first_line(tx, run).await).await?;
    let ((), explaining) = bench.timed(async |tx| pdf(&papers::sheet(tx, line).await?.paper).map(drop)).await?;
    Ok(json!({
        "organizations": size, "calculateMs": calculating, "approveMs": approving, "correctMs": correcting,
        "sheetMs": explaining,
    }))
}

impl Bench<'_> {
    fn tx(&self) -> Tx {
        self.app.system(ACT, Some(self.town))
    }

    /// Does something in a transaction; returns how long both took in milliseconds.
    async fn timed<T>(&self, work: impl AsyncFnOnce(&Tx) -> Done<T>) -> Done<(T, u64)> {
        let (begun, tx) = (Instant::now(), self.tx());
        let made = work(&tx).await?;
        tx.commit().await?;
        Ok((made, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)))
    }

    async fn calculate(&self, programme_id: GrantProgrammeId, rule_id: GrantRuleId) -> Done<(GrantRunId, u64)> {
        let input = GrantRunCreateInput {
            programme_id,
            rule_id,
            kind: GrantRunKind::Real,
            title: "算定".into(),
            budget_yen: None,
            organization_ids: None,
            previous_programme_id: None,
            splits: Vec::new(),
            suppositions: Vec::new(),
        };
        self.timed(async |tx| create_run(tx, input).await).await
    }
}

/// So many organizations, each in a district of its own with statistics.
async fn organizations(tx: &Tx, size: u32) -> Done<()> {
    let mut sql = Sql::new(
        "INSERT INTO districts (id, name, name_kana, area_unit) \
         SELECT gen_random_uuid(), '第' || n || '地区', 'ちく', 'OAZA' FROM generate_series(1, ",
    );
    sql.param(Param::Int(Some(size.into())));
    sql.push(") n");
    tx.run(sql).await?;
    let mut sql = Sql::new(
        "INSERT INTO district_statistics (id, district_id, as_of, population, households, aged65, aged75, \
         area_square_metres, source) SELECT gen_random_uuid(), id, ",
    );
    sql.param(Param::Date(Some(YEAR.first_day())));
    sql.push(", 200 + length(name) * 97 + ascii(right(id::text, 1)), 90, 60, 30, 1000, '住民基本台帳' FROM districts");
    tx.run(sql).await?;
    tx.run(Sql::new(
        "INSERT INTO organizations (id, district_id, name, name_kana, kind, stage, published) \
         SELECT gen_random_uuid(), id, name || '協議会', 'きょうぎかい', 'COMMUNITY_COUNCIL', 'ACTIVE', true FROM districts",
    ))
    .await?;
    Ok(())
}

async fn prepare(tx: &Tx) -> Done<(GrantProgrammeId, GrantRuleId)> {
    let section = SectionCreateInput {
        name: "地域振興課".into(),
        parent_id: None,
        established_on: Date(YEAR.first_day()),
        postal_code: None,
        address: None,
        phone: None,
        fax: None,
        email: None,
    };
    let (opens_on, closes_on) = (Date(YEAR.first_day()), Date(YEAR.last_day()));
    let programme = GrantProgrammeCreateInput {
        title: "地域づくり交付金".into(),
        summary: "測るための交付金。".into(),
        fiscal_year: YEAR,
        legal_basis: "交付要綱".into(),
        budget_yen: Yen(100_000_000_000),
        opens_on,
        closes_on,
        section_id: create_section(tx, section).await?,
    };
    let programme = create_programme(tx, programme).await?;
    let rule: Rule = serde_json::from_value(rule()).map_err(Failure::internal)?;
    let rule = GrantRuleDraftInput { title: "交付要綱".into(), from_fiscal_year: YEAR, note: None, rule };
    let rule = draft_rule(tx, rule).await?;
    Ok((programme, enact_rule(tx, rule).await?))
}

/// Every way of sharing and counting that looks at more than one organization.
fn rule() -> Value {
    let metric = |key: &str, label: &str, unit: &str, field: &str| json!({"key": key, "label": label, "type": "NUMBER", "unit": unit, "of": "BODY", "source": {"statistic": field}});
    let term = |key: &str, label: &str, kind: Value| json!({"key": key, "label": label, "legalReference": "第4条", "kind": kind, "rounding": {"mode": "FLOOR", "unit": "1"}});
    let share = |share: &str, residual: &str| json!({"pool": "basic", "share": share, "residual": residual});
    let mut proportional = share("0.7", "LARGEST_REMAINDER");
    proportional["metric"] = json!("population");
    json!({
        "format": 1,
        "metrics": [metric("population", "人口", "人", "POPULATION"), metric("households", "世帯数", "世帯", "HOUSEHOLDS")],
        "pools": [{"key": "basic", "label": "基本額", "amount": {"yen": 3_500_000_000_i64}, "fullyShared": true}],
        "terms": [
            term("proportional", "人口割", json!({"proportionalPool": proportional})),
            term("equal", "均等割", json!({"equalPool": share("0.3", "RESERVE")})),
            term("households", "世帯割", json!({"perUnit": {"metric": "households", "yen": "1600"}})),
        ],
        "adjustments": [{"key": "budget", "label": "予算調整", "legalReference": "第6条",
            "kind": {"budget": {"over": "SCALE", "fill": false, "residual": "LARGEST_REMAINDER", "limits": "HELD"}}}],
    })
}

async fn first_line(tx: &Tx, run: GrantRunId) -> Done<GrantRunLineId> {
    let mut sql = Sql::new("SELECT id FROM grant_run_lines WHERE run_id = ");
    sql.param(Param::Uuid(Some(run.0)));
    sql.push(" ORDER BY name, id LIMIT 1");
    let row = tx.rows(sql).await?.pop().ok_or(Failure::NotFound)?;
    Ok(GrantRunLineId(row.try_get("id")?))
}
