//! Rows of closed days.

use crate::kernel::date::Date;
use crate::{entity, id_type};

id_type!(/// 自治体が加えた閉庁日
    ClosedDayId = "cld");

entity! {
    /// Days on which a municipality closes besides.
    closed_day in "closed_days" {
        id: ClosedDayId,
        day: Date,
        name: String,
        cancelled_on: Option<Date>,
    }
}
