//! What waits at each state of an application, for whom and until when. Where a condition holds, the rules let the act be
//! done (`rules::application`; a test compares).

use crate::grants::commands::{
    GRANT_AMOUNT_FIX, GRANT_APPLICATION_CHANGE, GRANT_APPLICATION_DECIDE, GRANT_APPLICATION_FILE_ATTACH,
    GRANT_APPLICATION_RECOMMEND, GRANT_APPLICATION_REFUSE, GRANT_APPLICATION_REVIEW_START, GRANT_APPLICATION_SUBMIT,
    GRANT_COMPLETION_RECORD, GRANT_DECISION_REVOKE, GRANT_PAYMENT_EXECUTE, GRANT_PAYMENT_REQUEST,
    GRANT_REPAYMENT_RECORD, GRANT_REPAYMENT_REPORT, GRANT_REPORT_REVIEW, GRANT_REPORT_SUBMIT, GRANT_SURPLUS_ORDER,
};
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::ShapeDef;

/// A draft within the window that has everything, or lacks something: itself, or papers.
const READY: &str = "t.state = 'DRAFT' AND t.purpose IS NOT NULL AND t.requested_yen IS NOT NULL \
    AND t.programme_state = 'PUBLISHED' AND entaku_today() BETWEEN t.opens_on AND t.closes_on \
    AND NOT entaku_papers_missing(t.id, 'APPLICATION')";
const WITHOUT_PAPERS: &str = "t.state = 'DRAFT' AND t.purpose IS NOT NULL AND t.requested_yen IS NOT NULL \
    AND t.programme_state = 'PUBLISHED' AND entaku_today() BETWEEN t.opens_on AND t.closes_on \
    AND entaku_papers_missing(t.id, 'APPLICATION')";
const UNREADY: &str = "t.state = 'DRAFT' AND (t.purpose IS NULL OR t.requested_yen IS NULL) \
    AND t.programme_state = 'PUBLISHED' AND entaku_today() BETWEEN t.opens_on AND t.closes_on";
/// What was returned is put right and submitted again; after its day it still may be. It may have been emptied meanwhile.
const RETURNED_UNREADY: &str = "t.state = 'RETURNED' AND (t.purpose IS NULL OR t.requested_yen IS NULL)";
const RETURNED: &str = "t.state = 'RETURNED' AND t.purpose IS NOT NULL \
    AND t.requested_yen IS NOT NULL AND entaku_today() >= t.opens_on AND NOT entaku_papers_missing(t.id, 'APPLICATION')";
const RETURNED_WITHOUT: &str = "t.state = 'RETURNED' AND entaku_today() >= t.opens_on \
    AND entaku_papers_missing(t.id, 'APPLICATION')";
/// What no route stands before, or whose approvals are complete. Where there are no routes, nothing is asked of each row.
const DECIDABLE: &str = "t.state = 'REVIEWED' \
    AND (NOT EXISTS (SELECT FROM approval_routes r WHERE r.act = 'GRANT_APPLICATION_DECIDE') \
    OR entaku_may_proceed('GRANT_APPLICATION_DECIDE', t.id, NULL))";
/// What is left to be asked for, and whose time has come; with the papers of the request, or without.
const ASKABLE: &str = "t.state IN ('DECIDED', 'PARTLY_PAID', 'AMOUNT_FIXED') AND t.change_id IS NULL \
    AND (t.request_from IS NULL OR t.request_from <= entaku_today()) \
    AND NOT entaku_papers_missing(t.id, 'PAYMENT_REQUEST')";
const ASKABLE_WITHOUT: &str = "t.state IN ('DECIDED', 'PARTLY_PAID', 'AMOUNT_FIXED') AND t.change_id IS NULL \
    AND (t.request_from IS NULL OR t.request_from <= entaku_today()) \
    AND entaku_papers_missing(t.id, 'PAYMENT_REQUEST')";
