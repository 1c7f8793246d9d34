//! Deductions that nobody bore.

use entaku::grants::commands::offset::unborne;
use entaku::kernel::jobs::Runner;
use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};

#[allow(clippy::wildcard_imports)] // the scene and the documents of these tests
use super::*;
use crate::support::database::Own;
use crate::support::town::app_over;

const OFFSETS: &str = "query($id: ID!) { grantApplication(id: $id) { offsetDoneYen offsets { amountYen
    journal { kind } reversed { amountYen } } } }";

impl Scene {
    /// A surplus of 60,000 yen that waits; its grant.
    pub(super) async fn surplus(&self) -> String {
        let id = self.granted(1_000_000).await;
        self.pay(&id, Some(1_000_000)).await;
        self.fixed(&id, 940_000).await;
        id
    }

    /// A public programme of the year after, of which the organization may have so much.
    pub(super) async fn public_successor(&self, yen: i64) -> String {
        let next = self.successor(2027, &self.programme, yen).await;
        self.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": next})).await.data();
        next
    }

    pub(super) async fn close(&self, programme: &str) {
        self.staff.run(PROGRAMME_CLOSE, json!({"id": programme})).await.data();
    }

    /// What was deducted of a surplus and given back, in order.
    pub(super) async fn offsets(&self, id: &str) -> Vec<i64> {
        let seen = self.staff.run(OFFSETS, json!({"id": id})).await.data()["grantApplication"].clone();
        let rows = seen["offsets"].as_array().expect("offsets");
        let amounts: Vec<i64> = rows.iter().filter_map(|row| row["amountYen"].as_i64()).collect();
        assert_eq!(seen["offsetDoneYen"], amounts.iter().sum::<i64>());
        for row in rows.iter().filter(|row| row["amountYen"].as_i64() < Some(0)) {
            assert_eq!(row["journal"]["kind"], "GRANT_OFFSET_RETURNED");
            assert!(row["reversed"]["amountYen"].as_i64() >= row["amountYen"].as_i64().map(|yen| -yen), "{row}");
        }
        amounts
    }

    /// So many days later, with those who work then.
    pub(super) async fn later(&mut self, days: i64) {
        self.town.app.clock.advance(Duration::days(days));
        self.staff = self.town.staff(Role::GrantStaff).await;
        self.approver = self.town.staff(Role::Approver).await;
        self.payer = self.town.staff(Role::Payer).await;
        self.officer = self.town.over(Role::OrgOfficer, ScopeKind::Organization, &self.organization).await;
    }

    /// In the programme of the year after: under review.
    async fn asks(&self, programme: &str, yen: i64) -> String {
        let input = json!({"programmeId": programme, "organizationId": self.organization, "title": "翌年度の居場所",
            "purpose": "週1回、居場所を開く。", "requestedYen": yen});
        let made = self.officer.run(CREATE, json!({ "input": input })).await.data();
        let id = text(&made["grantApplicationCreate"]["id"]);
        self.officer.run(SUBMIT, json!({"id": id})).await.data();
        self.staff.run(REVIEW_START, json!({"id": id})).await.data();
        self.staff.run(RECOMMEND, opinion(&id, yen)).await.data();
        id
    }
}

#[tokio::test]
async fn m8_what_nobody_applied_for_lowered_nothing_and_waits_again() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    assert_eq!(s.deducted(&next).await, 60_000);
    s.close(&next).await;
    assert_eq!(s.deducted(&next).await, 0);
    assert_eq!(s.offsets(&id).await, [60_000, -60_000]);
    s.is_sound().await;
    // The year after that bears it.
    let last = s.successor(2028, &next, 100_000).await;
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": last})).await.data();
    assert_eq!(s.deducted(&last).await, 60_000);
    assert_eq!(s.offsets(&id).await, [60_000, -60_000, 60_000]);
    s.is_sound().await;
}

#[tokio::test]
async fn m8_of_what_was_granted_in_part_as_much_as_is_left_waits_again_and_each_end_settles_it() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    let asked = s.asks(&next, 30_000).await;
    s.close(&next).await;
    assert_eq!(s.deducted(&next).await, 60_000, "it is still to be decided");
    s.approver.run(DECIDE, opinion(&asked, 30_000)).await.data();
    assert_eq!(s.offsets(&id).await, [60_000, -10_000], "of 100,000 yen 60,000 were deducted and 30,000 granted");
    s.is_sound().await;
    s.officer.run(WITHDRAW, json!({"id": asked})).await.data();
    assert_eq!(s.offsets(&id).await, [60_000, -10_000, -50_000]);
    assert_eq!(s.deducted(&next).await, 0);
    s.is_sound().await;
}

#[tokio::test]
async fn m8_what_is_granted_whole_has_borne_the_surplus_and_a_refusal_has_not() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    let (whole, refused) = (s.asks(&next, 25_000).await, s.asks(&next, 15_000).await);
    s.approver.run(DECIDE, opinion(&whole, 25_000)).await.data();
    s.close(&next).await;
    assert_eq!(s.offsets(&id).await, [60_000]);
    s.approver.run(REFUSE, because(&refused)).await.data();
    assert_eq!(s.offsets(&id).await, [60_000, -15_000]);
    // Revoked, nothing was granted: the rest of the deduction waits as well.
    s.approver.run(REVOKE, because(&whole)).await.data();
    assert_eq!(s.offsets(&id).await, [60_000, -15_000, -45_000]);
    s.is_sound().await;
}

