//! What is wrong with a rule, told where it is written: everything at once, each at its path.

mod adjustments;
mod metrics;
mod sums;
mod terms;

use std::collections::HashSet;

use crate::grants::allocation::bounds;
use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::metric::{Metric, MetricOf, MetricType};
use crate::grants::allocation::rounding::Rounding;
use crate::grants::allocation::rule::{FORMAT, Rule};
use crate::kernel::error::{Message, Violation};
use crate::kernel::money::Yen;

/// The most of each kind of part a rule may have.
const MOST: usize = 60;
/// The most rows of a table.
const ROWS: usize = 1_000;
/// The most problems that are told at once.
const PROBLEMS: usize = 50;

/// Everything that is wrong with a rule, each with its path below `at` (such as `input.rule`).
pub fn validate(rule: &Rule, at: &str) -> Vec<Violation> {
    let mut check = Check { rule, at, found: Vec::new() };
    check.frame();
    metrics::check(&mut check);
    terms::check(&mut check);
    adjustments::check(&mut check);
    if check.found.is_empty() {
        sums::check(&mut check);
    }
    check.found.truncate(PROBLEMS);
    check.found
}

/// The rule under examination.
struct Check<'r> {
    rule: &'r Rule,
    at: &'r str,
    found: Vec<Violation>,
}

impl<'r> Check<'r> {
    fn fail(&mut self, path: &str, rule: &'static str, ja: impl Into<String>, en: impl Into<String>) {
        let path = if path.is_empty() { self.at.to_owned() } else { format!("{}.{path}", self.at) };
        self.found.push(Violation { path: path.into(), rule, message: Message::new(ja.into(), en.into()) });
    }

    /// Format, counts, keys.
    fn frame(&mut self) {
        let rule = self.rule;
        if rule.format != FORMAT {
            self.fail("format", "FORMAT", "この書式の版は扱えません。", "This format is not known.");
        }
        if rule.terms.is_empty() {
            self.fail("terms", "REQUIRED", "項を一つ以上定めてください。", "A rule needs a term.");
        }
        let counts = [
            ("metrics", rule.metrics.len()),
            ("pools", rule.pools.len()),
            ("terms", rule.terms.len()),
            ("adjustments", rule.adjustments.len()),
        ];
        for (path, count) in counts {
            self.at_most(path, count, MOST);
        }
        self.keys("metrics", rule.metrics.iter().map(|m| (m.key.as_str(), m.label.as_str())));
        self.keys("pools", rule.pools.iter().map(|p| (p.key.as_str(), p.label.as_str())));
        let terms = rule.terms.iter().map(|t| (t.key.as_str(), t.label.as_str()));
        self.keys("terms", terms);
        self.keys("adjustments", rule.adjustments.iter().map(|a| (a.key.as_str(), a.label.as_str())));
        let terms: HashSet<&str> = rule.terms.iter().map(|term| term.key.as_str()).collect();
        for (n, adjustment) in rule.adjustments.iter().enumerate() {
            if terms.contains(adjustment.key.as_str()) {
                self.twice(&format!("adjustments[{n}].key"));
            }
        }
        let articles = rule.terms.iter().map(|t| &t.legal_reference).enumerate().map(|(n, text)| ("terms", n, text));
        let more = rule.adjustments.iter().map(|a| &a.legal_reference).enumerate();
        if let Some(of) = &rule.instalments {
            let within = (1..=12).contains(&of.count);
            self.check(within, "instalments.count", "1から12までの回数を指定してください。", "From 1 to 12 parts.");
            self.check(of.unit.0 > 0, "instalments.unit", "1円以上で指定してください。", "1 yen or more.");
            let ja = "回数と同じだけの時期を、年度の中の順に指定してください。";
            self.check(
                of.times_fit(),
                "instalments.times",
                ja,
                "A time for each part, in the order of the fiscal year.",
            );
        }
        if let Some(of) = &rule.conditions {
            self.found.extend(bounds::faults(of, &format!("{}.conditions", self.at)));
        }
        for (list, n, text) in articles.chain(more.map(|(n, text)| ("adjustments", n, text))) {
            self.text(&format!("{list}[{n}].legalReference"), text, 200);
        }
    }

    fn at_most(&mut self, path: &str, count: usize, most: usize) {
        if count > most {
            self.fail(path, "TOO_MANY", format!("{most}件までです。"), format!("At most {most}."));
        }
    }

    fn keys(&mut self, list: &str, keys: impl Iterator<Item = (&'r str, &'r str)>) {
        let mut seen = HashSet::new();
        for (n, (key, label)) in keys.enumerate() {
            let path = format!("{list}[{n}].key");
            let plain =
                key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(|c| c.is_ascii_alphanumeric());
            if !plain || key.len() > 40 {
                let ja = "英小文字で始まる40字以内の英数字で指定してください。";
                self.fail(&path, "KEY", ja, "At most 40 letters and digits, beginning with a small letter.");
            }
            if !seen.insert(key) {
                self.twice(&path);
            }
            self.text(&format!("{list}[{n}].label"), label, 100);
        }
    }