/// What is on its way through the bank is not paid by hand (`commands::payment::not_at_the_bank`).
const PAYABLE: &str = "t.state = 'PAYMENT_REQUESTED' \
    AND (NOT EXISTS (SELECT FROM approval_routes r WHERE r.act = 'GRANT_PAYMENT_EXECUTE') \
    OR entaku_may_proceed('GRANT_PAYMENT_EXECUTE', t.id, NULL)) \
    AND NOT EXISTS (SELECT FROM bank_transfer_lines l \
    JOIN bank_transfers b ON b.municipality_id = l.municipality_id AND b.id = l.transfer_id \
    WHERE l.municipality_id = t.municipality_id AND l.application_id = t.id AND l.state = 'WAITING' \
    AND b.state = 'PRODUCED')";
const UNDECIDABLE: &str = "t.state = 'REVIEWED' \
    AND EXISTS (SELECT FROM approval_routes r WHERE r.act = 'GRANT_APPLICATION_DECIDE') \
    AND NOT entaku_may_proceed('GRANT_APPLICATION_DECIDE', t.id, NULL)";
const UNPAYABLE: &str = "t.state = 'PAYMENT_REQUESTED' \
    AND EXISTS (SELECT FROM approval_routes r WHERE r.act = 'GRANT_PAYMENT_EXECUTE') \
    AND NOT entaku_may_proceed('GRANT_PAYMENT_EXECUTE', t.id, NULL)";
/// What is fixed by a route, and what that orders back, when both are approved; and the books are as they are to be.
const FIXABLE: &str = "t.state = 'REPORT_REVIEWED' AND entaku_cleared('GRANT_AMOUNT_FIX', t.id) \
    AND entaku_cleared('GRANT_REPAYMENT_ORDER', t.id) AND entaku_books_allow(t.id)";
const UNFIXABLE: &str = "t.state = 'REPORT_REVIEWED' AND NOT (entaku_cleared('GRANT_AMOUNT_FIX', t.id) \
    AND entaku_cleared('GRANT_REPAYMENT_ORDER', t.id) AND entaku_books_allow(t.id))";
/// Its books show less since it was examined.
const OUTDATED: &str = "t.state = 'REPORT_REVIEWED' AND EXISTS (SELECT FROM grant_booked g \
    WHERE g.municipality_id = t.municipality_id AND g.application_id = t.id AND g.eligible_yen < t.eligible_yen)";
/// What was approved is to be done.
const REFUSABLE: &str = "t.state = 'REVIEWED' AND EXISTS (SELECT FROM approvals v \
    WHERE v.municipality_id = t.municipality_id AND v.object_id = t.id AND v.act = 'GRANT_APPLICATION_REFUSE' \
    AND v.state = 'APPROVED')";
const REVOCABLE: &str = "t.state IN ('DECIDED', 'PAYMENT_REQUESTED', 'PARTLY_PAID', 'PAID', 'REPORTED', 'REPORT_REVIEWED', \
    'AMOUNT_FIXED', 'SETTLED', 'REPAYMENT_ORDERED', 'REPAID') AND t.revoked_on IS NULL \
    AND EXISTS (SELECT FROM approvals v WHERE v.municipality_id = t.municipality_id AND v.object_id = t.id \
    AND v.act = 'GRANT_DECISION_REVOKE' AND v.state = 'APPROVED')";
/// What is owed, and of which the organization has told nothing since something came.
const OWED: &str = "t.state = 'REPAYMENT_ORDERED' AND t.repayment_reported_on IS NULL";
/// What waits to be deducted though nothing comes that could bear it, while nobody is approving its order.
const IN_VAIN: &str = "t.offset_yen > t.offset_done_yen AND t.state IN ('SETTLED', 'REPAYMENT_ORDERED', 'REPAID', 'REVOKED') \
    AND entaku_waits_in_vain(t.id) AND NOT EXISTS (SELECT FROM approvals v WHERE v.municipality_id = t.municipality_id \
    AND v.object_id = t.id AND v.act = 'GRANT_REPAYMENT_ORDER' AND v.state = 'OPEN')";
