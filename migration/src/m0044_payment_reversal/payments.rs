//! A payment's row says by which journal it was undone, why and by whom; it stays, and counts no more.

use super::Change;

/// A payment is undone once, the newest that counts, by the reverse of its own journal, by somebody else than who paid it;
/// and no payment's journal is undone without its row. Whoever freed a payment does not make it again.
pub(super) const UP: &str = "
ALTER TABLE grant_payments
    ADD COLUMN reversed_on date,
    ADD COLUMN reversal_kind text CHECK (reversal_kind IN ('RECORDED_BY_MISTAKE', 'RETURNED_BY_BANK')),
    ADD COLUMN reversed_by uuid, ADD COLUMN reversal_id uuid,
    ADD CONSTRAINT grant_payments_reversed CHECK ((reversal_id IS NOT NULL) = (reversed_on IS NOT NULL)
        AND (reversal_id IS NOT NULL) = (reversal_kind IS NOT NULL) AND (reversal_id IS NOT NULL) = (reversed_by IS NOT NULL)
        AND (reversal_id IS NULL OR kind <> 'RETURN') AND reversed_on >= paid_on),
    ADD CONSTRAINT grant_payments_reverser CHECK (reversed_by <> paid_by),
    ADD CONSTRAINT grant_payments_reversal UNIQUE (municipality_id, reversal_id),
    ADD FOREIGN KEY (municipality_id, reversal_id) REFERENCES ledger_journals (municipality_id, id),
    ADD FOREIGN KEY (municipality_id, reversed_by) REFERENCES accounts (municipality_id, id);
GRANT UPDATE (reversed_on, reversal_kind, reversed_by, reversal_id) ON grant_payments TO entaku_app;
UPDATE personal_tables SET acted = array_append(acted, 'reversed_by') WHERE name = 'grant_payments';

CREATE FUNCTION grant_payment_reversed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at', 'reversed_on', 'reversal_kind', 'reversed_by', 'reversal_id'];
BEGIN
    IF TG_OP = 'INSERT' OR OLD.reversal_id IS NOT NULL OR NEW.reversal_id IS NULL
        OR to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a payment is written once, and reversed once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_payments_settled';
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_journals j WHERE j.municipality_id = NEW.municipality_id
            AND j.id = NEW.reversal_id AND j.reverses = NEW.journal_id) THEN
        RAISE EXCEPTION 'a payment is reversed by the reverse of its own journal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_payments_reverse';
    END IF;
    IF EXISTS (SELECT FROM grant_payments n WHERE n.municipality_id = NEW.municipality_id
            AND n.application_id = NEW.application_id AND n.number > NEW.number AND n.kind <> 'RETURN'
            AND n.reversal_id IS NULL) THEN
        RAISE EXCEPTION 'the newest payment is reversed first'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_payments_newest';
    END IF;
    IF NEW.reversed_by IS DISTINCT FROM NULLIF(current_setting('entaku.actor', true), '')::uuid THEN
        RAISE EXCEPTION 'who reverses a payment stands for it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_payments_reverser';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reversed BEFORE UPDATE ON grant_payments FOR EACH ROW EXECUTE FUNCTION grant_payment_reversed();
CREATE TRIGGER unreversed BEFORE INSERT ON grant_payments FOR EACH ROW
    WHEN (NEW.reversal_id IS NOT NULL) EXECUTE FUNCTION grant_payment_reversed();
CREATE CONSTRAINT TRIGGER sums_again AFTER UPDATE ON grant_payments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION grant_sums_kept();

CREATE FUNCTION grant_payment_undone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM grant_payments p WHERE p.municipality_id = NEW.municipality_id
            AND p.journal_id = NEW.reverses AND p.reversal_id IS DISTINCT FROM NEW.id) THEN
        RAISE EXCEPTION 'the journal of a payment is undone, and the payment is not'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_payments_undone';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER undone AFTER INSERT ON ledger_journals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION grant_payment_undone();

INSERT INTO duties_apart (object, act, done_by)
    SELECT 'grant_applications', 'PAYMENT_REVERSE', d.done_by FROM duties_apart d
        WHERE d.object = 'grant_applications' AND d.act = 'PAYMENT_EXECUTE'
    UNION SELECT 'grant_applications', 'PAYMENT_REVERSE', 'paid_by';
