//! A programme that nobody has published is discarded: its money goes back, and it stays what it was, for ever.

use crate::table::{Rewording, fk};

/// Its title is free for whoever makes it anew.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_programmes
            ADD COLUMN discarded_on date, ADD COLUMN discarded_by uuid,
            ADD COLUMN discard_reason text CHECK (discard_reason <> ''), ADD {discarder},
            ADD CONSTRAINT grant_programmes_discarded
                CHECK (num_nulls(discarded_on, discarded_by, discard_reason) IN (0, 3)
                    AND (discarded_on IS NULL OR state = 'DRAFT')),
            DROP CONSTRAINT grant_programmes_budget_yen_check,
            ADD CONSTRAINT grant_programmes_budget_yen_check
                CHECK (CASE WHEN discarded_on IS NULL THEN budget_yen > 0 ELSE budget_yen = 0 END),
            DROP CONSTRAINT grant_programmes_municipality_id_fiscal_year_title_key;
        CREATE UNIQUE INDEX grant_programmes_title ON grant_programmes (municipality_id, fiscal_year, title)
            WHERE discarded_on IS NULL;
        UPDATE personal_tables SET acted = array_append(acted, 'discarded_by') WHERE name = 'grant_programmes';
        {GUARDS}",
        discarder = fk("discarded_by", "accounts"),
    )
}

/// That the ledger has it all back, and no allocation has any of it, is what `grant_budget_kept` asks of a budget of nothing.
/// Who names a programme, or writes under it, waits for whoever is discarding it, and the other way round.
const GUARDS: &str = "
CREATE FUNCTION grant_programme_discarded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.discarded_on IS NOT NULL THEN
        RAISE EXCEPTION 'a programme that was discarded does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_discarded';
    END IF;
    IF TG_OP = 'INSERT' OR NEW.discarded_on <> entaku_today()
        OR NEW.discarded_by IS DISTINCT FROM NULLIF(current_setting('entaku.actor', true), '')::uuid THEN
        RAISE EXCEPTION 'a programme is discarded by whoever does it, today'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_discarded';
    END IF;
    IF EXISTS (SELECT FROM grant_programmes n WHERE n.municipality_id = NEW.municipality_id AND n.previous_id = NEW.id
            AND n.discarded_on IS NULL) THEN
        RAISE EXCEPTION 'another programme names this one as its predecessor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_succeeded';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discarded_begun BEFORE INSERT ON grant_programmes FOR EACH ROW
    WHEN (NEW.discarded_on IS NOT NULL) EXECUTE FUNCTION grant_programme_discarded();
CREATE TRIGGER discarded BEFORE UPDATE ON grant_programmes FOR EACH ROW
    WHEN (OLD.discarded_on IS NOT NULL OR NEW.discarded_on IS NOT NULL) EXECUTE FUNCTION grant_programme_discarded();

CREATE FUNCTION grant_under_discarded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    programme uuid;
    over date;
BEGIN
    IF TG_TABLE_NAME = 'grant_programmes' THEN
        programme := NEW.previous_id;
    ELSE
        programme := NEW.programme_id;
    END IF;
    SELECT p.discarded_on INTO over FROM grant_programmes p
        WHERE p.municipality_id = NEW.municipality_id AND p.id = programme FOR SHARE;
    IF over IS NOT NULL THEN
        RAISE EXCEPTION 'this programme was discarded'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_discarded';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wanted BEFORE INSERT OR UPDATE OF amount_yen ON grant_allocations FOR EACH ROW
    WHEN (NEW.amount_yen > 0 AND NEW.programme_state = 'DRAFT') EXECUTE FUNCTION grant_under_discarded();
CREATE TRIGGER wanted BEFORE INSERT OR UPDATE OF state ON grant_runs FOR EACH ROW
    WHEN (NEW.programme_state = 'DRAFT' AND NEW.kind = 'REAL') EXECUTE FUNCTION grant_under_discarded();
CREATE TRIGGER wanted_named BEFORE INSERT ON grant_programmes FOR EACH ROW
    WHEN (NEW.previous_id IS NOT NULL) EXECUTE FUNCTION grant_under_discarded();
CREATE TRIGGER wanted BEFORE UPDATE OF previous_id ON grant_programmes FOR EACH ROW
    WHEN (NEW.previous_id IS NOT NULL AND NEW.previous_id IS DISTINCT FROM OLD.previous_id)
    EXECUTE FUNCTION grant_under_discarded();

-- Is a programme of a year still in preparation? It is published or discarded before the year is closed. The ledger's own
-- role reads no grants.
CREATE FUNCTION entaku_drafts_open(p_fiscal_year int) RETURNS bool LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM grant_programmes p WHERE p.municipality_id = entaku_municipality()
        AND p.fiscal_year = p_fiscal_year AND p.state = 'DRAFT' AND p.discarded_on IS NULL) $$;
REVOKE ALL ON FUNCTION entaku_drafts_open(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION entaku_drafts_open(int) TO entaku_app, entaku_ledger;
";

/// A year waits for its drafts. What was allocated by hand beside an approved run, before m0050, is taken back as well.
pub(super) const CHANGES: &[Rewording] = &[
    (
        "ledger_close(uuid, uuid, int, text)",
        "    IF entaku_deductions_open(p_fiscal_year) THEN",
        "    IF entaku_drafts_open(p_fiscal_year) THEN
        RETURN 'DRAFTS';
    END IF;
    IF entaku_deductions_open(p_fiscal_year) THEN",
    ),
    (
        "grant_allocation_by_hand()",
        "    IF TG_OP = 'UPDATE' AND NEW.amount_yen = OLD.amount_yen AND NEW.run_id IS NOT DISTINCT FROM OLD.run_id THEN",
        "    IF TG_OP = 'UPDATE' AND (NEW.amount_yen = OLD.amount_yen AND NEW.run_id IS NOT DISTINCT FROM OLD.run_id
            OR NEW.amount_yen = 0 AND NEW.programme_state = 'DRAFT') THEN",
    ),
];

pub(super) const DOWN: &str = "
DROP FUNCTION entaku_drafts_open(int);
DROP TRIGGER wanted ON grant_programmes;
DROP TRIGGER wanted_named ON grant_programmes;
DROP TRIGGER wanted ON grant_runs;
DROP TRIGGER wanted ON grant_allocations;
DROP FUNCTION grant_under_discarded();
DROP TRIGGER discarded ON grant_programmes;
DROP TRIGGER discarded_begun ON grant_programmes;
DROP FUNCTION grant_programme_discarded();
UPDATE personal_tables SET acted = array_remove(acted, 'discarded_by') WHERE name = 'grant_programmes';
DROP INDEX grant_programmes_title;
ALTER TABLE grant_programmes
    DROP CONSTRAINT grant_programmes_discarded,
    DROP CONSTRAINT grant_programmes_budget_yen_check,
    ADD CONSTRAINT grant_programmes_budget_yen_check CHECK (budget_yen > 0),
    ADD UNIQUE (municipality_id, fiscal_year, title),
    DROP COLUMN discarded_on, DROP COLUMN discarded_by, DROP COLUMN discard_reason;
";
