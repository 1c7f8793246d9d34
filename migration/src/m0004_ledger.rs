//! Double entry: accounts, journals, entries, closed years, and the one function that posts.
//!
//! The application reads, and posts through `ledger_post`; nobody writes the tables otherwise. What must
//! hold is held here: no account below its floor, every journal zero-sum and whole, nothing ever edited.

use sea_orm_migration::prelude::*;

use crate::table::{Tenant, drop, fk, run, words};

/// This migration.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            table.create(manager).await?;
        }
        for statements in [GUARDS, MOVE, BALANCED, BALANCE, POST] {
            run(manager, statements).await?;
        }
        run(manager, GRANTS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let post = "ledger_post(uuid, text, uuid, int, text, boolean, uuid, text[], uuid[], bigint[])";
        run(manager, &format!("DROP FUNCTION {post}")).await?;
        drop(manager, &["ledger_entries", "ledger_journals", "ledger_accounts", "ledger_years"]).await?;
        let guards = "ledger_append_only(), ledger_moved_only(), ledger_year_open(), ledger_move(), ledger_balanced()";
        run(manager, &format!("DROP FUNCTION {guards}")).await
    }
}

/// The greatest amount a JSON number carries exactly (2⁵³).
const MOST: &str = "9007199254740992";

fn tables() -> Vec<Tenant> {
    let kind = words("kind", &["APPROPRIATION", "BUDGET", "GRANT", "COMMITTED", "PAID"]);
    let year = "fiscal_year int NOT NULL CHECK (fiscal_year BETWEEN 1989 AND 2100)";
    vec![
        Tenant::new("ledger_years", format!("{year}, closed_at timestamptz, UNIQUE (municipality_id, fiscal_year)")),
        Tenant::new(
            "ledger_accounts",
            format!(
                "kind text NOT NULL {kind}, owner_id uuid NOT NULL, {year},
                 floor bigint NOT NULL, balance bigint NOT NULL DEFAULT 0, version int NOT NULL DEFAULT 0,
                 CHECK (floor = CASE kind WHEN 'APPROPRIATION' THEN -{MOST} ELSE 0 END),
                 CONSTRAINT ledger_accounts_floor CHECK (balance >= floor),
                 CONSTRAINT ledger_accounts_most CHECK (balance <= {MOST}),
                 UNIQUE (municipality_id, kind, owner_id, fiscal_year)"
            ),
        )
        .indexed(&["owner_id)"]),
        Tenant::new(
            "ledger_journals",
            format!(
                "kind text NOT NULL CHECK (kind ~ '^[A-Z][A-Z_]{{0,39}}$'), subject_id uuid NOT NULL, {year},
                 legs int NOT NULL CHECK (legs >= 2), once boolean NOT NULL DEFAULT false, reverses uuid,
                 posted_at timestamptz NOT NULL DEFAULT entaku_now(),
                 actor_id uuid DEFAULT NULLIF(current_setting('entaku.actor', true), '')::uuid,
                 memo text NOT NULL DEFAULT '', CHECK (reverses <> id), UNIQUE (municipality_id, reverses), {}, {}",
                fk("reverses", "ledger_journals"),
                fk("actor_id", "accounts")
            ),
        )
        .indexed(&["subject_id)", "posted_at, id)"]),
        Tenant::new(
            "ledger_entries",
            format!(
                "journal_id uuid NOT NULL, account_id uuid NOT NULL,
                 amount bigint NOT NULL CHECK (amount <> 0 AND amount BETWEEN -{MOST} AND {MOST}),
                 balance_after bigint NOT NULL, account_version int NOT NULL,
                 UNIQUE (municipality_id, account_id, account_version),
                 UNIQUE (municipality_id, journal_id, account_id), {}, {}",
                fk("journal_id", "ledger_journals"),
                fk("account_id", "ledger_accounts")
            ),
        ),
    ]
}

/// Append-only; balances follow the entries; a journal is whole, zero-sum and of an open year. A journal
/// says how many entries it has, so that even a balanced pair cannot be added to an old one.
const GUARDS: &str = "
CREATE UNIQUE INDEX ledger_journals_once ON ledger_journals (municipality_id, kind, subject_id) WHERE once;

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

CREATE FUNCTION ledger_moved_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.balance = 0 AND NEW.version = 0 OR TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a balance is moved by entries only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER moved_only BEFORE INSERT OR UPDATE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_moved_only();

