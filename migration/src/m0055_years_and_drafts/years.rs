//! The accounts of a fiscal year are there, open, from the first budget of the year on: who closes them sees that they wait.

/// A year that is there already stays as it is, closed or open. Years of journals that there are get their row now.
pub(super) const UP: &str = "
CREATE FUNCTION ledger_open(p_id uuid, p_fiscal_year int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
BEGIN
    IF town IS NULL THEN
        RAISE EXCEPTION 'no municipality' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- In the order in which a closing takes its locks.
    PERFORM pg_advisory_xact_lock_shared(ledger_year_key(town, p_fiscal_year));
    INSERT INTO ledger_years (municipality_id, id, fiscal_year) VALUES (town, p_id, p_fiscal_year)
        ON CONFLICT (municipality_id, fiscal_year) DO NOTHING;
END $$;
REVOKE EXECUTE ON FUNCTION ledger_open FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_open TO entaku_app;
ALTER FUNCTION ledger_open OWNER TO entaku_ledger;

ALTER TABLE ledger_years DISABLE TRIGGER USER;
INSERT INTO ledger_years (municipality_id, id, fiscal_year)
    SELECT j.municipality_id, entaku_uuid(), j.fiscal_year FROM ledger_journals j
    GROUP BY j.municipality_id, j.fiscal_year ORDER BY j.municipality_id, j.fiscal_year
    ON CONFLICT (municipality_id, fiscal_year) DO NOTHING;
ALTER TABLE ledger_years ENABLE TRIGGER USER;
";

/// A year that is open is what one is without a row: the rows may stay.
pub(super) const DOWN: &str = "
DROP FUNCTION ledger_open(uuid, int);
";
