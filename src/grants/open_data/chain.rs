//! What became of each yen that was granted: from the decision to what was used, kept, deducted and returned.

use chrono::NaiveDate;
use sea_orm::ActiveEnum;
use tokio_postgres::Row;

use super::{
    Content, Organization, Programme, WHOSE, of_awards, of_content, of_programmes, of_year, organization, programme,
    visible,
};
use crate::grants::entity::{GrantApplicationId, GrantPaymentId, GrantPaymentKind, GrantProgrammeId};
use crate::grants::shapes::{GrantAllocation, GrantApplication, GrantPayment};
use crate::kernel::error::{Error, Result};
use crate::kernel::fiscal_year::FiscalYear;
use crate::kernel::id::{TypedId, encode};
use crate::kernel::money::Yen;
use crate::kernel::read::sql::Sql;
use crate::kernel::tx::Tx;

/// The amounts of one decision, or of all those that an allocation led to.
///
/// ```text
/// decided = released + paid + unpaid
/// paid + unpaid = open + fixed + kept + offset + ordered
/// ordered = repaid + outstanding
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// What was decided, with its changes.
    pub decided: Yen,
    /// What of it will not be paid: it is the allocation's again.
    pub released: Yen,
    /// What was paid.
    pub paid: Yen,
    /// What was fixed, of decisions that stand.
    pub fixed: Yen,
    /// What of the surplus the organization carries over or reserves.
    pub kept: Yen,
    /// What of it lowers a later allocation.
    pub offset: Yen,
    /// What of it was ordered back.
    pub ordered: Yen,
    /// What of that has come.
    pub repaid: Yen,
}

impl Chain {
    /// What is promised and not paid yet.
    pub fn unpaid(&self) -> Yen {
        Yen(self.decided.0 - self.released.0 - self.paid.0)
    }

    /// What of the promise nobody has fixed or revoked yet.
    pub fn open(&self) -> Yen {
        Yen(self.decided.0 - self.released.0 - self.fixed.0 - self.kept.0 - self.offset.0 - self.ordered.0)
    }

    /// What was ordered back and has not come.
    pub fn outstanding(&self) -> Yen {
        Yen(self.ordered.0 - self.repaid.0)
    }

    pub(super) fn of(row: &Row) -> Result<Self> {
        let yen = |name| row.try_get::<_, i64>(name).map(Yen);
        Ok(Self {
            decided: yen("decided_yen")?,
            released: yen("released_yen")?,
            paid: yen("paid_yen")?,
            fixed: yen("fixed_yen")?,
            kept: yen("kept_yen")?,
            offset: yen("offset_yen")?,
            ordered: yen("ordered_yen")?,
            repaid: yen("repaid_yen")?,
        })
    }
}

/// What of a decision will not be paid: beyond what was fixed or paid, and of a revoked one beyond what was paid.
fn released(of: &str) -> String {
    format!(
        "CASE WHEN {of}.revoked_on IS NOT NULL THEN {of}.decided_yen - {of}.paid_yen WHEN {of}.fixed_yen IS NOT NULL \
         THEN {of}.decided_yen - greatest({of}.fixed_yen, {of}.paid_yen) ELSE 0 END"
    )
}

/// What was fixed of a decision that stands.
fn fixed(of: &str) -> String {
    format!("CASE WHEN {of}.revoked_on IS NULL THEN coalesce({of}.fixed_yen, 0) ELSE 0 END")
}

/// The columns of a decision's chain, as [`Chain::of`] reads them.
pub(super) fn columns(sql: &mut Sql) {
    let (released, fixed) = (released("t"), fixed("t"));
    sql.push(&format!(
        "t.decided_yen, ({released})::bigint AS released_yen, t.paid_yen, ({fixed})::bigint AS fixed_yen, t.kept_yen, \
         t.offset_yen, t.ordered_yen, t.repaid_yen, "
    ));
}

/// Joins to each allocation the sums of the decisions that the reader may read (`c`), and their days.
pub(super) fn join_sums(sql: &mut Sql) {
    let sum = |what: &str, name: &str| format!("coalesce(sum({what}), 0)::bigint AS {name}_yen, ");
    let days = |name: &str| {
        format!("coalesce(string_agg(DISTINCT g.{name}_on::text, '; ' ORDER BY g.{name}_on::text), '') AS {name}_days")
    };
    sql.push(" CROSS JOIN LATERAL (SELECT ");
    for name in ["decided", "paid", "kept", "offset", "ordered", "repaid"] {
        sql.push(&sum(&format!("g.{name}_yen"), name));
    }
    sql.push(&(sum(&released("g"), "released") + &sum(&fixed("g"), "fixed")));
    sql.push(&["decided", "paid", "fixed"].map(days).join(", "));
    sql.push(
        " FROM grant_applications g WHERE g.municipality_id = t.municipality_id AND g.allocation_id = t.id \
         AND g.decided_yen IS NOT NULL AND ",
    );
    visible::<GrantApplication>("g", sql);
    sql.push(") c");
}