/// The day on which the accounts of the year after the grant's close (地方自治法235条の5).
const YEAR_AFTER_CLOSES: &str = "make_date(t.fiscal_year + 2, 5, 31)";
/// What is completed and waits for no decision on a change; with the papers of the report, or without.
const REPORTABLE: &str = "t.state IN ('DECIDED', 'PARTLY_PAID', 'PAID') AND t.completed_on IS NOT NULL \
    AND t.change_id IS NULL AND NOT entaku_papers_missing(t.id, 'REPORT')";
const REPORTABLE_WITHOUT: &str = "t.state IN ('DECIDED', 'PARTLY_PAID', 'PAID') AND t.completed_on IS NOT NULL \
    AND t.change_id IS NULL AND entaku_papers_missing(t.id, 'REPORT')";

#[allow(clippy::too_many_lines)] // a list
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
            GRANT_APPLICATION_CHANGE,
            [RETURNED_UNREADY, "t.title", "t.correction_due"],
            [
                "返された申請に未記入の項目(目的・申請額)があります。記入してから再び申請してください。",
                "The returned application lacks its purpose or its amount. Please complete and submit it again.",
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
            [RETURNED, "t.title", "t.correction_due"],
            [
                "補正のために返されました。理由を確認し、直してから再び申請してください。",
                "It was returned for correction. Please read the reason, correct it and submit it again.",
            ],
        )
        .task(
            GRANT_APPLICATION_FILE_ATTACH,
            [WITHOUT_PAPERS, "t.title", "t.closes_on"],
            [
                "下書きに添付していない書類があります。受付の終わる日までに添付し、申請してください。",
                "Papers of the draft are missing. Please attach them and submit it before applications close.",
            ],
        )
        .task(
            GRANT_APPLICATION_FILE_ATTACH,
            [RETURNED_WITHOUT, "t.title", "t.correction_due"],
            [
                "返された申請に添付していない書類があります。添付してから再び申請してください。",
                "Papers of the returned application are missing. Please attach them and submit it again.",
            ],
        )
        .task(
            GRANT_APPLICATION_FILE_ATTACH,
            [ASKABLE_WITHOUT, "t.title", "t.request_due"],
            [
                "支払の請求に求められる書類が添付されていません。添付してから請求してください。",
                "Papers that the request of a payment needs are missing. Please attach them and request the payment.",
            ],
        )
        .task(
            GRANT_APPLICATION_FILE_ATTACH,
            [REPORTABLE_WITHOUT, "t.title", "coalesce(t.correction_due, t.report_due)"],
            [
                "実績報告に求められる書類が添付されていません。添付してから報告してください。",
                "Papers that the report needs are missing. Please attach them and report.",
            ],
        )
        .task(
            GRANT_APPLICATION_REVIEW_START,
            ["t.state = 'SUBMITTED'", "t.title", "t.decision_due"],
            [
                "申請がありました。内容を確認し、審査を始めてください。",
                "The application was submitted. Please begin its review.",
            ],
        )
        .task(
            GRANT_APPLICATION_RECOMMEND,
            ["t.state = 'UNDER_REVIEW'", "t.title", "t.decision_due"],
            [
                "審査中です。意見を付けて決裁に回すか、補正のために返してください。",
                "It is under review. Please recommend an amount, or return it for correction.",
            ],
        )
        .task(
            GRANT_APPLICATION_DECIDE,
            [DECIDABLE, "t.title", "t.decision_due"],
            [
                "審査が終わりました。交付または不交付を決定してください。",
                "The review is done. Please decide to grant it or not.",
            ],
        )
        .task(
            GRANT_APPLICATION_REFUSE,
            [REFUSABLE, "t.title", "t.decision_due"],
            [
                "不交付の決裁がそろいました。不交付を決定してください。",
                "Its refusal was approved. Please decide not to grant it.",
            ],
        )
        .task(
            GRANT_DECISION_REVOKE,
            [REVOCABLE, "t.title", ""],
            [
                "交付決定の取消しの決裁がそろいました。取り消してください。",
                "The revocation of its decision was approved. Please revoke it.",
            ],
        )
        .waits_for(&[Role::Approver], Over::Municipality, [UNDECIDABLE, "t.title", "t.decision_due"])
        .waits_for(&[Role::Payer], Over::Municipality, [UNPAYABLE, "t.title", "t.payment_due"])
        .task(
            GRANT_PAYMENT_REQUEST,
            [ASKABLE, "t.title", "t.request_due"],
            [
                "まだ支払われていない額があります。額を確認し、次の支払を請求してください。",
                "Something is left to be paid. Please see the amount and request the next payment.",
            ],
        )
        .task(
            GRANT_PAYMENT_EXECUTE,
            [PAYABLE, "t.title", "t.payment_due"],
            [
                "支払が請求されました。支払を行い、支払った日を記録してください。",
                "The payment was requested. Please pay and record the day.",
            ],
        )
        .task(
            GRANT_COMPLETION_RECORD,
            ["t.state IN ('DECIDED', 'PARTLY_PAID', 'PAID') AND t.completed_on IS NULL", "t.title", "t.report_due"],
            [
                "事業が完了したら、完了した日を届け出てください。実績報告の期限が定まります。",
                "Please record the day of completion. It tells until when the report is due.",
            ],
        )
        .task(
            GRANT_REPORT_SUBMIT,
            [REPORTABLE, "t.title", "coalesce(t.correction_due, t.report_due)"],
            [
                "事業が完了しました。期限までに実績を報告してください。",
                "The project is completed. Please report on it until the day on which it is due.",
            ],
        )
        .task(
            GRANT_REPORT_REVIEW,
            ["t.state = 'REPORTED'", "t.title", "t.fixing_due"],
            [
                "実績が報告されました。審査し、対象となる経費を認めるか、補正のために返してください。",
                "The results were reported. Please examine the report, or return it for correction.",
            ],
        )
        .task(
            GRANT_AMOUNT_FIX,
            [FIXABLE, "t.title", "t.fixing_due"],
            ["実績報告の審査が終わりました。額を確定してください。", "The report was examined. Please fix the amount."],
        )
        .task(
            GRANT_REPORT_REVIEW,
            [OUTDATED, "t.title", "t.fixing_due"],
            [
                "審査の後に帳簿が変わり、対象となる経費が減りました。実績報告の審査をやり直してください。",
                "The books have changed since the report was examined. Please examine it again.",
            ],
        )
        .waits_for(&[Role::Approver], Over::Municipality, [UNFIXABLE, "t.title", "t.fixing_due"])
        .task(
            GRANT_SURPLUS_ORDER,
            [IN_VAIN, "t.title", YEAR_AFTER_CLOSES],
            [
                "後の年度の配分から差し引く剰余金が、差し引けないまま残っています。次の配分を待たない場合は、(決裁ルートがあれば決裁を経て)返還を命じてください。",
                "A surplus could not be deducted from a later allocation. Order it back (approved first, where a route covers it), \
                 unless another allocation is to come.",
            ],
        )
        .task(
            GRANT_REPAYMENT_REPORT,
            [OWED, "t.title", "t.repayment_due"],
            [
                "返還が命じられています。期限までに返還し、返還した日を届け出てください。",
                "Something was ordered back. Please return it until the day on which it is due, and tell when you did.",
            ],
        )
        .task(
            GRANT_REPAYMENT_RECORD,
            ["t.state = 'REPAYMENT_ORDERED'", "t.title", "t.repayment_due"],
            [
                "返還を命じた額が残っています。入金を確認し、受け入れてください。",
                "Something that was ordered back is outstanding. Please record what has come.",
            ],
        )
}
