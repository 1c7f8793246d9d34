//! The papers that a by-law asks for: which, by which article, at which step of a grant, and from which amount on.

use async_graphql::InputObject;
use serde::{Deserialize, Serialize};

use crate::grants::entity::GrantPaperStep;
use crate::kernel::error::{Message, Violation};
use crate::kernel::money::Yen;

/// 求める書類。
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, InputObject)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[graphql(name = "AllocationPaperInput")]
pub struct AskedPaper {
    /// 名称(「事業計画書」など)。一つの段階に一つだけ。
    pub name: String,
    /// 英語の名称。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// 根拠となる条(「第4条」など)。
    pub legal_reference: String,
    /// 求める段階。
    pub at: GrantPaperStep,
    /// この額(円)からだけ求める。申請では申請額、その後は交付決定額による。指定しなければ、常に求める。
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_yen: Option<Yen>,
    /// 支払の請求のたびに新しく求めるか(請求書など)。支払の請求の書類だけに指定できる。
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[graphql(default)]
    pub each_time: bool,
}

/// The most papers of a rule.
const MOST: usize = 60;
/// The most characters of a name, and of a reference.
const NAME: usize = 100;
const REFERENCE: usize = 200;

/// What is wrong with the papers of the conditions at `at`.
pub fn faults(papers: &[AskedPaper], at: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    if papers.len() > MOST {
        let message = Message::new(format!("{MOST}件までです。"), format!("At most {MOST}."));
        found.push(Violation { path: format!("{at}.papers").into(), rule: "TOO_MANY", message });
    }
    for (n, paper) in papers.iter().enumerate().take(MOST) {
        let texts = [
            ("name", Some(paper.name.as_str()), NAME),
            ("nameEn", paper.name_en.as_deref(), NAME),
            ("legalReference", Some(paper.legal_reference.as_str()), REFERENCE),
        ];
        let told = texts.into_iter().filter_map(|(field, text, most)| Some((field, fault(text?, most)?)));
        let twice = papers[..n].iter().any(|before| (&before.name, before.at) == (&paper.name, paper.at));
        let twice = twice.then(|| {
            ("name", ("DUPLICATE", Message::new("同じ名前がすでに使われています。", "This name is used already.")))
        });
        let least = paper.from_yen.is_some_and(|yen| yen.0 < 1);
        let least =
            least.then(|| ("fromYen", ("RANGE", Message::new("1円以上で指定してください。", "1 yen or more."))));
        let once = paper.each_time && paper.at != GrantPaperStep::PaymentRequest;
        let once = once.then(|| {
            let (ja, en) = ("支払の請求の書類だけに指定できます。", "For papers of the payment request only.");
            ("eachTime", ("EXCLUSIVE", Message::new(ja, en)))
        });
        found.extend(told.chain(twice).chain(least).chain(once).map(|(field, (rule, message))| Violation {
            path: format!("{at}.papers[{n}].{field}").into(),
            rule,
            message,
        }));
    }
    found
}

/// What is wrong with a text that people are to find again: it begins and ends with something, on one line.
fn fault(text: &str, most: usize) -> Option<(&'static str, Message)> {
    if text.trim().is_empty() {
        return Some(("REQUIRED", Message::new("入力してください。", "This is required.")));
    }
    if text.chars().count() > most {
        let ja = format!("{most}文字以内で入力してください。");
        return Some(("TOO_LONG", Message::new(ja, format!("At most {most} characters."))));
    }
    let plain = text.trim() == text && !text.chars().any(char::is_control);
    (!plain).then(|| {
        ("CHARACTER", Message::new("前後の空白や改行は使用できません。", "No spaces around it, and no line breaks."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(name: &str) -> AskedPaper {
        let at = GrantPaperStep::Application;
        AskedPaper {
            name: name.into(),
            name_en: None,
            legal_reference: "第4条".into(),
            at,
            from_yen: None,
            each_time: false,
        }
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands() {
        let mut papers = ["事業計画書", "収支予算書", "事業計画書", " 規約", ""].map(paper).to_vec();
        papers[1].from_yen = Some(Yen(0));
        papers[1].legal_reference = "第".repeat(201);
        let found = faults(&papers, "input.conditions");
        let told: Vec<_> = found.iter().map(|fault| (&*fault.path, fault.rule)).collect();
        assert_eq!(
            told,
            [
                ("input.conditions.papers[1].legalReference", "TOO_LONG"),
                ("input.conditions.papers[1].fromYen", "RANGE"),
                ("input.conditions.papers[2].name", "DUPLICATE"),
                ("input.conditions.papers[3].name", "CHARACTER"),
                ("input.conditions.papers[4].name", "REQUIRED"),
            ]
        );
        assert!(faults(&papers[..1], "input.conditions").is_empty());
        // A list of officers comes with the application, and again with the report.
        let mut twice = ["役員名簿", "役員名簿"].map(paper).to_vec();
        twice[1].at = GrantPaperStep::Report;
        assert!(faults(&twice, "input.conditions").is_empty());
        twice[1].each_time = true;
        let found = faults(&twice, "input.conditions");
        let told: Vec<_> = found.iter().map(|fault| (&*fault.path, fault.rule)).collect();
        assert_eq!(told, [("input.conditions.papers[1].eachTime", "EXCLUSIVE")]);
    }
}
