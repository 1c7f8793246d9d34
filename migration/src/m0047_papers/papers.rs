//! What the terms of a programme ask of its applications, and that no step is taken without it.

/// `grant_papers` has a row for each paper and application, with the newest file that is it. A paper of the application is
/// asked for by the requested amount, the others by what was decided. One that is asked for each time is not what was attached
/// before the last payment: that was asked for with another.
pub(super) const UP: &str = "
ALTER TABLE grant_application_files ADD COLUMN paper text CHECK (char_length(paper) BETWEEN 1 AND 100);
CREATE INDEX grant_application_files_paper ON grant_application_files (municipality_id, application_id, paper, created_at, id)
    WHERE paper IS NOT NULL;

CREATE VIEW grant_papers WITH (security_invoker = true) AS
    SELECT a.municipality_id, 1 AS revision, md5(a.id::text || (p.value ->> 'at') || (p.value ->> 'name'))::uuid AS id, a.id AS application_id,
        a.organization_id, a.district_id, p.position::int AS position, p.value ->> 'name' AS name,
        p.value ->> 'nameEn' AS name_en, p.value ->> 'legalReference' AS legal_reference, p.value ->> 'at' AS step,
        (p.value ->> 'fromYen')::bigint AS from_yen, n.each_time, n.needed, n.needed AND f.id IS NULL AS missing, f.id AS file_id
    FROM grant_applications a
    JOIN grant_programmes g ON g.municipality_id = a.municipality_id AND g.id = a.programme_id
    CROSS JOIN LATERAL jsonb_array_elements(g.terms::jsonb #> '{conditions,papers}') WITH ORDINALITY p (value, position)
    CROSS JOIN LATERAL (SELECT coalesce(CASE p.value ->> 'at' WHEN 'APPLICATION' THEN a.requested_yen ELSE a.decided_yen END
        >= (p.value ->> 'fromYen')::bigint, p.value ->> 'fromYen' IS NULL)
        AND NOT (coalesce((p.value ->> 'eachTime')::bool, false)
            AND coalesce(a.paid_yen >= coalesce(a.fixed_yen, a.decided_yen), false)) AS needed,
        coalesce((p.value ->> 'eachTime')::bool, false) AS each_time) n
    LEFT JOIN LATERAL (SELECT t.id FROM grant_application_files t WHERE t.municipality_id = a.municipality_id
        AND t.application_id = a.id AND t.paper = p.value ->> 'name' AND t.report = (p.value ->> 'at' <> 'APPLICATION')
        AND NOT (n.each_time AND EXISTS (SELECT FROM grant_payments y WHERE y.municipality_id = a.municipality_id
            AND y.application_id = a.id AND y.kind <> 'RETURN' AND (y.created_at, y.id) > (t.created_at, t.id)))
        ORDER BY t.created_at DESC, t.id DESC LIMIT 1) f ON true;
GRANT SELECT ON grant_papers TO entaku_app;

-- Is a paper missing that a step asks for?
CREATE FUNCTION entaku_papers_missing(p_application uuid, p_step text) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM grant_papers p WHERE p.municipality_id = entaku_municipality()
        AND p.application_id = p_application AND p.step = p_step AND p.missing) $$;
GRANT EXECUTE ON FUNCTION entaku_papers_missing(uuid, text) TO entaku_app;

-- Its argument is the step that is taken.
CREATE FUNCTION grant_papers_here() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lacking text := (SELECT string_agg(p.name, ', ' ORDER BY p.position) FROM grant_papers p
        WHERE p.municipality_id = NEW.municipality_id AND p.application_id = NEW.id AND p.step = TG_ARGV[0] AND p.missing);
BEGIN
    IF lacking IS NOT NULL THEN
        RAISE EXCEPTION 'papers are missing: %', lacking
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_applications_papers';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER papers_submitted AFTER UPDATE OF state ON grant_applications FOR EACH ROW
    WHEN (OLD.state IN ('DRAFT', 'RETURNED') AND NEW.state NOT IN ('DRAFT', 'RETURNED', 'WITHDRAWN'))
    EXECUTE FUNCTION grant_papers_here('APPLICATION');
