//! Fiscal years that are closed and opened again, and the rules by which the ledger is verified.
//!
//! Postings of a year share a lock that closing takes alone, so that nothing is posted into a year while it closes.

use sea_orm_migration::prelude::*;

use crate::m0004_ledger;
use crate::m0027_privacy::declared::declare_acts;
use crate::table::{Tenant, drop, fk, run};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &years()).await?;
        verifications().create(manager).await?;
        run(manager, &declare_acts("ledger_years", "年度の会計", &["closed_by", "reopened_by"])).await?;
        run(manager, &declare_acts("ledger_verifications", "元帳の検証", &["checked_by"])).await?;
        for statements in [KEY, POST, CLOSE, FAULTS, GRANTS] {
            run(manager, statements).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            "DROP FUNCTION ledger_faults(), ledger_close(uuid, uuid, int, text), ledger_reopen(int, uuid, text)",
        )
        .await?;
        run(manager, &m0004_ledger::POST.replacen("CREATE", "CREATE OR REPLACE", 1)).await?;
        run(manager, "DROP FUNCTION ledger_year_key(uuid, int)").await?;
        run(manager, "DELETE FROM personal_tables WHERE name IN ('ledger_years', 'ledger_verifications')").await?;
        drop(manager, &["ledger_verifications"]).await?;
        let columns = ["closing_id", "closed_by", "unspent_yen", "reopened_at", "reopened_by", "reopen_reason"];
        let columns: Vec<_> = columns.iter().map(|name| format!("DROP COLUMN {name}")).collect();
        run(manager, &format!("ALTER TABLE ledger_years {}", columns.join(", "))).await
    }
}

/// Who closed a year, with which journal and what was left; who opened it again, and why.
fn years() -> String {
    format!(
        "ALTER TABLE ledger_years
            ADD COLUMN closing_id uuid, ADD COLUMN closed_by uuid,
            ADD COLUMN unspent_yen bigint NOT NULL DEFAULT 0 CHECK (unspent_yen >= 0),
            ADD COLUMN reopened_at timestamptz, ADD COLUMN reopened_by uuid, ADD COLUMN reopen_reason text,
            ADD CONSTRAINT ledger_years_apart CHECK (reopened_by <> closed_by),
            ADD {}, ADD {}, ADD {}",
        fk("closing_id", "ledger_journals"),
        fk("closed_by", "accounts"),
        fk("reopened_by", "accounts")
    )
}

fn verifications() -> Tenant {
    Tenant::new(
        "ledger_verifications",
        format!(
            "checked_at timestamptz NOT NULL DEFAULT entaku_now(),
             checked_by uuid DEFAULT NULLIF(current_setting('entaku.actor', true), '')::uuid,
             accounts int NOT NULL CHECK (accounts >= 0), journals int NOT NULL CHECK (journals >= 0),
             entries int NOT NULL CHECK (entries >= 0), fault_count int NOT NULL CHECK (fault_count >= 0),
             faults text NOT NULL, {}",
            fk("checked_by", "accounts")
        ),
    )
    .indexed(&["checked_at, id)"])
}

/// The lock of a municipality's fiscal year.
pub(crate) const KEY: &str = "
CREATE FUNCTION ledger_year_key(town uuid, fiscal_year int) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT hashtextextended(town::text || ' ' || fiscal_year, 0) $$;
";

