//! Suppositions of a what-if run, splits, and where the inputs do not bear them.

use std::borrow::Cow;

use async_graphql::InputObject;

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Body, Datum, Given, Inputs, SplitFrom};
use crate::grants::allocation::metric::{Metric, MetricOf, MetricSource, MetricType, RecordField};
use crate::grants::allocation::rule::Rule;
use crate::kernel::error::{Message, Violation};
use crate::kernel::id::{TypedId, encode};
use crate::organizations::entity::OrganizationId;

/// 試算の仮定。値・倍率・真偽・語のどれか一つを指定する。
#[derive(InputObject)]
pub struct GrantSuppositionInput {
    /// 規則の指標(key)。
    pub metric: String,
    /// 地域組織。指定しないと、すべての団体。
    pub organization_id: Option<OrganizationId>,
    /// この値とする。
    pub value: Option<Exact>,
    /// 今の値にこの倍率を掛ける。
    pub times: Option<Exact>,
    /// 真偽の指標を、この値とする。
    pub flag: Option<bool>,
    /// 語の指標を、この語とする。
    pub word: Option<String>,
}

/// 年度の途中の分割。
#[derive(InputObject)]
pub struct GrantSplitInput {
    /// 分割前の地域組織。
    pub parent_id: OrganizationId,
    /// 分割後の地域組織。
    pub organization_id: OrganizationId,
    /// 団体間で定めた割合。すべての団体について定めるか、定めない。
    pub share: Option<Exact>,
}

fn violation(path: String, rule: &'static str, ja: &'static str, en: &'static str) -> Violation {
    Violation { path: Cow::Owned(path), rule, message: Message::new(ja, en) }
}

/// Applies suppositions to gathered inputs. What cannot be supposed is told, never passed over.
pub(super) fn suppose(inputs: &mut Inputs, rule: &Rule, all: &[GrantSuppositionInput]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (n, one) in all.iter().enumerate() {
        let path = format!("input.suppositions[{n}]");
        let metric = rule.metrics.iter().find(|metric| metric.key == one.metric && metric.parts().is_empty());
        let Some(metric) = metric else {
            let ja = "規則が直接に用いる指標を指定してください。";
            let en = "Name a metric that the rule takes as it is.";
            found.push(violation(format!("{path}.metric"), "MISSING", ja, en));
            found.extend(unfit(&path, None, one));
            continue;
        };
        let wrong = unfit(&path, Some(metric), one);
        if wrong.is_empty() {
            found.extend(applied(inputs, metric, &path, one));
        }
        found.extend(wrong);
    }
    found
}

/// One value (or factor), of the metric's type where that is known, and not below nothing.
fn unfit(path: &str, metric: Option<&Metric>, one: &GrantSuppositionInput) -> Vec<Violation> {
    let GrantSuppositionInput { value, times, flag, word, .. } = one;
    let mut found = Vec::new();
    let given = [value.is_some(), times.is_some(), flag.is_some(), word.is_some()];
    if given.into_iter().filter(|given| *given).count() != 1 {
        let ja = "値・倍率・真偽・語のどれか一つを指定してください。";
        found.push(violation(path.to_owned(), "ONE_OF", ja, "Give one of value, factor, flag and word."));
        return found;
    }
    let fits = metric.is_none_or(|metric| match metric.ty {
        MetricType::Number | MetricType::Yen => flag.is_none() && word.is_none(),
        MetricType::Flag => flag.is_some(),
        MetricType::Word => word.is_some(),
    });
    if !fits {
        let ja = "指標の型に合いません。";
        found.push(violation(path.to_owned(), "TYPE", ja, "This does not fit the metric's type."));
    }
    if [value, times].into_iter().flatten().any(Exact::is_negative) {
        found.push(violation(path.to_owned(), "RANGE", "0以上で入力してください。", "0 or more."));
    }
    if word.as_ref().is_some_and(|word| word.trim().is_empty() || word.chars().count() > MOST_WORD) {
        let ja = "1文字から60文字までで入力してください。";
        found.push(violation(path.to_owned(), "RANGE", ja, "From 1 to 60 characters."));
    }
    found
}

/// The longest word, as in declarations.
const MOST_WORD: usize = 60;

