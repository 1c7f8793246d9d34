//! What can be read of closed days, and by whom.

use crate::kernel::date::Date;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Key, Ty};
use crate::people::calendar::commands::{CLOSED_DAY_ADD, CLOSED_DAY_CANCEL};
use crate::people::calendar::entity::{ClosedDayId, closed_day};
use crate::people::calendar::rules;
use crate::shape;

const HOLIDAYS: &str = "地方自治法第4条の2・自治体の休日を定める条例";
const ADMIN: &[Role] = &[Role::Admin];

shape! {
    ClosedDay("ClosedDay", "土曜日・日曜日、国民の祝日・休日、12月29日から1月3日までのほかに、自治体が加えた閉庁日。", "closed_days") { id: ClosedDayId, row: closed_day::Entity, may: rules::closed_day }
    |shape| shape
        .revision()
        .column::<Date>("day", "その日。")
        .column::<String>("name", "名称。")
        .column::<Option<Date>>("cancelledOn", "取り消した日。")
        .ordered([Key::up("day", Ty::Date)])
        .published("true")
        .readable(Role::STAFF, Over::Municipality)
        .ruled_by(HOLIDAYS)
        .create(CLOSED_DAY_ADD, "", ADMIN, Over::Municipality)
        .act(CLOSED_DAY_CANCEL, "", ADMIN, Over::Municipality)
}
