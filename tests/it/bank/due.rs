//! A file of which the bank says nothing.

use super::*;
use crate::tasks::due;

#[tokio::test]
async fn a_file_without_a_report_is_somebodys_task_once_its_day_has_passed() {
    let hall = Hall::new().await;
    hall.produced().await;
    let town = &hall.scene.town;
    let (import, refuse) = ("bankTransferReconcile", "bankTransferRefusalRecord");
    let none = Vec::<Value>::new();
    assert_eq!(due(&town.staff(Role::Payer).await, import).await, none, "its day is today");
    town.app.clock.advance(chrono::Duration::days(1));
    let second = town.staff(Role::Payer).await;
    assert_eq!(due(&second, import).await, ["2026-05-25"], "three open days after the 20th, a Wednesday");
    assert_eq!(due(&second, refuse).await, none, "the report is not late");
    assert_eq!(due(&town.staff(Role::GrantStaff).await, import).await, none);
    town.app.clock.advance(chrono::Duration::days(5));
    let second = town.staff(Role::Payer).await;
    assert_eq!(due(&second, import).await, ["2026-05-25"]);
    assert_eq!(due(&second, refuse).await, ["2026-05-25"], "the bank is asked whether it has the file");
}
