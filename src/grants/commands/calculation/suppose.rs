//! Suppositions of a what-if run, splits, and where the inputs do not bear them.

use std::borrow::Cow;

use async_graphql::InputObject;

use crate::grants::allocation::exact::Exact;
use crate::grants::allocation::inputs::{Body, Datum, Given, Inputs, SplitFrom};
use crate::grants::allocation::rule::Rule;
use crate::kernel::error::{Message, Violation};
use crate::kernel::id::{TypedId, encode};
use crate::organizations::entity::OrganizationId;

/// 試算の仮定。値か倍率のどちらかを指定する。
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

/// Applies suppositions to gathered inputs.
pub(super) fn suppose(inputs: &mut Inputs, rule: &Rule, all: &[GrantSuppositionInput]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (n, one) in all.iter().enumerate() {
        let path = |field: &str| format!("input.suppositions[{n}]{field}");
        if !rule.metrics.iter().any(|metric| metric.key == one.metric && metric.parts().is_empty()) {
            let ja = "規則が直接に用いる指標を指定してください。";
            found.push(violation(path(".metric"), "MISSING", ja, "Name a metric that the rule takes as it is."));
        }
        if one.value.is_some() == one.times.is_some() {
            let ja = "値か倍率のどちらか一つを指定してください。";
            found.push(violation(path(""), "ONE_OF", ja, "Give either a value or a factor."));
        }
        let negative = |number: &Option<Exact>| number.as_ref().is_some_and(Exact::is_negative);
        if negative(&one.value) || negative(&one.times) {
            found.push(violation(path(""), "RANGE", "0以上で入力してください。", "0 or more."));
        }
        let key = one.organization_id.map(|id| encode(OrganizationId::PREFIX, id.0));
        let mut matched = false;
        for body in inputs.bodies.iter_mut().filter(|body| key.as_ref().is_none_or(|key| *key == body.key)) {
            matched = true;
            change(body, one);
        }
        if key.is_none()
            && let Some(given) = inputs.municipality.get_mut(&one.metric)
        {
            supposed(given, one);
        }
        if !matched {
            let ja = "この団体は算定の対象ではありません。";
            found.push(violation(path(".organizationId"), "MISSING", ja, "The organization takes no part."));
        }
    }
    found
}

fn change(body: &mut Body, one: &GrantSuppositionInput) {
    match (body.metrics.get_mut(&one.metric), &one.value) {
        (Some(given), _) => supposed(given, one),
        (None, Some(value)) => {
            let given = Given { value: Datum::Number(value.clone()), as_of: None, source: "仮定".to_owned() };
            body.metrics.insert(one.metric.clone(), given);
        }
        (None, None) => {}
    }
}

fn supposed(given: &mut Given, one: &GrantSuppositionInput) {
    let Datum::Number(number) = &given.value else { return };
    let (value, source) = match (&one.value, &one.times) {
        (Some(value), _) => (value.clone(), format!("仮定({}に代えて)", given.source)),
        (None, Some(times)) => (number * times, format!("仮定({}の{times}倍)", given.source)),
        (None, None) => return,
    };
    *given = Given { value: Datum::Number(value), as_of: given.as_of, source };
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
