//! A rule in plain Japanese: each term with its article, its numbers, its day and its rounding, so that anybody can
//! count again what an organization has.

use crate::grants::allocation::asked::asked;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::metric::{Metric, MetricOf, MetricSource, RecordField, StatisticField, WhenMissing};
use crate::grants::allocation::rounding::Rounding;
use crate::grants::allocation::rule::{
    Adjustment, AdjustmentKind, Amount, Bound, Bracket, BracketRow, ChangeLimit, Condition, Conditional, Counted,
    Distance, Effect, Factor, FactorTable, FitBudget, FixedTable, Instalments, Limits, Multiplier, Per, PerUnit,
    PhaseIn, Pool, ProRata, ProportionalPool, Residual, Rest, Rule, Span, Split, Term, TermKind, WhenOver,
};
use crate::grants::allocation::words::{condition_in, yen};
use crate::kernel::paper::{Block, Cell, Column, Table};

/// What a rule says, as parts of a paper. `district` tells a district's name by its id.
pub fn methodology(rule: &Rule, district: &dyn Fn(&str) -> String) -> Vec<Block> {
    let told = Teller { rule, district };
    let mut blocks = vec![Block::Heading("用いる値".into()), told.metrics()];
    if !rule.pools.is_empty() {
        blocks.extend([Block::Heading("原資".into()), Block::Facts(rule.pools.iter().map(|p| told.pool(p)).collect())]);
    }
    blocks.extend([Block::Heading("額の算定".into()), told.terms()]);
    if !rule.adjustments.is_empty() {
        let text = "項を合計した額に、次の調整を上から順に施す。";
        blocks.extend([Block::Heading("調整".into()), Block::Text(text.into()), told.adjustments()]);
    }
    if let Some(parts) = &rule.instalments {
        let rest = if parts.rest == Rest::First { "初回" } else { "最終回" };
        let text = format!("{}回に分けて支払う。{}に満たない端数は{rest}に寄せる。", parts.count, parts.unit);
        let lump = if parts.lump_sum { "必要なときは、まとめて請求できる。" } else { "" };
        blocks.extend([Block::Heading("分割払".into()), Block::Text(text + &times(parts) + lump)]);
    }
    blocks.extend(rule.conditions.iter().flat_map(asked));
    blocks
}

/// In which months the parts are paid.
fn times(parts: &Instalments) -> String {
    let months: Vec<_> = parts.times.iter().map(|time| format!("{}月", time.month)).collect();
    match (months.is_empty(), parts.not_before) {
        (true, _) => String::new(),
        (false, true) => format!("支払の時期は{}で、その前には請求できない。", months.join("、")),
        (false, false) => format!("支払の時期は{}。", months.join("、")),
    }
}

struct Teller<'a> {
    rule: &'a Rule,
    district: &'a dyn Fn(&str) -> String,
}

