//! What is to be approved, as it is now with its files, and whether somebody can still approve it.

use crate::m0037_approval_routes::functions::FUNCTIONS;
use crate::table::former;

pub(super) const UP: &str = "
-- A row but for what changes without its being another matter: the programme's state and window, counters and times.
CREATE FUNCTION entaku_essence(p_row jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_strip_nulls(p_row - ARRAY['programme_state', 'opens_on', 'closes_on', 'subgranted_yen',
        'offset_done_yen', 'results_state', 'revision', 'updated_at'])::text $$;

-- The hash of a row with the files attached to it; a change has those of its application.
CREATE OR REPLACE FUNCTION entaku_as_it_is(p_row jsonb) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(entaku_essence(p_row) || coalesce((SELECT string_agg(f.file_id || ' ' || f.sha256, ',' ORDER BY f.file_id)
        FROM grant_application_files f WHERE f.municipality_id = (p_row ->> 'municipality_id')::uuid
            AND f.application_id = coalesce(p_row ->> 'application_id', p_row ->> 'id')::uuid), '')) $$;

-- May a decision be revoked that has come so far?
CREATE FUNCTION entaku_revocable(p_state text) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
    SELECT p_state IN ('DECIDED', 'PAYMENT_REQUESTED', 'PARTLY_PAID', 'PAID', 'REPORTED', 'REPORT_REVIEWED',
        'AMOUNT_FIXED', 'SETTLED', 'REPAYMENT_ORDERED', 'REPAID') $$;

-- What is to be approved, as it is now; nothing where the act is not possible; all there is for no object. A change of
-- what was decided is a decision on the changed amount. `hands`: those who had a hand in it. `most`: what may be decided at
-- most instead of `yen`; nothing where `yen` is settled. `ready`: does it wait to be done, or is it approved only where
-- somebody asks? Of an instalment, of the fixing and of the revocation, the amount is the whole grant's: nothing is done in
-- parts below a threshold. Of a repayment that the fixing orders, it is what was paid beyond the fixed amount; of one that
-- a revocation orders, all that was paid.
DROP FUNCTION entaku_matter(text, uuid);
CREATE FUNCTION entaku_matter(p_act text, p_object uuid)
    RETURNS TABLE (kind text, id uuid, title text, hash text, yen bigint, most bigint, hands uuid[], ready bool)
    LANGUAGE sql STABLE AS $$
    SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.recommended_yen, a.requested_yen,
            array_remove(ARRAY[a.submitted_by, a.recommended_by], NULL)
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)), a.recommended_yen > 0
        FROM grant_applications a WHERE p_act = 'GRANT_APPLICATION_DECIDE'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND a.state = 'REVIEWED'
    UNION ALL SELECT 'gch', c.id, c.title, entaku_as_it_is(to_jsonb(c)), c.decided_yen, NULL,
            array_remove(ARRAY[c.requested_by, a.submitted_by, a.payment_requested_by], NULL)
                || ARRAY(SELECT entaku_doers(a.id, 'PAID'))
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)), true
        FROM grant_changes c JOIN grant_applications a ON a.municipality_id = c.municipality_id
            AND a.id = c.application_id AND a.change_id = c.id
        WHERE p_act = 'GRANT_APPLICATION_DECIDE' AND c.municipality_id = entaku_municipality()
            AND (p_object IS NULL OR c.id = p_object) AND c.state = 'REQUESTED'
    UNION ALL SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.requested_yen, NULL,
            array_remove(ARRAY[a.submitted_by, a.recommended_by], NULL)
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)), a.recommended_yen = 0
        FROM grant_applications a WHERE p_act = 'GRANT_APPLICATION_REFUSE'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND a.state = 'REVIEWED'
    UNION ALL SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.decided_yen, NULL,
            array_remove(ARRAY[a.submitted_by, a.recommended_by, a.decided_by, a.payment_requested_by,
                a.fixed_by], NULL)
                || ARRAY(SELECT entaku_doers(a.id, 'CHANGED'))
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)), true
        FROM grant_applications a WHERE p_act = 'GRANT_PAYMENT_EXECUTE'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND a.state = 'PAYMENT_REQUESTED'
    UNION ALL SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.decided_yen, NULL,
            array_remove(ARRAY[a.submitted_by, a.reported_by, a.examined_by], NULL)
                || ARRAY(SELECT entaku_doers(a.id, 'PAID'))
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)), true
        FROM grant_applications a WHERE p_act = 'GRANT_AMOUNT_FIX'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND a.state = 'REPORT_REVIEWED'
    UNION ALL SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)),
            CASE WHEN s.surplus > 0 THEN s.surplus ELSE a.paid_yen - a.offset_done_yen END, a.paid_yen - a.offset_done_yen,
            array_remove(ARRAY[a.submitted_by, a.reported_by, a.examined_by], NULL)
                || ARRAY(SELECT entaku_doers(a.id, 'PAID'))
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)),
            s.surplus > 0 AND g.surplus_rule = 'RETURN'
        FROM grant_applications a
        JOIN grant_programmes g ON g.municipality_id = a.municipality_id AND g.id = a.programme_id
        CROSS JOIN LATERAL (SELECT CASE WHEN a.state = 'REPORT_REVIEWED'
            THEN a.paid_yen - least(a.decided_yen, a.eligible_yen) ELSE 0 END AS surplus) s
        WHERE p_act = 'GRANT_REPAYMENT_ORDER'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND entaku_revocable(a.state) AND a.revoked_on IS NULL AND a.paid_yen > a.offset_done_yen
    UNION ALL SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.decided_yen, NULL,
            array_remove(ARRAY[a.submitted_by], NULL)
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id)), false
        FROM grant_applications a WHERE p_act = 'GRANT_DECISION_REVOKE'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND entaku_revocable(a.state) AND a.revoked_on IS NULL
    UNION ALL SELECT 'grn', r.id, r.title, entaku_as_it_is(to_jsonb(r)), r.total_yen, NULL,
            array_remove(ARRAY[r.run_by], NULL), true
        FROM grant_runs r WHERE p_act = 'GRANT_RUN_APPROVE' AND r.municipality_id = entaku_municipality()
            AND (p_object IS NULL OR r.id = p_object) AND r.state = 'CALCULATED' AND r.kind = 'REAL'
            AND r.programme_state <> 'CLOSED' AND r.corrects_id IS NOT DISTINCT FROM (SELECT n.id FROM grant_runs n
                WHERE n.municipality_id = r.municipality_id AND n.programme_id = r.programme_id AND n.state = 'APPROVED'
                ORDER BY n.id DESC LIMIT 1) $$;

