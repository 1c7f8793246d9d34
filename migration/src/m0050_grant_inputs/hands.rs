//! Who sets money aside by hand does not publish it; what an approved run allocated is changed by another run.

use crate::m0027_privacy::declared::declare_acts;
use crate::table::fk;

/// Who made a programme is whoever set its budget aside in the ledger.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_programmes
            ADD COLUMN created_by uuid DEFAULT NULLIF(current_setting('entaku.actor', true), '')::uuid,
            ADD COLUMN published_by uuid, ADD {creator}, ADD {publisher},
            ADD CONSTRAINT grant_programmes_apart CHECK (published_by <> created_by);
        ALTER TABLE grant_programmes DISABLE TRIGGER USER;
        UPDATE grant_programmes SET created_by = NULL;
        UPDATE grant_programmes p SET created_by = j.actor_id FROM ledger_journals j
            WHERE j.municipality_id = p.municipality_id AND j.subject_id = p.id AND j.kind = 'GRANT_BUDGETED';
        ALTER TABLE grant_programmes ENABLE TRIGGER USER;
        {}
        {GUARDS}",
        declare_acts("grant_programmes", "交付金制度", &["created_by", "published_by"]),
        creator = fk("created_by", "accounts"),
        publisher = fk("published_by", "accounts"),
    )
}

const GUARDS: &str = "
CREATE FUNCTION entaku_programme_makers(p_programme uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT p.created_by FROM grant_programmes p WHERE p.municipality_id = entaku_municipality() AND p.id = p_programme
        AND p.created_by IS NOT NULL
    UNION SELECT j.actor_id FROM grant_allocations a JOIN ledger_journals j
            ON j.municipality_id = a.municipality_id AND j.subject_id = a.id AND j.kind = 'GRANT_ALLOCATED'
        WHERE a.municipality_id = entaku_municipality() AND a.programme_id = p_programme AND j.actor_id IS NOT NULL $$;
GRANT EXECUTE ON FUNCTION entaku_programme_makers(uuid) TO entaku_app;

CREATE FUNCTION grant_programme_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.published_by IS NULL OR NEW.published_by IN (SELECT entaku_programme_makers(NEW.id)) THEN
        RAISE EXCEPTION 'somebody else has to publish this programme'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER published BEFORE UPDATE OF state ON grant_programmes FOR EACH ROW
    WHEN (OLD.state = 'DRAFT' AND NEW.state <> 'DRAFT') EXECUTE FUNCTION grant_programme_published();

CREATE FUNCTION grant_allocation_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.amount_yen = OLD.amount_yen AND NEW.run_id IS NOT DISTINCT FROM OLD.run_id THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM grant_runs r WHERE r.municipality_id = NEW.municipality_id
        AND r.programme_id = NEW.programme_id AND r.state = 'APPROVED') THEN
        RAISE EXCEPTION 'what an approved run allocated is corrected by another run'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_allocations_frozen';
    END IF;
    IF EXISTS (SELECT FROM grant_programmes p WHERE p.municipality_id = NEW.municipality_id AND p.id = NEW.programme_id
        AND p.published_by = NULLIF(current_setting('entaku.actor', true), '')::uuid) THEN
        RAISE EXCEPTION 'somebody else has to set this' USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER by_hand BEFORE INSERT OR UPDATE OF amount_yen, run_id ON grant_allocations FOR EACH ROW
    WHEN (NEW.run_id IS NULL) EXECUTE FUNCTION grant_allocation_by_hand();
";

pub(super) const DOWN: &str = "
DROP TRIGGER by_hand ON grant_allocations;
DROP FUNCTION grant_allocation_by_hand();
DROP TRIGGER published ON grant_programmes;
DROP FUNCTION grant_programme_published();
DROP FUNCTION entaku_programme_makers(uuid);
DELETE FROM personal_tables WHERE name = 'grant_programmes';
ALTER TABLE grant_programmes DROP COLUMN created_by, DROP COLUMN published_by;
";