/// Money that went either way.
pub struct Payment {
    /// Its id on the wire.
    pub id: String,
    /// Of which award.
    pub award: String,
    /// What that is for.
    pub title: String,
    /// An advance, the settlement, or a return.
    pub kind: GrantPaymentKind,
    /// How much.
    pub amount: Yen,
    /// When.
    pub day: NaiveDate,
    /// To or from whom.
    pub organization: Organization,
    /// Of what.
    pub programme: Programme,
}

/// The payments and returns of a fiscal year's awards, by their day.
pub async fn payments(tx: &Tx, year: FiscalYear) -> Result<Vec<Payment>> {
    let mut sql = Sql::new(
        "SELECT y.id, y.kind, y.amount_yen, y.paid_on, t.id AS application_id, t.title, p.id AS programme_id, \
         p.title AS programme, p.legal_basis, ",
    );
    sql.push(WHOSE);
    of_content(Content::Payments, &mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY y.paid_on, y.id");
    let one = |row: &Row| {
        let kind: String = row.try_get("kind")?;
        Ok(Payment {
            id: encode(GrantPaymentId::PREFIX, row.try_get("id")?),
            award: encode(GrantApplicationId::PREFIX, row.try_get("application_id")?),
            title: row.try_get("title")?,
            kind: GrantPaymentKind::try_from_value(&kind).map_err(Error::internal)?,
            amount: Yen(row.try_get("amount_yen")?),
            day: row.try_get("paid_on")?,
            organization: organization(row)?,
            programme: programme(row)?,
        })
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

/// The tables of payments, and a condition: those that stand, of awards that are in the file.
pub(super) fn of_payments(sql: &mut Sql) {
    let join = " JOIN grant_payments y ON y.municipality_id = t.municipality_id AND y.application_id = t.id";
    of_awards(|sql| sql.push(join), sql);
    sql.push(" AND y.reversal_id IS NULL AND ");
    visible::<GrantPayment>("y", sql);
}

/// What a programme has, and what of it everybody knows to be allocated.
pub struct Budget {
    /// The programme.
    pub programme: Programme,
    /// Its budget.
    pub budget: Yen,
    /// What of it is allocated, as far as that is public.
    pub allocated: Yen,
}

/// The programmes of a fiscal year.
pub async fn budgets(tx: &Tx, year: FiscalYear) -> Result<Vec<Budget>> {
    let mut sql = Sql::new(
        "SELECT t.id AS programme_id, t.title AS programme, t.legal_basis, t.budget_yen, \
         (SELECT coalesce(sum(a.amount_yen), 0)::bigint FROM grant_allocations a \
            WHERE a.municipality_id = t.municipality_id AND a.programme_id = t.id AND ",
    );
    visible::<GrantAllocation>("a", &mut sql);
    sql.push(") AS allocated_yen");
    of_programmes(&mut sql);
    of_year(year, &mut sql);
    sql.push(" ORDER BY t.title, t.id");
    let one = |row: &Row| {
        Ok(Budget {
            programme: Programme {
                id: encode(GrantProgrammeId::PREFIX, row.try_get("programme_id")?),
                title: row.try_get("programme")?,
                legal_basis: row.try_get("legal_basis")?,
            },
            budget: Yen(row.try_get("budget_yen")?),
            allocated: Yen(row.try_get("allocated_yen")?),
        })
    };
    tx.rows(sql).await?.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_chain_is_what_its_links_leave() {
        let settled = Chain {
            decided: Yen(1_200),
            released: Yen(0),
            paid: Yen(1_200),
            fixed: Yen(1_134),
            kept: Yen(0),
            offset: Yen(40),
            ordered: Yen(26),
            repaid: Yen(16),
        };
        assert_eq!((settled.unpaid(), settled.open(), settled.outstanding()), (Yen(0), Yen(0), Yen(10)));
        let half = Chain { decided: Yen(1_000), paid: Yen(400), ..Chain::default() };
        assert_eq!((half.unpaid(), half.open()), (Yen(600), Yen(1_000)));
        let revoked = Chain { decided: Yen(1_000), released: Yen(600), paid: Yen(400), ordered: Yen(400), ..half };
        assert_eq!((revoked.unpaid(), revoked.open(), revoked.outstanding()), (Yen(0), Yen(0), Yen(400)));
    }
}
