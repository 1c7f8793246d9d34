//! Rows of notifications, their ids and kinds.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::principal::AccountId;
use crate::{entity, id_type, text_enum};

id_type!(/// お知らせ
    NotificationId = "ntf");
id_type!(/// お知らせの受け取り方
    NotificationChoiceId = "ntc");

text_enum! {
    /// お知らせの種類。
    NotificationKind {
        /// 交付申請が提出された(交付金担当職員へ)
        GrantSubmitted,
        /// 交付申請が取り下げられた(交付金担当職員へ)
        GrantWithdrawn,
        /// 交付申請が補正のために返された(団体の役員・会計へ)
        GrantReturned,
        /// 交付申請の審査が終わり、決裁を待つ(決裁者へ)
        GrantRecommended,
        /// 交付が決定した(団体の役員・会計へ)
        GrantDecided,
        /// 不交付と決定した(団体の役員・会計へ)
        GrantRefused,
        /// 交付金の支払が請求された(支出担当者へ)
        GrantPaymentRequested,
        /// 交付金が支払われた(団体の役員・会計へ)
        GrantPaid,
        /// 実績が報告された(交付金担当職員へ)
        GrantReported,
        /// 実績報告が補正のために返された(団体の役員・会計へ)
        GrantReportReturned,
        /// 実績報告の審査が終わり、額の確定を待つ(決裁者へ)
        GrantReportReviewed,
        /// 交付金の額が確定した(団体の役員・会計へ)
        GrantFixed,
        /// 交付金の返還が命じられた(団体の役員・会計へ)
        GrantRepaymentOrdered,
        /// 交付金が返還された(交付金担当職員へ)
        GrantRepaid,
        /// 変更の承認が申請された(決裁者へ)
        GrantChangeRequested,
        /// 変更の承認または不承認が決定した(団体の役員・会計へ)
        GrantChangeDecided,
        /// 交付決定が取り消された(団体の役員・会計へ)
        GrantRevoked,
        /// 支払の記録が取り消された(団体の役員・会計と支出担当者へ)
        GrantPaymentReversed,
        /// 支払の請求が取り下げられた(支出担当者へ)
        GrantPaymentRequestWithdrawn,
        /// 支払の請求が返された(団体の役員・会計へ)
        GrantPaymentRequestReturned,
        /// 返還したことが届け出られた(支出担当者へ)
        GrantRepaymentReported,
        /// 算定に用いる値を団体が申告した(交付金担当職員へ)
        GrantDeclared,
        /// 申告した値が確認された(団体の役員へ)
        GrantDeclarationConfirmed,
        /// 地域内の申請があった(団体の役員へ)
        SubgrantSubmitted,
        /// 地域内の申請が、交付金が終わったため、決定されずに終わった(申請した人へ)
        SubgrantEnded,
        /// 議事録が提出された(企画担当職員へ)
        MinutesSubmitted,
        /// 議事録が差し戻された(提出した人と団体の役員へ)
        MinutesReturned,
        /// 議事録が公開された(提出した人と団体の役員へ)
        MinutesPublished,
        /// チャレンジの提案が提出された(企画担当職員へ)
        ProposalSubmitted,
        /// チャレンジの提案が取り下げられた(企画担当職員と審査員へ)
        ProposalWithdrawn,
        /// 提案の審査員に割り当てられた(審査員へ)
        ReviewAssigned,
        /// 提案の審査が始まった(審査員へ)
        ReviewStarted,
        /// 提案が採択された(提案者と団体の役員へ)
        ProposalAdopted,
        /// 提案が不採択となった(提案者と団体の役員へ)
        ProposalRejected,
        /// 採択された提案が公開された(提案者と団体の役員へ)
        ProposalPublished,
        /// 地域の要望を受けた(地区の地域担当職員へ)
        RequestReceived,
        /// 要望が取り次がれた(関係課の職員へ)
        RequestForwarded,
        /// 要望に回答があった(地区の地域担当職員へ)
        RequestAnswered,
        /// 要望への回答が地域に伝えられた(要望した団体の役員へ)
        RequestReportedBack,
        /// ほかの人が使っている疑いがあり、サインインが終わった(本人へ)
        SessionEndedReused,
        /// 役職の引継ぎが定められた(前任と後任へ)
        HandoverPlanned,
        /// 役職の引継ぎが取り消された(前任と後任へ)
        HandoverCancelled,
        /// 運用サポートが入った(管理者へ)
        SupportOpened,
        /// やることの期限が近い(それをできる人へ)
        TaskDue,
        /// やることの期限が過ぎた(それをできる人へ)
        TaskOverdue,
        /// 団体の振込先の口座が届け出られた(団体の役員・会計・監事と、確認する職員へ)
        BankAccountProposed,
        /// 団体の振込先の口座が替わった(団体の役員・会計・監事へ)
        BankAccountConfirmed,
        /// 決裁の順番が来た(承認する人へ)
        ApprovalAwaited,
    }
}

entity! {
    /// Notifications. The object is known by the prefix of its ids: it belongs to a ring further out.
    notification in "notifications" {
        id: NotificationId,
        account_id: AccountId,
        kind: NotificationKind,
        object_kind: String,
        object_id: Uuid,
        text_ja: String,
        text_easy: String,
        text_en: String,
        read_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// What somebody chose for a kind; a kind without a row is as the defaults say.
    choice in "notification_choices" {
        id: NotificationChoiceId,
        account_id: AccountId,
        kind: NotificationKind,
        in_app: bool,
        mail_digest: bool,
    }
}