CREATE TRIGGER papers_written AFTER INSERT ON grant_applications FOR EACH ROW
    WHEN (NEW.state NOT IN ('DRAFT', 'WITHDRAWN')) EXECUTE FUNCTION grant_papers_here('APPLICATION');
CREATE TRIGGER papers_reported AFTER UPDATE OF state ON grant_applications FOR EACH ROW
    WHEN (OLD.state IN ('DECIDED', 'PARTLY_PAID', 'PAID') AND NEW.state = 'REPORTED')
    EXECUTE FUNCTION grant_papers_here('REPORT');
-- What came back from the bank was asked for before.
CREATE TRIGGER papers_requested AFTER UPDATE OF state ON grant_applications FOR EACH ROW
    WHEN (OLD.state IN ('DECIDED', 'PARTLY_PAID', 'AMOUNT_FIXED') AND NEW.state = 'PAYMENT_REQUESTED'
        AND NEW.paid_yen >= OLD.paid_yen)
    EXECUTE FUNCTION grant_papers_here('PAYMENT_REQUEST');

-- A file is one of the papers that are asked for while it is attached: before the decision, or after it.
CREATE FUNCTION grant_file_is_asked_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM grant_papers p WHERE p.municipality_id = NEW.municipality_id
            AND p.application_id = NEW.application_id AND p.name = NEW.paper AND (p.step = 'APPLICATION') <> NEW.report) THEN
        RAISE EXCEPTION '% is not asked for', NEW.paper
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_application_files_paper';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER asked_for BEFORE INSERT ON grant_application_files FOR EACH ROW WHEN (NEW.paper IS NOT NULL)
    EXECUTE FUNCTION grant_file_is_asked_for();

-- Is a paper asked for with the request of a payment?
CREATE FUNCTION entaku_of_request(p_town uuid, p_application uuid, p_paper text) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM grant_papers p WHERE p.municipality_id = p_town AND p.application_id = p_application
        AND p.name = p_paper AND p.step = 'PAYMENT_REQUEST') $$;
GRANT EXECUTE ON FUNCTION entaku_of_request(uuid, uuid, text) TO entaku_app;
";

/// The locks of files, as they were and as they are. What an application rests on stays while it is examined; the papers of
/// a request may still come when the amount is fixed, and stay once a payment was asked for.
pub(super) const LOCKED: &[(&str, &str)] = &[
    ("    state text;\n", "    state text;\n    asked uuid;\n"),
    ("SELECT a.decided_on, a.state INTO decided, state FROM", "SELECT a.decided_on, a.state, a.payment_requested_by INTO decided, state, asked FROM"),
    (
        "state NOT IN ('DECIDED', 'PARTLY_PAID', 'PAID') ELSE decided IS NOT NULL END)",
        "CASE WHEN attached.paper IS NULL OR NOT entaku_of_request(attached.municipality_id, attached.application_id, attached.paper)
                THEN state NOT IN ('DECIDED', 'PARTLY_PAID', 'PAID')
                ELSE state NOT IN ('DECIDED', 'PARTLY_PAID', 'PAID', 'AMOUNT_FIXED') OR (TG_OP = 'DELETE' AND asked IS NOT NULL) END
            ELSE decided IS NOT NULL OR (attached.paper IS NOT NULL AND state NOT IN ('DRAFT', 'RETURNED')) END)",
    ),
];

pub(super) const DOWN: &str = "
DROP FUNCTION entaku_of_request(uuid, uuid, text);
DROP TRIGGER asked_for ON grant_application_files;
DROP FUNCTION grant_file_is_asked_for();
DROP TRIGGER papers_submitted ON grant_applications;
DROP TRIGGER papers_written ON grant_applications;
DROP TRIGGER papers_reported ON grant_applications;
DROP TRIGGER papers_requested ON grant_applications;
DROP FUNCTION grant_papers_here();
DROP FUNCTION entaku_papers_missing(uuid, text);
DROP VIEW grant_papers;
ALTER TABLE grant_application_files DROP COLUMN paper;
";
