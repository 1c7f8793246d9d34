//! What the database says of routes: what is to be approved, by which route, by whom, and whether it is.

pub(crate) const FUNCTIONS: &str = "
-- A row but for what changes without its being another matter: the programme's state and window, counters and times.
CREATE FUNCTION entaku_as_it_is(p_row jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT md5(jsonb_strip_nulls(p_row - ARRAY['programme_state', 'opens_on', 'closes_on', 'subgranted_yen',
        'offset_done_yen', 'revision', 'updated_at'])::text) $$;

-- Whoever had a hand in an application itself: those who did what its organization does, and the people of that.
CREATE FUNCTION entaku_application_parties(p_application uuid, p_organization uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE AS $$
    SELECT h.actor_id FROM grant_acts h WHERE h.municipality_id = entaku_municipality()
        AND h.application_id = p_application AND h.actor_id IS NOT NULL
        AND h.act IN ('CREATE', 'CHANGE', 'SUBMIT', 'PAYMENT_REQUEST', 'COMPLETION_RECORD', 'REPORT_SUBMIT',
            'CHANGE_REQUEST')
    UNION SELECT p.account_id FROM appointments p WHERE p.municipality_id = entaku_municipality()
        AND p.scope = 'ORGANIZATION' AND p.scope_id = p_organization AND p.ended_at IS NULL
        AND coalesce(p.ends_on, 'infinity') >= entaku_today() $$;

-- What is to be approved, as it is now; nothing where the act is not the next; all there is for no object. A change of
-- what was decided is a decision on the changed amount. `hands`: those who had a hand in it. `most`: what may be decided at
-- most instead of `yen`; nothing where `yen` is settled. Of an instalment, the amount is the whole grant's: nothing is paid in parts below a threshold.
CREATE FUNCTION entaku_matter(p_act text, p_object uuid)
    RETURNS TABLE (kind text, id uuid, title text, hash text, yen bigint, most bigint, hands uuid[])
    LANGUAGE sql STABLE AS $$
    SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.recommended_yen, a.requested_yen,
            array_remove(ARRAY[a.submitted_by, a.recommended_by], NULL)
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id))
        FROM grant_applications a WHERE p_act = 'GRANT_APPLICATION_DECIDE'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND a.state = 'REVIEWED'
    UNION ALL SELECT 'gch', c.id, c.title, entaku_as_it_is(to_jsonb(c)), c.decided_yen, NULL,
            array_remove(ARRAY[c.requested_by, a.submitted_by, a.payment_requested_by, a.paid_by], NULL)
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id))
        FROM grant_changes c JOIN grant_applications a ON a.municipality_id = c.municipality_id
            AND a.id = c.application_id AND a.change_id = c.id
        WHERE p_act = 'GRANT_APPLICATION_DECIDE' AND c.municipality_id = entaku_municipality()
            AND (p_object IS NULL OR c.id = p_object) AND c.state = 'REQUESTED'
    UNION ALL SELECT 'gap', a.id, a.title, entaku_as_it_is(to_jsonb(a)), a.decided_yen, NULL,
            array_remove(ARRAY[a.submitted_by, a.recommended_by, a.decided_by, a.payment_requested_by,
                a.changed_by, a.fixed_by], NULL)
                || ARRAY(SELECT entaku_application_parties(a.id, a.organization_id))
        FROM grant_applications a WHERE p_act = 'GRANT_PAYMENT_EXECUTE'
            AND a.municipality_id = entaku_municipality() AND (p_object IS NULL OR a.id = p_object)
            AND a.state = 'PAYMENT_REQUESTED'
    UNION ALL SELECT 'grn', r.id, r.title, entaku_as_it_is(to_jsonb(r)), r.total_yen, NULL,
            array_remove(ARRAY[r.run_by], NULL)
        FROM grant_runs r WHERE p_act = 'GRANT_RUN_APPROVE' AND r.municipality_id = entaku_municipality()
            AND (p_object IS NULL OR r.id = p_object) AND r.state = 'CALCULATED' AND r.kind = 'REAL'
            AND r.programme_state <> 'CLOSED' AND r.corrects_id IS NOT DISTINCT FROM (SELECT n.id FROM grant_runs n
                WHERE n.municipality_id = r.municipality_id AND n.programme_id = r.programme_id AND n.state = 'APPROVED'
                ORDER BY n.id DESC LIMIT 1) $$;

-- The route that covers an act of an amount: the one from the highest amount.
CREATE FUNCTION entaku_route_of(p_act text, p_yen bigint) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT r.id FROM approval_routes r WHERE r.municipality_id = entaku_municipality() AND r.act = p_act
        AND r.ended_at IS NULL AND r.from_yen <= p_yen ORDER BY r.from_yen DESC LIMIT 1 $$;

