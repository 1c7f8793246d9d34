//! How long what is kept: the kinds of records, what municipalities keep them for unless they decide otherwise, and the
//! least that they may decide. What is due is thrown away or made anonymous by `entaku_dispose`.

use sea_orm_migration::prelude::*;

use super::declared::quoted;
use crate::table::run;

/// From when it counts.
#[derive(Clone, Copy)]
pub(crate) enum Period {
    /// Whole fiscal years after the one the day lies in (翌年度の4月1日から起算).
    FiscalYears(u16),
    /// Days.
    Days(u16),
}
pub(crate) use Period::{Days, FiscalYears};

/// One kind of records.
pub(crate) struct Kind {
    name: &'static str,
    table: &'static str,
    /// The day from which it counts, of a row `t`.
    dated: &'static str,
    /// Which rows there are of it.
    which: &'static str,
    /// Ids of what a hold may be on, besides the row.
    holders: &'static str,
    /// The columns that are set; nothing where the row goes.
    change: &'static str,
    period: Period,
    least: u16,
}

/// A kind of records that are thrown away after a year.
pub(crate) const fn kind(name: &'static str, table: &'static str, dated: &'static str, which: &'static str) -> Kind {
    Kind { name, table, dated, which, holders: "", change: "", period: Days(365), least: 1 }
}

impl Kind {
    /// What a hold may be on, besides the row.
    pub(crate) const fn of(mut self, holders: &'static str) -> Self {
        self.holders = holders;
        self
    }

    /// What is set instead of throwing the row away.
    pub(crate) const fn set(mut self, change: &'static str) -> Self {
        self.change = change;
        self
    }

    /// How long it is kept, and the least that may be decided.
    pub(crate) const fn kept(mut self, period: Period, least: u16) -> Self {
        self.period = period;
        self.least = least;
        self
    }

    /// Puts it in its place of the list.
    pub(crate) fn insert(&self, place: usize) -> String {
        let (unit, period) = match self.period {
            FiscalYears(years) => ("FISCAL_YEARS", years),
            Days(days) => ("DAYS", days),
        };
        let Self { name, table, dated, which, holders, change, least, .. } = *self;
        let texts = [name, table, dated, which, holders, change, unit].map(quoted).join(", ");
        format!(
            "INSERT INTO retention_kinds (place, name, table_name, dated, which, holders, change, unit, period, least)
                VALUES ({place}, {texts}, {period}, {least});"
        )
    }
}

const OF_APPLICATION: &str = "t.programme_id, t.organization_id, t.district_id";
const OF_DISTRICT_AND_PERSON: &str = "t.organization_id, t.district_id, t.account_id";

