//! What an organization keeps of a grant is the carried-over income of its next book.

/// Of each book, the grants of the year before of which something was kept, or of which it says that something was carried
/// over. Of a grant that is not fixed, or was revoked, nothing is kept.
pub(super) const UP: &str = "
CREATE VIEW book_carried_over WITH (security_invoker = true) AS
    SELECT b.municipality_id, md5(b.id::text || a.id::text)::uuid AS id, b.id AS book_id, b.organization_id,
        a.id AS application_id, a.kept_yen AS expected_yen, s.yen AS recorded_yen
    FROM account_books b
    JOIN grant_applications a ON a.municipality_id = b.municipality_id AND a.organization_id = b.organization_id
        AND a.fiscal_year = b.fiscal_year - 1
    CROSS JOIN LATERAL (SELECT coalesce(sum(t.amount_yen), 0)::bigint AS yen FROM book_transactions t
        WHERE t.municipality_id = b.municipality_id AND t.application_id = a.id AND t.book_id = b.id
            AND t.category = 'CARRIED_OVER') s
    WHERE a.kept_yen > 0 OR s.yen <> 0;
GRANT SELECT ON book_carried_over TO entaku_app;

CREATE FUNCTION entaku_book_carries_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM book_carried_over c WHERE c.municipality_id = NEW.municipality_id AND c.book_id = NEW.id
            AND c.expected_yen <> c.recorded_yen) THEN
        RAISE EXCEPTION 'what was kept of a grant is not what was carried over'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_carried_over';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER carries_over BEFORE UPDATE ON account_books FOR EACH ROW
    WHEN (OLD.state = 'OPEN' AND NEW.state = 'CLOSED') EXECUTE FUNCTION entaku_book_carries_over();
";

pub(super) const BACK: &str = "
DROP TRIGGER carries_over ON account_books;
DROP FUNCTION entaku_book_carries_over();
DROP VIEW book_carried_over;
";
