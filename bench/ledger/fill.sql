-- A ledger of :entries entries, as a town's would be that had paid for centuries: a year with 100 programmes, 10,000
-- grants, and journals from one to the other. Past the triggers, which would take minutes; what they hold is verified
-- afterwards.
SET session_replication_role = replica;
SET synchronous_commit = off;
CREATE TEMP TABLE town AS SELECT id FROM municipalities LIMIT 1;
CREATE TEMP TABLE moves AS
    SELECT n, gen_random_uuid() AS journal, 'APPROPRIATION' AS source, (SELECT id FROM town) AS giver,
        'BUDGET' AS target, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS taker, 1000000000000 AS yen
    FROM generate_series(1, 100) n
    UNION ALL
    SELECT n, gen_random_uuid(), 'BUDGET', ('00000000-0000-7000-8000-' || lpad(to_hex(1 + n % 100), 12, '0'))::uuid,
        'GRANT', ('00000000-0000-7000-9000-' || lpad(to_hex(1 + n::bigint * 7919 % 10000), 12, '0'))::uuid, 1 + n % 100000
    FROM generate_series(101, :entries / 2) n;
CREATE TEMP TABLE sides AS
    SELECT n, journal, source AS kind, giver AS owner, -yen AS yen FROM moves
    UNION ALL SELECT n, journal, target, taker, yen FROM moves;
INSERT INTO ledger_accounts (municipality_id, id, kind, owner_id, fiscal_year, floor, balance, version)
    SELECT (SELECT id FROM town), gen_random_uuid(), kind, owner, 2026,
        CASE kind WHEN 'APPROPRIATION' THEN -9007199254740992 ELSE 0 END, sum(yen), count(*)
    FROM sides GROUP BY kind, owner;
INSERT INTO ledger_journals (municipality_id, id, kind, subject_id, fiscal_year, legs)
    SELECT (SELECT id FROM town), journal, 'BENCH', taker, 2026, 2 FROM moves;
INSERT INTO ledger_entries (municipality_id, id, journal_id, account_id, amount, balance_after, account_version)
    SELECT a.municipality_id, gen_random_uuid(), s.journal, a.id, s.yen, sum(s.yen) OVER line, row_number() OVER line
    FROM sides s JOIN ledger_accounts a ON a.municipality_id = (SELECT id FROM town) AND a.kind = s.kind
        AND a.owner_id = s.owner AND a.fiscal_year = 2026
    WINDOW line AS (PARTITION BY a.id ORDER BY s.n);
RESET session_replication_role;
VACUUM (ANALYZE) ledger_accounts, ledger_journals, ledger_entries;
CHECKPOINT;
