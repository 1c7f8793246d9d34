-- Many postings in one session, each checked as at a commit.
SET ROLE entaku_app;
SET entaku.municipality = '{town}';
SET entaku.act = 'bench';
DO $$
BEGIN
    FOR n IN 1..{times} LOOP
        PERFORM ledger_post(gen_random_uuid(), 'BENCH', gen_random_uuid(), 2026, '', false, NULL, '{BUDGET,GRANT}',
            ARRAY[('00000000-0000-7000-8000-' || lpad(to_hex(1 + n % 100), 12, '0'))::uuid,
                  ('00000000-0000-7000-9000-' || lpad(to_hex(1 + n * 77 % 10000), 12, '0'))::uuid], '{-1,1}');
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
    END LOOP;
END $$;
