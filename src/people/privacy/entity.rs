//! Rows of requests, holds and rules, and their words.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::kernel::principal::AccountId;
use crate::{entity, id_type, text_enum};

id_type!(/// 消去の請求
    ErasureRequestId = "ers");
id_type!(/// 保全
    LegalHoldId = "hld");
id_type!(/// 保存期間
    RetentionRuleId = "rtn");

text_enum! {
    /// 消去の請求の状態。
    ErasureState {
        /// 請求あり(決定待ち)
        Requested,
        /// 認めた(消去済み)
        Approved,
        /// 認めなかった
        Refused,
        /// 取り下げ
        Withdrawn,
    }
}

text_enum! {
    /// 保存期間を定める記録の種類。
    RetentionKind {
        /// 終わった交付申請の目的の文(金額・決定・日付は残る)
        GrantApplications,
        /// 終わった交付申請の添付ファイル
        GrantFiles,
        /// 提出されなかった交付申請の下書き
        GrantDrafts,
        /// 地域担当職員の訪問記録の文と氏名
        LiaisonVisits,
        /// 終わった地域の要望の文
        LiaisonRequests,
        /// 円卓会議の参加者の氏名(公表に同意していない人)
        Participants,
        /// 任期の終わった役員の氏名(公表に同意していない人)
        Officers,
        /// 不採択・取下げの提案
        Proposals,
        /// 提出されなかった提案の下書き
        ProposalDrafts,
        /// 招待の宛先
        Invitations,
        /// 終わったサインイン
        Sessions,
        /// お知らせ
        Notifications,
        /// 送ったメールの控え
        Mails,
        /// メールアドレスの確認
        AddressProofs,
        /// 書き出しの控え(内容は7日で消える)
        Exports,
        /// 代決の理由
        Delegations,
        /// 停止したアカウント
        Accounts,
        /// 監事が確認した会計の証拠書類
        BookVouchers,
        /// 終わった交付金の実績報告の文(金額・日付は残る)
        GrantReports,
        /// 終わった交付金の変更承認申請の理由(金額・決定・日付は残る)
        GrantChanges,
        /// 終わった交付金の地域内の申請の目的の文(金額・決定・日付は残る)
        GrantSubgrants,
    }
}

text_enum! {
    /// 保存期間の単位。
    RetentionUnit {
        /// 年度(その年度の翌年度の4月1日から数える)
        FiscalYears,
        /// 日
        Days,
    }
}

entity! {
    /// Requests to be forgotten. `outcome` is what the database's function tells, as JSON.
    erasure_request in "erasure_requests" {
        id: ErasureRequestId,
        account_id: AccountId,
        requested_by: AccountId,
        reason: String,
        state: ErasureState,
        decided_by: Option<AccountId>,
        decided_at: Option<DateTime<Utc>>,
        decision_reason: Option<String>,
        executed_at: Option<DateTime<Utc>>,
        outcome: Option<String>,
    }
}

entity! {
    /// Holds, on anything by its id.
    legal_hold in "legal_holds" {
        id: LegalHoldId,
        object_kind: String,
        object_id: Uuid,
        reason: String,
        placed_by: AccountId,
        lifted_at: Option<DateTime<Utc>>,
        lifted_by: Option<AccountId>,
        lift_reason: Option<String>,
    }
}

entity! {
    /// How long a kind of records is kept.
    retention_rule in "retention_rules" {
        id: RetentionRuleId,
        kind: RetentionKind,
        place: i32,
        unit: RetentionUnit,
        period: i32,
        least: i32,
        basis: Option<String>,
        due: Option<i32>,
        due_soon: Option<i32>,
        counted_at: Option<DateTime<Utc>>,
    }
}
