//! What an organization says of itself counts for allocations once staff have confirmed it.

use crate::table::{fk, words};

const STATES: &[&str] = &["RECORDED", "DECLARED", "CONFIRMED"];

/// What people of an organization declared while they held an office waits for somebody to confirm it; the rest was recorded
/// by staff. `counted` is what counted before this.
pub(super) fn up() -> String {
    format!(
        "ALTER TABLE grant_declarations ADD COLUMN state text NOT NULL DEFAULT 'RECORDED' {states},
            ADD COLUMN counted boolean NOT NULL DEFAULT false,
            ADD COLUMN confirmed_by uuid, ADD COLUMN confirmed_at timestamptz, ADD {confirmer},
            ADD CONSTRAINT grant_declarations_confirmed CHECK ((state = 'CONFIRMED') = (confirmed_at IS NOT NULL)),
            ADD CONSTRAINT grant_declarations_apart CHECK (confirmed_by <> declared_by),
            ADD CONSTRAINT grant_declarations_own CHECK (state = 'RECORDED' OR organization_id IS NOT NULL);
        ALTER TABLE grant_runs ADD COLUMN waiting text;
        ALTER TABLE grant_declarations DISABLE TRIGGER USER;
        UPDATE grant_declarations d SET state = 'DECLARED', counted = true WHERE EXISTS (SELECT FROM appointments a
            WHERE a.municipality_id = d.municipality_id AND a.account_id = d.declared_by
                AND a.scope = 'ORGANIZATION' AND a.scope_id = d.organization_id
                AND coalesce(a.ended_at, 'infinity') > d.created_at
                AND (d.created_at AT TIME ZONE 'Asia/Tokyo')::date BETWEEN a.starts_on AND coalesce(a.ends_on, 'infinity'));
        ALTER TABLE grant_declarations ENABLE TRIGGER USER;
        CREATE INDEX grant_declarations_open ON grant_declarations (municipality_id, id) WHERE state = 'DECLARED';
        UPDATE personal_tables SET acted = array_append(acted, 'confirmed_by') WHERE name = 'grant_declarations';
        GRANT UPDATE ON grant_declarations TO entaku_app;
        {GUARDS}",
        states = words("state", STATES),
        confirmer = fk("confirmed_by", "accounts"),
    )
}

/// Whoever holds an office of the organization speaks for it, whatever else they are.
const GUARDS: &str = "
CREATE FUNCTION entaku_people_of(p_organization uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT p.account_id FROM appointments p WHERE p.municipality_id = entaku_municipality()
        AND p.scope = 'ORGANIZATION' AND p.scope_id = p_organization AND p.ended_at IS NULL
        AND p.starts_on <= entaku_today() AND (p.ends_on IS NULL OR p.ends_on >= entaku_today()) $$;
GRANT EXECUTE ON FUNCTION entaku_people_of(uuid) TO entaku_app;

CREATE FUNCTION grant_declaration_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.declared_by IS NULL
        OR NEW.declared_by <> coalesce(NULLIF(current_setting('entaku.actor', true), '')::uuid, NEW.declared_by) THEN
        RAISE EXCEPTION 'whoever declares something of an organization is named'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_declarations_declared_by';
    END IF;
    IF NEW.state = 'CONFIRMED' OR NEW.state = 'RECORDED'
        AND NEW.declared_by IN (SELECT entaku_people_of(NEW.organization_id)) THEN
        RAISE EXCEPTION 'what an organization says of itself waits to be confirmed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_declarations_made';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER made BEFORE INSERT ON grant_declarations FOR EACH ROW
    WHEN (NEW.organization_id IS NOT NULL) EXECUTE FUNCTION grant_declaration_made();

CREATE FUNCTION grant_declaration_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['revision', 'updated_at', 'state', 'confirmed_by', 'confirmed_at'];
BEGIN
    IF OLD.state <> 'DECLARED' OR NEW.state <> 'CONFIRMED'
        OR to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'a declaration is confirmed, and nothing else of it changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_declarations_settled';
    END IF;
    IF NEW.confirmed_by IS NULL OR NEW.confirmed_by IN (SELECT entaku_people_of(NEW.organization_id)) THEN
        RAISE EXCEPTION 'somebody else has to confirm this'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
    END IF;
    IF EXISTS (SELECT FROM grant_declarations n WHERE n.municipality_id = NEW.municipality_id
        AND n.organization_id = NEW.organization_id AND n.item = NEW.item AND n.as_of = NEW.as_of
        AND (n.created_at, n.id) > (NEW.created_at, NEW.id)) THEN
        RAISE EXCEPTION 'a newer declaration corrects this one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_declarations_corrected';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settled BEFORE UPDATE ON grant_declarations FOR EACH ROW EXECUTE FUNCTION grant_declaration_settled();
";

/// What was declared since and not confirmed would count.
pub(super) fn held_before() -> String {
    let rows = "grant_declarations WHERE state = 'DECLARED' AND NOT counted";
    crate::table::held_before("m0050", rows, "% declarations of organizations are not confirmed, and would count")
}

/// What counted before counts again.
pub(super) const DOWN: &str = "
DROP TRIGGER settled ON grant_declarations;
DROP TRIGGER made ON grant_declarations;
DROP FUNCTION grant_declaration_settled();
DROP FUNCTION grant_declaration_made();
DROP FUNCTION entaku_people_of(uuid);
REVOKE UPDATE ON grant_declarations FROM entaku_app;
UPDATE personal_tables SET acted = array_remove(acted, 'confirmed_by') WHERE name = 'grant_declarations';
ALTER TABLE grant_declarations DROP COLUMN state, DROP COLUMN counted, DROP COLUMN confirmed_by, DROP COLUMN confirmed_at;
ALTER TABLE grant_runs DROP COLUMN waiting;
";
