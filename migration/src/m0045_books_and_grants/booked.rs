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
/// from the grant, does not lead around the comparison. What counts are the expenses that stand, and what of them has a
/// receipt where one is asked for.
pub(super) const VIEWS: &str = "
CREATE VIEW grant_expenses WITH (security_invoker = true) AS
    SELECT t.municipality_id, t.id, t.number, t.application_id, t.organization_id, t.book_id, t.category, t.amount_yen,
        t.ineligible_use_id, t.reverses_id IS NULL AND r.id IS NULL AS stands,
        t.ineligible_use_id IS NULL AND (EXISTS (SELECT FROM book_files f
                WHERE f.municipality_id = t.municipality_id AND f.transaction_id = t.id)
            OR NOT EXISTS (SELECT FROM ineligible_uses u WHERE u.municipality_id = t.municipality_id AND u.in_force
                AND u.without_receipt AND entaku_use_covers(u.municipality_id, u.programme_id, t.application_id)))
            AS eligible
    FROM book_transactions t
    LEFT JOIN book_transactions r ON r.municipality_id = t.municipality_id AND r.reverses_id = t.id
    WHERE t.application_id IS NOT NULL AND t.side = 'EXPENSE';

CREATE VIEW grant_booked WITH (security_invoker = true) AS
    SELECT s.municipality_id, s.application_id AS id, s.application_id, s.organization_id,
        s.spent_yen, s.spent_yen - s.eligible_yen AS ineligible_yen, s.eligible_yen, s.state
    FROM (SELECT e.municipality_id, e.application_id, e.organization_id,
            coalesce(sum(e.amount_yen) FILTER (WHERE e.stands), 0)::bigint AS spent_yen,
            coalesce(sum(e.amount_yen) FILTER (WHERE e.stands AND e.eligible), 0)::bigint AS eligible_yen,
            CASE coalesce(min(s.rank) FILTER (WHERE e.stands), min(s.rank))
                WHEN 1 THEN 'OPEN' WHEN 2 THEN 'CLOSED' ELSE 'CONFIRMED' END AS state
        FROM grant_expenses e
        JOIN account_books b ON b.municipality_id = e.municipality_id AND b.id = e.book_id
        CROSS JOIN LATERAL (SELECT array_position('{OPEN,CLOSED,CONFIRMED}'::text[], b.state) AS rank) s
        GROUP BY e.municipality_id, e.application_id, e.organization_id) s;

CREATE VIEW grant_booked_costs WITH (security_invoker = true) AS
    SELECT e.municipality_id,
        md5(e.application_id::text || e.category || coalesce(e.ineligible_use_id::text, ''))::uuid AS id,
        e.application_id, e.organization_id, e.category, e.ineligible_use_id, sum(e.amount_yen)::bigint AS amount_yen,
        coalesce(sum(e.amount_yen) FILTER (WHERE e.eligible), 0)::bigint AS eligible_yen
    FROM grant_expenses e WHERE e.stands
    GROUP BY e.municipality_id, e.application_id, e.organization_id, e.category, e.ineligible_use_id;
GRANT SELECT ON grant_expenses, grant_booked, grant_booked_costs TO entaku_app;
";

/// Each fiscal year pays for itself (地方自治法208条2項): what is spent later is spent of what was kept, once that is known.
pub(super) const IN_YEAR: &str = "
CREATE FUNCTION entaku_book_expense_in_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grant_applications a WHERE a.municipality_id = NEW.municipality_id
            AND a.id = NEW.application_id AND a.fiscal_year < NEW.fiscal_year AND a.fixed_yen IS NULL) THEN
        RAISE EXCEPTION 'the grant is of another fiscal year'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_grant_year';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER expense_in_year BEFORE INSERT ON book_transactions FOR EACH ROW
    WHEN (NEW.application_id IS NOT NULL AND NEW.side = 'EXPENSE' AND NEW.reverses_id IS NULL)
    EXECUTE FUNCTION entaku_book_expense_in_year();

