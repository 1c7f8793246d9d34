//! Amounts: what is paid next, what is fixed, what becomes of what was paid beyond it, what is returned.

use crate::grants::allocation::conditions::Reserve;
use crate::grants::entity::GrantApplicationState::{
    self, AmountFixed, Decided, Paid, PartlyPaid, Repaid, RepaymentOrdered, Revoked, Settled,
};
use crate::grants::entity::{GrantSurplusRule, grant_application};
use crate::kernel::error::Refusal;
use crate::kernel::money::Yen;

/// What may be paid in all: what was fixed, before that what was decided.
pub fn payable(row: &grant_application::Model) -> Yen {
    row.fixed_yen.or(row.decided_yen).unwrap_or_default()
}

/// What is asked for next: the next part of `parts`, all where there are none; `asked` where the terms allow a lump sum, or
/// once the amount is fixed.
///
/// # Errors
/// PAYMENT_EXCEEDED where more is asked for than is left; INSTALMENT_DIFFERS where it is not the next part.
pub fn next_payment(
    row: &grant_application::Model,
    parts: &[Yen],
    asked: Option<Yen>,
    lump_sum: bool,
) -> Result<Yen, Refusal> {
    let left = payable(row).0 - row.paid_yen.0;
    let part = next_part(row, parts).min(left);
    let amount = asked.map_or(part, |yen| yen.0);
    if left > 0 && amount <= left {
        return if lump_sum || row.fixed_yen.is_some() || amount == part {
            Ok(Yen(amount))
        } else {
            Err(instalment_differs(Yen(part)))
        };
    }
    Err(Refusal::new(
        "PAYMENT_EXCEEDED",
        format!("支払われていない額({})を超えています。", Yen(left)),
        format!("More than is left to be paid ({left} yen)."),
    ))
}

fn instalment_differs(part: Yen) -> Refusal {
    Refusal::new(
        "INSTALMENT_DIFFERS",
        format!("次の回の額は{part}です。交付の条件は、これと異なる額の請求を認めていません。"),
        format!("The next instalment is {} yen, and the terms allow no other request.", part.0),
    )
}

/// Up to the end of the first part that is not paid whole.
fn next_part(row: &grant_application::Model, parts: &[Yen]) -> i64 {
    let mut until = 0;
    for part in parts.iter().filter(|_| row.fixed_yen.is_none()) {
        until += part.0;
        if until > row.paid_yen.0 {
            return until - row.paid_yen.0;
        }
    }
    i64::MAX
}

/// The state in which `paid` of what may be paid leaves an application, before and after the fixing.
pub fn after_payment(row: &grant_application::Model, paid: Yen) -> GrantApplicationState {
    match (row.fixed_yen.is_some(), paid >= payable(row)) {
        (true, true) => Settled,
        (true, false) => AmountFixed,
        (false, _) => standing(row.decided_yen, paid),
    }
}

/// The state of an application that is neither reported nor fixed.
pub fn standing(decided: Option<Yen>, paid: Yen) -> GrantApplicationState {
    match decided {
        _ if paid.0 == 0 => Decided,
        Some(decided) if paid < decided => PartlyPaid,
        _ => Paid,
    }
}

/// The amount that is fixed: no more than was decided, and no more than was spent on what is eligible.
pub fn fixed(decided: Yen, eligible: Yen) -> Yen {
    decided.min(eligible)
}

/// What becomes of an application when its amount is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its state.
    pub state: GrantApplicationState,
    /// What the organization keeps: carries over, or reserves.
    pub kept: Yen,
    /// What is deducted from a later year's allocation.
    pub offset: Yen,
    /// What is to be returned.
    pub ordered: Yen,
}

