//! The terms: how each makes its amount.

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::methodology::{Teller, columns, percent, residual, rounding};
use crate::grants::allocation::rule::{
    Bound, Bracket, BracketRow, Condition, Conditional, Counted, Distance, Effect, Factor, FactorTable, FixedTable,
    Multiplier, Per, PerUnit, ProportionalPool, Term, TermKind,
};
use crate::grants::allocation::words::{condition_in, yen};
use crate::kernel::paper::{Block, Cell, Table};

impl Teller<'_> {
    pub(super) fn terms(&self) -> Block {
        let row = |term: &Term| {
            vec![
                Cell::text(&term.label),
                Cell::text(&term.legal_reference),
                Cell::text(self.term(term)),
                Cell::text(rounding(term.rounding.as_ref())),
            ]
        };
        Block::Table(Table { columns: columns(), rows: self.rule.terms.iter().map(row).collect() })
    }

    fn term(&self, term: &Term) -> String {
        let mut text = self.kind(&term.kind);
        for exclusion in &term.exclusions {
            text += &format!("\n対象としない団体: {}({})", self.when(&exclusion.when), exclusion.reason);
        }
        if !term.weights.is_empty() {
            let weights = term.weights.iter().map(|w| format!("{} {}", (self.district)(&w.district), w.weight));
            text += &format!("\n地区の重み: {}。挙げない地区は1", weights.collect::<Vec<_>>().join("、"));
        }
        text
    }

    fn kind(&self, kind: &TermKind) -> String {
        match kind {
            TermKind::EqualPool(share) => {
                let from = self.shared(&share.pool, &share.share);
                format!("{from}を団体の数で等しく(重みがあればその比で)分ける。{}", residual(share.residual))
            }
            TermKind::ProportionalPool(pool) => self.proportional(pool),
            TermKind::PerUnit(unit) => self.per_unit(unit),
            TermKind::Fixed(fixed) => format!("一団体につき{}", fixed.yen),
            TermKind::Bracket(bracket) => self.bracket(bracket),
            TermKind::Conditional(conditional) => self.conditional(conditional),
            TermKind::PercentOfInput(percent) => format!("{}の{}%", self.label(&percent.metric), percent.percent),
            TermKind::Distance(distance) => self.distance(distance),
            TermKind::Multiplier(multiplier) => self.multiplier(multiplier),
            TermKind::Ceiling(Bound { of, limit }) => {
                format!("{}の合計は{}を上限とする", self.labels(of), self.amount(limit))
            }
            TermKind::Floor(Bound { of, limit }) => {
                format!("{}の合計は{}を下限とする", self.labels(of), self.amount(limit))
            }
            TermKind::FixedCeiling(table) => self.fixed_table(table),
        }
    }

    /// `「基本額」の70%`
    fn shared(&self, pool: &str, share: &Exact) -> String {
        let label = self.rule.pools.iter().find(|p| p.key == pool).map_or(pool, |p| p.label.as_str());
        if *share == Exact::one() { format!("「{label}」") } else { format!("「{label}」の{}", percent(share)) }
    }

    fn proportional(&self, pool: &ProportionalPool) -> String {
        let whole = pool.whole.as_ref().map_or("対象の団体の合計".to_owned(), |key| self.label(key));
        let (from, label) = (self.shared(&pool.pool, &pool.share), self.label(&pool.metric));
        format!("{from} × {label} ÷ {whole}。{}", residual(pool.residual))
    }

    fn per_unit(&self, unit: &PerUnit) -> String {
        let (label, name) = (self.label(&unit.metric), self.unit(&unit.metric));
        let beyond = unit.beyond.as_ref().map_or(String::new(), |n| format!("のうち{n}{name}を超える部分"));
        let up_to = unit.up_to.as_ref().map_or(String::new(), |n| format!("({n}{name}まで)"));
        format!("{label}{beyond}{up_to}{} × {}", per(unit.per.as_ref(), name), yen(&unit.yen))
    }

    fn bracket(&self, bracket: &Bracket) -> String {
        let (unit, mut lower) = (self.unit(&bracket.metric), None);
        let mut text = format!("{}に応じた額:", self.label(&bracket.metric));
        for BracketRow { up_to, yen, step } in &bracket.rows {
            text += &format!("\n{} {yen}", bracket.boundary.range(lower, up_to.as_ref(), unit));
            if let Some(step) = step {
                text += &format!(
                    "、下の境を超える部分{}につき{}を加える",
                    per(Some(&step.per), unit),
                    self::yen(&step.yen)
                );
            }
            lower = up_to.as_ref();
        }
        text
    }

    fn conditional(&self, conditional: &Conditional) -> String {
        let mut text = "最初に当てはまるもの:".to_owned();
        for case in &conditional.cases {
            text += &format!("\n{}: {}", self.when(&case.when), self.amount(&case.amount));
        }
        let otherwise = conditional.otherwise.as_ref().map_or("0円".to_owned(), |amount| self.amount(amount));
        text + &format!("\nいずれにも当てはまらない: {otherwise}")
    }

    fn distance(&self, distance: &Distance) -> String {
        let (label, unit) = (self.label(&distance.metric), self.unit(&distance.metric));
        let what = if distance.counts == Counted::Whole { "全体" } else { "超える部分" };
        let threshold = &distance.threshold;
        format!(
            "{label}が{threshold}{unit}以上のとき、その{what}{} × {}",
            per(Some(&distance.per), unit),
            yen(&distance.yen)
        )
    }

    fn multiplier(&self, multiplier: &Multiplier) -> String {
        let of = self.labels(&multiplier.of);
        let effect = match multiplier.effect {
            Effect::Replaces => "掛けた額で置き換える",
            Effect::Adds => "掛けた額を加える",
        };
        match &multiplier.factor {
            Factor::Constant(factor) => format!("{of}に{factor}を{effect}"),
            Factor::Metric(key) => format!("{of}に{}を{effect}", self.label(key)),
            Factor::Table(FactorTable { metric, boundary, rows }) => {
                let mut text = format!("{of}に、{}に応じた次の倍率を{effect}:", self.label(metric));
                let mut lower = None;
                for row in rows {
                    text +=
                        &format!("\n{} {}倍", boundary.range(lower, row.up_to.as_ref(), self.unit(metric)), row.factor);
                    lower = row.up_to.as_ref();
                }
                text
            }
        }
    }

    fn fixed_table(&self, table: &FixedTable) -> String {
        let rows = table.rows.iter().map(|row| format!("\n{} {}", (self.district)(&row.district), row.yen));
        let total = table.total.map_or(String::new(), |total| format!("\n合計 {total}"));
        format!("地区ごとに公表された額:{}{total}", rows.collect::<String>())
    }

    /// A condition; districts by their names, where they stand.
    fn when(&self, when: &Condition) -> String {
        let districts = |ids: &[String]| {
            let names: Vec<String> = ids.iter().map(|id| (self.district)(id)).collect();
            names.join("・")
        };
        condition_in(when, &|key| self.metric(key), &districts)
    }
}

fn per(per: Option<&Per>, unit: &str) -> String {
    per.map_or(String::new(), |per| format!("({}{unit}ごと。満たない端数は{})", per.size, per.mode.word()))
}
