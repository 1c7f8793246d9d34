//! Rows, ids and words of round tables.

use chrono::{DateTime, Utc};

use crate::files::entity::FileId;
use crate::kernel::date::Date;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::{entity, id_type, text_enum};

id_type!(/// 円卓会議
    RoundtableId = "rtb");
id_type!(/// 円卓会議の参加者
    ParticipantId = "rtp");
id_type!(/// 困りごと
    IssueId = "rti");
id_type!(/// 決定事項
    DecisionId = "rtd");
id_type!(/// 宿題
    ActionItemId = "rta");
id_type!(/// 議事録の一節
    PassageId = "rtm");
id_type!(/// 円卓会議に添付したファイル
    RoundtableFileId = "rtf");

text_enum! {
    /// 円卓会議の状態。計画から公開・終了まで。
    RoundtableState {
        /// 計画
        Planned,
        /// 開催案内を公開した
        Announced,
        /// 開催した
        Held,
        /// 議事録を作成中
        MinutesDraft,
        /// 議事録を確認中
        MinutesReview,
        /// 議事録を公開した
        Published,
        /// 宿題も含めて終了した
        Closed,
        /// 延期
        Postponed,
        /// 中止
        Cancelled,
    }
}

text_enum! {
    /// 傍聴できる人の範囲。
    Audience {
        /// だれでも
        Public,
        /// 招待された人
        Invited,
        /// 傍聴なし
        Closed,
    }
}

text_enum! {
    /// 円卓会議での役割。
    ParticipantRole {
        /// 論点提供者
        IssuePresenter,
        /// 着席者(センターメンバー)
        CenterMember,
        /// 司会
        Moderator,
        /// 記録者(ファシリテーション・グラフィック)
        GraphicRecorder,
        /// 来場者
        Audience,
    }
}

text_enum! {
    /// 参加者の立場。
    Sector {
        /// 企業
        Company,
        /// 行政
        Government,
        /// 地域
        Community,
        /// 学識
        Academia,
        /// メディア
        Media,
        /// NPO・市民活動団体
        Nonprofit,
        /// 市民
        Resident,
        /// その他
        Other,
    }
}

text_enum! {
    /// 困りごとについて会議で到達したところ。
    IssueOutcome {
        /// 新しい事業を起こす
        NewProject,
        /// 既存の事業を見直す
        ReviewExisting,
        /// 話し合いを続ける
        Continue,
        /// 共有にとどめる
        None,
    }
}

text_enum! {
    /// 宿題の状態。
    ActionItemState {
        /// 未着手
        Open,
        /// 進行中
        InProgress,
        /// 完了
        Done,
        /// 取りやめ
        Dropped,
    }
}

text_enum! {
    /// 会議の進行の区分。
    SessionKind {
        /// オープニング
        Opening,
        /// 論点提供
        Presentation,
        /// セッション1
        #[sea_orm(string_value = "SESSION1")]
        #[graphql(name = "SESSION1")]
        Session1,
        /// サブセッション
        Subsession,
        /// セッション2
        #[sea_orm(string_value = "SESSION2")]
        #[graphql(name = "SESSION2")]
        Session2,
        /// ふりかえり・まとめ
        Closing,
    }
}

entity! {
    /// Meetings.
    roundtable in "roundtables" {
        id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        title: String,
        theme: String,
        purpose: String,
        starts_at: DateTime<Utc>,
        venue: String,
        audience: Audience,
        state: RoundtableState,
        announced_at: Option<DateTime<Utc>>,
        stop_reason: Option<String>,
        held_on: Option<Date>,
        audience_count: Option<i32>,
        submitted_by: Option<AccountId>,
        submitted_at: Option<DateTime<Utc>>,
        return_reason: Option<String>,
        published_by: Option<AccountId>,
        published_at: Option<DateTime<Utc>>,
        closed_at: Option<DateTime<Utc>>,
    }
}

entity! {
    /// Participants; organization and district are the meeting's, as in every table of the record.
    participant in "roundtable_participants" {
        id: ParticipantId,
        roundtable_id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        role: ParticipantRole,
        name: String,
        name_public: bool,
        affiliation: Option<String>,
        sector: Sector,
    }
}

entity! {
    /// Issues.
    issue in "roundtable_issues" {
        id: IssueId,
        roundtable_id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        title: String,
        text: String,
        outcome: Option<IssueOutcome>,
    }
}

entity! {
    /// Decisions.
    decision in "roundtable_decisions" {
        id: DecisionId,
        roundtable_id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        text: String,
    }
}

entity! {
    /// Action items.
    action_item in "roundtable_action_items" {
        id: ActionItemId,
        roundtable_id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        what: String,
        owner: String,
        due_on: Date,
        state: ActionItemState,
    }
}

entity! {
    /// Passages of the minutes, numbered within the meeting.
    passage in "roundtable_passages" {
        id: PassageId,
        roundtable_id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        number: i32,
        session: SessionKind,
        text: String,
    }
}

entity! {
    /// Files of the record, with what is kept of each.
    roundtable_file in "roundtable_files" {
        id: RoundtableFileId,
        roundtable_id: RoundtableId,
        organization_id: Option<OrganizationId>,
        district_id: Option<DistrictId>,
        file_id: FileId,
        attached_by: Option<AccountId>,
        name: String,
        media_type: String,
        size: i32,
        sha256: String,
    }
}