impl Teller<'_> {
    fn metric(&self, key: &str) -> Option<&Metric> {
        self.rule.metrics.iter().find(|metric| metric.key == key)
    }

    fn label(&self, key: &str) -> String {
        self.metric(key).map_or_else(|| key.to_owned(), |metric| metric.label.clone())
    }

    fn unit(&self, key: &str) -> &str {
        self.metric(key).map_or("", |metric| metric.unit.as_str())
    }

    fn labels(&self, keys: &[String]) -> String {
        let label = |key: &String| {
            let found = self.rule.terms.iter().find(|term| term.key == *key);
            format!("「{}」", found.map_or_else(|| self.label(key), |term| term.label.clone()))
        };
        keys.iter().map(label).collect::<Vec<_>>().join("と")
    }

    fn metrics(&self) -> Block {
        let rows = self.rule.metrics.iter().map(|metric| {
            let of = if metric.of == MetricOf::Municipality { "自治体全体の" } else { "" };
            let rounding = metric.rounding.as_ref().map_or(String::new(), |r| format!("。{}", r.words(&metric.unit)));
            let source = format!("{of}{}{rounding}", self.source(metric));
            let day =
                if metric.parts().is_empty() { day(metric) } else { "算定に用いる各値による".to_owned() };
            vec![Cell::text(&metric.label), Cell::text(&metric.unit), Cell::text(source), Cell::text(day)]
        });
        let columns =
            vec![Column::new("名称", 3), Column::new("単位", 1), Column::new("出所", 4), Column::new("基準日", 4)];
        Block::Table(Table { columns, rows: rows.collect() })
    }

    fn source(&self, metric: &Metric) -> String {
        let made_of = metric.formula(|key| self.label(key)).unwrap_or_default();
        match &metric.source {
            MetricSource::Statistic(field) => format!("地区の統計({})", statistic(*field)),
            MetricSource::Declaration(item) => format!("申告「{item}」"),
            MetricSource::Record(RecordField::YearsSinceFounded) => "団体の登録(設立からの満年数)".into(),
            MetricSource::Record(RecordField::OrganizationKind) => "団体の登録(組織の種類)".into(),
            MetricSource::Record(RecordField::AreaUnit) => "地区の登録(地区の単位)".into(),
            MetricSource::Record(RecordField::PreviousAmount) => "前年度の配分額".into(),
            MetricSource::Difference(_) => format!("{made_of}(負になるときは0)"),
            MetricSource::Quotient(_)
            | MetricSource::Sum(_)
            | MetricSource::WeightedSum(_)
            | MetricSource::Product(_) => made_of,
        }
    }

    fn pool(&self, pool: &Pool) -> (String, String) {
        (pool.label.clone(), self.amount(&pool.amount))
    }

    fn terms(&self) -> Block {
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

    fn adjustments(&self) -> Block {
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

    fn amount(&self, amount: &Amount) -> String {
        match amount {
            Amount::Yen(yen) => yen.to_string(),
            Amount::Metric(key) => format!("{}の額", self.label(key)),
            Amount::BudgetShare(share) => format!("予算の{}", percent(share)),
            Amount::BudgetRest(rest) => format!("予算から{}の全団体分を除いた残り", self.labels(&rest.after)),
            Amount::PreviousShare(share) => format!("前年度の額の{}", percent(share)),
        }
    }

    /// A condition; districts by their names, where they stand.
    fn when(&self, when: &Condition) -> String {
        let districts = |ids: &[String]| {
            let names: Vec<String> = ids.iter().map(|id| (self.district)(id)).collect();
            names.join("・")
        };
        condition_in(when, &|key| self.metric(key), &districts)
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

fn columns() -> Vec<Column> {
    vec![Column::new("項", 2), Column::new("根拠", 2), Column::new("計算", 6), Column::new("端数処理", 2)]
}

fn rounding(rounding: Option<&Rounding>) -> String {
    rounding.map_or("合計まで端数のまま".to_owned(), |rounding| rounding.words("円"))
}

fn change_limit(limit: &ChangeLimit) -> String {
    let side =
        |share: &Option<Exact>, word: &str| share.as_ref().map(|share| format!("{word}は{}まで", percent(share)));
    let sides: Vec<String> =
        [side(&limit.increase, "増額"), side(&limit.decrease, "減額")].into_iter().flatten().collect();
    let from = limit.first_fiscal_year.label();
    format!("激変緩和: {from}から{}年間、前年度の額に対して{}とする", limit.years, sides.join("、"))
}

fn residual(residual: Residual) -> &'static str {
    match residual {
        Residual::Reserve => "端数の残りは自治体に留保する",
        Residual::LargestRemainder => "端数の残りは端数の大きい団体から順に1円ずつ配る",
    }
}

fn per(per: Option<&Per>, unit: &str) -> String {
    per.map_or(String::new(), |per| format!("({}{unit}ごと。満たない端数は{})", per.size, per.mode.word()))
}

/// `70%`; what a hundredth is no decimal of stays a fraction.
fn percent(share: &Exact) -> String {
    format!("{}%", share * &Exact::from(100))
}

fn day(metric: &Metric) -> String {
    let date = metric.reference();
    let year = match date.year_offset {
        0 => "年度の始まる年の".to_owned(),
        -1 => "年度の始まる年の前年の".to_owned(),
        years if years < 0 => format!("年度の始まる年の{}年前の", -years),
        years => format!("年度の始まる年の{years}年後の"),
    };
    let missing = match date.missing {
        WhenMissing::Refuse => "",
        WhenMissing::LatestBefore => "。その日の値がなければ、それより前の最も新しい値",
    };
    format!("{year}{}月{}日{missing}", date.month, date.day)
}

fn statistic(field: StatisticField) -> &'static str {
    match field {
        StatisticField::Population => "人口",
        StatisticField::Households => "世帯数",
        StatisticField::Aged65 => "65歳以上の人口",
        StatisticField::Aged75 => "75歳以上の人口",
        StatisticField::AreaSquareMetres => "面積",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fixture: &str) -> String {
        let fixture: serde_json::Value = serde_json::from_str(fixture).expect("JSON");
        let rule: Rule = serde_json::from_value(fixture["rule"].clone()).expect("a rule");
        let mut text = String::new();
        for block in methodology(&rule, &|id| format!("{id}地区")) {
            match block {
                Block::Heading(line) | Block::Text(line) => text += &(line + "\n"),
                Block::Facts(facts) => facts.into_iter().for_each(|(name, what)| text += &format!("{name}: {what}\n")),
                Block::Table(table) => table.rows.iter().for_each(|row| text += &format!("{row:?}\n")),
            }
        }
        text
    }

    #[test]
    fn a_by_law_is_told_with_its_numbers_articles_days_and_rounding() {
        let text =
            told(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation/nabari-h28.json")));
        for said in [
            "「基本額」の70% × 人口 ÷ 市人口。端数の残りは自治体に留保する",
            "「基本額」の30%を団体の数で等しく",
            "基本額: 35,000,000円",
            "第3条第1号ア",
            "薦原地区・錦生地区・箕曲地区: 400,000円",
            "年度の始まる年の4月1日",
            "基礎的コミュニティの数 × 72,000円",
        ] {
            assert!(text.contains(said), "{said} is not in {text}");
        }
    }

    #[test]
    fn the_months_of_the_parts_are_told() {
        let parts = |parts: serde_json::Value| serde_json::from_value::<Instalments>(parts).expect("instalments");
        let mut quarters = serde_json::json!({"count": 2, "unit": 1000, "rest": "FIRST"});
        assert_eq!(times(&parts(quarters.clone())), "");
        quarters["times"] = serde_json::json!([{"month": 6}, {"month": 12}]);
        assert_eq!(times(&parts(quarters.clone())), "支払の時期は6月、12月。");
        quarters["notBefore"] = true.into();
        assert_eq!(times(&parts(quarters)), "支払の時期は6月、12月で、その前には請求できない。");
    }

    #[test]
    fn every_kind_of_term_and_adjustment_is_told() {
        let text = told(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/allocation/terms-of-every-kind.json"
        )));
        for word in ["ごと", "以上", "倍", "%"] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
    }
}
