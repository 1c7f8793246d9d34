//! A file of which the bank says nothing.

use super::*;
use crate::tasks::due;

#[tokio::test]
async fn a_file_without_a_report_is_somebodys_task_once_its_day_has_passed() {
    let hall = Hall::new().await;
    hall.produced().await;
    let town = &hall.scene.town;
    let act = "bankTransferRefusalRecord";
    assert_eq!(due(&town.staff(Role::Payer).await, act).await, Vec::<Value>::new(), "its day is today");
    town.app.clock.advance(chrono::Duration::days(1));
    let second = town.staff(Role::Payer).await;
    assert_eq!(due(&second, act).await, ["2026-05-23"], "three days after the 20th");
    assert_eq!(due(&town.staff(Role::GrantStaff).await, act).await, Vec::<Value>::new());
}