fn applied(inputs: &mut Inputs, metric: &Metric, path: &str, one: &GrantSuppositionInput) -> Option<Violation> {
    let organization = |rule, ja, en| Some(violation(format!("{path}.organizationId"), rule, ja, en));
    let key = one.organization_id.map(|id| encode(OrganizationId::PREFIX, id.0));
    let mut supposed = false;
    if metric.of == MetricOf::Municipality {
        if key.is_some() {
            let ja = "自治体全体の指標です。団体を指定しません。";
            return organization("SCOPE", ja, "The metric is of the municipality as a whole.");
        }
        let before = inputs.municipality.remove(&metric.key);
        let after = after(before.as_ref(), one);
        supposed = after.is_some();
        inputs.municipality.extend(after.or(before).map(|given| (metric.key.clone(), given)));
    } else {
        let bodies = inputs.bodies.iter_mut().filter(|body| key.as_ref().is_none_or(|key| *key == body.key));
        let mut nobody = true;
        for body in bodies {
            nobody = false;
            supposed |= change(body, metric, one);
        }
        if nobody {
            let ja = "この団体は算定の対象ではありません。";
            return organization("MISSING", ja, "The organization takes no part.");
        }
    }
    let ja = "倍率を掛ける元の値がありません。";
    (!supposed).then(|| violation(format!("{path}.times"), "MISSING", ja, "There is no value to multiply."))
}

/// Is there something to suppose it of?
fn change(body: &mut Body, metric: &Metric, one: &GrantSuppositionInput) -> bool {
    if matches!(metric.source, MetricSource::Record(RecordField::PreviousAmount)) {
        let after = after(body.previous.as_ref(), one);
        let is_some = after.is_some();
        body.previous = after.or(body.previous.take());
        return is_some;
    }
    let after = after(body.metrics.get(&metric.key), one);
    after.map(|given| body.metrics.insert(metric.key.clone(), given)).is_some()
}

/// What stands in the place of a value. Nothing where there is none to multiply.
fn after(before: Option<&Given>, one: &GrantSuppositionInput) -> Option<Given> {
    let as_of = before.and_then(|given| given.as_of);
    let instead = before.map_or_else(|| "仮定".to_owned(), |given| format!("仮定({}に代えて)", given.source));
    let number = one.value.clone().map(Datum::Number);
    let own =
        number.or(one.flag.map(Datum::Flag)).or(one.word.as_ref().map(|word| Datum::Word(word.trim().to_owned())));
    if let Some(value) = own {
        return Some(Given { value, as_of, source: instead });
    }
    let (Some(Given { value: Datum::Number(number), source, .. }), Some(times)) = (before, &one.times) else {
        return None;
    };
    Some(Given { value: Datum::Number(number * times), as_of, source: format!("仮定({source}の{times}倍)") })
}

