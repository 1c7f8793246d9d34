//! What a grant was fixed by is borne by that grant: what replaces the expense in the book names no other.

/// An expense is followed back through all that it replaces: to take it from the one grant first, and give it to the other
/// then, leads around nothing. What a grant had lost before its amount was fixed was not counted, and is free; so is what a
/// grant bore whose decision was revoked.
pub(super) const UP: &str = "
CREATE FUNCTION entaku_borne_otherwise(p_transaction uuid, p_application uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    WITH RECURSIVE before AS (
        SELECT t.id, t.replaces_id, t.application_id, t.side FROM book_transactions t
            WHERE t.municipality_id = entaku_municipality() AND t.id = p_transaction
        UNION ALL SELECT t.id, t.replaces_id, t.application_id, t.side FROM before b
            JOIN book_transactions t ON t.municipality_id = entaku_municipality() AND t.id = b.replaces_id)
    SELECT EXISTS (SELECT FROM before b
        JOIN grant_applications a ON a.municipality_id = entaku_municipality() AND a.id = b.application_id
        LEFT JOIN grant_acts f ON f.municipality_id = a.municipality_id AND f.application_id = a.id AND f.act = 'AMOUNT_FIX'
        LEFT JOIN book_transactions r ON r.municipality_id = a.municipality_id AND r.reverses_id = b.id
        WHERE b.side = 'EXPENSE' AND a.id <> p_application AND a.fixed_yen IS NOT NULL AND a.revoked_on IS NULL
            AND (b.id = p_transaction OR r.created_at >= f.at)) $$;
GRANT EXECUTE ON FUNCTION entaku_borne_otherwise(uuid, uuid) TO entaku_app;

CREATE FUNCTION entaku_book_borne_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF entaku_borne_otherwise(NEW.replaces_id, NEW.application_id) THEN
        RAISE EXCEPTION 'another grant was fixed by this expense'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_borne_once';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER borne_once AFTER INSERT ON book_transactions FOR EACH ROW
    WHEN (NEW.side = 'EXPENSE' AND NEW.application_id IS NOT NULL AND NEW.replaces_id IS NOT NULL)
    EXECUTE FUNCTION entaku_book_borne_once();
";

pub(super) const DOWN: &str = "
DROP TRIGGER borne_once ON book_transactions;
DROP FUNCTION entaku_book_borne_once();
DROP FUNCTION entaku_borne_otherwise(uuid, uuid);
";
