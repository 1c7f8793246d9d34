//! What grants are not for, of one programme and its successors or of all; and findings that were wrong, lifted by the
//! town hall, with the record of both.

use crate::m0027_privacy::declared::declare_acts;
use crate::m0036_books::books::GUARDS;
use crate::table::{Tenant, fk, former};

pub(super) fn judgements() -> Tenant {
    Tenant::new(
        "book_judgements",
        format!(
            "transaction_id uuid NOT NULL, organization_id uuid NOT NULL, ineligible_use_id uuid, reason text NOT NULL,
             by_hall bool NOT NULL, judged_by uuid, CHECK (ineligible_use_id IS NOT NULL OR by_hall),
             FOREIGN KEY (municipality_id, transaction_id, organization_id)
                REFERENCES book_transactions (municipality_id, id, organization_id), {}, {}",
            fk("ineligible_use_id", "ineligible_uses"),
            fk("judged_by", "accounts"),
        ),
    )
    .part_of("book_transactions", "transaction_id")
    .judged_by(&["organization_id"])
    .indexed(&["transaction_id, created_at, id)"])
}

/// A finding of the release before is in the record as well. What replaces a transaction carries its finding, whichever
/// programme it is of then.
const UP: &str = "
REVOKE UPDATE ON book_judgements FROM entaku_app;
INSERT INTO book_judgements (municipality_id, id, transaction_id, organization_id, ineligible_use_id, reason, by_hall,
        judged_by, created_at)
    SELECT t.municipality_id, gen_random_uuid(), t.id, t.organization_id, t.ineligible_use_id, t.ineligible_reason,
        t.found_by_hall, t.judged_by, t.updated_at
    FROM book_transactions t WHERE t.ineligible_use_id IS NOT NULL;

ALTER TABLE ineligible_uses ADD COLUMN programme_id uuid,
    ADD FOREIGN KEY (municipality_id, programme_id) REFERENCES grant_programmes (municipality_id, id);
CREATE INDEX ineligible_uses_programme ON ineligible_uses (municipality_id, programme_id);

CREATE FUNCTION entaku_use_covers(p_town uuid, p_programme uuid, p_application uuid) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT p_programme IS NULL OR p_application IS NULL OR EXISTS (
        WITH RECURSIVE lineage AS (
            SELECT p.id, p.previous_id FROM grant_applications a
                JOIN grant_programmes p ON p.municipality_id = a.municipality_id AND p.id = a.programme_id
                WHERE a.municipality_id = p_town AND a.id = p_application
            UNION SELECT p.id, p.previous_id FROM lineage l
                JOIN grant_programmes p ON p.municipality_id = p_town AND p.id = l.previous_id)
        SELECT FROM lineage WHERE id = p_programme) $$;
GRANT EXECUTE ON FUNCTION entaku_use_covers(uuid, uuid, uuid) TO entaku_app;

CREATE FUNCTION entaku_book_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ineligible_uses u WHERE u.municipality_id = NEW.municipality_id
            AND u.id = NEW.ineligible_use_id
            AND entaku_use_covers(u.municipality_id, u.programme_id, NEW.application_id)) THEN
        RAISE EXCEPTION 'the use is another programme''s'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_use';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER use_of_programme BEFORE INSERT ON book_transactions FOR EACH ROW
    WHEN (NEW.ineligible_use_id IS NOT NULL AND NEW.replaces_id IS NULL) EXECUTE FUNCTION entaku_book_use();
CREATE TRIGGER use_of_programme_judged BEFORE UPDATE OF ineligible_use_id ON book_transactions FOR EACH ROW
    WHEN (NEW.ineligible_use_id IS NOT NULL AND NEW.ineligible_use_id IS DISTINCT FROM OLD.ineligible_use_id)
    EXECUTE FUNCTION entaku_book_use();

-- Is the last that the record says of a transaction that its finding is lifted, while no amount is fixed by it?
CREATE FUNCTION entaku_finding_lifted(p_town uuid, p_transaction uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT j.ineligible_use_id IS NULL FROM book_judgements j
            WHERE j.municipality_id = p_town AND j.transaction_id = p_transaction
            ORDER BY j.created_at DESC, j.id DESC LIMIT 1), false)
        AND NOT EXISTS (SELECT FROM book_transactions t
            JOIN grant_applications a ON a.municipality_id = t.municipality_id AND a.id = t.application_id
            WHERE t.municipality_id = p_town AND t.id = p_transaction AND a.fixed_yen IS NOT NULL) $$;
GRANT EXECUTE ON FUNCTION entaku_finding_lifted(uuid, uuid) TO entaku_app;
";

const STAYS: &str = "OLD.found_by_hall AND NOT NEW.found_by_hall THEN";

pub(super) fn up() -> String {
    let unless = "OLD.found_by_hall AND NOT NEW.found_by_hall
        AND NOT entaku_finding_lifted(NEW.municipality_id, NEW.id) THEN";
    let declared = declare_acts("book_judgements", "団体の会計の対象外の判定", &["judged_by"]);
    format!("{UP} {} {declared}", former(GUARDS, "entaku_book_entry").replace(STAYS, unless))
}

pub(super) fn down() -> String {
    format!("{} {BACK}", former(GUARDS, "entaku_book_entry"))
}

const BACK: &str = "
DELETE FROM personal_tables WHERE name = 'book_judgements';
DROP FUNCTION entaku_finding_lifted(uuid, uuid);
DROP TRIGGER use_of_programme ON book_transactions;
DROP TRIGGER use_of_programme_judged ON book_transactions;
DROP FUNCTION entaku_book_use();
DROP FUNCTION entaku_use_covers(uuid, uuid, uuid);
ALTER TABLE ineligible_uses DROP COLUMN programme_id;
DROP TABLE book_judgements;
";