/// How a programme treats what was paid beyond the fixed amount, and what is asked of it now.
#[derive(Clone, Copy, Debug)]
pub struct Surplus {
    /// The programme's rule.
    pub rule: GrantSurplusRule,
    /// The limit of what may be reserved in a fiscal year.
    pub reserve: Option<Reserve>,
    /// What of the same allocation has been reserved before.
    pub reserved: Yen,
    /// What is to be kept or offset; as much as may be where there is nothing.
    pub keep: Option<Yen>,
    /// Has the reserve been discussed before (事前協議)?
    pub consulted: bool,
}

/// The outcome of fixing `fixed` where `paid` was paid: the rest is still to be paid, or nothing is, or the surplus is
/// returned, kept or offset. What may not be kept is returned.
///
/// # Errors
/// SURPLUS_RULE where something is to be kept that may not be, SURPLUS_EXCEEDED where more than there is, and the
/// reserve's RESERVE_EXCEEDED and CONSULTATION_MISSING.
pub fn outcome(paid: Yen, fixed: Yen, surplus: Surplus) -> Result<Outcome, Refusal> {
    let rest = Yen((paid.0 - fixed.0).max(0));
    let (kept, offset) = match surplus.rule {
        GrantSurplusRule::CarryOver => (surplus.keep.unwrap_or(rest), Yen(0)),
        GrantSurplusRule::Reserve => (reserve(rest, surplus)?, Yen(0)),
        GrantSurplusRule::OffsetNextYear => (Yen(0), surplus.keep.unwrap_or(rest)),
        GrantSurplusRule::Return if surplus.keep.is_some_and(|yen| yen.0 > 0) => {
            return Err(Refusal::new(
                "SURPLUS_RULE",
                "この交付金では、剰余金はすべて返還します。",
                "The whole surplus of this grant is returned.",
            ));
        }
        GrantSurplusRule::Return => (Yen(0), Yen(0)),
    };
    if kept.max(offset) > rest {
        return Err(Refusal::new(
            "SURPLUS_EXCEEDED",
            format!("剰余金({rest})を超えています。"),
            format!("More than the surplus ({} yen).", rest.0),
        ));
    }
    let ordered = Yen(rest.0 - kept.0 - offset.0);
    let state = match () {
        () if ordered.0 > 0 => RepaymentOrdered,
        () if paid < fixed => AmountFixed,
        () => Settled,
    };
    Ok(Outcome { state, kept, offset, ordered })
}

/// What is reserved: what is asked for within the limit of the year, or as much of the surplus as the limit lets.
fn reserve(rest: Yen, surplus: Surplus) -> Result<Yen, Refusal> {
    let Some(limit) = surplus.reserve else { return Ok(surplus.keep.unwrap_or(rest)) };
    let room = Yen((limit.most.0 - surplus.reserved.0).max(0));
    let asked =
        surplus.keep.unwrap_or_else(|| if limit.consultation && !surplus.consulted { Yen(0) } else { rest.min(room) });
    if asked.0 > 0 {
        Reserve { most: room, ..limit }.allows(asked, surplus.consulted)?;
    }
    Ok(asked)
}

/// The state of an ordered repayment of which `repaid` has come.
pub fn after_repayment(ordered: Yen, repaid: Yen) -> GrantApplicationState {
    if repaid < ordered { RepaymentOrdered } else { Repaid }
}

/// The state after revocation: what was paid and not returned is to be.
pub fn after_revocation(ordered: Yen, repaid: Yen) -> GrantApplicationState {
    if repaid < ordered { RepaymentOrdered } else { Revoked }
}

