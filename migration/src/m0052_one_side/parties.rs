//! An act of the town hall is nobody's who is of the applicant's side: who had a hand in the application, or holds an office
//! of its organization.

use crate::table::Rewording;

pub(super) const CHANGES: &[Rewording] = &[(
    "entaku_duties_kept()",
    "    RETURN NULL;",
    "    IF NEW.act IN ('REVIEW_START', 'RETURN', 'RECOMMEND', 'DECIDE', 'REFUSE', 'CHANGE_APPROVE', 'CHANGE_REFUSE',
            'PAYMENT_REQUEST_RETURN', 'PAYMENT_EXECUTE', 'PAYMENT_REVERSE', 'REPORT_RETURN', 'REPORT_REVIEW', 'AMOUNT_FIX',
            'REPAYMENT_RECORD', 'DECISION_REVOKE')
        AND NEW.actor_id IN (SELECT p FROM entaku_application_parties(NEW.application_id,
            (application ->> 'organization_id')::uuid) p) THEN
        RAISE EXCEPTION 'nobody of the applicant does this' USING ERRCODE = '23514', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NULL;",
)];
