//! Where everything had come back when a decision was revoked, a return among it may still be a mistake: undone, it is owed
//! again, until a day of its own.

use crate::table::Rewording;

pub(super) const CHANGES: &[Rewording] = &[
    (
        "grant_life_follows(text, text)",
        "('REPAID', 'REVOKED'),",
        "('REPAID', 'REVOKED'), ('REVOKED', 'REPAYMENT_ORDERED'),",
    ),
    (
        "grant_return_undone(grant_applications, grant_applications)",
        "was.state IN ('REPAYMENT_ORDERED', 'REPAID')",
        "was.state IN ('REPAYMENT_ORDERED', 'REPAID', 'REVOKED')",
    ),
    (
        "grant_application_settled()",
        "    kept text[] := CASE",
        "    kept text[] := CASE
        WHEN OLD.state = 'REVOKED' AND grant_return_undone(OLD, NEW)
            THEN decision || fixing || money || ARRAY['kept_yen', 'offset_yen', 'ordered_yen', 'revoked_on', 'revoked_by']",
    ),
];