const KINDS: &[Kind] = &[
    kind(
        "GRANT_APPLICATIONS",
        "grant_applications",
        "make_date(t.fiscal_year, 4, 1)",
        "t.state IN ('PAID', 'REFUSED', 'WITHDRAWN') AND t.purpose <> '(削除済み)'",
    )
    .of(OF_APPLICATION)
    .set("purpose = '(削除済み)'")
    .kept(FiscalYears(5), 5),
    kind(
        "GRANT_FILES",
        "grant_application_files",
        "(SELECT make_date(a.fiscal_year, 4, 1) FROM grant_applications a
            WHERE a.municipality_id = t.municipality_id AND a.id = t.application_id)",
        "EXISTS (SELECT FROM grant_applications a WHERE a.municipality_id = t.municipality_id AND a.id = t.application_id
            AND a.state IN ('PAID', 'REFUSED', 'WITHDRAWN'))",
    )
    .of("t.file_id, t.application_id, t.organization_id, t.district_id, (SELECT a.programme_id FROM grant_applications a
            WHERE a.municipality_id = t.municipality_id AND a.id = t.application_id)")
    .kept(FiscalYears(5), 5),
    kind(
        "GRANT_DRAFTS",
        "grant_applications",
        "make_date(t.fiscal_year, 4, 1)",
        "t.state = 'DRAFT' AND (t.title <> '(削除済み)' OR t.purpose IS NOT NULL)",
    )
    .of(OF_APPLICATION)
    .set("title = '(削除済み)', purpose = NULL")
    .kept(FiscalYears(1), 1),
    kind("LIAISON_VISITS", "liaison_visits", "t.visited_on", "t.content <> '(削除済み)'")
        .of(OF_DISTRICT_AND_PERSON)
        .set(
            "staff_name = '(削除済み)', place = NULL, content = '(削除済み)',
             requests_heard = CASE WHEN t.requests_heard IS NOT NULL THEN '(削除済み)' END",
        )
        .kept(FiscalYears(3), 1),
    kind("LIAISON_REQUESTS", "liaison_requests", "t.closed_on", "t.state = 'CLOSED' AND t.content <> '(削除済み)'")
        .of("t.organization_id, t.district_id, t.section_id")
        .set(
            "subject = '(削除済み)', content = '(削除済み)', answer = '(削除済み)',
             report_note = CASE WHEN t.report_note IS NOT NULL THEN '(削除済み)' END",
        )
        .kept(FiscalYears(5), 1),
    kind(
        "PARTICIPANTS",
        "roundtable_participants",
        "(SELECT (r.starts_at AT TIME ZONE 'Asia/Tokyo')::date FROM roundtables r
            WHERE r.municipality_id = t.municipality_id AND r.id = t.roundtable_id)",
        "NOT t.name_public AND t.name <> '(削除済み)'",
    )
    .of("t.roundtable_id, t.organization_id, t.district_id")
    .set("name = '(削除済み)', affiliation = NULL")
    .kept(FiscalYears(5), 1),
    kind("OFFICERS", "officers", "t.term_end", "NOT t.name_public AND t.name <> '(削除済み)'")
        .of(OF_DISTRICT_AND_PERSON)
        .set("name = '(削除済み)', name_kana = ''")
        .kept(FiscalYears(5), 1),
    kind(
        "PROPOSALS",
        "challenge_proposals",
        "(coalesce(t.decided_at, t.updated_at) AT TIME ZONE 'Asia/Tokyo')::date",
        "t.state IN ('REJECTED', 'WITHDRAWN') AND t.proposer_name <> '(削除済み)'",
    )
    .of("t.call_id, t.organization_id, t.proposer_id")
    .set(
        "proposer_name = '(削除済み)', title = '(削除済み)', summary = '(削除済み)', my_text = '(削除済み)',
         social_text = '(削除済み)', action_text = '(削除済み)'",
    )
    .kept(FiscalYears(5), 1),
    kind(
        "PROPOSAL_DRAFTS",
        "challenge_proposals",
        "(t.updated_at AT TIME ZONE 'Asia/Tokyo')::date",
        "t.state = 'DRAFT' AND t.proposer_name <> '(削除済み)'",
    )
    .of("t.call_id, t.organization_id, t.proposer_id")
    .set(
        "proposer_name = '(削除済み)', title = '(削除済み)', summary = '(削除済み)', my_text = '(削除済み)',
         social_text = '(削除済み)', action_text = '(削除済み)'",
    )
    .kept(FiscalYears(1), 1),
    kind(
        "INVITATIONS",
        "invitations",
        "(t.expires_at AT TIME ZONE 'Asia/Tokyo')::date",
        "t.email NOT LIKE '%@deleted.invalid'",
    )
    .set("email = t.id::text || '@deleted.invalid'"),
    kind(
        "SESSIONS",
        "sessions",
        "(least(t.ended_at, t.expires_at) AT TIME ZONE 'Asia/Tokyo')::date",
        "NOT EXISTS (SELECT FROM refresh_tokens r WHERE r.municipality_id = t.municipality_id AND r.session_id = t.id)
         AND NOT EXISTS (SELECT FROM session_cookies c WHERE c.municipality_id = t.municipality_id AND c.session_id = t.id)",
    )
    .of("t.account_id")
    .kept(Days(365), 30),
    kind("NOTIFICATIONS", "notifications", "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date", "true").of("t.account_id"),
    kind("MAILS", "mails", "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date", "t.state <> 'QUEUED'")
        .of("(SELECT a.id FROM accounts a WHERE a.municipality_id = t.municipality_id AND a.email = t.recipient)")
        .kept(Days(30), 1),
    kind("ADDRESS_PROOFS", "address_proofs", "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date", "true")
        .of("t.account_id")
        .kept(Days(30), 7),
    kind(
        "EXPORTS",
        "exports",
        "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date",
        "t.state IN ('EXPIRED', 'FAILED', 'CANCELLED') AND t.object_key IS NULL",
    )
    .of("t.account_id, t.subject_id")
    .kept(Days(365), 7),
    kind(
        "ACCOUNTS",
        "accounts",
        "(t.suspended_at AT TIME ZONE 'Asia/Tokyo')::date",
        "t.anonymized_at IS NULL AND entaku_forget_obstacle(t.municipality_id, t.id) IS NULL",
    )
    .kept(FiscalYears(5), 1),
];

const TABLE: &str = "
CREATE TABLE retention_kinds (
    name text PRIMARY KEY,
    place int NOT NULL,
    table_name text NOT NULL,
    dated text NOT NULL,
    which text NOT NULL,
    holders text NOT NULL,
    change text NOT NULL,
    unit text NOT NULL CHECK (unit IN ('FISCAL_YEARS', 'DAYS')),
    period int NOT NULL CHECK (period >= least),
    least int NOT NULL CHECK (least > 0)
);
GRANT SELECT ON retention_kinds TO entaku_app;
";

/// Makes the table of kinds.
pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let rows: String = KINDS.iter().enumerate().map(|(place, kind)| kind.insert(place)).collect();
    run(manager, &format!("{TABLE}{rows}")).await
}
