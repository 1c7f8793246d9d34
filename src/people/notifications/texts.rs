//! What notifications say: a template for each kind, with the object's title in it.
//!
//! やさしい日本語 is for readers who are learning Japanese and for children: short sentences that end in です or
//! ます, one thing each, simple words with a space after each phrase, no readings needed.

use crate::people::notifications::entity::NotificationKind;

/// One text in three languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Japanese.
    pub ja: String,
    /// やさしい日本語.
    pub easy: String,
    /// English.
    pub en: String,
}

/// What is said of an object with this title.
pub fn texts(kind: NotificationKind, title: &str) -> Texts {
    let [ja, easy, en] = template(kind).map(|text| text.replacen("{}", title, 1));
    Texts { ja, easy, en }
}

/// Japanese, やさしい日本語, English; `{}` is the title.
type Template = [&'static str; 3];

fn template(kind: NotificationKind) -> Template {
    use NotificationKind as Kind;
    match kind {
        Kind::GrantSubmitted => GRANT_SUBMITTED,
        Kind::GrantWithdrawn => GRANT_WITHDRAWN,
        Kind::GrantReturned => GRANT_RETURNED,
        Kind::GrantRecommended => GRANT_RECOMMENDED,
        Kind::GrantDecided => GRANT_DECIDED,
        Kind::GrantRefused => GRANT_REFUSED,
        Kind::GrantPaymentRequested => GRANT_PAYMENT_REQUESTED,
        Kind::GrantPaid => GRANT_PAID,
        Kind::GrantReported => GRANT_REPORTED,
        Kind::GrantReportReturned => GRANT_REPORT_RETURNED,
        Kind::GrantReportReviewed => GRANT_REPORT_REVIEWED,
        Kind::GrantFixed => GRANT_FIXED,
        Kind::GrantRepaymentOrdered => GRANT_REPAYMENT_ORDERED,
        Kind::GrantRepaid => GRANT_REPAID,
        Kind::GrantChangeRequested => GRANT_CHANGE_REQUESTED,
        Kind::GrantChangeDecided => GRANT_CHANGE_DECIDED,
        Kind::GrantRevoked => GRANT_REVOKED,
        Kind::GrantPaymentReversed => GRANT_PAYMENT_REVERSED,
        Kind::GrantPaymentRequestWithdrawn => GRANT_PAYMENT_REQUEST_WITHDRAWN,
        Kind::GrantPaymentRequestReturned => GRANT_PAYMENT_REQUEST_RETURNED,
        Kind::GrantRepaymentReported => GRANT_REPAYMENT_REPORTED,
        Kind::GrantDeclared => GRANT_DECLARED,
        Kind::GrantDeclarationConfirmed => GRANT_DECLARATION_CONFIRMED,
        Kind::SubgrantSubmitted => SUBGRANT_SUBMITTED,
        Kind::SubgrantEnded => SUBGRANT_ENDED,
        Kind::MinutesSubmitted => MINUTES_SUBMITTED,
        Kind::MinutesReturned => MINUTES_RETURNED,
        Kind::MinutesPublished => MINUTES_PUBLISHED,
        Kind::ProposalSubmitted => PROPOSAL_SUBMITTED,
        Kind::ProposalWithdrawn => PROPOSAL_WITHDRAWN,
        Kind::ReviewAssigned => REVIEW_ASSIGNED,
        Kind::ReviewStarted => REVIEW_STARTED,
        Kind::ProposalAdopted => PROPOSAL_ADOPTED,
        Kind::ProposalRejected => PROPOSAL_REJECTED,
        Kind::ProposalPublished => PROPOSAL_PUBLISHED,
        Kind::RequestReceived => REQUEST_RECEIVED,
        Kind::RequestForwarded => REQUEST_FORWARDED,
        Kind::RequestAnswered => REQUEST_ANSWERED,
        Kind::RequestReportedBack => REQUEST_REPORTED_BACK,
        Kind::SessionEndedReused => SESSION_ENDED_REUSED,
        Kind::HandoverPlanned => HANDOVER_PLANNED,
        Kind::HandoverCancelled => HANDOVER_CANCELLED,
        Kind::SupportOpened => SUPPORT_OPENED,
        Kind::TaskDue => TASK_DUE,
        Kind::TaskOverdue => TASK_OVERDUE,
        Kind::BankAccountProposed => BANK_ACCOUNT_PROPOSED,
        Kind::BankAccountConfirmed => BANK_ACCOUNT_CONFIRMED,
        Kind::ApprovalAwaited => APPROVAL_AWAITED,
    }
}

const GRANT_SUBMITTED: Template = [
    "交付申請「{}」が提出されました。内容を確認し、審査を始めてください。",
    "お金の もうしこみ「{}」が 来ました。中を 見て ください。",
    "The grant application “{}” was submitted. Please begin its review.",
];
const GRANT_WITHDRAWN: Template = [
    "交付申請「{}」が取り下げられました。",
    "お金の もうしこみ「{}」は なくなりました。出した 人が やめました。",
    "The grant application “{}” was withdrawn.",
];
const GRANT_RETURNED: Template = [
    "交付申請「{}」が補正のために返されました。理由を確認し、直してから再び提出してください。",
    "お金の もうしこみ「{}」が もどりました。わけを 読んで ください。なおして、もう 一度 出して ください。",
    "The grant application “{}” was returned for correction. Please read the reason, correct it and submit it again.",
];
const GRANT_RECOMMENDED: Template = [
    "交付申請「{}」の審査が終わりました。決裁してください。",
    "お金の もうしこみ「{}」を しらべました。お金を 出すか、出さないか、決めて ください。",
    "The review of the grant application “{}” is done. Please decide on it.",
];
const GRANT_DECIDED: Template = [
    "交付申請「{}」の交付が決定しました。決定額を確認し、支払を請求してください。",
    "お金の もうしこみ「{}」の 答えが 出ました。お金を もらえます。つぎに、はらって もらう おねがいを 出して ください。",
    "The grant application “{}” was approved. Please see the amount and request its payment.",
];
const GRANT_REFUSED: Template = [
    "交付申請「{}」は不交付と決定しました。理由を確認してください。",
    "お金の もうしこみ「{}」の 答えが 出ました。お金は もらえません。わけを 読んで ください。",
    "The grant application “{}” was not approved. Please read the reason.",
];
const GRANT_PAYMENT_REQUESTED: Template = [
    "交付申請「{}」の支払が請求されました。支払を行ってください。",
    "だんたいが「{}」の お金を まって います。お金を はらって ください。",
    "The payment of the grant “{}” was requested. Please execute it.",
];
const GRANT_PAID: Template = [
    "交付申請「{}」の交付金が支払われました。入金を確認してください。",
    "やくしょが「{}」の お金を はらいました。お金が 来たか、見て ください。",
    "The grant “{}” was paid. Please check that it has arrived.",
];
const GRANT_REPORTED: Template = [
    "交付金「{}」の実績が報告されました。内容を確認し、審査してください。",
    "だんたいが「{}」の ほうこくを 出しました。読んで ください。",
    "The results of the grant “{}” were reported. Please examine the report.",
];
const GRANT_REPORT_RETURNED: Template = [
    "交付金「{}」の実績報告が補正のために返されました。理由を確認し、直してから再び報告してください。",
    "「{}」の ほうこくが もどりました。わけを 読んで ください。なおして、もう 一度 出して ください。",
    "The report on the grant “{}” was returned for correction. Please read the reason and report again.",
];
const GRANT_REPORT_REVIEWED: Template = [
    "交付金「{}」の実績報告の審査が終わりました。額を確定してください。",
    "「{}」の ほうこくを 見おわりました。いくらに するか、決めて ください。",
    "The report on the grant “{}” was examined. Please fix the amount.",
];
const GRANT_FIXED: Template = [
    "交付金「{}」の額が確定しました。額とこれからの手続きを確認してください。",
    "「{}」の お金が いくらか、決まりました。見て ください。",
    "The amount of the grant “{}” was fixed. Please see the amount and what follows.",
];
const GRANT_REPAYMENT_ORDERED: Template = [
    "交付金「{}」の返還が命じられました。額と期限を確認し、返還してください。",
    "「{}」の お金を かえす ことが 決まりました。いくらか、いつまでか、見て ください。",
    "Money of the grant “{}” has to be returned. Please see how much and until when.",
];
const GRANT_REPAID: Template = [
    "交付金「{}」の返還を受け入れました。残りがあるか確認してください。",
    "「{}」の お金が もどりました。のこりが あるか、見て ください。",
    "Money of the grant “{}” was returned. Please see whether anything is left.",
];
const GRANT_CHANGE_REQUESTED: Template = [
    "交付金「{}」の変更の承認が申請されました。内容を確認し、決定してください。",
    "だんたいが「{}」を かえたいと いって います。読んで、決めて ください。",
    "A change of the grant “{}” was requested. Please decide on it.",
];
const GRANT_CHANGE_DECIDED: Template = [
    "交付金「{}」の変更について決定がありました。決定と理由を確認してください。",
    "「{}」を かえる おねがいの 答えが 出ました。読んで ください。",
    "The requested change of the grant “{}” was decided. Please read the decision and its reason.",
];
const GRANT_REVOKED: Template = [
    "交付金「{}」の交付決定が取り消されました。理由を確認してください。",
    "「{}」の お金は とりけしに なりました。わけを 読んで ください。",
    "The decision on the grant “{}” was revoked. Please read the reason.",
];
const GRANT_PAYMENT_REVERSED: Template = [
    "交付金「{}」の支払の記録が取り消されました。理由とこれからの支払を確認してください。",
    "「{}」の お金を はらった きろくを とりけしました。わけを 読んで ください。",
    "A payment of the grant “{}” was reversed. Please read the reason and see what is paid next.",
];
const GRANT_PAYMENT_REQUEST_WITHDRAWN: Template = [
    "交付金「{}」の支払の請求が取り下げられました。支払わないでください。",
    "「{}」の お金の おねがいが なくなりました。はらわないで ください。",
    "The request for a payment of the grant “{}” was withdrawn. Please do not pay it.",
];
const GRANT_PAYMENT_REQUEST_RETURNED: Template = [
    "交付金「{}」の支払の請求が返されました。理由を確認し、請求し直してください。",
    "「{}」の お金の おねがいが もどりました。わけを 読んで、もう 一度 出して ください。",
    "The request for a payment of the grant “{}” was returned. Please read the reason and ask for it again.",
];
const GRANT_REPAYMENT_REPORTED: Template = [
    "交付金「{}」を返還したという届出がありました。入金を確認し、受け入れてください。",
    "「{}」の お金を かえしたと れんらくが ありました。お金が 来たか 見て ください。",
    "It was told that money of the grant “{}” was returned. Please see whether it has come, and record it.",
];
const GRANT_DECLARED: Template = [
    "団体から、算定に用いる値「{}」の申告がありました。根拠を確かめ、確認してください。",
    "だんたいが「{}」の かずを 出しました。読んで、あって いるか 見て ください。",
    "An organization declared “{}” for the calculation of grants. Please examine and confirm it.",
];
const GRANT_DECLARATION_CONFIRMED: Template = [
    "申告した値「{}」を職員が確認しました。配分の算定に用います。",
    "やくしょが「{}」の かずを 見ました。この かずを つかいます。",
    "What was declared as “{}” was confirmed. It counts for the calculation of grants.",
];
const SUBGRANT_SUBMITTED: Template = [
    "地域内の申請「{}」がありました。内容を確認し、採択するか決めてください。",
    "ちいきの 中で「{}」の もうしこみが 来ました。読んで、決めて ください。",
    "The sub-application “{}” was submitted. Please adopt or refuse it.",
];
const SUBGRANT_ENDED: Template = [
    "地域内の申請「{}」は、もとの交付金が終わったため、決定されずに終わりました。",
    "ちいきの 中の もうしこみ「{}」は なくなりました。もとの お金が おわったからです。",
    "The sub-application “{}” has ended without a decision, because its grant has ended.",
];

const MINUTES_SUBMITTED: Template = [
    "円卓会議「{}」の議事録が提出されました。内容を確認し、公開するか差し戻してください。",
    "話し合い「{}」の きろくが 来ました。読んで ください。みんなに 見せて よいか、決めて ください。",
    "The minutes of the round table “{}” were submitted. Please publish or return them.",
];
const MINUTES_RETURNED: Template = [
    "円卓会議「{}」の議事録が差し戻されました。理由を確認し、直してから再び提出してください。",
    "話し合い「{}」の きろくが もどりました。わけを 読んで ください。なおして、もう 一度 出して ください。",
    "The minutes of the round table “{}” were returned. Please read the reason, correct them and submit them again.",
];
const MINUTES_PUBLISHED: Template = [
    "円卓会議「{}」の議事録が公開されました。",
    "話し合い「{}」の きろくを みんなに 見せました。だれでも 読む ことが できます。",
    "The minutes of the round table “{}” were published.",
];

const PROPOSAL_SUBMITTED: Template = [
    "チャレンジの提案「{}」が提出されました。審査員を割り当ててください。",
    "チャレンジの 考え「{}」が 来ました。点を つける 人を 決めて ください。",
    "The challenge proposal “{}” was submitted. Please assign its reviewers.",
];
const PROPOSAL_WITHDRAWN: Template = [
    "チャレンジの提案「{}」が取り下げられました。",
    "チャレンジの 考え「{}」は なくなりました。出した 人が やめました。",
    "The challenge proposal “{}” was withdrawn.",
];
const REVIEW_ASSIGNED: Template = [
    "チャレンジの提案「{}」の審査員に割り当てられました。",
    "あなたは チャレンジの 考え「{}」に 点を つける 人です。",
    "You were assigned as a reviewer of the challenge proposal “{}”.",
];
const REVIEW_STARTED: Template = [
    "チャレンジの提案「{}」の審査が始まりました。採点してください。",
    "チャレンジの 考え「{}」を 読んで ください。点を つけて ください。",
    "The screening of the challenge proposal “{}” has begun. Please score it.",
];
const PROPOSAL_ADOPTED: Template = [
    "チャレンジの提案「{}」が採択されました。",
    "おめでとう ございます。やくしょが あなたたちの 考え「{}」を えらびました。",
    "The challenge proposal “{}” was adopted.",
];
const PROPOSAL_REJECTED: Template = [
    "チャレンジの提案「{}」は不採択となりました。理由を確認してください。",
    "チャレンジの 考え「{}」の 答えが 出ました。やくしょは 今回 えらびませんでした。わけを 読んで ください。",
    "The challenge proposal “{}” was not adopted. Please read the reason.",
];
const PROPOSAL_PUBLISHED: Template = [
    "採択されたチャレンジの提案「{}」が公開されました。",
    "チャレンジの 考え「{}」を みんなに 見せました。だれでも 読む ことが できます。",
    "The adopted challenge proposal “{}” was published.",
];

const REQUEST_RECEIVED: Template = [
    "担当地区の要望「{}」を受け付けました。関係課への取次ぎを確認してください。",
    "あなたの ちいきの おねがい「{}」が 来ました。だれに つたえるか、見て ください。",
    "The request “{}” of your district was received. Please see to it that it is forwarded.",
];
const REQUEST_FORWARDED: Template = [
    "地域の要望「{}」が取り次がれました。回答してください。",
    "ちいきの おねがい「{}」が 来ました。答えを 書いて ください。",
    "The request “{}” of a district was forwarded to your section. Please answer it.",
];
const REQUEST_ANSWERED: Template = [
    "担当地区の要望「{}」に回答がありました。地域に伝えてください。",
    "おねがい「{}」の 答えが 来ました。ちいきの 人に つたえて ください。",
    "The request “{}” of your district was answered. Please bring the answer back.",
];
const REQUEST_REPORTED_BACK: Template = [
    "要望「{}」への回答を地域に伝えたことが記録されました。回答を確認してください。",
    "おねがい「{}」の 答えを つたえました。答えを 読む ことが できます。",
    "The answer to the request “{}” was brought back to the community. Please read it.",
];

const SESSION_ENDED_REUSED: Template = [
    "「{}」のサインインを終えました。ほかの人に使われたおそれがあります。心当たりがなければ、パスワードを変えてください。",
    "「{}」の サインインを おわりました。ほかの 人が つかったかも しれません。パスワードを かえて ください。",
    "Your session on “{}” was ended, because somebody else may have used it. Please change your password if in doubt.",
];

const HANDOVER_PLANNED: Template = [
    "「{}」の引継ぎが定められました。引継書を確認してください。",
    "「{}」の しごとを する 人が かわります。つぎの 人に つたえる ことを 読んで ください。",
    "The hand-over of the post “{}” was planned. Please see its summary.",
];
const HANDOVER_CANCELLED: Template = [
    "「{}」の引継ぎが取り消されました。",
    "「{}」の しごとを する 人は かわりません。",
    "The hand-over of the post “{}” was cancelled.",
];
const SUPPORT_OPENED: Template = [
    "運用サポートが入りました(目的「{}」)。内容を確認してください。いつでも終えることができます。",
    "システムの 人が 中を 見て います。わけは「{}」です。いつでも おわりに できます。",
    "Support has entered (its purpose: “{}”). Please see to it; you can end it at any time.",
];

const TASK_DUE: Template = [
    "「{}」の期限が近づいています。やることの一覧を確認してください。",
    "「{}」の しめきりが ちかいです。やる ことを 見て ください。",
    "“{}” is due soon. Please see your tasks.",
];
const TASK_OVERDUE: Template = [
    "「{}」の期限が過ぎています。やることの一覧を確認してください。",
    "「{}」の しめきりが すぎました。やる ことを 見て ください。",
    "“{}” is overdue. Please see your tasks.",
];

const BANK_ACCOUNT_PROPOSED: Template = [
    "交付金の振込先として口座「{}」が届け出られました。心当たりがなければ、すぐに連絡してください。確認されるまでは使われません。",
    "お金を うけとる ところが「{}」に かわる かも しれません。ちがう ときは、すぐに やくしょに つたえて ください。",
    "The bank account “{}” was registered for payments. If you do not know of it, please tell us at once; it is not used until it is confirmed.",
];
const BANK_ACCOUNT_CONFIRMED: Template = [
    "交付金の振込先の口座が「{}」になりました。心当たりがなければ、すぐに連絡してください。",
    "これから お金は「{}」に 来ます。ちがう ときは、すぐに やくしょに つたえて ください。",
    "Payments now go to the bank account “{}”. If you do not know of it, please tell us at once.",
];

const APPROVAL_AWAITED: Template = [
    "「{}」の決裁を待っています。内容を確かめ、承認するか差し戻してください。",
    "「{}」の ことで、あなたの 答えを まって います。読んで、決めて ください。",
    "“{}” waits for your approval. Please examine it and approve or return it.",
];

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn every_kind_names_its_object_once_in_each_language() {
        for kind in NotificationKind::iter() {
            let texts = texts(kind, "{}居場所");
            for text in [&texts.ja, &texts.easy, &texts.en] {
                assert_eq!(text.matches("{}居場所").count(), 1, "{text}");
                assert_eq!(text.matches("{}").count(), 1, "{text}");
            }
            assert!(texts.ja.ends_with('。') && texts.easy.ends_with('。') && texts.en.ends_with('.'), "{texts:?}");
        }
    }

    /// No sentence of more than 25 characters besides the title, all of them polite, kanji few and known early.
    #[test]
    fn easy_japanese_is_easy() {
        const KANJI: &str = "金来中見一度出人読考決話合書点答今回";
        for kind in NotificationKind::iter() {
            let easy = texts(kind, "").easy;
            for sentence in easy.split_terminator('。') {
                assert!(sentence.chars().filter(|c| *c != ' ').count() <= 25, "{sentence}");
                let ends = ["です", "ます", "ました", "ません", "ませんでした", "ください"];
                assert!(ends.iter().any(|end| sentence.ends_with(end)), "{sentence}");
            }
            let hard = easy.chars().find(|c| ('一'..='鿿').contains(c) && !KANJI.contains(*c));
            assert_eq!(hard, None, "{easy}");
        }
    }
}
