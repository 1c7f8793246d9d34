//! The rules of strategies, one by one.

use chrono::{NaiveDate, TimeZone, Utc};
use sea_orm::Iterable;

use crate::kernel::date::Date;
use crate::kernel::decimal::Decimal;
use crate::kernel::fiscal_year::FiscalYear;
use crate::strategy::commands::{
    STRATEGY_ADOPT, STRATEGY_CHANGE, STRATEGY_COUNCIL_REVIEW_START, STRATEGY_EXPIRE, STRATEGY_PUBLIC_COMMENT_START,
    STRATEGY_PUT_IN_FORCE, STRATEGY_REVISION_PROPOSE,
};
use crate::strategy::entity::StrategyState::{self, Adopted, CouncilReview, Draft, InForce, PublicComment};
use crate::strategy::entity::{
    IndicatorDirection, IndicatorId, IndicatorKind, IndicatorRating, IndicatorRole, IndicatorValueId, ProgressGap,
    StrategyId, StrategyKind, StrategyNodeKind, StrategyRevisionId, StrategyRevisionState, ValueStatus,
    indicator_value, strategy_revision,
};
use crate::strategy::rules::{Measured, record_value, sort_step, strategy, tree_change};

fn measured(direction: IndicatorDirection, [baseline, target, actual]: [&str; 3]) -> Measured {
    let decimal = |text: &str| (!text.is_empty()).then(|| Decimal::parse(text).expect("a decimal"));
    Measured {
        kind: IndicatorKind::Numeric,
        direction,
        baseline_pending: false,
        baseline: decimal(baseline),
        target: decimal(target),
        actual: decimal(actual),
    }
}

fn up(values: [&str; 3]) -> Measured {
    measured(IndicatorDirection::Increase, values)
}

fn down(values: [&str; 3]) -> Measured {
    measured(IndicatorDirection::Decrease, values)
}

#[test]
fn progress_is_exact_and_knows_both_directions() {
    assert_eq!(down(["2000", "1800", "1900"]).progress(), Ok("50.0".into()));
    assert_eq!(up(["80", "99", "99"]).progress(), Ok("100.0".into()));
    assert_eq!(up(["1045", "1121", "1044"]).progress(), Ok("-1.3".into()));
    assert_eq!(up(["0.1", "0.4", "0.2"]).progress(), Ok("33.3".into()));
    assert_eq!(up(["0", "2000", "1"]).progress(), Ok("0.1".into()), "0.05 rounds away from zero");
    assert_eq!(up(["0", "2000", "-1"]).progress(), Ok("-0.1".into()));
    assert_eq!(up(["0", "9999", "-1"]).progress(), Ok("0.0".into()), "no minus before nothing");
    assert_eq!(down(["2000", "1800", "2100"]).progress(), Ok("-50.0".into()));
    assert_eq!(up(["-0.5", "0.5", "0"]).progress(), Ok("50.0".into()));
    let most = "999999999999999.999999999";
    assert!(up(["0.000000001", "0.000000002", most]).progress().is_ok(), "no overflow");
}

#[test]
fn progress_that_cannot_be_told_says_why() {
    let pending = Measured { baseline_pending: true, ..up(["", "1.69", "1.5"]) };
    assert_eq!(pending.progress(), Err(ProgressGap::Pending));
    let milestone = Measured { kind: IndicatorKind::Milestone, ..up(["", "", ""]) };
    assert_eq!(milestone.progress(), Err(ProgressGap::Milestone));
    assert_eq!(up(["80", "80", "90"]).progress(), Err(ProgressGap::ZeroRange));
    assert_eq!(up(["80", "99", ""]).progress(), Err(ProgressGap::NotRecorded));
}

#[test]
fn nagayo_classes() {
    use IndicatorRating::{A, B, C, NotMeasurable, S};
    for (actual, class) in [("121", S), ("120", A), ("101", A), ("100", B), ("90", B), ("89.9", C)] {
        assert_eq!(up(["100", "120", actual]).rating(), class, "{actual}");
    }
    for (actual, class) in [("1799", S), ("1800", A), ("1999", A), ("2000", B), ("2200", B), ("2201", C)] {
        assert_eq!(down(["2000", "1800", actual]).rating(), class, "{actual}");
    }
    let kanazawa = Measured { baseline_pending: true, ..up(["", "1.69", "1.50"]) };
    assert_eq!(kanazawa.rating(), NotMeasurable);
    assert_eq!(up(["100", "120", ""]).rating(), NotMeasurable);
}

