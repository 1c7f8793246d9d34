//! A budget that changes (補正予算) changes in the ledger: what is left of it and what is allocated are the budget. What was
//! calculated of another budget is approved no more, and nobody is asked about it.

use crate::table::Rewording;

pub(super) const CHANGES: &[Rewording] = &[(
    "entaku_matter(text, uuid)",
    "AND r.state = 'CALCULATED' AND r.kind = 'REAL'",
    "AND r.state = 'CALCULATED' AND r.kind = 'REAL'
            AND r.budget_yen = (SELECT p.budget_yen FROM grant_programmes p
                WHERE p.municipality_id = r.municipality_id AND p.id = r.programme_id)",
)];

pub(super) const UP: &str = "
CREATE FUNCTION grant_budget_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    town uuid := NEW.municipality_id;
    now_is grant_programmes;
BEGIN
    SELECT * INTO now_is FROM grant_programmes g WHERE g.municipality_id = town AND g.id = NEW.id;
    IF (SELECT coalesce(sum(a.balance), 0) FROM ledger_accounts a WHERE a.municipality_id = town
            AND a.owner_id = NEW.id AND a.kind = 'BUDGET' AND a.fiscal_year = now_is.fiscal_year)
        + (SELECT coalesce(sum(l.amount_yen), 0) FROM grant_allocations l
            WHERE l.municipality_id = town AND l.programme_id = NEW.id) <> now_is.budget_yen THEN
        RAISE EXCEPTION 'the budget of a programme is what the ledger holds of it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_budget';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER budget_kept AFTER UPDATE ON grant_programmes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.budget_yen <> OLD.budget_yen) EXECUTE FUNCTION grant_budget_kept();

CREATE FUNCTION grant_run_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.budget_yen <> (SELECT p.budget_yen FROM grant_programmes p
            WHERE p.municipality_id = NEW.municipality_id AND p.id = NEW.programme_id) THEN
        RAISE EXCEPTION 'the budget of the programme is another one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_runs_budget';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER budget_approved BEFORE UPDATE OF state ON grant_runs FOR EACH ROW
    WHEN (OLD.state <> 'APPROVED' AND NEW.state = 'APPROVED') EXECUTE FUNCTION grant_run_budget();
";

pub(super) const DOWN: &str = "
DROP TRIGGER budget_approved ON grant_runs;
DROP FUNCTION grant_run_budget();
DROP TRIGGER budget_kept ON grant_programmes;
DROP FUNCTION grant_budget_kept();
";
