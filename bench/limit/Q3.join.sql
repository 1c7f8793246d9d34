\set k random(1, {count})
\startpipeline
{tenant}
SELECT r.id, r.starts_at, r.title, r.venue, r.audience_count, r.state, o.id, o.name
FROM (SELECT * FROM roundtables r WHERE (r.starts_at, r.id) < ({cursor_at}, {cursor_id}) {wall:r}
        ORDER BY r.starts_at DESC, r.id DESC LIMIT 51) r
    LEFT JOIN organizations o ON o.municipality_id = r.municipality_id AND o.id = r.organization_id
ORDER BY r.starts_at DESC, r.id DESC;
\endpipeline
