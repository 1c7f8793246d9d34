//! Terms, remaining terms, and when a hand-over can still be changed. Pure.

use chrono::{DateTime, Days, Duration, NaiveTime, Utc};

use crate::kernel::date::Date;
use crate::kernel::error::Refusal;
use crate::kernel::policy::Action;
use crate::kernel::request::japan_day;
use crate::people::posts::commands::{
    DUTY_SEPARATION_END, HANDOVER_CANCEL, HANDOVER_NOTE, POST_ABOLISH, POST_HAND_OVER,
};
use crate::people::posts::entity::{HandoverState, handover, post, separation};

/// How long after the day a predecessor may still complete the summary.
pub const NOTING: Duration = Duration::days(30);

/// What becomes of two terms at a hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The predecessor's new last day; nothing where the term was over before the day anyway.
    pub last_day: Option<Date>,
    /// The successor's last day; nothing where there is no end.
    pub ends_on: Option<Date>,
}

/// The terms at a hand-over on a day: the predecessor serves until the day before, the successor for the remaining
/// term (残任期間) or a shorter one that is asked for. `held` is the predecessor's last day (within: no end); nothing at
/// all where the post is vacant.
///
/// # Errors
/// INVALID_INPUT's rule: ORDER for an end before the day, TERM for one beyond the remaining term.
pub fn terms(held: Option<Option<Date>>, day: Date, asked: Option<Date>) -> Result<Terms, &'static str> {
    if asked.is_some_and(|end| end < day) {
        return Err("ORDER");
    }
    let Some(end) = held.filter(|end| end.is_none_or(|end| end >= day)) else {
        return Ok(Terms { last_day: None, ends_on: asked });
    };
    if let (Some(end), Some(asked)) = (end, asked)
        && asked > end
    {
        return Err("TERM");
    }
    Ok(Terms { last_day: day_before(day), ends_on: asked.or(end) })
}

/// The day before.
pub fn day_before(day: Date) -> Option<Date> {
    day.0.pred_opt().map(Date)
}

/// The moment at which a day begins in Japan.
pub fn beginning(day: Date) -> DateTime<Utc> {
    day.0.and_time(NaiveTime::MIN).and_utc() - Duration::hours(9)
}

/// What may be done to a post now.
pub fn post(row: &post::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if row.abolished_on.is_some() && [POST_HAND_OVER, POST_ABOLISH].contains(&action) {
        return Err(Refusal::new("ABOLISHED", "この役職は廃止されています。", "The post is abolished."));
    }
    Ok(())
}

/// What may be done to a hand-over now.
pub fn handover(row: &handover::Model, action: Action, now: DateTime<Utc>) -> Result<(), Refusal> {
    let today = japan_day(now);
    if row.state == HandoverState::Cancelled {
        return Err(Refusal::new("CANCELLED", "この引継ぎは取り消されています。", "The hand-over was cancelled."));
    }
    if action == HANDOVER_CANCEL && (row.state != HandoverState::Planned || row.takes_effect_on.0 <= today) {
        return Err(Refusal::new("EFFECTIVE", "この引継ぎはすでに行われました。", "The hand-over has taken place."));
    }
    let noted_until = row.takes_effect_on.0.checked_add_days(Days::new(NOTING.num_days().unsigned_abs()));
    if action == HANDOVER_NOTE && noted_until.is_some_and(|last| last < today) {
        return Err(Refusal::new(
            "SETTLED",
            "引継書は、発令日から30日を過ぎると書き加えられません。",
            "A summary can be completed for thirty days after the hand-over.",
        ));
    }
    Ok(())
}

/// What may be done to a separation of duties now.
pub fn separation(row: &separation::Model, action: Action, _now: DateTime<Utc>) -> Result<(), Refusal> {
    if action == DUTY_SEPARATION_END && row.ended_at.is_some() {
        return Err(Refusal::new("ENDED", "この定めはすでに廃止されています。", "The separation has already ended."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;

    fn day(n: u32) -> Date {
        Date(NaiveDate::from_num_days_from_ce_opt(740_000 + i32::try_from(n).expect("small")).expect("a day"))
    }

    #[test]
    fn the_first_of_april_begins_at_midnight_in_japan() {
        let april = Date(NaiveDate::from_ymd_opt(2027, 4, 1).expect("a day"));
        assert_eq!(beginning(april).to_rfc3339(), "2027-03-31T15:00:00+00:00");
        assert_eq!(japan_day(beginning(april)), april.0);
        assert_eq!(japan_day(beginning(april) - Duration::seconds(1)), day_before(april).expect("a day").0);
    }

    proptest! {
        /// However terms lie, no day is in two terms, none of the old term is added to, and nobody serves longer than
        /// the predecessor would have.
        #[test]
        fn a_successor_serves_the_remaining_term_and_no_day_twice(
            held in proptest::option::of(proptest::option::of(0_u32..400)), on in 0_u32..400,
            asked in proptest::option::of(0_u32..400),
        ) {
            let (held, on, asked) = (held.map(|end| end.map(day)), day(on), asked.map(day));
            match terms(held, on, asked) {
                Err("ORDER") => prop_assert!(asked.is_some_and(|end| end < on)),
                Err(rule) => {
                    prop_assert_eq!(rule, "TERM");
                    let end = held.flatten().expect("an end");
                    prop_assert!(end >= on && asked.is_some_and(|asked| asked > end));
                }
                Ok(Terms { last_day, ends_on }) => {
                    let last = last_day.or(held.flatten());
                    prop_assert!(held.is_none() || last.is_some_and(|last| last < on));
                    prop_assert!(ends_on.is_none_or(|end| end >= on));
                    let serves = held.is_some_and(|end| end.is_none_or(|end| end >= on));
                    prop_assert_eq!(last_day.is_some(), serves);
                    if let (true, Some(Some(end))) = (serves, held) {
                        prop_assert!(ends_on.is_some_and(|mine| mine <= end));
                    }
                    prop_assert!(asked.is_none() || ends_on == asked);
                }
            }
        }
    }
}