/// May this much more be returned?
pub fn repayable(row: &grant_application::Model, amount: Yen) -> Result<(), Refusal> {
    let left = Yen(row.ordered_yen.0 - row.repaid_yen.0);
    if amount <= left {
        return Ok(());
    }
    Err(Refusal::new(
        "REPAYMENT_EXCEEDED",
        format!("返還の残り({left})を超えています。"),
        format!("More than is left to be returned ({} yen).", left.0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surplus(rule: GrantSurplusRule) -> Surplus {
        Surplus { rule, reserve: None, reserved: Yen(0), keep: None, consulted: false }
    }

    fn of(paid: i64, fixed: i64, surplus: Surplus) -> Result<(GrantApplicationState, i64, i64, i64), &'static str> {
        let told = |o: Outcome| (o.state, o.kept.0, o.offset.0, o.ordered.0);
        outcome(Yen(paid), Yen(fixed), surplus).map(told).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn what_is_fixed_is_the_lesser_of_decided_and_eligible() {
        assert_eq!(fixed(Yen(100), Yen(90)), Yen(90));
        assert_eq!(fixed(Yen(100), Yen(110)), Yen(100));
    }

    #[test]
    fn a_surplus_goes_by_the_programmes_rule() {
        use GrantSurplusRule::{CarryOver, OffsetNextYear, Return};
        assert_eq!(of(100, 100, surplus(Return)), Ok((Settled, 0, 0, 0)));
        assert_eq!(of(60, 100, surplus(Return)), Ok((AmountFixed, 0, 0, 0)));
        assert_eq!(of(100, 70, surplus(Return)), Ok((RepaymentOrdered, 0, 0, 30)));
        assert_eq!(of(100, 70, surplus(CarryOver)), Ok((Settled, 30, 0, 0)));
        assert_eq!(of(100, 70, surplus(OffsetNextYear)), Ok((Settled, 0, 30, 0)));
        let keep = |rule, yen| Surplus { keep: Some(Yen(yen)), ..surplus(rule) };
        assert_eq!(of(100, 70, keep(CarryOver, 10)), Ok((RepaymentOrdered, 10, 0, 20)));
        assert_eq!(of(100, 70, keep(CarryOver, 31)), Err("SURPLUS_EXCEEDED"));
        assert_eq!(of(100, 70, keep(OffsetNextYear, 10)), Ok((RepaymentOrdered, 0, 10, 20)));
        assert_eq!(of(100, 70, keep(OffsetNextYear, 31)), Err("SURPLUS_EXCEEDED"));
        assert_eq!(of(100, 70, keep(Return, 1)), Err("SURPLUS_RULE"));
    }

    #[test]
    fn a_million_may_be_reserved_in_a_year_and_not_a_yen_more() {
        let takayama = |keep: Option<i64>, reserved: i64, consulted| Surplus {
            reserve: Some(Reserve { most: Yen(1_000_000), consultation: true }),
            reserved: Yen(reserved),
            keep: keep.map(Yen),
            consulted,
            ..surplus(GrantSurplusRule::Reserve)
        };
        assert_eq!(
            of(3_000_000, 0, takayama(Some(1_000_000), 0, true)),
            Ok((RepaymentOrdered, 1_000_000, 0, 2_000_000))
        );
        assert_eq!(of(3_000_000, 0, takayama(Some(1_000_001), 0, true)), Err("RESERVE_EXCEEDED"));
        assert_eq!(of(3_000_000, 0, takayama(Some(1), 0, false)), Err("CONSULTATION_MISSING"));
        assert_eq!(of(3_000_000, 0, takayama(Some(1), 1_000_000, true)), Err("RESERVE_EXCEEDED"));
        assert_eq!(of(3_000_000, 0, takayama(None, 400_000, true)), Ok((RepaymentOrdered, 600_000, 0, 2_400_000)));
        assert_eq!(of(10, 0, takayama(None, 0, false)), Ok((RepaymentOrdered, 0, 0, 10)));
    }

    #[test]
    fn m8_no_more_is_returned_than_was_ordered() {
        assert_eq!(after_repayment(Yen(10), Yen(9)), RepaymentOrdered);
        assert_eq!(after_repayment(Yen(10), Yen(10)), Repaid);
        assert_eq!(after_revocation(Yen(0), Yen(0)), Revoked);
        assert_eq!(after_revocation(Yen(10), Yen(0)), RepaymentOrdered);
    }
}
