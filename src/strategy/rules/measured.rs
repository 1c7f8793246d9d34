//! How far an indicator has come between where it began and where it should go.

use crate::kernel::decimal::Decimal;
use crate::strategy::entity::{IndicatorDirection, IndicatorKind, IndicatorRating, ProgressGap};

/// What is known of an indicator.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Its kind.
    pub kind: IndicatorKind,
    /// Which way it should go.
    pub direction: IndicatorDirection,
    /// Is the baseline still to be announced?
    pub baseline_pending: bool,
    /// Where it began.
    pub baseline: Option<Decimal>,
    /// Where it should go.
    pub target: Option<Decimal>,
    /// Where it is.
    pub actual: Option<Decimal>,
}

impl Measured {
    /// Baseline, target and actual in billionths.
    fn numbers(&self) -> Result<(i128, i128, i128), ProgressGap> {
        if self.kind == IndicatorKind::Milestone {
            return Err(ProgressGap::Milestone);
        }
        if self.baseline_pending {
            return Err(ProgressGap::Pending);
        }
        let number = |value: &Option<Decimal>| value.as_ref().and_then(billionths).ok_or(ProgressGap::NotRecorded);
        Ok((number(&self.baseline)?, number(&self.target)?, number(&self.actual)?))
    }

    /// (actual − baseline) ÷ (target − baseline) in percent with one decimal, rounded half away from
    /// zero; right for indicators that should fall as well.
    pub fn progress(&self) -> Result<String, ProgressGap> {
        let (baseline, target, actual) = self.numbers()?;
        let (gone, way) = (actual - baseline, target - baseline);
        if way == 0 {
            return Err(ProgressGap::ZeroRange);
        }
        let (gone, way) = (gone * 1000 * way.signum(), way.abs());
        let tenths = (gone.abs() * 2 + way) / (way * 2);
        let sign = if gone < 0 && tenths > 0 { "-" } else { "" };
        Ok(format!("{sign}{}.{}", tenths / 10, tenths % 10))
    }

    /// The class of 長与町: S beyond the target, A better than the baseline, B worse by a tenth at most,
    /// C worse than that, − where it cannot be told.
    pub fn rating(&self) -> IndicatorRating {
        let Ok((baseline, target, actual)) = self.numbers() else { return IndicatorRating::NotMeasurable };
        let sign = match self.direction {
            IndicatorDirection::Increase => 1,
            IndicatorDirection::Decrease => -1,
            IndicatorDirection::None => return IndicatorRating::NotMeasurable,
        };
        if (actual - target) * sign > 0 {
            IndicatorRating::S
        } else if (actual - baseline) * sign > 0 {
            IndicatorRating::A
        } else if (actual - baseline) * sign * 10 >= -baseline.abs() {
            IndicatorRating::B
        } else {
            IndicatorRating::C
        }
    }
}

/// A decimal in billionths; it has at most nine digits after the point.
fn billionths(decimal: &Decimal) -> Option<i128> {
    let text = decimal.as_str();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<9}").parse().ok()
}