CREATE FUNCTION ledger_year_open() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_years y WHERE y.municipality_id = NEW.municipality_id
               AND y.fiscal_year = NEW.fiscal_year AND y.closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'fiscal year % is closed', NEW.fiscal_year
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_years_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER year_open BEFORE INSERT ON ledger_journals FOR EACH ROW EXECUTE FUNCTION ledger_year_open();
";

/// An entry moves its account, and says where that stands now.
pub(crate) const MOVE: &str = "
CREATE FUNCTION ledger_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE ledger_accounts a SET balance = a.balance + NEW.amount, version = a.version + 1
        FROM ledger_journals j
        WHERE a.municipality_id = NEW.municipality_id AND a.id = NEW.account_id
            AND j.municipality_id = NEW.municipality_id AND j.id = NEW.journal_id AND j.fiscal_year = a.fiscal_year
        RETURNING a.balance, a.version INTO NEW.balance_after, NEW.account_version;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an entry needs an account of the fiscal year of its journal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_year';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER move BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_move();
";

/// Deferred to the commit: a journal is whole and zero-sum, and a reversal undoes what it reverses.
pub(crate) const BALANCED: &str = "
CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    journal uuid;
    head ledger_journals;
    entries bigint;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'ledger_journals' THEN journal := NEW.id; ELSE journal := NEW.journal_id; END IF;
    SELECT j.* INTO head FROM ledger_journals j WHERE j.municipality_id = NEW.municipality_id AND j.id = journal;
    SELECT count(*), coalesce(sum(e.amount), 0) INTO entries, total
        FROM ledger_entries e WHERE e.municipality_id = NEW.municipality_id AND e.journal_id = journal;
    IF head.id IS NULL OR entries <> head.legs OR total <> 0 THEN
        RAISE EXCEPTION 'journal % is not whole or not zero-sum', journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_balanced';
    END IF;
    IF head.reverses IS NOT NULL AND (
        EXISTS (SELECT FROM ledger_journals o WHERE o.municipality_id = head.municipality_id AND o.id = head.reverses
                AND (o.reverses IS NOT NULL OR o.legs <> head.legs))
        OR EXISTS (SELECT o.account_id, o.amount FROM ledger_entries o
                   WHERE o.municipality_id = head.municipality_id AND o.journal_id = head.reverses
                   EXCEPT SELECT e.account_id, -e.amount FROM ledger_entries e
                   WHERE e.municipality_id = head.municipality_id AND e.journal_id = head.id)) THEN
        RAISE EXCEPTION 'journal % does not undo what it reverses', journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_journals_reversal';
    END IF;
    RETURN NULL;
END $$;
";

const BALANCE: &str = "
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_journals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
";

/// Posts a journal; accounts are opened at their first posting. Its owner bypasses the walls, so every
/// statement names the municipality. Answers POSTED, SHORT (an account would fall below its floor) or
/// CLOSED (the fiscal year is); in the latter two nothing is written. A reversal takes its entries from
/// the journal it undoes.
pub(crate) const POST: &str = "
CREATE FUNCTION ledger_post(p_id uuid, p_kind text, p_subject uuid, p_fiscal_year int, p_memo text, p_once boolean,
    p_reverses uuid, p_kinds text[], p_owners uuid[], p_amounts bigint[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    town uuid := entaku_municipality();
    refused text;
BEGIN
    IF town IS NULL THEN
        RAISE EXCEPTION 'no municipality' USING ERRCODE = 'insufficient_privilege';
    END IF;
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

/// The application reads and posts; the function's owner gets what the function needs.
const GRANTS: &str = "
REVOKE ALL ON ledger_years, ledger_accounts, ledger_journals, ledger_entries FROM entaku_app;
GRANT SELECT ON ledger_years, ledger_accounts, ledger_journals, ledger_entries TO entaku_app;
GRANT SELECT ON ledger_years TO entaku_ledger;
GRANT SELECT, INSERT ON ledger_accounts, ledger_journals, ledger_entries TO entaku_ledger;
GRANT UPDATE (balance, version) ON ledger_accounts TO entaku_ledger;
GRANT EXECUTE ON FUNCTION entaku_municipality(), entaku_now() TO entaku_ledger;
REVOKE EXECUTE ON FUNCTION ledger_append_only(), ledger_moved_only(), ledger_year_open(), ledger_move(),
    ledger_balanced() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION ledger_post FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post TO entaku_app;
ALTER FUNCTION ledger_post OWNER TO entaku_ledger;
";
