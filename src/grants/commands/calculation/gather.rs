//! The numbers a rule asks for, from statistics, declarations and records, each with its day and source.
//! The number of statements depends on the rule, never on how many organizations there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Body, Datum, Given, Inputs};
use crate::grants::allocation::metric::{
    Metric, MetricOf, MetricSource, RecordField, StatisticField, WhenMissing, full_years,
};
use crate::grants::allocation::outcome::DECLARED;
use crate::grants::allocation::rule::Rule;
use crate::grants::commands::calculation::whole::whole;
use crate::grants::entity::GrantProgrammeId;
use crate::kernel::error::{Error, Result, Violation};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::id::{TypedId, encode};
use crate::kernel::money::Yen;
use crate::kernel::principal::AccountId;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::organizations::entity::{DistrictId, OrganizationId};

/// The most organizations of a run.
pub(super) const MOST: usize = 20_000;

/// Who takes part, and what is compared with.
pub(super) struct Scope<'a> {
    pub(super) fiscal_year: FiscalYear,
    pub(super) budget: Yen,
    /// Nothing: all recognized and active organizations but federations.
    pub(super) organizations: Option<&'a [OrganizationId]>,
    pub(super) previous: Option<GrantProgrammeId>,
    /// Does it count what organizations say of themselves before anybody has confirmed it?
    pub(super) unconfirmed: bool,
}

/// What was found.
pub(super) struct Gathered {
    pub(super) inputs: Inputs,
    /// Are there amounts of the year before?
    pub(super) compared: bool,
    /// Numbers of the municipality that cannot be told, by metric, and why.
    pub(super) untold: Vec<(String, Violation)>,
    /// What organizations have declared since and nobody has confirmed: whose, and which metric.
    pub(super) waiting: BTreeSet<String>,
}

/// An organization, as the register has it.
struct Member {
    id: Uuid,
    district: Uuid,
    district_name: String,
    name: String,
    kind: String,
    area_unit: String,
    founded_on: Option<NaiveDate>,
}

/// Gathers what a rule asks for.
///
/// # Errors
/// NOT_FOUND where an organization that was named is not there.
pub(super) async fn inputs(tx: &Tx, rule: &Rule, scope: Scope<'_>) -> Result<Gathered> {
    let members = members(tx, scope.organizations).await?;
    let mut bodies: HashMap<Uuid, Body> = members.iter().map(|member| (member.id, member.body())).collect();
    let units: BTreeSet<&str> = members.iter().map(|member| member.area_unit.as_str()).collect();
    let (mut municipality, mut untold, mut waiting) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    for (n, metric) in rule.metrics.iter().enumerate() {
        let Some(day) = metric.reference().day(scope.fiscal_year) else { continue };
        match &metric.source {
            MetricSource::Statistic(field) if metric.of == MetricOf::Municipality => {
                let found = statistics(tx, metric, *field, day).await?;
                match whole(tx, metric, day, &units, &found).await? {
                    Ok(given) => _ = municipality.insert(metric.key.clone(), given),
                    Err(why) => untold.push((metric.key.clone(), why.at(n))),
                }
            }
            MetricSource::Statistic(field) => {
                let found = statistics(tx, metric, *field, day).await?;
                for member in &members {
                    give(&mut bodies, member.id, metric, found.get(&member.district).cloned());
                }
            }
            MetricSource::Declaration(item) => {
                let mut found = declarations(tx, metric, item, day, scope.unconfirmed).await?;
                if let Some((given, _)) = found.remove(&None).filter(|_| metric.of == MetricOf::Municipality) {
                    municipality.insert(metric.key.clone(), given);
                }
                for (id, (given, waits)) in found {
                    let id = id.unwrap_or_default();
                    if let Some(body) = bodies.get(&id).filter(|_| waits && metric.of == MetricOf::Body) {
                        waiting.insert(format!("{}: {}", body.name, metric.label));
                    }
                    give(&mut bodies, id, metric, Some(given));
                }
            }
            MetricSource::Record(field) => {
                for member in &members {
                    give(&mut bodies, member.id, metric, member.record(*field, day));
                }
            }
            MetricSource::Quotient(_)
            | MetricSource::Sum(_)
            | MetricSource::Difference(_)
            | MetricSource::WeightedSum(_)
            | MetricSource::Product(_) => {}
        }
    }
    let mut compared = false;
    if let Some(programme) = scope.previous {
        for (id, given) in previous(tx, programme).await? {
            compared = true;
            if let Some(body) = bodies.get_mut(&id) {
                body.previous = Some(given);
            }
        }
    }
    let Scope { fiscal_year, budget, .. } = scope;
    let inputs = Inputs { fiscal_year, budget: Some(budget), municipality, bodies: bodies.into_values().collect() };
    Ok(Gathered { inputs, compared, untold, waiting })
}

