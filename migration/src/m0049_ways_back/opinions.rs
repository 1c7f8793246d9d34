//! What was examined may be returned for correction still: the opinion is taken back with it.

use crate::table::Rewording;

/// An opinion that was taken back binds nobody but whoever gave it.
pub(super) const UP: &str = "
INSERT INTO duties_apart (object, act, done_by) VALUES ('grant_applications', 'REPORT_SUBMIT', 'examined_by');
";

pub(super) const CHANGES: &[Rewording] = &[
    (
        "grant_application_settled()",
        "WHEN OLD.state = 'REVIEWED'",
        "WHEN OLD.state = 'REVIEWED' AND NEW.state = 'RETURNED' AND NEW.recommended_yen IS NULL
            AND NEW.recommended_by IS NULL
            THEN ARRAY['title', 'purpose', 'requested_yen', 'submitted_by']
        WHEN OLD.state = 'REVIEWED'",
    ),
    // What was found eligible is taken back whole, whatever the books show.
    (
        "grant_held_to_books()",
        "AND NEW.booked_yen IS DISTINCT FROM booked.eligible_yen
        OR",
        "AND NEW.booked_yen IS DISTINCT FROM booked.eligible_yen
            AND (NEW.eligible_yen IS NOT NULL OR NEW.booked_yen IS NOT NULL)
        OR",
    ),
    (
        "grant_life_follows(text, text)",
        "('REPORT_REVIEWED', 'AMOUNT_FIXED'),",
        "('REPORT_REVIEWED', 'DECIDED'), ('REPORT_REVIEWED', 'PARTLY_PAID'), ('REPORT_REVIEWED', 'PAID'), ('REPORT_REVIEWED', 'AMOUNT_FIXED'),",
    ),
];

pub(super) const DOWN: &str = "
DELETE FROM duties_apart WHERE act = 'REPORT_SUBMIT';
";