-- The newest approval of an act on an object that is as `p_hash` says, unless it is over.
CREATE FUNCTION entaku_approval_of(p_act text, p_object uuid, p_hash text) RETURNS SETOF approvals
    LANGUAGE sql STABLE AS $$
    SELECT a.* FROM approvals a WHERE a.municipality_id = entaku_municipality() AND a.object_id = p_object
        AND a.act = p_act AND a.object_hash = p_hash AND a.state IN ('OPEN', 'APPROVED', 'RETURNED')
        ORDER BY a.id DESC LIMIT 1 $$;

-- The route that covers a matter: the one its approval began by where that has ended since, unless a higher one does now.
CREATE FUNCTION entaku_route_for(p_act text, p_object uuid, p_hash text, p_yen bigint) RETURNS uuid
    LANGUAGE sql STABLE AS $$
    SELECT r.id FROM approval_routes r WHERE r.municipality_id = entaku_municipality()
        AND (r.id = entaku_route_of(p_act, p_yen) OR r.ended_at IS NOT NULL
            AND r.id = (SELECT a.route_id FROM entaku_approval_of(p_act, p_object, p_hash) a))
        ORDER BY r.from_yen DESC, r.ended_at NULLS FIRST LIMIT 1 $$;

-- Does somebody work for the town hall today, over all of it?
CREATE FUNCTION entaku_staff(p_account uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM appointments p
        JOIN accounts c ON c.municipality_id = p.municipality_id AND c.id = p.account_id
            AND c.suspended_at IS NULL AND NOT c.support
        WHERE p.municipality_id = entaku_municipality() AND p.account_id = p_account AND p.ended_at IS NULL
            AND entaku_today() BETWEEN p.starts_on AND coalesce(p.ends_on, 'infinity') AND p.scope = 'MUNICIPALITY'
            AND p.role IN ('SECTION_STAFF', 'GRANT_STAFF', 'PLANNING_STAFF', 'APPROVER', 'PAYER', 'AUDITOR', 'ADMIN')) $$;

-- Who may give an approval of a step today: holders of its role over the municipality, or of its post.
CREATE FUNCTION entaku_step_holders(p_step jsonb) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT DISTINCT p.account_id FROM appointments p WHERE p.municipality_id = entaku_municipality()
        AND p.ended_at IS NULL AND entaku_today() BETWEEN p.starts_on AND coalesce(p.ends_on, 'infinity')
        AND (p.post_id = (p_step ->> 'post')::uuid OR (p.role = p_step ->> 'role' AND p.scope = 'MUNICIPALITY'))
        AND entaku_staff(p.account_id) $$;

-- Who never approves in a matter: those who had a hand in it, and whoever asked for the approval.
CREATE FUNCTION entaku_hands(p_approval uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT array_remove(coalesce((SELECT m.hands FROM entaku_matter(a.act, a.object_id) m), '{}') || a.requested_by, NULL)
        FROM approvals a WHERE a.municipality_id = entaku_municipality() AND a.id = p_approval $$;

-- Does somebody stand in for somebody today?
CREATE FUNCTION entaku_stands_in(p_delegate uuid, p_account uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT entaku_staff(p_delegate) AND EXISTS (SELECT FROM delegations d
        WHERE d.municipality_id = entaku_municipality() AND d.account_id = p_account AND d.delegate_id = p_delegate
            AND d.ended_at IS NULL AND entaku_today() BETWEEN d.starts_on AND d.ends_on) $$;

-- May an approval still be given from a seat: by its holder, or by whoever stands in for them, neither with a hand in it?
CREATE FUNCTION entaku_entitled(p_seat uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM approval_seats s
        JOIN approvals a ON a.municipality_id = s.municipality_id AND a.id = s.approval_id
        JOIN approval_routes r ON r.municipality_id = a.municipality_id AND r.id = a.route_id
        WHERE s.municipality_id = entaku_municipality() AND s.id = p_seat
            AND a.state = 'OPEN' AND s.for_id IN (SELECT entaku_step_holders(r.steps::jsonb -> (s.step - 1)))
            AND (s.account_id = s.for_id OR entaku_stands_in(s.account_id, s.for_id))
            AND NOT entaku_hands(a.id) && ARRAY[s.account_id, s.for_id]) $$;

-- Has every step of it the approvals it needs?
CREATE FUNCTION entaku_approved(p_approval uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT bool_and((step.value ->> 'needed')::int <= (SELECT count(*) FROM approval_seats s
            WHERE s.municipality_id = a.municipality_id AND s.approval_id = a.id AND s.step = step.ordinality
                AND s.state = 'APPROVED'))
        FROM approvals a
        JOIN approval_routes r ON r.municipality_id = a.municipality_id AND r.id = a.route_id
        CROSS JOIN LATERAL jsonb_array_elements(r.steps::jsonb) WITH ORDINALITY AS step
        WHERE a.municipality_id = entaku_municipality() AND a.id = p_approval), false) $$;

-- May the act be done with this amount to an object that is as `p_hash` says? Where no route covers it, or where the
-- approvals of the route that does are complete for it as it is and for this amount. `p_proposed`: what was proposed; a
-- lower amount does not lead around its route.
CREATE FUNCTION entaku_complete(p_act text, p_object uuid, p_hash text, p_proposed bigint, p_yen bigint) RETURNS bool
    LANGUAGE sql STABLE AS $$
    SELECT w.route IS NULL OR EXISTS (SELECT FROM entaku_approval_of(p_act, p_object, p_hash) a
            WHERE a.state = 'APPROVED' AND a.route_id = w.route AND a.amount_yen = p_yen AND entaku_approved(a.id))
        FROM (SELECT entaku_route_for(p_act, p_object, p_hash, greatest(p_proposed, p_yen)) AS route) w $$;

-- The same of an object as it is now; for no amount, of the one that is being approved or was proposed.
CREATE FUNCTION entaku_may_proceed(p_act text, p_object uuid, p_yen bigint) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT entaku_complete(p_act, p_object, m.hash, m.yen, coalesce(p_yen,
                (SELECT a.amount_yen FROM entaku_approval_of(p_act, p_object, m.hash) a), m.yen))
            FROM entaku_matter(p_act, p_object) m), false) $$;

