\set k random(1, {count})
\startpipeline
{tenant}
SELECT r.id, r.starts_at, r.title, r.venue, r.audience_count, r.state, r.organization_id FROM roundtables r
WHERE (r.starts_at, r.id) < ({cursor_at}, {cursor_id}) {wall:r} ORDER BY r.starts_at DESC, r.id DESC LIMIT 51;
SELECT o.id, o.name FROM organizations o WHERE o.id = ANY(ARRAY(
    SELECT r.organization_id FROM roundtables r WHERE (r.starts_at, r.id) < ({cursor_at}, {cursor_id}) {wall:r}
    ORDER BY r.starts_at DESC, r.id DESC LIMIT 50)) {wall:o};
\endpipeline
