-- One posting as the program makes it: a transaction of its own behind the wall, from one of :budgets budgets to one of
-- 10,000 grants. The ids are of version 7, as the program's are.
\set budget random(1, :budgets)
\set grant random(1, 10000)
\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT set_config('entaku.municipality', :town, true), set_config('entaku.actor', '', true),
    set_config('entaku.request', gen_random_uuid()::text, true), set_config('entaku.act', 'bench', true),
    set_config('entaku.now', now()::text, true);
WITH id AS MATERIALIZED (
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid AS fresh)
SELECT ledger_post(fresh, 'BENCH', fresh, 2026, '', false, NULL, '{BUDGET,GRANT}',
    ARRAY[('00000000-0000-7000-8000-' || lpad(to_hex(:budget::int), 12, '0'))::uuid,
          ('00000000-0000-7000-9000-' || lpad(to_hex(:grant::int), 12, '0'))::uuid], '{-1,1}') FROM id;
COMMIT;
\endpipeline