CREATE TRIGGER reverser_apart AFTER UPDATE ON grant_applications FOR EACH ROW WHEN (NEW.paid_yen > OLD.paid_yen)
    EXECUTE FUNCTION entaku_apart_from_all('paid_by', 'id', 'REVERSED');
CREATE TRIGGER reverser_apart AFTER INSERT ON grant_payments FOR EACH ROW WHEN (NEW.kind <> 'RETURN')
    EXECUTE FUNCTION entaku_apart_from_all('paid_by', 'application_id', 'REVERSED');
";

pub(super) const CHANGES: &[Change] = &[
    Change {
        function: "grant_sums_kept()",
        was: "FILTER (WHERE p.kind <> 'RETURN'), 0) <> kept.paid_yen",
        is: "FILTER (WHERE p.kind <> 'RETURN' AND p.reversal_id IS NULL), 0) <> kept.paid_yen",
    },
    // Whoever freed a payment had a hand in what is paid; and they do not make again what nobody else has paid since.
    Change {
        function: "entaku_doers(uuid, text)",
        was: "AND c.application_id = p_application AND c.state = 'APPROVED' AND c.decided_by IS NOT NULL",
        is: "AND c.application_id = p_application AND c.state = 'APPROVED' AND c.decided_by IS NOT NULL
    UNION SELECT p.reversed_by FROM grant_payments p WHERE p_what = 'PAID' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.reversed_by IS NOT NULL
    UNION SELECT p.reversed_by FROM grant_payments p WHERE p_what = 'REVERSED' AND p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.reversed_by IS NOT NULL
        AND NOT EXISTS (SELECT FROM grant_payments n WHERE n.municipality_id = p.municipality_id
            AND n.application_id = p.application_id AND n.number > p.number AND n.kind <> 'RETURN'
            AND n.reversal_id IS NULL AND n.paid_by IS DISTINCT FROM p.reversed_by)",
    },
    // Nor do they approve it.
    Change {
        function: "entaku_matter(text, uuid)",
        was: "|| ARRAY(SELECT entaku_doers(a.id, 'CHANGED'))",
        is: "|| ARRAY(SELECT entaku_doers(a.id, 'CHANGED')) || ARRAY(SELECT entaku_doers(a.id, 'REVERSED'))",
    },
    Change {
        function: "ledger_faults()",
        was: "FROM grant_payments p WHERE p.kind <> 'RETURN' GROUP BY",
        is: "FROM grant_payments p WHERE p.kind <> 'RETURN' AND p.reversal_id IS NULL GROUP BY",
    },
    Change {
        function: "ledger_faults()",
        was: "FULL JOIN grant_payments p ON p.journal_id = j.id",
        is: "FULL JOIN (SELECT * FROM grant_payments WHERE reversal_id IS NULL) p ON p.journal_id = j.id",
    },
    Change {
        function: "ledger_faults()",
        was: "SELECT 'REPAYMENT', 'grant_applications', g.id,",
        is: "SELECT 'PAYMENT', 'grant_payments', p.id, format('undone by %s', p.reversal_id)
    FROM grant_payments p
    LEFT JOIN ledger_journals j ON j.municipality_id = p.municipality_id AND j.id = p.reversal_id
    WHERE p.reversal_id IS NOT NULL AND j.reverses IS DISTINCT FROM p.journal_id
UNION ALL
SELECT 'REPAYMENT', 'grant_applications', g.id,",
    },
];

/// What the release before would count as paid.
pub(super) fn held_before() -> String {
    crate::table::held_before(
        "m0044",
        "grant_payments WHERE reversal_id IS NOT NULL",
        "% payments were reversed, which the schema before cannot hold",
    )
}

pub(super) const DOWN: &str = "
DROP TRIGGER reverser_apart ON grant_payments;
DROP TRIGGER reverser_apart ON grant_applications;
DELETE FROM duties_apart WHERE act = 'PAYMENT_REVERSE';
DROP TRIGGER undone ON ledger_journals;
DROP FUNCTION grant_payment_undone();
DROP TRIGGER sums_again ON grant_payments;
DROP TRIGGER unreversed ON grant_payments;
DROP TRIGGER reversed ON grant_payments;
DROP FUNCTION grant_payment_reversed();
UPDATE personal_tables SET acted = array_remove(acted, 'reversed_by') WHERE name = 'grant_payments';
ALTER TABLE grant_payments DROP COLUMN reversed_on, DROP COLUMN reversal_kind, DROP COLUMN reversed_by,
    DROP COLUMN reversal_id;
";
