//! A whole run: one row for each organization, one column for each term. It is read in pages, so that memory does not
//! grow with the number of organizations.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::grants::allocation::outcome::Line;
use crate::grants::allocation::rule::Rule;
use crate::grants::entity::{GrantRunId, grant_rule, grant_run};
use crate::grants::papers::{NOT_PUBLIC, day_of};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{TypedId, encode};
use crate::kernel::money::Yen;
use crate::kernel::policy::{Action, write_condition};
use crate::kernel::read::Shape;
use crate::kernel::read::sql::{Param, Sql};
use crate::kernel::tx::Tx;
use crate::organizations::entity::OrganizationId;
use crate::organizations::shapes::CommunityOrganization;

/// How many organizations are read at once.
const PAGE: i64 = 1_000;

/// What a run's table is like.
#[derive(Clone)]
pub struct Matrix {
    /// The run.
    pub run: GrantRunId,
    /// What its file is called.
    pub name: String,
    /// How many organizations there are.
    pub organizations: i32,
    /// The day it was approved, or made.
    pub day: NaiveDate,
    /// The sum of all amounts.
    pub total: Yen,
    /// The terms and adjustments of its rule: key and what the column is called.
    pub terms: Vec<(String, String)>,
}

/// An organization's row.
pub struct Row {
    /// Its id on the wire; nothing where the reader may not know the organization.
    pub organization: Option<String>,
    /// Its name at the time of the run, or that it is not public.
    pub name: String,
    /// What each term adds, in the order of [`Matrix::terms`]; they sum to the amount.
    pub terms: Vec<Yen>,
    /// Its amount.
    pub amount: Yen,
    /// Where the next page begins: its name, whoever may know it, and its id.
    place: (String, Uuid),
}

impl Matrix {
    pub(super) fn of(run: &grant_run::Model, rule: &grant_rule::Model) -> Result<Self> {
        let parsed: Rule = serde_json::from_str(&rule.document).map_err(Error::internal)?;
        let terms = parsed.terms.iter().map(|term| (&term.key, &term.label, &term.legal_reference));
        let all = terms.chain(parsed.adjustments.iter().map(|a| (&a.key, &a.label, &a.legal_reference)));
        Ok(Self {
            run: run.id,
            name: format!(
                "算定_{}_{}{}_{}",
                run.title,
                run.fiscal_year.label(),
                if run.superseded_on.is_some() { "_訂正済み" } else { "" },
                encode(GrantRunId::PREFIX, run.id.0)
            ),
            organizations: run.organizations,
            day: day_of(run),
            total: run.total_yen,
            terms: all.map(|(key, label, article)| (key.clone(), format!("{label}({article})"))).collect(),
        })
    }

    /// The rows after one, by name; nothing after the last.
    pub async fn page(&self, tx: &Tx, after: Option<&Row>) -> Result<Vec<Row>> {
        let mut sql = Sql::new(
            "SELECT t.id, o.id AS organization_id, t.name, t.amount_yen, t.terms FROM grant_run_lines t \
             LEFT JOIN organizations o ON o.municipality_id = t.municipality_id AND o.id = t.organization_id AND ",
        );
        let organizations = CommunityOrganization::shape();
        write_condition(&organizations.permits, organizations.published, Action::READ, "o", &mut sql);
        sql.push(" WHERE t.run_id = ");
        sql.param(Param::Uuid(Some(self.run.0)));
        if let Some(last) = after {
            sql.fill(" AND (t.name, t.id) > (?, ?)", [Param::text(&last.place.0), Param::Uuid(Some(last.place.1))]);
        }
        sql.push(" ORDER BY t.name, t.id LIMIT ");
        sql.param(Param::Int(Some(PAGE)));
        tx.rows(sql).await?.iter().map(|row| self.row(row)).collect()
    }

    fn row(&self, row: &tokio_postgres::Row) -> Result<Row> {
        let lines: Vec<Line> = serde_json::from_str(row.try_get("terms")?).map_err(Error::internal)?;
        let mut found: HashMap<&str, i64> = HashMap::new();
        for line in lines.iter().filter(|line| line.counted) {
            *found.entry(&line.key).or_default() += line.amount.0;
        }
        let organization: Option<Uuid> = row.try_get("organization_id")?;
        let name: String = row.try_get("name")?;
        Ok(Row {
            organization: organization.map(|id| encode(OrganizationId::PREFIX, id)),
            name: organization.map_or_else(|| NOT_PUBLIC.to_owned(), |_| name.clone()),
            terms: self
                .terms
                .iter()
                .map(|(key, _)| Yen(found.get(key.as_str()).copied().unwrap_or_default()))
                .collect(),
            amount: Yen(row.try_get("amount_yen")?),
            place: (name, row.try_get("id")?),
        })
    }
}
