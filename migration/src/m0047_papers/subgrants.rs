//! A sub-application ends with its grant.

/// Those of grants that had ended already end with this migration. Nothing is asked of a grant any more that has ended
/// meanwhile: its row is read again when whoever ends it is done.
pub(super) const UP: &str = "
CREATE FUNCTION entaku_grant_ended(p_state text, p_revoked date, p_fixed bigint) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT p_state IN ('REFUSED', 'WITHDRAWN') OR p_revoked IS NOT NULL OR p_fixed IS NOT NULL $$;
GRANT EXECUTE ON FUNCTION entaku_grant_ended(text, date, bigint) TO entaku_app;

ALTER TABLE grant_subgrants DISABLE TRIGGER USER;
UPDATE grant_subgrants s SET state = 'WITHDRAWN', withdrawn_on = (now() AT TIME ZONE 'Asia/Tokyo')::date
    FROM grant_applications a WHERE a.municipality_id = s.municipality_id AND a.id = s.application_id
        AND s.state = 'SUBMITTED' AND entaku_grant_ended(a.state, a.revoked_on, a.fixed_yen);
ALTER TABLE grant_subgrants ENABLE TRIGGER USER;

CREATE FUNCTION grant_ends_subgrants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE grant_subgrants s SET state = 'WITHDRAWN', withdrawn_on = entaku_today()
        WHERE s.municipality_id = NEW.municipality_id AND s.application_id = NEW.id AND s.state = 'SUBMITTED';
    RETURN NULL;
END $$;
CREATE TRIGGER ends_subgrants AFTER UPDATE OF state, revoked_on, fixed_yen ON grant_applications FOR EACH ROW
    WHEN (entaku_grant_ended(NEW.state, NEW.revoked_on, NEW.fixed_yen)) EXECUTE FUNCTION grant_ends_subgrants();

CREATE FUNCTION grant_gives_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given grant_applications;
BEGIN
    SELECT * INTO given FROM grant_applications a
        WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.application_id FOR SHARE;
    IF given.fixed_yen IS NOT NULL OR given.state NOT IN ('DECIDED', 'PAYMENT_REQUESTED', 'PARTLY_PAID', 'PAID') THEN
        RAISE EXCEPTION 'the grant is %', given.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_subgrants_given';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER given BEFORE INSERT ON grant_subgrants FOR EACH ROW WHEN (NEW.state = 'SUBMITTED')
    EXECUTE FUNCTION grant_gives_on();
";

pub(super) const DOWN: &str = "
DROP TRIGGER given ON grant_subgrants;
DROP TRIGGER ends_subgrants ON grant_applications;
DROP FUNCTION grant_gives_on();
DROP FUNCTION grant_ends_subgrants();
DROP FUNCTION entaku_grant_ended(text, date, bigint);
";
