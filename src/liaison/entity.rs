//! Rows, ids and words of liaison work.

use crate::kernel::date::Date;
use crate::kernel::principal::AccountId;
use crate::organizations::entity::{DistrictId, OrganizationId};
use crate::people::entity::{AppointmentId, SectionId};
use crate::{entity, id_type, text_enum};

id_type!(/// 担当
    LiaisonAssignmentId = "las");
id_type!(/// 活動記録
    LiaisonVisitId = "lvs");
id_type!(/// 要望の取次ぎ
    LiaisonRequestId = "lrq");

text_enum! {
    /// 担当の中での役割。
    LiaisonRole {
        /// 主担当
        Main,
        /// 副担当
        Sub,
        /// 班長・リーダー
        Leader,
    }
}

text_enum! {
    /// 担当する人の種類。
    LiaisonKind {
        /// 地域担当職員
        LiaisonStaff,
        /// 生活支援コーディネーター(地域支え合い推進員)
        LifeSupportCoordinator,
        /// 集落支援員
        HamletSupporter,
    }
}

text_enum! {
    /// 担当の状態。
    LiaisonAssignmentState {
        /// 内申(任命前)
        Proposed,
        /// 任命
        Appointed,
        /// 任期満了
        Ended,
        /// 解任・異動
        Relieved,
    }
}

text_enum! {
    /// 活動の種類。
    LiaisonVisitKind {
        /// 訪問
        Visit,
        /// 会議への出席
        Meeting,
        /// 相談
        Consultation,
        /// 行事
        Event,
        /// 申請書・報告書の作成の支援
        DocumentSupport,
        /// その他
        Other,
    }
}

text_enum! {
    /// 要望の取次ぎの状態。
    LiaisonRequestState {
        /// 受けた
        Received,
        /// 関係課に取り次いだ
        Forwarded,
        /// 関係課が回答した
        Answered,
        /// 地域に回答を伝えた
        ReportedBack,
        /// 完了
        Closed,
    }
}

entity! {
    /// Assignments. The name is the account's at the time, so that organizations may read it.
    assignment in "liaison_assignments" {
        id: LiaisonAssignmentId,
        account_id: AccountId,
        staff_name: String,
        district_id: DistrictId,
        role: LiaisonRole,
        kind: LiaisonKind,
        state: LiaisonAssignmentState,
        term_start: Date,
        term_end: Option<Date>,
        ended_on: Option<Date>,
        relief_reason: Option<String>,
        appointment_id: Option<AppointmentId>,
        predecessor_id: Option<LiaisonAssignmentId>,
    }
}

entity! {
    /// The log of activities.
    visit in "liaison_visits" {
        id: LiaisonVisitId,
        account_id: AccountId,
        staff_name: String,
        district_id: DistrictId,
        organization_id: Option<OrganizationId>,
        visited_on: Date,
        minutes: i32,
        kind: LiaisonVisitKind,
        place: Option<String>,
        content: String,
        requests_heard: Option<String>,
    }
}

entity! {
    /// Requests on their way to a section and back.
    request in "liaison_requests" {
        id: LiaisonRequestId,
        district_id: DistrictId,
        organization_id: Option<OrganizationId>,
        visit_id: Option<LiaisonVisitId>,
        section_id: Option<SectionId>,
        state: LiaisonRequestState,
        subject: String,
        content: String,
        received_on: Date,
        received_by: Option<AccountId>,
        forwarded_on: Option<Date>,
        answer: Option<String>,
        answered_on: Option<Date>,
        answered_by: Option<AccountId>,
        reported_on: Option<Date>,
        report_note: Option<String>,
        closed_on: Option<Date>,
    }
}