fn give(bodies: &mut HashMap<Uuid, Body>, id: Uuid, metric: &Metric, given: Option<Given>) {
    if let (Some(body), Some(given), MetricOf::Body) = (bodies.get_mut(&id), given, metric.of) {
        body.metrics.insert(metric.key.clone(), given);
    }
}

async fn members(tx: &Tx, named: Option<&[OrganizationId]>) -> Result<Vec<Member>> {
    let mut sql = Sql::new(
        "SELECT o.id, o.name, o.kind, o.founded_on, o.district_id, d.name AS district_name, d.area_unit \
         FROM organizations o JOIN districts d ON d.municipality_id = o.municipality_id AND d.id = o.district_id WHERE ",
    );
    match named {
        None => sql.push("o.stage IN ('RECOGNIZED', 'ACTIVE') AND o.kind <> 'FEDERATION'"),
        Some(ids) => sql.fill("o.id = ANY(?)", [Param::Uuids(ids.iter().map(|id| id.0).collect())]),
    }
    let members: Vec<Member> = tx.rows(sql).await?.iter().map(Member::read).collect::<Result<_>>()?;
    if named.is_some_and(|ids| ids.iter().any(|id| !members.iter().any(|member| member.id == id.0))) {
        return Err(Error::NotFound);
    }
    Ok(members)
}

impl Member {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            district: row.try_get("district_id")?,
            district_name: row.try_get("district_name")?,
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            area_unit: row.try_get("area_unit")?,
            founded_on: row.try_get("founded_on")?,
        })
    }

    fn body(&self) -> Body {
        Body {
            key: encode(OrganizationId::PREFIX, self.id),
            name: self.name.clone(),
            district: encode(DistrictId::PREFIX, self.district),
            district_name: Some(self.district_name.clone()),
            formed_on: self.founded_on,
            previous: None,
            split_from: None,
            metrics: BTreeMap::new(),
        }
    }

    fn record(&self, field: RecordField, day: NaiveDate) -> Option<Given> {
        let value = match field {
            RecordField::YearsSinceFounded => Datum::Number(Exact::from(full_years(self.founded_on?, day).max(0))),
            RecordField::OrganizationKind => Datum::Word(self.kind.clone()),
            RecordField::AreaUnit => Datum::Word(self.area_unit.clone()),
            RecordField::PreviousAmount => return None,
        };
        Some(Given { value, as_of: Some(day), source: "団体・地区の登録内容".to_owned() })
    }
}

/// The operator that finds a value of a day, and the day itself.
fn when(metric: &Metric) -> &'static str {
    match metric.reference().missing {
        WhenMissing::Refuse => "=",
        WhenMissing::LatestBefore => "<=",
    }
}

