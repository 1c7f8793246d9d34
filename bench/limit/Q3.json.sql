\set k random(1, {count})
\startpipeline
{tenant}
SELECT json_build_object('nodes', json_agg(x) FILTER (WHERE place <= 50), 'more', count(*) > 50) FROM (
    SELECT row_number() OVER (ORDER BY r.starts_at DESC, r.id DESC) AS place, r.* FROM roundtables r
    WHERE (r.starts_at, r.id) < ({cursor_at}, {cursor_id}) {wall:r} ORDER BY r.starts_at DESC, r.id DESC LIMIT 51) r
CROSS JOIN LATERAL (
    SELECT r.id, r.starts_at AS "startsAt", r.title, r.venue, r.audience_count AS "audienceCount", r.state,
        (SELECT row_to_json(o) FROM (SELECT o.id, o.name FROM organizations o
            WHERE o.municipality_id = r.municipality_id AND o.id = r.organization_id) o) AS organization) x;
\endpipeline
