\set k random(1, {count})
\startpipeline
{tenant}
SELECT o.id, o.name, o.name_kana, o.kind, o.stage, o.phone, o.email, m.id, m.name, d.id, d.name,
    a.id, a.fiscal_year, a.amount_yen, a.basis
FROM organizations o JOIN municipalities m ON m.id = o.municipality_id
    JOIN districts d ON d.municipality_id = o.municipality_id AND d.id = o.district_id
    LEFT JOIN LATERAL (SELECT * FROM grant_allocations a WHERE a.municipality_id = o.municipality_id
        AND a.organization_id = o.id ORDER BY a.fiscal_year DESC, a.id DESC LIMIT 1) a ON true
WHERE o.id = {organization} {wall:o};
SELECT l.id, l.role, l.kind, l.staff_name, l.term_start, c.id, c.name
FROM liaison_assignments l JOIN accounts c ON c.municipality_id = l.municipality_id AND c.id = l.account_id
WHERE l.district_id = (SELECT o.district_id FROM organizations o WHERE o.id = {organization} {wall:o})
    AND l.state = 'APPOINTED' {wall:l} ORDER BY l.term_start, l.id;
SELECT r.id, r.starts_at, r.title, r.venue, r.audience_count, r.state FROM roundtables r
WHERE r.organization_id = {organization} {wall:r} ORDER BY r.starts_at DESC, r.id DESC LIMIT 5;
SELECT p.id, p.title, p.state, p.requested_yen, p.submitted_at FROM challenge_proposals p
WHERE p.organization_id = {organization} {wall:p} ORDER BY p.created_at DESC, p.id DESC LIMIT 5;
\endpipeline
