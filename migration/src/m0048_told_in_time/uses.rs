//! What one programme is not for is read by everybody once the programme is. Until then, whoever could read it is told
//! when it is one programme's.

use crate::table::Told;

const WITH_PROGRAMME: Told = Told::of("ineligible_uses")
    .part_of("grant_programmes", "programme_id")
    .judged_by(&["programme_id"])
    .opened_by(&["state"]);

pub(super) fn up() -> String {
    WITH_PROGRAMME.triggers()
}

pub(super) fn down() -> String {
    WITH_PROGRAMME.without()
}
