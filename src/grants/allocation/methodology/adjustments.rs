//! The adjustments: what is done to the sum of the terms.

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::methodology::{Teller, columns, percent, residual, rounding};
use crate::grants::allocation::rule::{
    Adjustment, AdjustmentKind, ChangeLimit, FitBudget, Limits, PhaseIn, ProRata, Span, Split, WhenOver,
};
use crate::kernel::paper::{Block, Cell, Table};

impl Teller<'_> {
    pub(super) fn adjustments(&self) -> Block {
        let row = |adjustment: &Adjustment| {
            vec![
                Cell::text(&adjustment.label),
                Cell::text(&adjustment.legal_reference),
                Cell::text(self.adjustment(&adjustment.kind)),
                Cell::text(rounding(adjustment.rounding.as_ref())),
            ]
        };
        Block::Table(Table { columns: columns(), rows: self.rule.adjustments.iter().map(row).collect() })
    }

    fn fit_budget(&self, fit: &FitBudget) -> String {
        let over = match fit.over {
            WhenOver::Scale => "一律の率で減らす",
            WhenOver::Refuse => "算定を成立させない",
        };
        let fill = if fit.fill { "予算に満たないときは予算まで一律の率で増やす。" } else { "" };
        let scales = fit.fill || fit.over == WhenOver::Scale;
        let limits = if scales { self.limits_before(fit) } else { "" };
        format!("合計が予算を超えるときは{over}。{fill}{limits}{}", residual(fit.residual))
    }

    /// What becomes of the limits that were set before; nothing where there are none.
    fn limits_before(&self, fit: &FitBudget) -> &'static str {
        let is_this = |kind: &AdjustmentKind| matches!(kind, AdjustmentKind::Budget(of) if std::ptr::eq(of, fit));
        let mut before =
            self.rule.adjustments.iter().map(|adjustment| &adjustment.kind).take_while(|kind| !is_this(kind));
        let limits = |kind: &AdjustmentKind| {
            matches!(kind, AdjustmentKind::Cap(_) | AdjustmentKind::Minimum(_) | AdjustmentKind::ChangeLimit(_))
        };
        match (before.any(limits), fit.limits) {
            (false, _) => "",
            (true, Limits::Scaled) => "前に定めた限度に達した額も、同じ率で増減する。",
            (true, Limits::Held) => {
                "前に定めた限度(上限・最低保証・増減の限度)は守り、限度にとどまる団体の額を除いた残りを、他の団体で分ける。\
                 下限の合計が予算を超えるときは、算定を成立させない。"
            }
        }
    }

    fn adjustment(&self, kind: &AdjustmentKind) -> String {
        match kind {
            AdjustmentKind::Cap(amount) => format!("一団体の上限を{}とする", self.amount(amount)),
            AdjustmentKind::Minimum(amount) => format!("一団体の最低保証を{}とする", self.amount(amount)),
            AdjustmentKind::ChangeLimit(limit) => change_limit(limit),
            AdjustmentKind::PhaseIn(PhaseIn { from, first_fiscal_year, years }) => format!(
                "激変緩和: {}から{years}年間、{}との差を年数で等しく反映する",
                first_fiscal_year.label(),
                self.label(from)
            ),
            AdjustmentKind::Budget(fit) => self.fit_budget(fit),
            AdjustmentKind::ProRata(ProRata { by, counts_first_month }) => match (by, counts_first_month) {
                (Span::Days, _) => "年度の途中に発足した団体は日割とする".into(),
                (Span::Months, true) => "年度の途中に発足した団体は月割とする(発足した月を数える)".into(),
                (Span::Months, false) => "年度の途中に発足した団体は月割とする(発足した月は数えない)".into(),
            },
            AdjustmentKind::Split(Split { metric }) => {
                format!("分かれた団体には、団体間で定めた割合で、定めがなければ{}の比で分ける", self.label(metric))
            }
            AdjustmentKind::Round(rounding) => format!("合計の端数は{}", rounding.words("円")),
        }
    }
}

fn change_limit(limit: &ChangeLimit) -> String {
    let side =
        |share: &Option<Exact>, word: &str| share.as_ref().map(|share| format!("{word}は{}まで", percent(share)));
    let sides: Vec<String> =
        [side(&limit.increase, "増額"), side(&limit.decrease, "減額")].into_iter().flatten().collect();
    let from = limit.first_fiscal_year.label();
    format!("激変緩和: {from}から{}年間、前年度の額に対して{}とする", limit.years, sides.join("、"))
}