/// The newest deduction goes first, and what waits again goes on to the year after that at once.
#[tokio::test]
async fn m8_the_newest_is_given_back_first_and_goes_on_to_what_is_public_already() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(40_000).await;
    allocate(&s.staff, &next, &s.organization, 100_000).await.data();
    assert_eq!(s.offsets(&id).await, [40_000, 20_000]);
    let last = s.successor(2028, &next, 1_000_000).await;
    s.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({"id": last})).await.data();
    s.close(&next).await;
    assert_eq!(s.offsets(&id).await, [40_000, 20_000, -20_000, -40_000, 60_000]);
    assert_eq!((s.deducted(&next).await, s.deducted(&last).await), (json!(0), json!(60_000)));
    s.is_sound().await;
}

#[tokio::test]
async fn m9_a_year_is_not_closed_before_it_is_clear_what_was_borne() {
    let mut s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    let closing = "2028-05-31T03:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    s.later((closing - s.town.app.clock.now()).num_days() + 1).await;
    let year = json!({"fiscalYear": 2027});
    let refused = s.payer.run(YEAR_CLOSE, year.clone()).await;
    refused.expect_code("CONFLICT/DEDUCTIONS_OPEN");
    s.close(&next).await;
    s.payer.run(YEAR_CLOSE, year).await.data();
    assert_eq!(s.offsets(&id).await, [60_000, -60_000]);
    s.is_sound().await;
}

/// What a release before closed, or what is left of a year that was opened again, no act gives back: the night does.
#[tokio::test]
async fn m8_m9_every_night_gives_back_what_no_act_did() {
    let own = Own::migrated().await;
    let s = Scene::over(app_over(&own.url("entaku_app"))).await;
    let s = s.under(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    let mut owner = PgConnection::connect(&own.url("entaku_owner")).await.expect("the owner");
    let uuid = decode(&next).expect("an id").1;
    let close = format!(
        "SELECT set_config('entaku.municipality', '{}', false);
         UPDATE grant_programmes SET state = 'CLOSED' WHERE id = '{uuid}'",
        s.town.id.0
    );
    raw_sql(AssertSqlSafe(close)).execute(&mut owner).await.expect("closed as before");
    assert_eq!(s.offsets(&id).await, [60_000]);
    let app = &s.town.app;
    let runner = Runner::new(
        &own.url("entaku_worker"),
        app.database.clone(),
        app.keys.clone(),
        app.clock.clone(),
        vec![unborne::kind()],
    );
    let runner = runner.expect("a runner");
    runner.schedule().await.expect("scheduled");
    while runner.run_due().await.expect("a round") > 0 {}
    assert_eq!(s.offsets(&id).await, [60_000, -60_000]);
    s.is_sound().await;
}

/// The database lets nothing fall, and nothing be ordered, around the rules.
#[tokio::test]
async fn m8_the_database_gives_back_only_what_nobody_bore() {
    let s = Scene::with_terms(&offsetting()).await;
    let id = s.surplus().await;
    let next = s.public_successor(100_000).await;
    let asked = s.asks(&next, 40_000).await;
    s.approver.run(DECIDE, opinion(&asked, 40_000)).await.data();
    s.close(&next).await;
    assert_eq!(s.offsets(&id).await, [60_000], "borne whole");
    let uuid = decode(&id).expect("an id").1;
    let mut app = inside(&s.town, "entaku_app").await;
    for yen in [-1, -60_000, -60_001] {
        let back = format!(
            "INSERT INTO grant_offsets (id, application_id, organization_id, district_id, allocation_id, amount_yen,
                deducted_on, journal_id, reverses)
             SELECT gen_random_uuid(), application_id, organization_id, district_id, allocation_id, {yen}, deducted_on,
                (SELECT j.id FROM ledger_journals j WHERE j.kind = 'GRANT_BUDGETED' LIMIT 1), id FROM grant_offsets"
        );
        assert_eq!(attempt(&mut app, &back).await, Err("23514".into()), "{yen}");
    }
    for set in [
        "offset_done_yen = 59999",
        "offset_done_yen = 0, offset_yen = 0, ordered_yen = 60000, state = 'REPAYMENT_ORDERED', repayment_due = '2026-08-01'",
        "offset_yen = 0, ordered_yen = 60000, state = 'REPAYMENT_ORDERED', repayment_due = '2026-08-01',
            surplus_ordered_on = entaku_today(), surplus_ordered_by = fixed_by",
        "surplus_ordered_on = '2026-07-01', surplus_ordered_by = fixed_by",
    ] {
        let update = format!("UPDATE grant_applications SET {set} WHERE id = '{uuid}'");
        assert_eq!(attempt(&mut app, &update).await, Err("23514".into()), "{set}");
    }
}
