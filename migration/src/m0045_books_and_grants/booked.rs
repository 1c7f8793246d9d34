//! What the books show of a grant, and that nobody examines or fixes more of it than that.

use crate::table::words;

const RULES: &[&str] = &["OPEN", "CLOSED", "CONFIRMED"];

/// A programme of the release before asked nothing of books; one that is public asks nothing new.
pub(super) fn columns() -> String {
    format!(
        "ALTER TABLE grant_programmes ADD COLUMN book_rule text NOT NULL DEFAULT 'CLOSED' {};
        ALTER TABLE grant_programmes DISABLE TRIGGER USER;
        UPDATE grant_programmes SET book_rule = 'OPEN' WHERE state <> 'DRAFT';
        ALTER TABLE grant_programmes ENABLE TRIGGER USER;
        ALTER TABLE grant_applications ADD COLUMN booked_yen bigint CHECK (booked_yen >= 0),
            ADD CONSTRAINT grant_applications_booked CHECK (eligible_yen <= booked_yen);
        CREATE INDEX book_transactions_application ON book_transactions (municipality_id, application_id, number, id);
        DROP INDEX book_transactions_3;",
        words("book_rule", RULES)
    )
}

/// A grant has its books once an expense of them was its own, whatever became of that expense: what is undone, or taken
/// from the grant, does not lead around the comparison. What counts are the expenses that stand.
pub(super) const VIEWS: &str = "
CREATE VIEW grant_booked WITH (security_invoker = true) AS
    SELECT s.municipality_id, s.application_id AS id, s.application_id, s.organization_id,
        s.spent_yen, s.ineligible_yen, s.spent_yen - s.ineligible_yen AS eligible_yen, s.state
    FROM (SELECT t.municipality_id, t.application_id, t.organization_id,
            coalesce(sum(t.amount_yen) FILTER (WHERE t.reverses_id IS NULL AND r.id IS NULL), 0)::bigint AS spent_yen,
            coalesce(sum(t.amount_yen) FILTER (WHERE t.reverses_id IS NULL AND r.id IS NULL
                AND t.ineligible_use_id IS NOT NULL), 0)::bigint AS ineligible_yen,
            CASE WHEN bool_or(b.state = 'OPEN') THEN 'OPEN' WHEN bool_or(b.state = 'CLOSED') THEN 'CLOSED'
                ELSE 'CONFIRMED' END AS state
        FROM book_transactions t
        JOIN account_books b ON b.municipality_id = t.municipality_id AND b.id = t.book_id
        LEFT JOIN book_transactions r ON r.municipality_id = t.municipality_id AND r.reverses_id = t.id
        WHERE t.application_id IS NOT NULL AND t.side = 'EXPENSE'
        GROUP BY t.municipality_id, t.application_id, t.organization_id) s;

CREATE VIEW grant_booked_costs WITH (security_invoker = true) AS
    SELECT t.municipality_id,
        md5(t.application_id::text || t.category || coalesce(t.ineligible_use_id::text, ''))::uuid AS id,
        t.application_id, t.organization_id, t.category, t.ineligible_use_id, sum(t.amount_yen)::bigint AS amount_yen
    FROM book_transactions t
    LEFT JOIN book_transactions r ON r.municipality_id = t.municipality_id AND r.reverses_id = t.id
    WHERE t.application_id IS NOT NULL AND t.side = 'EXPENSE' AND t.reverses_id IS NULL AND r.id IS NULL
    GROUP BY t.municipality_id, t.application_id, t.organization_id, t.category, t.ineligible_use_id;
GRANT SELECT ON grant_booked, grant_booked_costs TO entaku_app;
";

/// The books are held still while they are compared.
pub(super) const HELD: &str = "
CREATE FUNCTION grant_held_to_books() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked grant_booked;
    asked text;
BEGIN
    PERFORM FROM account_books b WHERE b.municipality_id = NEW.municipality_id AND b.id IN (
            SELECT t.book_id FROM book_transactions t WHERE t.municipality_id = NEW.municipality_id
                AND t.application_id = NEW.id AND t.side = 'EXPENSE')
        ORDER BY b.id FOR SHARE;
    SELECT * INTO booked FROM grant_booked g WHERE g.municipality_id = NEW.municipality_id AND g.application_id = NEW.id;
    IF NEW.booked_yen IS DISTINCT FROM OLD.booked_yen AND NEW.booked_yen IS DISTINCT FROM booked.eligible_yen
        OR NEW.eligible_yen > booked.eligible_yen THEN
        RAISE EXCEPTION 'the books show % yen that are eligible', booked.eligible_yen
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_booked';
    END IF;
    SELECT p.book_rule INTO asked FROM grant_programmes p
        WHERE p.municipality_id = NEW.municipality_id AND p.id = NEW.programme_id;
    IF NEW.fixed_yen IS NOT NULL AND OLD.fixed_yen IS NULL AND (booked.state = 'OPEN' AND asked <> 'OPEN'
        OR booked.state = 'CLOSED' AND asked = 'CONFIRMED') THEN
        RAISE EXCEPTION 'the book is %', booked.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_booked';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER held_to_books BEFORE UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.eligible_yen IS DISTINCT FROM OLD.eligible_yen OR NEW.booked_yen IS DISTINCT FROM OLD.booked_yen
        OR (NEW.fixed_yen IS NOT NULL AND OLD.fixed_yen IS NULL))
    EXECUTE FUNCTION grant_held_to_books();
";

pub(super) const BACK: &str = "
DROP TRIGGER held_to_books ON grant_applications;
DROP FUNCTION grant_held_to_books();
DROP VIEW grant_booked_costs;
DROP VIEW grant_booked;
CREATE INDEX book_transactions_3 ON book_transactions (municipality_id, application_id);
DROP INDEX book_transactions_application;
ALTER TABLE grant_applications DROP COLUMN booked_yen;
ALTER TABLE grant_programmes DROP COLUMN book_rule;
";
