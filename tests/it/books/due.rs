//! Until when books are closed and examined.

use super::*;
use crate::tasks::due;

#[tokio::test]
async fn books_are_closed_and_examined_as_long_after_the_year_as_the_town_says() {
    let d = Desk::new().await;
    let town = &d.scene.town;
    let set = async |closing: Value, audit: Value| {
        let admin = town.staff(Role::Admin).await;
        let own = admin.run("{ municipalitySettings { nodes { id } } }", json!({})).await.data();
        let change = "mutation($id: ID!, $closing: Int, $audit: Int) { municipalitySettingsChange(id: $id,
            input: {bookClosingDays: $closing, bookAuditDays: $audit}) { bookClosingDays bookAuditDays } }";
        let id = own["municipalitySettings"]["nodes"][0]["id"].clone();
        admin.run(change, json!({"id": id, "closing": closing, "audit": audit})).await
    };
    set(json!(366), json!(30)).await.expect_code("INVALID_INPUT");
    town.app.clock.advance(chrono::Duration::days(330));
    let officer = town.over(Role::OrgOfficer, ScopeKind::Organization, &d.scene.organization).await;
    assert_eq!(due(&officer, "accountBookClose").await, [Value::Null], "the town has said nothing");
    set(json!(60), json!(30)).await.data();
    assert_eq!(due(&officer, "accountBookClose").await, ["2027-05-30"]);
    let input = json!({"id": d.book, "input": {"completedOn": "2026-05-20"}});
    officer.run(CLOSE, input).await.data();
    let over = entaku::kernel::id::decode(&d.scene.organization).expect("an id").1;
    let (_, auditor) = town.person(Role::OrgAuditor, ScopeKind::Organization, Some(over)).await;
    assert_eq!(due(&auditor, "accountBookConfirm").await, ["2027-05-15"], "closed on the 15th of April");
    set(Value::Null, Value::Null).await.data();
    assert_eq!(due(&auditor, "accountBookConfirm").await, [Value::Null]);
}