fn a_strategy(state: StrategyState) -> strategy::Model {
    strategy::Model {
        id: StrategyId::new(),
        revision: 1,
        title: "総合戦略".into(),
        generation: None,
        kind: StrategyKind::ComprehensiveStrategy,
        state,
        start_fiscal_year: Some(FiscalYear(2026)),
        end_fiscal_year: None,
        adopted_on: None,
        adopted_note: None,
        legal_basis_id: None,
        predecessor_id: None,
        section_id: None,
        summary: None,
    }
}

#[test]
fn each_step_of_a_strategy_has_its_states() {
    let now = Utc.with_ymd_and_hms(2026, 5, 20, 1, 0, 0).single().expect("a time");
    let allowed = |action| {
        let fits = |state: &StrategyState| strategy(&a_strategy(*state), action, now).is_ok();
        StrategyState::iter().filter(fits).collect::<Vec<_>>()
    };
    assert_eq!(allowed(STRATEGY_PUBLIC_COMMENT_START), [Draft]);
    assert_eq!(allowed(STRATEGY_COUNCIL_REVIEW_START), [Draft, PublicComment]);
    assert_eq!(allowed(STRATEGY_ADOPT), [Draft, CouncilReview]);
    assert_eq!(allowed(STRATEGY_PUT_IN_FORCE), [Adopted]);
    assert_eq!(allowed(STRATEGY_EXPIRE), [InForce]);
    assert_eq!(allowed(STRATEGY_CHANGE), [Draft, PublicComment, CouncilReview]);
    assert_eq!(allowed(STRATEGY_REVISION_PROPOSE), [Adopted, InForce]);
}

#[test]
fn a_strategy_is_not_in_force_before_its_first_day() {
    let at = |d, h| Utc.with_ymd_and_hms(2026, 3, d, h, 0, 0).single().expect("a time");
    assert!(strategy(&a_strategy(Adopted), STRATEGY_PUT_IN_FORCE, at(31, 14)).is_err());
    assert!(strategy(&a_strategy(Adopted), STRATEGY_PUT_IN_FORCE, at(31, 15)).is_ok());
}

#[test]
fn an_adopted_tree_changes_only_under_a_revision_in_effect() {
    let day = |d| Date(NaiveDate::from_ymd_opt(2026, 4, d).expect("a day"));
    let mut revision = strategy_revision::Model {
        id: StrategyRevisionId::new(),
        revision: 1,
        strategy_id: StrategyId::new(),
        node_id: None,
        state: StrategyRevisionState::Proposed,
        changes: "改訂".into(),
        proposed_on: day(1),
        council_name: None,
        session_number: None,
        approved_on: None,
        revised_on: None,
    };
    assert!(tree_change(Draft, None, day(1)).is_ok());
    assert_eq!(tree_change(InForce, None, day(1)).expect_err("refused").reason, "REVISION_REQUIRED");
    assert!(tree_change(InForce, Some(&revision), day(1)).is_err());
    revision.state = StrategyRevisionState::Approved;
    revision.revised_on = Some(day(2));
    assert!(tree_change(InForce, Some(&revision), day(1)).is_err());
    assert!(tree_change(InForce, Some(&revision), day(2)).is_ok());
}

#[test]
fn values_are_written_once_and_pending_ones_filled_in() {
    use IndicatorRole::{Actual, Baseline, Target};
    let value = |status| indicator_value::Model {
        id: IndicatorValueId::new(),
        revision: 1,
        strategy_id: StrategyId::new(),
        indicator_id: IndicatorId::new(),
        role: Baseline,
        fiscal_year: FiscalYear(2018),
        status,
        value: None,
        text: None,
        approximate: false,
    };
    let (pending, known) = (value(ValueStatus::Pending), value(ValueStatus::Known));
    assert!(record_value(Draft, Target, None).is_ok());
    assert!(record_value(Draft, Target, Some(&known)).is_ok());
    assert_eq!(record_value(Draft, Actual, None).expect_err("refused").reason, "NOT_IN_FORCE");
    assert!(record_value(InForce, Actual, None).is_ok());
    assert_eq!(record_value(InForce, Actual, Some(&known)).expect_err("refused").reason, "RECORDED");
    assert!(record_value(InForce, Baseline, Some(&pending)).is_ok());
    assert_eq!(record_value(InForce, Baseline, None).expect_err("refused").reason, "ADOPTED");
}

#[test]
fn siblings_stand_by_kind_number_and_entry() {
    use StrategyNodeKind::{Direction, Goal, WorkKind};
    let mut steps = [
        sort_step(Goal, None, 1),
        sort_step(Goal, Some(10), 2),
        sort_step(WorkKind, Some(1), 3),
        sort_step(Direction, Some(4), 4),
        sort_step(Goal, Some(2), 5),
    ];
    steps.sort();
    let places: Vec<_> = steps.iter().map(|s| &s[11..]).collect();
    assert_eq!(places, ["5", "2", "1", "4", "3"]);
}