/// Marks the parts of split organizations.
pub(super) fn split(inputs: &mut Inputs, all: &[GrantSplitInput]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (n, one) in all.iter().enumerate() {
        let key = encode(OrganizationId::PREFIX, one.organization_id.0);
        let parent = encode(OrganizationId::PREFIX, one.parent_id.0);
        let there = key != parent && inputs.bodies.iter().any(|body| body.key == parent);
        match inputs.bodies.iter_mut().find(|body| body.key == key && body.split_from.is_none()) {
            Some(body) if there => body.split_from = Some(SplitFrom { parent, share: one.share.clone() }),
            _ => {
                let ja = "分割の前後の団体を、それぞれ一度ずつ算定の対象に含めてください。";
                let path = format!("input.splits[{n}]");
                found.push(violation(path, "MISSING", ja, "Both organizations take part, each once."));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::kernel::fiscal_year::FiscalYear;

    #[allow(clippy::needless_pass_by_value)] // callers write the source where they call
    fn metric(key: &str, ty: &str, of: &str, source: serde_json::Value) -> serde_json::Value {
        json!({"key": key, "label": key, "type": ty, "unit": "", "of": of, "source": source})
    }

    fn rule() -> Rule {
        let declared = |key: &str, ty: &str, of: &str| metric(key, ty, of, json!({"declaration": key}));
        let metrics = [
            declared("lamps", "NUMBER", "BODY"),
            declared("merged", "FLAG", "BODY"),
            declared("plan", "WORD", "BODY"),
            declared("town", "NUMBER", "MUNICIPALITY"),
            metric("before", "YEN", "BODY", json!({"record": "PREVIOUS_AMOUNT"})),
        ];
        serde_json::from_value(json!({"format": 1, "metrics": metrics, "terms": []})).expect("a rule")
    }

    fn given(value: Datum) -> Given {
        Given { value, as_of: None, source: "届".to_owned() }
    }

    fn inputs() -> Inputs {
        let body = |key: &str| Body {
            key: key.to_owned(),
            name: key.to_owned(),
            district: "甲".to_owned(),
            district_name: None,
            formed_on: None,
            previous: (key == "a").then(|| given(Datum::Number(Exact::from(500)))),
            split_from: None,
            metrics: [("merged".to_owned(), given(Datum::Flag(false)))].into(),
        };
        let bodies = vec![body("a"), body("b")];
        Inputs { fiscal_year: FiscalYear(2026), budget: None, municipality: BTreeMap::new(), bodies }
    }

    fn one(metric: &str) -> GrantSuppositionInput {
        let metric = metric.to_owned();
        GrantSuppositionInput { metric, organization_id: None, value: None, times: None, flag: None, word: None }
    }

    #[test]
    fn flags_words_and_the_year_before_are_supposed_as_numbers_are() {
        let mut inputs = inputs();
        let all = [
            GrantSuppositionInput { flag: Some(true), ..one("merged") },
            GrantSuppositionInput { word: Some("山間".to_owned()), ..one("plan") },
            GrantSuppositionInput { times: Some(Exact::from(2)), ..one("before") },
            GrantSuppositionInput { value: Some(Exact::from(7)), ..one("town") },
        ];
        assert!(suppose(&mut inputs, &rule(), &all).is_empty());
        for body in &inputs.bodies {
            assert_eq!(body.metrics["merged"].value, Datum::Flag(true));
            assert_eq!(body.metrics["merged"].source, "仮定(届に代えて)");
            assert_eq!(
                body.metrics["plan"],
                Given { source: "仮定".to_owned(), ..given(Datum::Word("山間".to_owned())) }
            );
        }
        let doubled = inputs.bodies[0].previous.as_ref().expect("a year before");
        assert_eq!((&doubled.value, doubled.source.as_str()), (&Datum::Number(Exact::from(1_000)), "仮定(届の2倍)"));
        assert_eq!(inputs.bodies[1].previous, None);
        assert_eq!(inputs.municipality["town"].value, Datum::Number(Exact::from(7)));
    }

    #[test]
    fn what_cannot_be_supposed_is_told_and_changes_nothing() {
        let of = |id: u128, one: GrantSuppositionInput| GrantSuppositionInput {
            organization_id: Some(OrganizationId(uuid::Uuid::from_u128(id))),
            ..one
        };
        let all = [
            (GrantSuppositionInput { flag: Some(true), ..one("lamps") }, "TYPE"),
            (GrantSuppositionInput { value: Some(Exact::one()), ..one("merged") }, "TYPE"),
            (GrantSuppositionInput { times: Some(Exact::one()), ..one("plan") }, "TYPE"),
            (GrantSuppositionInput { flag: Some(true), ..one("plan") }, "TYPE"),
            (GrantSuppositionInput { word: Some("  ".to_owned()), ..one("plan") }, "RANGE"),
            (GrantSuppositionInput { value: Exact::parse("-1"), ..one("lamps") }, "RANGE"),
            (GrantSuppositionInput { flag: Some(true), word: Some("山間".to_owned()), ..one("plan") }, "ONE_OF"),
            (one("lamps"), "ONE_OF"),
            (GrantSuppositionInput { times: Some(Exact::one()), ..one("lamps") }, "MISSING"),
            (GrantSuppositionInput { times: Some(Exact::one()), ..one("town") }, "MISSING"),
            (of(1, GrantSuppositionInput { value: Some(Exact::one()), ..one("town") }), "SCOPE"),
            (of(1, GrantSuppositionInput { value: Some(Exact::one()), ..one("lamps") }), "MISSING"),
            (GrantSuppositionInput { value: Some(Exact::one()), ..one("nobody") }, "MISSING"),
        ];
        for (n, (one, word)) in all.into_iter().enumerate() {
            let mut changed = inputs();
            let found: Vec<_> = suppose(&mut changed, &rule(), &[one]).iter().map(|v| v.rule).collect();
            assert_eq!((found, &changed), (vec![word], &inputs()), "{n}");
        }
    }
}