-- Does no route stand before an act that waits to be done, or are its approvals complete?
CREATE FUNCTION entaku_cleared(p_act text, p_object uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM approval_routes r WHERE r.municipality_id = entaku_municipality() AND r.act = p_act)
        OR NOT EXISTS (SELECT FROM entaku_matter(p_act, p_object) m WHERE m.ready)
        OR entaku_may_proceed(p_act, p_object, NULL) $$;

-- Can an approval not be completed by those who may approve today: is one of its steps too few, or does it wait and nobody
-- has a seat to take?
CREATE FUNCTION entaku_stuck(p_approval uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM approvals a
        JOIN approval_routes r ON r.municipality_id = a.municipality_id AND r.id = a.route_id
        CROSS JOIN LATERAL jsonb_array_elements(r.steps::jsonb) WITH ORDINALITY AS step
        WHERE a.municipality_id = entaku_municipality() AND a.id = p_approval
            AND (step.value ->> 'needed')::bigint > (SELECT count(*) FROM approval_seats s
                    WHERE s.municipality_id = a.municipality_id AND s.approval_id = a.id AND a.state = 'OPEN'
                        AND s.step = step.ordinality AND s.state = 'APPROVED')
                + (SELECT count(*) FROM entaku_step_holders(step.value) h (id) WHERE h.id <> ALL (entaku_hands(a.id))
                    AND NOT EXISTS (SELECT FROM approval_seats s WHERE s.municipality_id = a.municipality_id
                        AND s.approval_id = a.id AND a.state = 'OPEN' AND s.state = 'APPROVED'
                        AND h.id IN (s.account_id, s.for_id))))
        OR EXISTS (SELECT FROM approvals a WHERE a.municipality_id = entaku_municipality() AND a.id = p_approval
            AND a.state = 'OPEN' AND NOT EXISTS (SELECT FROM approval_seats s WHERE s.municipality_id = a.municipality_id
                AND s.approval_id = a.id AND s.state = 'OPEN' AND entaku_entitled(s.id))) $$;
GRANT EXECUTE ON FUNCTION entaku_essence(jsonb), entaku_revocable(text), entaku_matter(text, uuid),
    entaku_cleared(text, uuid), entaku_stuck(uuid) TO entaku_app;
CREATE INDEX approvals_open ON approvals (municipality_id, id) WHERE state = 'OPEN';

-- What is being approved stays the same matter, with the files it has had.
ALTER TABLE approvals DISABLE TRIGGER USER;
UPDATE approvals v SET object_hash = entaku_as_it_is(o.was) FROM (
        SELECT a.municipality_id, a.id, to_jsonb(a) AS was FROM grant_applications a
        UNION ALL SELECT c.municipality_id, c.id, to_jsonb(c) FROM grant_changes c) o
    WHERE o.municipality_id = v.municipality_id AND o.id = v.object_id AND v.state IN ('OPEN', 'APPROVED', 'RETURNED')
        AND v.object_hash = md5(entaku_essence(o.was));
ALTER TABLE approvals ENABLE TRIGGER USER;
";

pub(super) fn down() -> String {
    let [before, matter] = ["entaku_as_it_is", "entaku_matter"].map(|name| former(FUNCTIONS, name));
    format!(
        "{DOWN} {before} {matter} GRANT EXECUTE ON FUNCTION entaku_matter(text, uuid) TO entaku_app;
         DROP FUNCTION entaku_essence(jsonb);"
    )
}

const DOWN: &str = "
ALTER TABLE approvals DISABLE TRIGGER USER;
UPDATE approvals v SET object_hash = md5(entaku_essence(o.was)) FROM (
        SELECT a.municipality_id, a.id, to_jsonb(a) AS was FROM grant_applications a
        UNION ALL SELECT c.municipality_id, c.id, to_jsonb(c) FROM grant_changes c) o
    WHERE o.municipality_id = v.municipality_id AND o.id = v.object_id AND v.state IN ('OPEN', 'APPROVED', 'RETURNED')
        AND v.object_hash = entaku_as_it_is(o.was);
ALTER TABLE approvals ENABLE TRIGGER USER;
DROP INDEX approvals_open;
DROP FUNCTION entaku_stuck(uuid);
DROP FUNCTION entaku_cleared(text, uuid);
DROP FUNCTION entaku_matter(text, uuid);
DROP FUNCTION entaku_revocable(text);
";
