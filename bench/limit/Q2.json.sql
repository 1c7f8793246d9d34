\set k random(1, {count})
\startpipeline
{tenant}
SELECT json_build_object('nodes', json_agg(x) FILTER (WHERE place <= 20), 'more', count(*) > 20) FROM (
    SELECT row_number() OVER (ORDER BY o.name_kana, o.id) AS place, o.*
    FROM organizations o WHERE true {wall:o} ORDER BY o.name_kana, o.id LIMIT 21) o
CROSS JOIN LATERAL (
    SELECT o.id, o.name, o.name_kana AS "nameKana", o.kind, o.stage, o.phone, o.email,
        (SELECT row_to_json(m) FROM (SELECT m.id, m.name FROM municipalities m WHERE m.id = o.municipality_id) m)
            AS municipality,
        (SELECT row_to_json(d) FROM (SELECT d.id, d.name,
            (SELECT coalesce(json_agg(l), '[]') FROM (
                SELECT l.id, l.role, l.kind, l.staff_name AS "staffName", l.term_start AS "termStart",
                    (SELECT row_to_json(c) FROM (SELECT c.id, c.name FROM accounts c
                        WHERE c.municipality_id = l.municipality_id AND c.id = l.account_id) c) AS account
                FROM liaison_assignments l WHERE l.municipality_id = d.municipality_id AND l.district_id = d.id
                    AND l.state = 'APPOINTED' ORDER BY l.term_start, l.id) l) AS liaisons
            FROM districts d WHERE d.municipality_id = o.municipality_id AND d.id = o.district_id) d) AS district,
        (SELECT row_to_json(a) FROM (SELECT a.id, a.fiscal_year AS "fiscalYear", a.amount_yen AS "amountYen", a.basis
            FROM grant_allocations a WHERE a.municipality_id = o.municipality_id AND a.organization_id = o.id
            ORDER BY a.fiscal_year DESC, a.id DESC LIMIT 1) a) AS "latestAllocation",
        (SELECT json_build_object('nodes', coalesce(json_agg(r), '[]')) FROM (
            SELECT r.id, r.starts_at AS "startsAt", r.title, r.venue, r.audience_count AS "audienceCount", r.state
            FROM roundtables r WHERE r.municipality_id = o.municipality_id AND r.organization_id = o.id
            ORDER BY r.starts_at DESC, r.id DESC LIMIT 5) r) AS roundtables,
        (SELECT json_build_object('nodes', coalesce(json_agg(p), '[]')) FROM (
            SELECT p.id, p.title, p.state, p.requested_yen AS "requestedYen", p.submitted_at AS "submittedAt"
            FROM challenge_proposals p WHERE p.municipality_id = o.municipality_id AND p.organization_id = o.id
            ORDER BY p.created_at DESC, p.id DESC LIMIT 5) p) AS proposals) x;
\endpipeline
