//! Deadlines (docs/adr/0043-deadlines-and-the-calendar.md): the days on which a municipality closes besides, until when each
//! step of a grant is due, when each of its parts is paid, and how long books and the bank may take.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A day is closed once.
fn closed_days() -> Tenant {
    Tenant::new("closed_days", "day date NOT NULL, name text NOT NULL, cancelled_on date").indexed(&["day, id)"])
}

/// Each is a day of its own: what is due, by what, is told from the state. `schedule` keeps when the parts of `instalments`
/// are paid; `request_from` and `request_due` are those of the next part (`grant_next_part`).
const COLUMNS: &str = "
CREATE UNIQUE INDEX closed_days_once ON closed_days (municipality_id, day) WHERE cancelled_on IS NULL;
ALTER TABLE grant_applications
    ADD COLUMN decision_due date, ADD COLUMN returned_on date, ADD COLUMN correction_due date,
    ADD COLUMN schedule text, ADD COLUMN request_from date, ADD COLUMN request_due date,
    ADD COLUMN payment_due date, ADD COLUMN fixing_due date;
ALTER TABLE grant_changes ADD COLUMN decision_due date;
ALTER TABLE grant_subgrants ADD COLUMN decision_due date;
ALTER TABLE municipality_settings
    ADD COLUMN book_closing_days int CHECK (book_closing_days BETWEEN 1 AND 365),
    ADD COLUMN book_audit_days int CHECK (book_audit_days BETWEEN 1 AND 365),
    ADD COLUMN bank_report_days int NOT NULL DEFAULT 3 CHECK (bank_report_days BETWEEN 1 AND 60);
";

/// The times of the next part that is not paid whole, derived wherever money or parts change. Nothing is asked for of a part
/// whose time has not come, where the schedule has a first day for it; once the amount is fixed, the rest is no part.
const NEXT_PART: &str = "
CREATE FUNCTION grant_next_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    part record;
    reached bigint := 0;
    askable bigint := 0;
BEGIN
    NEW.request_from := NULL;
    NEW.request_due := NULL;
    IF NEW.fixed_yen IS NOT NULL THEN
        RETURN NEW;
    END IF;
    FOR part IN SELECT (p.value #>> '{}')::bigint AS yen, (s.value ->> 'from')::date AS opens,
            (s.value ->> 'until')::date AS closes
        FROM jsonb_array_elements(NEW.instalments::jsonb) WITH ORDINALITY p (value, n)
        JOIN jsonb_array_elements(NEW.schedule::jsonb) WITH ORDINALITY s (value, n) ON s.n = p.n ORDER BY p.n
    LOOP
        IF reached <= NEW.paid_yen AND NEW.paid_yen < reached + part.yen THEN
            NEW.request_from := part.opens;
            NEW.request_due := part.closes;
        END IF;
        reached := reached + part.yen;
        IF part.opens IS NULL OR part.opens <= entaku_today() THEN
            askable := askable + part.yen;
        END IF;
    END LOOP;
    -- What was paid and came back is asked for still, whatever became of the parts since.
    IF TG_OP = 'UPDATE' AND NEW.state = 'PAYMENT_REQUESTED' AND OLD.state <> 'PAYMENT_REQUESTED'
        AND NEW.paid_yen >= OLD.paid_yen
        AND NEW.paid_yen + NEW.pending_yen > askable THEN
        RAISE EXCEPTION 'a part of a grant is not asked for before its time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_in_time';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER next_part BEFORE INSERT OR UPDATE OF state, schedule, instalments, paid_yen, fixed_yen ON grant_applications
    FOR EACH ROW WHEN (NEW.schedule IS NOT NULL) EXECUTE FUNCTION grant_next_part();
";

/// Until when what a route approves is due: as the act itself.
const DUE: &str = "
CREATE FUNCTION entaku_due(p_act text, p_object uuid) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT CASE p_act WHEN 'GRANT_APPLICATION_DECIDE' THEN a.decision_due
                WHEN 'GRANT_APPLICATION_REFUSE' THEN a.decision_due
                WHEN 'GRANT_PAYMENT_EXECUTE' THEN a.payment_due
                WHEN 'GRANT_AMOUNT_FIX' THEN a.fixing_due
                WHEN 'GRANT_REPAYMENT_ORDER' THEN CASE WHEN a.state = 'REPORT_REVIEWED' THEN a.fixing_due END END
            FROM grant_applications a WHERE a.municipality_id = entaku_municipality() AND a.id = p_object),
        (SELECT c.decision_due FROM grant_changes c WHERE p_act = 'GRANT_APPLICATION_DECIDE'
            AND c.municipality_id = entaku_municipality() AND c.id = p_object),
        (SELECT r.opens_on FROM grant_runs r WHERE p_act = 'GRANT_RUN_APPROVE'
            AND r.municipality_id = entaku_municipality() AND r.id = p_object)) $$;
GRANT EXECUTE ON FUNCTION entaku_due(text, uuid) TO entaku_app;
";

const DOWN: &str = "
DROP FUNCTION entaku_due(text, uuid);
DROP TRIGGER next_part ON grant_applications;
DROP FUNCTION grant_next_part();
ALTER TABLE municipality_settings DROP COLUMN book_closing_days, DROP COLUMN book_audit_days, DROP COLUMN bank_report_days;
ALTER TABLE grant_subgrants DROP COLUMN decision_due;
ALTER TABLE grant_changes DROP COLUMN decision_due;
ALTER TABLE grant_applications
    DROP COLUMN decision_due, DROP COLUMN returned_on, DROP COLUMN correction_due, DROP COLUMN schedule,
    DROP COLUMN request_from, DROP COLUMN request_due, DROP COLUMN payment_due, DROP COLUMN fixing_due;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        closed_days().create(manager).await?;
        for statements in [COLUMNS, NEXT_PART, DUE] {
            run(manager, statements).await?;
        }
        Ok(())
    }

    /// Deadlines that were told are lost; nothing that happened is.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await?;
        drop(manager, &["closed_days"]).await
    }
}
