//! What waits at each state of an application, for whom and until when. Where a condition holds, the rules let the act be
//! done (`rules::application`; a test compares).

use crate::grants::commands::{
    GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_RECOMMEND, GRANT_APPLICATION_REVIEW_START,
    GRANT_APPLICATION_SUBMIT, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST,
};
use crate::kernel::read::ShapeDef;

/// A draft within the window that has everything, or lacks something.
const READY: &str = "t.state = 'DRAFT' AND t.purpose IS NOT NULL AND t.requested_yen IS NOT NULL \
    AND t.programme_state = 'PUBLISHED' AND entaku_today() BETWEEN t.opens_on AND t.closes_on";
const UNREADY: &str = "t.state = 'DRAFT' AND (t.purpose IS NULL OR t.requested_yen IS NULL) \
    AND t.programme_state = 'PUBLISHED' AND entaku_today() BETWEEN t.opens_on AND t.closes_on";
/// What was returned is put right and submitted again, without a deadline.
const RETURNED: &str = "t.state = 'RETURNED' AND t.programme_state = 'PUBLISHED' AND t.purpose IS NOT NULL \
    AND t.requested_yen IS NOT NULL AND entaku_today() >= t.opens_on";
/// Whoever had a hand in the application itself (`commands::is_party`).
const PARTIES: &str = "SELECT h.actor_id FROM grant_acts h WHERE h.municipality_id = t.municipality_id \
    AND h.application_id = t.id AND h.act IN ('CREATE', 'CHANGE', 'SUBMIT') AND h.actor_id IS NOT NULL";

pub(super) fn of_application(shape: ShapeDef) -> ShapeDef {
    shape
        .task(
            GRANT_APPLICATION_CHANGE,
            [UNREADY, "t.title", "t.closes_on"],
            [
                "下書きに未記入の項目(目的・申請額)があります。受付の終わる日までに記入し、申請してください。",
                "The draft lacks its purpose or its amount. Please complete and submit it before applications close.",
            ],
        )
        .task(
            GRANT_APPLICATION_SUBMIT,
            [READY, "t.title", "t.closes_on"],
            [
                "下書きができています。受付の終わる日までに申請してください。",
                "The draft is complete. Please submit it before applications close.",
            ],
        )
        .task(
            GRANT_APPLICATION_SUBMIT,
            [RETURNED, "t.title", ""],
            [
                "補正のために返されました。理由を確認し、直してから再び申請してください。",
                "It was returned for correction. Please read the reason, correct it and submit it again.",
            ],
        )
        .task(
            GRANT_APPLICATION_REVIEW_START,
            ["t.state = 'SUBMITTED'", "t.title", ""],
            [
                "申請がありました。内容を確認し、審査を始めてください。",
                "The application was submitted. Please begin its review.",
            ],
        )
        .except(PARTIES)
        .task(
            GRANT_APPLICATION_RECOMMEND,
            ["t.state = 'UNDER_REVIEW'", "t.title", ""],
            [
                "審査中です。意見を付けて決裁に回すか、補正のために返してください。",
                "It is under review. Please recommend an amount, or return it for correction.",
            ],
        )
        .except(PARTIES)
        .task(
            GRANT_APPLICATION_DECIDE,
            ["t.state = 'REVIEWED'", "t.title", ""],
            [
                "審査が終わりました。交付または不交付を決定してください。",
                "The review is done. Please decide to grant it or not.",
            ],
        )
        .except(PARTIES)
        .task(
            GRANT_PAYMENT_REQUEST,
            ["t.state = 'DECIDED'", "t.title", ""],
            [
                "交付が決定しました。決定額を確認し、支払を請求してください。",
                "The grant was decided. Please see the amount and request its payment.",
            ],
        )
        .task(
            GRANT_PAYMENT_EXECUTE,
            ["t.state = 'PAYMENT_REQUESTED'", "t.title", ""],
            [
                "支払が請求されました。支払を行い、支払った日を記録してください。",
                "The payment was requested. Please pay and record the day.",
            ],
        )
        .except(PARTIES)
}
