//! The correction of which year was before a public programme: by who may publish it, and what the town's staff read of it.

use super::PUBLISHERS;
use crate::grants::commands::GRANT_PROGRAMME_PREVIOUS_CORRECT;
use crate::kernel::date::Date;
use crate::kernel::policy::{Action, Over, Permit};
use crate::kernel::principal::Role;
use crate::kernel::read::{Mask, ShapeDef};
use crate::people::shapes::Account;

/// Who made the programme, or allocated by hand, does not publish it (`commands::programme::publish_programme`).
const MAKERS: &str = "SELECT entaku_programme_makers(t.id)";

fn staff() -> Mask {
    let permits = vec![Permit { action: Action::READ, roles: Role::STAFF, over: Over::Municipality }];
    Mask { permits, unless: None, personal: false, reason: "NOT_PUBLIC" }
}

pub(super) fn of_programme(shape: ShapeDef) -> ShapeDef {
    shape
        .one::<Account>("previousCorrectedBy", "previous_corrected_by", "公開の後に、前年度の交付金制度を訂正した人。")
        .column::<Option<Date>>("previousCorrectedOn", "前年度の交付金制度を訂正した日。")
        .column_named::<Option<String>>("previousCorrectionReason", "previous_correction", "訂正した理由。")
        .masked(staff())
        .act(GRANT_PROGRAMME_PREVIOUS_CORRECT, "", PUBLISHERS, Over::Municipality)
        .apart_from(GRANT_PROGRAMME_PREVIOUS_CORRECT, "_makers", MAKERS)
        .step_up(GRANT_PROGRAMME_PREVIOUS_CORRECT)
}
