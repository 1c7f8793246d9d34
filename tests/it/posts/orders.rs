//! In whatever order things are done, posts and administrators hold.

use chrono::Duration;
use entaku::kernel::read::sql::Sql;
use serde_json::json;

use crate::posts::{CANCEL, Hall};

/// However hand-overs, endings, cancellations and days follow each other, each post has one holder a day, and there is
/// an administrator on every day to come.
#[tokio::test]
async fn posts_and_administrators_hold_in_every_order_of_acts() {
    let mut hall = Hall::new().await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(hall.somebody().await.0);
    }
    let posts = [
        hall.post("情報管理者", "ADMIN", json!(null)).await,
        hall.post("交付金担当", "GRANT_STAFF", json!(null)).await,
    ];
    let mut dice: u32 = 20_260_520;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) as usize % sides
    };
    let mut done = 0;
    for step in 0..60 {
        let post = &posts[roll(2)];
        let day = (hall.town.app.clock.now() + Duration::days(i64::try_from(roll(4)).expect("small")))
            .date_naive()
            .to_string();
        let answer = match roll(6) {
            0..=2 => hall.hand_over(post, Some(people[roll(4)]), &day).await,
            3 => hall.hand_over(post, None, &day).await,
            4 => {
                let planned = "{ handovers(first: 1) { nodes { id } } }";
                let id = hall.admin.run(planned, json!({})).await.data()["handovers"]["nodes"][0]["id"].clone();
                hall.admin.run(CANCEL, json!({"id": id})).await
            }
            _ => {
                let next = hall.town.app.clock.now() + Duration::hours(13);
                hall.at(next).await;
                // The day's hand-overs are done by the job elsewhere.
                let tx = hall.town.system();
                let sql =
                    "UPDATE handovers SET state = 'DONE' WHERE state = 'PLANNED' AND takes_effect_on <= entaku_today()";
                tx.run(Sql::new(sql)).await.expect("done");
                tx.commit().await.expect("committed");
                continue;
            }
        };
        let code = answer.code();
        done += usize::from(code == "(none)");
        assert!(
            ["(none)", "INVALID_INPUT"].contains(&code.as_str()) || code.starts_with("CONFLICT/"),
            "{step}: {}",
            answer.text
        );
        let sql = "SELECT entaku_administered_until(entaku_municipality(), NULL, NULL, NULL) = 'infinity' AS kept,
            NOT EXISTS (SELECT FROM appointments a JOIN appointments b ON b.post_id = a.post_id AND b.id > a.id
                AND greatest(a.starts_on, b.starts_on) <= least(entaku_last_day(a.ends_on, a.ended_at),
                    entaku_last_day(b.ends_on, b.ended_at))) AS one";
        let rows = hall.town.system().rows(Sql::new(sql)).await.expect("rows");
        assert!(rows[0].get::<_, bool>("kept") && rows[0].get::<_, bool>("one"), "after step {step}: {code}");
    }
    assert!(done >= 10, "{done} acts were done");
}
