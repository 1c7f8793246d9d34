//! A budget that changes (補正予算) changes in the ledger: what is left of it and what is allocated are the budget.

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
";

pub(super) const DOWN: &str = "
DROP TRIGGER budget_kept ON grant_programmes;
DROP FUNCTION grant_budget_kept();
";