/// By district.
async fn statistics(tx: &Tx, metric: &Metric, field: StatisticField, day: NaiveDate) -> Result<HashMap<Uuid, Given>> {
    let column = match field {
        StatisticField::Population => "population",
        StatisticField::Households => "households",
        StatisticField::Aged65 => "aged65",
        StatisticField::Aged75 => "aged75",
        StatisticField::AreaSquareMetres => "area_square_metres",
    };
    let mut sql = Sql::new(&format!(
        "SELECT DISTINCT ON (district_id) district_id, as_of, source, {column} AS value FROM district_statistics \
         WHERE as_of {} ",
        when(metric)
    ));
    sql.param(Param::Date(Some(day)));
    sql.push(" ORDER BY district_id, as_of DESC, id DESC");
    let one = |row: &Row| {
        let number: i32 = row.try_get("value")?;
        let value = Datum::Number(Exact::from(number));
        let given = Given { value, as_of: row.try_get("as_of")?, source: row.try_get("source")? };
        Ok((row.try_get("district_id")?, given))
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

/// By organization; under nothing, that of the municipality. The newest of the day that counts, and whether a newer one of
/// the organization waits to be confirmed.
async fn declarations(
    tx: &Tx,
    metric: &Metric,
    item: &str,
    day: NaiveDate,
    unconfirmed: bool,
) -> Result<HashMap<Option<Uuid>, (Given, bool)>> {
    let mut sql = Sql::new(
        "SELECT DISTINCT ON (d.organization_id) d.organization_id, d.as_of, d.source, d.number, d.flag, d.word, d.state, \
         d.confirmed_by, (d.confirmed_at AT TIME ZONE 'Asia/Tokyo')::date AS confirmed_on, \
         EXISTS (SELECT FROM grant_declarations n WHERE n.municipality_id = d.municipality_id \
         AND n.organization_id = d.organization_id AND n.item = d.item AND n.state = 'DECLARED' \
         AND (n.as_of, n.created_at, n.id) > (d.as_of, d.created_at, d.id) AND ",
    );
    sql.fill(&format!("n.as_of {} ?", when(metric)), [Param::Date(Some(day))]);
    sql.push(") AS waits FROM grant_declarations d WHERE ");
    if !unconfirmed {
        sql.push("d.state <> 'DECLARED' AND ");
    }
    sql.fill(&format!("d.item = ? AND d.as_of {} ?", when(metric)), [Param::text(item), Param::Date(Some(day))]);
    sql.push(" ORDER BY d.organization_id, d.as_of DESC, d.created_at DESC, d.id DESC");
    let one = |row: &Row| {
        let (number, flag, word): (Option<String>, Option<bool>, Option<String>) =
            (row.try_get("number")?, row.try_get("flag")?, row.try_get("word")?);
        let number = number.and_then(|text| Exact::stored(&text)).map(Datum::Number);
        let value = number.or(flag.map(Datum::Flag)).or(word.map(Datum::Word));
        let value = value.ok_or_else(|| Error::internal("a declaration without a value"))?;
        let waits: bool = row.try_get("waits")?;
        let source = declared(row)? + if waits { "(新しい申告が職員の確認を待っている)" } else { "" };
        let given = Given { value, as_of: row.try_get("as_of")?, source };
        Ok((row.try_get("organization_id")?, (given, waits)))
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

/// Where a declared value comes from; of an organization's own word, who confirmed it and when. People are told by their ids:
/// inputs stay for ever, names do not.
fn declared(row: &Row) -> Result<String> {
    let (source, state): (String, String) = (row.try_get("source")?, row.try_get("state")?);
    let confirmed: Option<NaiveDate> = row.try_get("confirmed_on")?;
    let by: Option<Uuid> = row.try_get("confirmed_by")?;
    Ok(match (confirmed, by) {
        (Some(day), Some(by)) => format!("{DECLARED}{source}({day}に{}が確認)", encode(AccountId::PREFIX, by)),
        (Some(day), None) => format!("{DECLARED}{source}({day}に確認)"),
        _ if state == "DECLARED" => format!("{DECLARED}{source}(職員の確認前)"),
        _ => format!("{DECLARED}{source}"),
    })
}

/// What organizations had of another programme: what an approved run made of it, and what was set by hand and published.
/// Who took no part in that run had nothing to compare with.
async fn previous(tx: &Tx, programme: GrantProgrammeId) -> Result<Vec<(Uuid, Given)>> {
    let mut sql = Sql::new(
        "SELECT a.organization_id, a.amount_yen, a.decided_on, p.title FROM grant_allocations a \
         JOIN grant_programmes p ON p.municipality_id = a.municipality_id AND p.id = a.programme_id \
         WHERE (a.line_id IS NOT NULL OR a.run_id IS NULL AND p.state <> 'DRAFT') AND a.programme_id = ",
    );
    sql.param(Param::Uuid(Some(programme.0)));
    let one = |row: &Row| {
        let amount: i64 = row.try_get("amount_yen")?;
        let title: String = row.try_get("title")?;
        let (value, source) = (Datum::Number(Exact::from(amount)), format!("「{title}」の配分額"));
        Ok((row.try_get("organization_id")?, Given { value, as_of: row.try_get("decided_on")?, source }))
    };
    tx.rows(sql).await?.iter().map(one).collect()
}
