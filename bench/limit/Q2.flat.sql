\set k random(1, {count})
\startpipeline
{tenant}
SELECT o.id, o.name, o.name_kana, o.kind, o.stage, o.phone, o.email, m.id, m.name, d.id, d.name,
    a.id, a.fiscal_year, a.amount_yen, a.basis
FROM (SELECT * FROM organizations o WHERE true {wall:o} ORDER BY o.name_kana, o.id LIMIT 21) o
    JOIN municipalities m ON m.id = o.municipality_id
    JOIN districts d ON d.municipality_id = o.municipality_id AND d.id = o.district_id
    LEFT JOIN LATERAL (SELECT * FROM grant_allocations a WHERE a.municipality_id = o.municipality_id
        AND a.organization_id = o.id ORDER BY a.fiscal_year DESC, a.id DESC LIMIT 1) a ON true
ORDER BY o.name_kana, o.id;
SELECT o.id, l.id, l.role, l.kind, l.staff_name, l.term_start, c.id, c.name
FROM (SELECT * FROM organizations o WHERE true {wall:o} ORDER BY o.name_kana, o.id LIMIT 20) o
    CROSS JOIN LATERAL (SELECT * FROM liaison_assignments l WHERE l.municipality_id = o.municipality_id
        AND l.district_id = o.district_id AND l.state = 'APPOINTED' ORDER BY l.term_start, l.id OFFSET 0) l
    JOIN accounts c ON c.municipality_id = l.municipality_id AND c.id = l.account_id;
SELECT o.id, r.id, r.starts_at, r.title, r.venue, r.audience_count, r.state
FROM (SELECT * FROM organizations o WHERE true {wall:o} ORDER BY o.name_kana, o.id LIMIT 20) o
    CROSS JOIN LATERAL (SELECT * FROM roundtables r WHERE r.municipality_id = o.municipality_id
        AND r.organization_id = o.id ORDER BY r.starts_at DESC, r.id DESC LIMIT 5) r;
SELECT o.id, p.id, p.title, p.state, p.requested_yen, p.submitted_at
FROM (SELECT * FROM organizations o WHERE true {wall:o} ORDER BY o.name_kana, o.id LIMIT 20) o
    CROSS JOIN LATERAL (SELECT * FROM challenge_proposals p WHERE p.municipality_id = o.municipality_id
        AND p.organization_id = o.id ORDER BY p.created_at DESC, p.id DESC LIMIT 5) p;
\endpipeline
