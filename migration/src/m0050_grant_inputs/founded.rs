//! What is paid by months is counted from the founding: its day is recorded once.

pub(super) const UP: &str = "
CREATE FUNCTION organization_founded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the day of the founding is recorded: %', OLD.founded_on
        USING ERRCODE = 'check_violation', CONSTRAINT = 'organizations_founded_once';
END $$;
CREATE TRIGGER founded_once BEFORE UPDATE OF founded_on ON organizations FOR EACH ROW
    WHEN (OLD.founded_on <> NEW.founded_on OR OLD.founded_on IS NOT NULL AND NEW.founded_on IS NULL)
    EXECUTE FUNCTION organization_founded_once();
";

pub(super) const DOWN: &str = "
DROP TRIGGER founded_once ON organizations;
DROP FUNCTION organization_founded_once();
";
