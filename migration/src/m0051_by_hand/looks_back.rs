//! A programme is not made public while its by-law looks at a year before that it does not name. What looks back is told from
//! the rule's document as `Rule::of_last_year` tells it (a test compares them).

pub(super) const UP: &str = "
-- What terms and adjustments are made of, and what that is made of; conditions only choose.
CREATE FUNCTION entaku_looks_back(p_rule jsonb, p_year int) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    WITH RECURSIVE used (key) AS (
        SELECT found #>> '{}' FROM unnest(ARRAY[
                '$.terms[*].kind.*.metric', '$.terms[*].kind.*.limit.metric', '$.terms[*].kind.multiplier.factor.metric',
                '$.terms[*].kind.multiplier.factor.table.metric', '$.terms[*].kind.conditional.cases[*].amount.metric',
                '$.terms[*].kind.conditional.otherwise.metric', '$.adjustments[*].kind.cap.metric',
                '$.adjustments[*].kind.minimum.metric', '$.adjustments[*].kind.split.metric',
                '$.adjustments[*].kind.phaseIn ? (@.firstFiscalYear <= $year && @.firstFiscalYear + @.years > $year).from'
            ]::jsonpath[]) path,
            jsonb_path_query(p_rule, path, jsonb_build_object('year', p_year)) found
        UNION
        SELECT part #>> '{}' FROM used u CROSS JOIN jsonb_array_elements(p_rule -> 'metrics') metric
            CROSS JOIN unnest(ARRAY['$.source.quotient.*', '$.source.difference.*', '$.source.sum[*]',
                '$.source.product[*]', '$.source.weightedSum[*].of']::jsonpath[]) path
            CROSS JOIN jsonb_path_query(metric, path) part
            WHERE metric ->> 'key' = u.key)
    SELECT jsonb_path_exists(p_rule, '$.terms[*].kind.**.previousShare')
        OR jsonb_path_exists(p_rule, '$.adjustments[*].kind.*.previousShare')
        OR jsonb_path_exists(p_rule, '$.adjustments[*].kind.changeLimit ? (@.firstFiscalYear <= $year && @.firstFiscalYear + @.years > $year)',
            jsonb_build_object('year', p_year))
        OR EXISTS (SELECT FROM used u CROSS JOIN jsonb_array_elements(p_rule -> 'metrics') metric
            WHERE metric ->> 'key' = u.key AND metric #>> '{source,record}' = 'PREVIOUS_AMOUNT') $$;
GRANT EXECUTE ON FUNCTION entaku_looks_back(jsonb, int) TO entaku_app;

CREATE FUNCTION grant_programme_looks_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF entaku_looks_back((SELECT v.document::jsonb FROM grant_rules v
            WHERE v.municipality_id = NEW.municipality_id AND v.state = 'IN_FORCE'
                AND v.title = entaku_by_law(NEW.municipality_id, NEW.id) AND v.from_fiscal_year <= NEW.fiscal_year
            ORDER BY v.from_fiscal_year DESC, v.version DESC LIMIT 1), NEW.fiscal_year) THEN
        RAISE EXCEPTION 'the by-law of this programme looks at a year before that it does not name'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_programmes_previous_missing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER looks_back BEFORE UPDATE OF state ON grant_programmes FOR EACH ROW
    WHEN (OLD.state = 'DRAFT' AND NEW.state <> 'DRAFT' AND NEW.previous_id IS NULL AND NOT NEW.first_year)
    EXECUTE FUNCTION grant_programme_looks_back();
";

pub(super) const DOWN: &str = "
DROP TRIGGER looks_back ON grant_programmes;
DROP FUNCTION grant_programme_looks_back();
DROP FUNCTION entaku_looks_back(jsonb, int);
";
