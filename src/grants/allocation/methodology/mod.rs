//! A rule in plain Japanese: each term with its article, its numbers, its day and its rounding, so that anybody can
//! count again what an organization has.

mod adjustments;
mod metrics;
mod terms;
#[cfg(test)]
mod tests;

use crate::grants::allocation::asked::asked;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::metric::Metric;
use crate::grants::allocation::rounding::Rounding;
use crate::grants::allocation::rule::{Amount, Instalments, Pool, Residual, Rest, Rule};
use crate::kernel::paper::{Block, Column};

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

    fn pool(&self, pool: &Pool) -> (String, String) {
        (pool.label.clone(), self.amount(&pool.amount))
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
}

fn columns() -> Vec<Column> {
    vec![Column::new("項", 2), Column::new("根拠", 2), Column::new("計算", 6), Column::new("端数処理", 2)]
}

fn rounding(rounding: Option<&Rounding>) -> String {
    rounding.map_or("合計まで端数のまま".to_owned(), |rounding| rounding.words("円"))
}

fn residual(residual: Residual) -> &'static str {
    match residual {
        Residual::Reserve => "端数の残りは自治体に留保する",
        Residual::LargestRemainder => "端数の残りは端数の大きい団体から順に1円ずつ配る",
    }
}

/// `70%`; what a hundredth is no decimal of stays a fraction.
fn percent(share: &Exact) -> String {
    format!("{}%", share * &Exact::from(100))
}