    fn twice(&mut self, path: &str) {
        self.fail(path, "DUPLICATE", "同じ名前がすでに使われています。", "This name is used already.");
    }

    fn text(&mut self, path: &str, text: &str, most: usize) {
        if text.trim().is_empty() {
            self.fail(path, "REQUIRED", "入力してください。", "This is required.");
        }
        if text.chars().count() > most {
            self.fail(
                path,
                "TOO_LONG",
                format!("{most}文字以内で入力してください。"),
                format!("At most {most} characters."),
            );
        }
        if text.chars().any(char::is_control) {
            self.fail(path, "CHARACTER", "使用できない文字が含まれています。", "A character cannot be stored.");
        }
    }

    fn check(&mut self, holds: bool, path: &str, ja: &str, en: &str) {
        if !holds {
            self.fail(path, "RANGE", ja, en);
        }
    }

    fn positive(&mut self, path: &str, number: &Exact) {
        self.check(number.is_positive(), path, "0より大きい数を指定してください。", "More than 0.");
    }

    fn not_negative(&mut self, path: &str, number: &Exact) {
        self.check(!number.is_negative(), path, "0以上で指定してください。", "0 or more.");
    }

    /// More than nothing, at most one.
    fn share(&mut self, path: &str, share: &Exact) {
        let within = share.is_positive() && *share <= Exact::one();
        self.check(within, path, "0より大きく1以下の割合を指定してください。", "A share is more than 0 and at most 1.");
    }

    fn yen(&mut self, path: &str, yen: Yen) {
        self.check(yen.0 >= 0, path, "0円以上で指定してください。", "0 yen or more.");
    }

    /// A rounding of money: to a whole number of yen.
    fn money_rounding(&mut self, path: &str, rounding: Option<&Rounding>) {
        let Some(Rounding { unit, .. }) = rounding else { return };
        let whole = unit.is_positive() && unit.is_whole();
        self.check(whole, &format!("{path}.unit"), "1円以上の整数の単位を指定してください。", "A whole number of yen.");
    }

    /// The metric of this key, if it is there and fits.
    fn metric(&mut self, path: &str, key: &str, wanted: Wanted) -> Option<&'r Metric> {
        let Some(metric) = self.rule.metrics.iter().find(|metric| metric.key == key) else {
            self.fail(path, "MISSING", format!("指標「{key}」がありません。"), format!("There is no metric {key}."));
            return None;
        };
        let label = &metric.label;
        let fits = match wanted.ty {
            Type::Number => metric.is_number(),
            Type::Yen => metric.ty == MetricType::Yen,
            Type::Flag => metric.ty == MetricType::Flag,
            Type::Word => metric.ty == MetricType::Word,
        };
        if !fits {
            let ja = format!("指標「{label}」の型({:?})は、ここでは使えません。", metric.ty);
            self.fail(path, "TYPE", ja, format!("The type of {key} does not fit here."));
        }
        if wanted.of.is_some_and(|of| of != metric.of) {
            let whose = if metric.of == MetricOf::Body { "団体" } else { "自治体全体" };
            let ja = format!("指標「{label}」は{whose}の値なので、ここでは使えません。");
            self.fail(path, "SCOPE", ja, format!("{key} is not of the right kind of thing."));
        }
        Some(metric)
    }

    /// The terms of these keys are there, each once.
    fn terms_of(&mut self, path: &str, keys: &[String]) {
        if keys.is_empty() {
            self.fail(path, "REQUIRED", "項を一つ以上挙げてください。", "Name a term.");
        }
        let mut seen = HashSet::new();
        for (n, key) in keys.iter().enumerate() {
            let path = format!("{path}[{n}]");
            if self.rule.term(key).is_none() {
                self.fail(&path, "MISSING", format!("項「{key}」がありません。"), format!("There is no term {key}."));
            }
            if !seen.insert(key) {
                self.twice(&path);
            }
        }
    }
}

/// What a metric has to be.
#[derive(Clone, Copy)]
struct Wanted {
    ty: Type,
    of: Option<MetricOf>,
}

/// What can be done with a metric.
#[derive(Clone, Copy)]
enum Type {
    Number,
    Yen,
    Flag,
    Word,
}

impl Wanted {
    const NUMBER: Self = Self { ty: Type::Number, of: None };
    const BODY_NUMBER: Self = Self { ty: Type::Number, of: Some(MetricOf::Body) };
    const BODY_YEN: Self = Self { ty: Type::Yen, of: Some(MetricOf::Body) };
    const TOWN_NUMBER: Self = Self { ty: Type::Number, of: Some(MetricOf::Municipality) };
    const TOWN_YEN: Self = Self { ty: Type::Yen, of: Some(MetricOf::Municipality) };
    const YEN: Self = Self { ty: Type::Yen, of: None };
    const FLAG: Self = Self { ty: Type::Flag, of: None };
    const WORD: Self = Self { ty: Type::Word, of: None };
}
