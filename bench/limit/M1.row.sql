\set n :n + 1
\set at :n * 8 + :client_id
\set k :at % {count} + 1
\startpipeline
SELECT set_config('entaku.municipality', {municipality}::text, true), set_config('entaku.actor', {account}::text, true),
    set_config('entaku.request', gen_random_uuid()::text, true), set_config('entaku.act', 'roundtablePassageRecord', true),
    set_config('entaku.now', now()::text, true);
INSERT INTO roundtable_passages
    (municipality_id, id, roundtable_id, organization_id, district_id, number, session, text)
VALUES ({municipality}, ('{stamp}-' || lpad(to_hex(:at::int), 12, '0'))::uuid, {roundtable}, {organization}, {district},
    100 + :at / {count}, 'SESSION1', :minutes) RETURNING id, number;
\endpipeline