CREATE FUNCTION grant_book_rule_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a programme asks of books stays once it is public'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_book_rule';
END $$;
CREATE TRIGGER book_rule_kept BEFORE UPDATE ON grant_programmes FOR EACH ROW
    WHEN (OLD.state <> 'DRAFT' AND NEW.book_rule IS DISTINCT FROM OLD.book_rule) EXECUTE FUNCTION grant_book_rule_kept();
";

/// The books are held still while they are compared.
pub(super) const HELD: &str = "
-- Is a book as finished as it is asked to be? Where there is none, nothing is asked.
CREATE FUNCTION entaku_book_is_so_far(p_state text, p_asked text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT p_state IS NULL OR array_position('{OPEN,CLOSED,CONFIRMED}'::text[], p_state)
        >= array_position('{OPEN,CLOSED,CONFIRMED}'::text[], p_asked) $$;
GRANT EXECUTE ON FUNCTION entaku_book_is_so_far(text, text) TO entaku_app;

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
    IF NEW.fixed_yen IS NOT NULL AND OLD.fixed_yen IS NULL AND NOT entaku_book_is_so_far(booked.state, asked) THEN
        RAISE EXCEPTION 'the book is %', booked.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_booked';
    END IF;
    RETURN NEW;
END $$;

-- Do the books let what was examined be fixed?
CREATE FUNCTION entaku_books_allow(p_application uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM grant_booked g
        JOIN grant_applications a ON a.municipality_id = g.municipality_id AND a.id = g.application_id
        JOIN grant_programmes p ON p.municipality_id = a.municipality_id AND p.id = a.programme_id
        WHERE g.municipality_id = entaku_municipality() AND g.application_id = p_application
            AND (g.eligible_yen < a.eligible_yen OR NOT entaku_book_is_so_far(g.state, p.book_rule))) $$;
GRANT EXECUTE ON FUNCTION entaku_books_allow(uuid) TO entaku_app;
CREATE TRIGGER held_to_books BEFORE UPDATE ON grant_applications FOR EACH ROW
    WHEN (NEW.eligible_yen IS DISTINCT FROM OLD.eligible_yen OR NEW.booked_yen IS DISTINCT FROM OLD.booked_yen
        OR (NEW.fixed_yen IS NOT NULL AND OLD.fixed_yen IS NULL))
    EXECUTE FUNCTION grant_held_to_books();
";

/// What the release before could not hold.
pub(super) const HELD_BEFORE: &str = "
DO $$
DECLARE
    later bigint;
BEGIN
    SELECT (SELECT count(*) FROM ineligible_uses WHERE programme_id IS NOT NULL)
        + (SELECT count(*) FROM book_judgements WHERE ineligible_use_id IS NULL)
        + (SELECT count(*) FROM grant_applications WHERE booked_yen IS NOT NULL) INTO later;
    IF later > 0 THEN
        RAISE EXCEPTION 'm0045 cannot be undone: % rows say what the schema before cannot hold (uses of one programme, '
            'lifted findings, examinations by the books)', later
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;
";

pub(super) const BACK: &str = "
DROP TRIGGER book_rule_kept ON grant_programmes;
DROP FUNCTION grant_book_rule_kept();
DROP TRIGGER expense_in_year ON book_transactions;
DROP FUNCTION entaku_book_expense_in_year();
DROP FUNCTION entaku_books_allow(uuid);
DROP TRIGGER held_to_books ON grant_applications;
DROP FUNCTION grant_held_to_books();
DROP FUNCTION entaku_book_is_so_far(text, text);
DROP VIEW grant_booked_costs;
DROP VIEW grant_booked;
DROP VIEW grant_expenses;
CREATE INDEX book_transactions_3 ON book_transactions (municipality_id, application_id);
DROP INDEX book_transactions_application;
ALTER TABLE grant_applications DROP COLUMN booked_yen;
ALTER TABLE grant_programmes DROP COLUMN book_rule;
";