-- What is missing before the act may be done with this amount: the steps without enough approvals.
CREATE FUNCTION entaku_lacking(p_act text, p_object uuid, p_yen bigint)
    RETURNS TABLE (route text, step text, given bigint, needed bigint) LANGUAGE sql STABLE AS $$
    SELECT r.title, step.value ->> 'name', count(s.id), (step.value ->> 'needed')::bigint
    FROM entaku_matter(p_act, p_object) m
    JOIN approval_routes r ON r.municipality_id = entaku_municipality()
        AND r.id = entaku_route_for(p_act, p_object, m.hash, greatest(m.yen, p_yen))
    CROSS JOIN LATERAL jsonb_array_elements(r.steps::jsonb) WITH ORDINALITY AS step
    LEFT JOIN entaku_approval_of(p_act, p_object, m.hash) a ON a.route_id = r.id AND a.amount_yen = p_yen
    LEFT JOIN approval_seats s ON s.municipality_id = entaku_municipality() AND s.approval_id = a.id
        AND s.step = step.ordinality AND s.state = 'APPROVED'
    GROUP BY r.id, r.title, step.value, step.ordinality
    HAVING count(s.id) < (step.value ->> 'needed')::bigint ORDER BY step.ordinality $$;

GRANT EXECUTE ON FUNCTION entaku_lacking(text, uuid, bigint), entaku_as_it_is(jsonb), entaku_application_parties(uuid, uuid), entaku_matter(text, uuid),
    entaku_route_of(text, bigint), entaku_approval_of(text, uuid, text), entaku_route_for(text, uuid, text, bigint), entaku_staff(uuid), entaku_step_holders(jsonb), entaku_hands(uuid),
    entaku_stands_in(uuid, uuid), entaku_entitled(uuid), entaku_approved(uuid), entaku_complete(text, uuid, text, bigint, bigint),
    entaku_may_proceed(text, uuid, bigint) TO entaku_app;
";

pub(super) const BACK: &str = "
DROP FUNCTION entaku_lacking(text, uuid, bigint);
DROP FUNCTION entaku_may_proceed(text, uuid, bigint);
DROP FUNCTION entaku_complete(text, uuid, text, bigint, bigint);
DROP FUNCTION entaku_approved(uuid);
DROP FUNCTION entaku_entitled(uuid);
DROP FUNCTION entaku_stands_in(uuid, uuid);
DROP FUNCTION entaku_hands(uuid);
DROP FUNCTION entaku_step_holders(jsonb);
DROP FUNCTION entaku_staff(uuid);
DROP FUNCTION entaku_route_for(text, uuid, text, bigint);
DROP FUNCTION entaku_approval_of(text, uuid, text);
DROP FUNCTION entaku_route_of(text, bigint);
DROP FUNCTION entaku_matter(text, uuid);
DROP FUNCTION entaku_application_parties(uuid, uuid);
DROP FUNCTION entaku_as_it_is(jsonb);
";