/// As in m0004, but not while the year is being closed.
pub(crate) const POST: &str = "
CREATE OR REPLACE FUNCTION ledger_post(p_id uuid, p_kind text, p_subject uuid, p_fiscal_year int, p_memo text, p_once boolean,
    p_reverses uuid, p_kinds text[], p_owners uuid[], p_amounts bigint[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    refused text;
BEGIN
    IF town IS NULL THEN
        RAISE EXCEPTION 'no municipality' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(ledger_year_key(town, p_fiscal_year));
    IF p_reverses IS NOT NULL THEN
        IF cardinality(p_amounts) > 0 THEN
            RAISE EXCEPTION 'a reversal brings no entries of its own' USING ERRCODE = 'check_violation';
        END IF;
        SELECT array_agg(a.kind ORDER BY e.id), array_agg(a.owner_id ORDER BY e.id), array_agg(-e.amount ORDER BY e.id)
            INTO p_kinds, p_owners, p_amounts
            FROM ledger_entries e
            JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
            WHERE e.municipality_id = town AND e.journal_id = p_reverses;
    END IF;
    IF (cardinality(p_amounts) >= 2 AND cardinality(p_amounts) = cardinality(p_kinds)
        AND cardinality(p_amounts) = cardinality(p_owners)
        AND (SELECT sum(amount) = 0 AND bool_and(amount <> 0) FROM unnest(p_amounts) amount)) IS NOT TRUE THEN
        RAISE EXCEPTION 'a journal has two or more entries, none of them zero, with the sum zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_balanced';
    END IF;
    INSERT INTO ledger_accounts (municipality_id, id, kind, owner_id, fiscal_year, floor)
        SELECT town, gen_random_uuid(), l.kind, l.owner, p_fiscal_year,
            CASE l.kind WHEN 'APPROPRIATION' THEN -9007199254740992 ELSE 0 END
        FROM unnest(p_kinds, p_owners) l(kind, owner)
        WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.municipality_id = town AND a.kind = l.kind
                          AND a.owner_id = l.owner AND a.fiscal_year = p_fiscal_year)
        ORDER BY l.kind, l.owner
        ON CONFLICT (municipality_id, kind, owner_id, fiscal_year) DO NOTHING;
    PERFORM FROM ledger_accounts a
        WHERE a.municipality_id = town AND a.fiscal_year = p_fiscal_year
            AND (a.kind, a.owner_id) IN (SELECT l.kind, l.owner FROM unnest(p_kinds, p_owners) l(kind, owner))
        ORDER BY a.id FOR NO KEY UPDATE OF a;
    INSERT INTO ledger_journals (municipality_id, id, kind, subject_id, fiscal_year, legs, once, reverses, memo)
        VALUES (town, p_id, p_kind, p_subject, p_fiscal_year, cardinality(p_amounts), p_once, p_reverses, p_memo);
    INSERT INTO ledger_entries (municipality_id, id, journal_id, account_id, amount)
        SELECT town, gen_random_uuid(), p_id, a.id, l.amount
        FROM unnest(p_kinds, p_owners, p_amounts) l(kind, owner, amount)
        JOIN ledger_accounts a ON a.municipality_id = town AND a.kind = l.kind AND a.owner_id = l.owner
            AND a.fiscal_year = p_fiscal_year
        ORDER BY a.id;
    RETURN 'POSTED';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
    IF refused = 'ledger_accounts_floor' THEN RETURN 'SHORT'; END IF;
    IF refused = 'ledger_years_open' THEN RETURN 'CLOSED'; END IF;
    RAISE;
END $$;
";

/// `ledger_close` returns what of a year was not promised to the source of the money, in one journal, and closes it. It
/// answers DONE, CLOSED (it is already) or COMMITTED (something is promised and not paid). `ledger_reopen` reverses that
/// journal and opens it: DONE or OPEN. Both belong to the owner of `ledger_post`.
const CLOSE: &str = "
CREATE FUNCTION ledger_close(p_id uuid, p_journal uuid, p_fiscal_year int, p_memo text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    actor uuid := NULLIF(current_setting('entaku.actor', true), '')::uuid;
    kinds text[];
    owners uuid[];
    amounts bigint[];
    unspent bigint;
BEGIN
    IF town IS NULL THEN
        RAISE EXCEPTION 'no municipality' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(ledger_year_key(town, p_fiscal_year));
    IF EXISTS (SELECT FROM ledger_years y WHERE y.municipality_id = town AND y.fiscal_year = p_fiscal_year
               AND y.closed_at IS NOT NULL) THEN
        RETURN 'CLOSED';
    END IF;
    IF EXISTS (SELECT FROM ledger_accounts a WHERE a.municipality_id = town AND a.fiscal_year = p_fiscal_year
               AND a.kind = 'COMMITTED' AND a.balance > 0) THEN
        RETURN 'COMMITTED';
    END IF;
    SELECT array_agg(a.kind), array_agg(a.owner_id), array_agg(-a.balance), coalesce(sum(a.balance), 0)
        INTO kinds, owners, amounts, unspent
        FROM ledger_accounts a
        WHERE a.municipality_id = town AND a.fiscal_year = p_fiscal_year
            AND a.kind IN ('BUDGET', 'GRANT') AND a.balance > 0;
    IF unspent = 0 THEN
        p_journal := NULL;
    ELSIF ledger_post(p_journal, 'YEAR_CLOSED', town, p_fiscal_year, p_memo, false, NULL,
                      kinds || 'APPROPRIATION'::text, owners || town, amounts || unspent) <> 'POSTED' THEN
        RAISE EXCEPTION 'what is left of fiscal year % does not return to its source', p_fiscal_year;
    END IF;
    INSERT INTO ledger_years AS y (municipality_id, id, fiscal_year, closed_at, closed_by, closing_id, unspent_yen)
        -- Who began later may have been let in first.
        VALUES (town, p_id, p_fiscal_year, greatest(entaku_now(), (SELECT max(j.posted_at) FROM ledger_journals j
                WHERE j.municipality_id = town AND j.fiscal_year = p_fiscal_year)), actor, p_journal, unspent)
        ON CONFLICT (municipality_id, fiscal_year) DO UPDATE
            SET closed_at = EXCLUDED.closed_at, closed_by = EXCLUDED.closed_by, closing_id = EXCLUDED.closing_id,
                unspent_yen = EXCLUDED.unspent_yen, reopened_at = NULL, reopened_by = NULL, reopen_reason = NULL;
    RETURN 'DONE';
END $$;

CREATE FUNCTION ledger_reopen(p_fiscal_year int, p_journal uuid, p_reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    closing uuid;
BEGIN
    IF town IS NULL THEN
        RAISE EXCEPTION 'no municipality' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(ledger_year_key(town, p_fiscal_year));
    SELECT y.closing_id INTO closing FROM ledger_years y
        WHERE y.municipality_id = town AND y.fiscal_year = p_fiscal_year AND y.closed_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN 'OPEN';
    END IF;
    UPDATE ledger_years y SET closed_at = NULL, closing_id = NULL, unspent_yen = 0, reopened_at = entaku_now(),
            reopened_by = NULLIF(current_setting('entaku.actor', true), '')::uuid, reopen_reason = p_reason
        WHERE y.municipality_id = town AND y.fiscal_year = p_fiscal_year;
    IF closing IS NOT NULL AND ledger_post(p_journal, 'YEAR_REOPENED', town, p_fiscal_year, p_reason, false, closing,
                                           '{}', '{}', '{}') <> 'POSTED' THEN
        RAISE EXCEPTION 'the closing of fiscal year % is not undone', p_fiscal_year;
    END IF;
    RETURN 'DONE';
END $$;
";

/// What must hold of a municipality's ledger and does not; nothing where all is well. One statement, so that it sees one
/// moment; it asks as its caller, behind the wall. Every rule is held by constraints, triggers and the program as well:
/// what is found here was done around them.
pub(crate) const FAULTS: &str = "
CREATE FUNCTION ledger_faults() RETURNS TABLE (kind text, of text, subject uuid, detail text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
WITH balances AS (
    SELECT a.owner_id, a.fiscal_year, a.kind, a.balance FROM ledger_accounts a
), undone AS (
    SELECT j.reverses AS id FROM ledger_journals j WHERE j.reverses IS NOT NULL
), running AS (
    SELECT e.account_id, e.account_version, e.balance_after,
        row_number() OVER line AS n, sum(e.amount) OVER line AS total
    FROM ledger_entries e WINDOW line AS (PARTITION BY e.account_id ORDER BY e.account_version)
)
SELECT 'JOURNAL_UNBALANCED', 'ledger_journals', j.id, format('%s of %s entries, sum %s', count(e.id), j.legs, coalesce(sum(e.amount), 0))
    FROM ledger_journals j LEFT JOIN ledger_entries e ON e.municipality_id = j.municipality_id AND e.journal_id = j.id
    GROUP BY j.municipality_id, j.id HAVING count(e.id) <> j.legs OR coalesce(sum(e.amount), 0) <> 0
UNION ALL
SELECT 'ENTRY_ORPHANED', 'ledger_entries', e.id, format('journal %s, account %s', e.journal_id, e.account_id)
    FROM ledger_entries e
    LEFT JOIN ledger_journals j ON j.municipality_id = e.municipality_id AND j.id = e.journal_id
    LEFT JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
    WHERE j.id IS NULL OR a.id IS NULL OR j.fiscal_year <> a.fiscal_year
UNION ALL
SELECT 'BALANCE', 'ledger_accounts', a.id, format('balance %s after %s entries; the entries are %s and sum up to %s',
        a.balance, a.version, count(e.id), coalesce(sum(e.amount), 0))
    FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.municipality_id = a.municipality_id AND e.account_id = a.id
    GROUP BY a.municipality_id, a.id HAVING count(e.id) <> a.version OR coalesce(sum(e.amount), 0) <> a.balance
UNION ALL
SELECT 'SEQUENCE', 'ledger_accounts', broken.account_id, broken.detail FROM (
    SELECT DISTINCT ON (r.account_id) r.account_id,
        format('entry %s has number %s and leaves %s instead of %s', r.n, r.account_version, r.balance_after, r.total) AS detail
    FROM running r WHERE r.n <> r.account_version OR r.total <> r.balance_after
    ORDER BY r.account_id, r.n) broken
UNION ALL
SELECT 'BELOW_FLOOR', 'ledger_accounts', a.id, format('%s, floor %s', least(a.balance, min(r.balance_after)), a.floor)
    FROM ledger_accounts a LEFT JOIN running r ON r.account_id = a.id
    GROUP BY a.municipality_id, a.id HAVING least(a.balance, min(r.balance_after)) < a.floor
UNION ALL
SELECT 'REVERSAL', 'ledger_journals', j.id, format('of %s', j.reverses)
    FROM ledger_journals j LEFT JOIN ledger_journals o ON o.municipality_id = j.municipality_id AND o.id = j.reverses
    WHERE j.reverses IS NOT NULL AND (o.id IS NULL OR o.reverses IS NOT NULL OR o.legs <> j.legs OR EXISTS (
        SELECT e.account_id, -e.amount FROM ledger_entries e
            WHERE e.municipality_id = j.municipality_id AND e.journal_id = o.id
        EXCEPT
        SELECT e.account_id, e.amount FROM ledger_entries e
            WHERE e.municipality_id = j.municipality_id AND e.journal_id = j.id))
UNION ALL
SELECT 'CLOSED_YEAR', 'ledger_journals', j.id, format('posted at %s, closed at %s', j.posted_at, y.closed_at)
    FROM ledger_journals j
    JOIN ledger_years y ON y.municipality_id = j.municipality_id AND y.fiscal_year = j.fiscal_year
    WHERE j.posted_at > y.closed_at
UNION ALL
SELECT 'COMMITMENT', 'grant_applications', g.id, format('decided %s, promised %s', g.decided_yen, coalesce(p.amount, 0))
    FROM grant_applications g LEFT JOIN (
        SELECT j.id, j.subject_id, sum(e.amount) AS amount
        FROM ledger_journals j
        JOIN ledger_entries e ON e.municipality_id = j.municipality_id AND e.journal_id = j.id
        JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
        WHERE j.kind = 'GRANT_COMMITTED' AND a.kind = 'COMMITTED' AND j.id NOT IN (SELECT u.id FROM undone u)
        GROUP BY j.municipality_id, j.id) p ON p.id = g.commitment_id AND p.subject_id = g.id
    WHERE g.state IN ('DECIDED', 'PAYMENT_REQUESTED', 'PAID') AND p.amount IS DISTINCT FROM g.decided_yen
UNION ALL
SELECT 'PAYMENT', CASE WHEN p.id IS NULL THEN 'grant_applications' ELSE 'ledger_journals' END, coalesce(p.id, g.id),
        format('paid %s; decided %s by %s', coalesce(p.amount, 0), g.decided_yen, g.decided_by)
    FROM (
        SELECT j.id, j.subject_id, sum(e.amount) AS amount
        FROM ledger_journals j
        JOIN ledger_entries e ON e.municipality_id = j.municipality_id AND e.journal_id = j.id
        JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
        WHERE j.kind = 'GRANT_PAID' AND a.kind = 'PAID' AND j.id NOT IN (SELECT u.id FROM undone u)
        GROUP BY j.municipality_id, j.id) p
    FULL JOIN (SELECT * FROM grant_applications WHERE state = 'PAID') g
        ON g.payment_id = p.id AND p.subject_id = g.id
    WHERE p.amount IS DISTINCT FROM g.decided_yen OR g.decided_by IS NULL OR g.commitment_id IS NULL
UNION ALL
SELECT 'ALLOCATION', 'grant_allocations', l.id, format('allocated %s, in the ledger %s', l.amount_yen, coalesce(sum(b.balance), 0))
    FROM grant_allocations l
    LEFT JOIN balances b ON b.owner_id = l.id AND b.fiscal_year = l.fiscal_year AND b.kind IN ('GRANT', 'COMMITTED', 'PAID')
    WHERE NOT EXISTS (SELECT FROM ledger_years y WHERE y.municipality_id = l.municipality_id
                      AND y.fiscal_year = l.fiscal_year AND y.closed_at IS NOT NULL)
    GROUP BY l.municipality_id, l.id HAVING coalesce(sum(b.balance), 0) <> l.amount_yen
UNION ALL
SELECT 'BUDGET', 'grant_programmes', g.id, format('budget %s; left %s, allocated %s', g.budget_yen, coalesce(b.balance, 0), l.amount)
    FROM grant_programmes g
    LEFT JOIN balances b ON b.owner_id = g.id AND b.fiscal_year = g.fiscal_year AND b.kind = 'BUDGET'
    CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount_yen), 0) AS amount FROM grant_allocations l
        WHERE l.municipality_id = g.municipality_id AND l.programme_id = g.id) l
    WHERE coalesce(b.balance, 0) + l.amount <> g.budget_yen
        AND NOT EXISTS (SELECT FROM ledger_years y WHERE y.municipality_id = g.municipality_id
                        AND y.fiscal_year = g.fiscal_year AND y.closed_at IS NOT NULL)
$$;
";

const GRANTS: &str = "
REVOKE UPDATE ON ledger_verifications FROM entaku_app;
GRANT INSERT, UPDATE ON ledger_years TO entaku_ledger;
REVOKE EXECUTE ON FUNCTION ledger_year_key, ledger_close, ledger_reopen, ledger_faults FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_year_key TO entaku_ledger;
GRANT EXECUTE ON FUNCTION ledger_close, ledger_reopen, ledger_faults TO entaku_app;
ALTER FUNCTION ledger_close OWNER TO entaku_ledger;
ALTER FUNCTION ledger_reopen OWNER TO entaku_ledger;
";
