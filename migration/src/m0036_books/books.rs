//! A book is an organization's fiscal year: its plan, its budget by lines, what came in and went out, its vouchers.

use crate::table::{Tenant, fk, words};

const STATES: &[&str] = &["OPEN", "CLOSED", "CONFIRMED"];
const SIDES: &[&str] = &["INCOME", "EXPENSE"];
const INCOME: &str = "'GRANT', 'OTHER_SUBSIDY', 'MEMBERSHIP_FEE', 'BUSINESS_INCOME', 'DONATION', 'CARRIED_OVER',
    'FROM_RESERVE', 'MISCELLANEOUS_INCOME'";
const EXPENSE: &str = "'PERSONNEL', 'REMUNERATION', 'TRAVEL', 'SUPPLIES', 'SERVICES', 'OUTSOURCING', 'RENT',
    'CONSTRUCTION', 'MATERIALS', 'EQUIPMENT', 'CONTRIBUTIONS', 'TO_RESERVE', 'CONTINGENCY', 'OTHER_EXPENSE'";
/// 2⁵³, the most that an amount may be ([`Yen`] in the program).
const MOST: &str = "9007199254740992";

pub(super) fn tables() -> Vec<Tenant> {
    vec![ineligible_uses(), books(), keepers(), lines(), transactions(), files()]
}

fn ineligible_uses() -> Tenant {
    Tenant::new(
        "ineligible_uses",
        format!(
            "code text NOT NULL CHECK (code ~ '^[A-Z][A-Z0-9_]{{0,39}}$'), title text NOT NULL, title_en text NOT NULL,
             legal_basis text NOT NULL, category text CHECK (category IN ({EXPENSE})),
             without_receipt bool NOT NULL DEFAULT false, in_force bool NOT NULL DEFAULT true,
             UNIQUE (municipality_id, code)"
        ),
    )
    .indexed(&["title, id)"])
}

fn books() -> Tenant {
    let state = words("state", STATES);
    Tenant::new(
        "account_books",
        format!(
            "organization_id uuid NOT NULL, district_id uuid NOT NULL, fiscal_year int NOT NULL, plan text NOT NULL,
             adopted_on date, state text NOT NULL {state},
             income_yen bigint NOT NULL DEFAULT 0 CHECK (income_yen BETWEEN -{MOST} AND {MOST}),
             expense_yen bigint NOT NULL DEFAULT 0 CHECK (expense_yen BETWEEN -{MOST} AND {MOST}),
             last_number int NOT NULL DEFAULT 0, opened_by uuid, completed_on date, closed_by uuid, closed_on date,
             vouchers_until date, confirmed_by uuid, confirmed_on date, opinion text,
             CHECK ((state = 'OPEN') = (closed_on IS NULL)), CHECK ((closed_on IS NULL) = (completed_on IS NULL)),
             CHECK ((closed_on IS NULL) = (vouchers_until IS NULL)),
             CHECK ((state = 'CONFIRMED') = (confirmed_on IS NOT NULL)),
             CHECK (state <> 'CONFIRMED'
                OR (opened_by IS NOT NULL AND closed_by IS NOT NULL AND confirmed_by IS NOT NULL)),
             CHECK ((confirmed_on IS NULL) = (opinion IS NULL)),
             CONSTRAINT account_books_apart CHECK (confirmed_by NOT IN (opened_by, closed_by)),
             UNIQUE (municipality_id, organization_id, fiscal_year),
             UNIQUE (municipality_id, id, organization_id, fiscal_year), {}, {}, {}, {}, {}",
            fk("organization_id", "organizations"),
            fk("district_id", "districts"),
            fk("opened_by", "accounts"),
            fk("closed_by", "accounts"),
            fk("confirmed_by", "accounts"),
        ),
    )
    .part_of("organizations", "organization_id")
    .judged_by(&["organization_id"])
    .indexed(&["fiscal_year DESC, id DESC)", "organization_id, fiscal_year DESC, id DESC)"])
}

/// What belongs to a book stands on its rows, so that who reads them can be told from the row.
const OF_BOOK: &str = "FOREIGN KEY (municipality_id, book_id, organization_id, fiscal_year)
    REFERENCES account_books (municipality_id, id, organization_id, fiscal_year)";

fn lines() -> Tenant {
    let side = words("side", SIDES);
    Tenant::new(
        "budget_lines",
        format!(
            "book_id uuid NOT NULL, organization_id uuid NOT NULL, fiscal_year int NOT NULL, side text NOT NULL {side},
             category text NOT NULL, title text NOT NULL,
             budget_yen bigint NOT NULL CHECK (budget_yen BETWEEN 0 AND {MOST}),
             actual_yen bigint NOT NULL DEFAULT 0 CHECK (actual_yen BETWEEN -{MOST} AND {MOST}),
             CONSTRAINT budget_lines_side CHECK (CASE side WHEN 'INCOME' THEN category IN ({INCOME})
                ELSE category IN ({EXPENSE}) END),
             UNIQUE (municipality_id, book_id, category, title),
             UNIQUE (municipality_id, id, book_id, side, category), {OF_BOOK}"
        ),
    )
    .part_of("account_books", "book_id")
    .judged_by(&["organization_id"])
    .indexed(&["book_id, created_at, id)"])
}

fn transactions() -> Tenant {
    let side = words("side", SIDES);
    Tenant::new(
        "book_transactions",
        format!(
            "book_id uuid NOT NULL, organization_id uuid NOT NULL, fiscal_year int NOT NULL, line_id uuid NOT NULL,
             side text NOT NULL {side}, category text NOT NULL, number int NOT NULL CHECK (number > 0),
             occurred_on date NOT NULL,
             amount_yen bigint NOT NULL CHECK (amount_yen <> 0 AND amount_yen BETWEEN -{MOST} AND {MOST}),
             counterparty text NOT NULL, summary text NOT NULL, application_id uuid,
             ineligible_use_id uuid, ineligible_reason text, judged_by uuid, found_by_hall bool NOT NULL DEFAULT false,
             reverses_id uuid, replaces_id uuid, recorded_by uuid,
             CONSTRAINT book_transactions_sign CHECK ((reverses_id IS NULL) = (amount_yen > 0)),
             CHECK (reverses_id IS NULL OR replaces_id IS NULL),
             CHECK ((ineligible_use_id IS NULL) = (ineligible_reason IS NULL)),
             CHECK (ineligible_use_id IS NULL OR side = 'EXPENSE'),
             CHECK (ineligible_use_id IS NOT NULL OR NOT found_by_hall),
             UNIQUE (municipality_id, book_id, number), UNIQUE (municipality_id, reverses_id),
             UNIQUE (municipality_id, replaces_id), UNIQUE (municipality_id, id, book_id),
             UNIQUE (municipality_id, id, organization_id),
             FOREIGN KEY (municipality_id, line_id, book_id, side, category)
                REFERENCES budget_lines (municipality_id, id, book_id, side, category),
             FOREIGN KEY (municipality_id, reverses_id, book_id)
                REFERENCES book_transactions (municipality_id, id, book_id),
             FOREIGN KEY (municipality_id, replaces_id, book_id)
                REFERENCES book_transactions (municipality_id, id, book_id),
             {OF_BOOK}, {}, {}, {}, {}",
            fk("application_id", "grant_applications"),
            fk("ineligible_use_id", "ineligible_uses"),
            fk("judged_by", "accounts"),
            fk("recorded_by", "accounts"),
        ),
    )
    .part_of("account_books", "book_id")
    .judged_by(&["organization_id"])
    .indexed(&["book_id, number, id)", "line_id, number, id)", "application_id)"])
}

fn files() -> Tenant {
    Tenant::new(
        "book_files",
        format!(
            "transaction_id uuid NOT NULL, organization_id uuid NOT NULL, file_id uuid NOT NULL, attached_by uuid,
             name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200), media_type text NOT NULL,
             size int NOT NULL CHECK (size > 0), sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{{64}}$'),
             UNIQUE (municipality_id, file_id),
             FOREIGN KEY (municipality_id, transaction_id, organization_id)
                REFERENCES book_transactions (municipality_id, id, organization_id), {}, {}",
            fk("file_id", "files"),
            fk("attached_by", "accounts"),
        ),
    )
    .part_of("book_transactions", "transaction_id")
    .judged_by(&["organization_id"])
    .indexed(&["transaction_id, created_at, id)"])
}

/// Everybody who wrote in a book, judged of it or attached to it, whatever became of what they wrote.
fn keepers() -> Tenant {
    Tenant::new(
        "book_keepers",
        format!(
            "book_id uuid NOT NULL, organization_id uuid NOT NULL, account_id uuid NOT NULL,
             UNIQUE (municipality_id, book_id, account_id), {}, {}, {}",
            fk("book_id", "account_books"),
            fk("organization_id", "organizations"),
            fk("account_id", "accounts"),
        ),
    )
    .part_of("account_books", "book_id")
    .judged_by(&["organization_id"])
    .indexed(&["book_id, created_at, id)"])
}

/// What is written in a book stays. Its sums follow its transactions, here and nowhere else; when it is closed only
/// reversals and what replaces them come in, and when it is confirmed nothing does. Whoever kept it does not confirm it.
pub(crate) const GUARDS: &str = "
REVOKE UPDATE ON book_files, book_keepers, book_transactions, budget_lines FROM entaku_app;
GRANT UPDATE (ineligible_use_id, ineligible_reason, judged_by, found_by_hall) ON book_transactions TO entaku_app;
GRANT UPDATE (budget_yen, actual_yen) ON budget_lines TO entaku_app;

CREATE FUNCTION entaku_book_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := CASE OLD.state
        WHEN 'OPEN' THEN ARRAY['plan', 'adopted_on', 'state', 'completed_on', 'closed_by', 'closed_on', 'vouchers_until']
        WHEN 'CLOSED' THEN ARRAY['state', 'confirmed_by', 'confirmed_on', 'opinion']
        ELSE ARRAY[]::text[] END || ARRAY['revision', 'updated_at'];
BEGIN
    -- The sums come from the transactions' trigger alone.
    IF pg_trigger_depth() > 1 AND OLD.state <> 'CONFIRMED' THEN
        free := free || ARRAY['income_yen', 'expense_yen', 'last_number'];
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free
        OR (OLD.state, NEW.state) NOT IN (('OPEN', 'OPEN'), ('OPEN', 'CLOSED'), ('CLOSED', 'CLOSED'),
                                          ('CLOSED', 'CONFIRMED'), ('CONFIRMED', 'CONFIRMED')) THEN
        RAISE EXCEPTION 'the book is %', OLD.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_kept';
    END IF;
    IF OLD.state = 'CLOSED' AND NEW.state = 'CONFIRMED' AND EXISTS (
        SELECT FROM book_keepers k WHERE k.municipality_id = NEW.municipality_id AND k.book_id = NEW.id
            AND k.account_id = NEW.confirmed_by) THEN
        RAISE EXCEPTION 'who kept the book does not confirm it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_apart';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE ON account_books FOR EACH ROW EXECUTE FUNCTION entaku_book_kept();

CREATE FUNCTION entaku_book_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'OPEN' AND NEW.income_yen = 0 AND NEW.expense_yen = 0 AND NEW.last_number = 0 THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a book begins open and empty'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_kept';
END $$;
CREATE TRIGGER begins BEFORE INSERT ON account_books FOR EACH ROW EXECUTE FUNCTION entaku_book_begins();

-- Whoever writes is remembered, also when another writes over it.
CREATE FUNCTION entaku_book_keeper() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hand uuid := NULLIF(current_setting('entaku.actor', true), '')::uuid;
    book uuid;
BEGIN
    IF TG_TABLE_NAME = 'account_books' THEN
        IF NEW.state = 'CONFIRMED' THEN
            RETURN NULL;
        END IF;
        book := NEW.id;
    ELSIF TG_TABLE_NAME = 'book_files' THEN
        SELECT t.book_id INTO book FROM book_transactions t
            WHERE t.municipality_id = NEW.municipality_id AND t.id = NEW.transaction_id;
    ELSE
        book := NEW.book_id;
    END IF;
    IF EXISTS (SELECT FROM accounts a WHERE a.municipality_id = NEW.municipality_id AND a.id = hand) THEN
        INSERT INTO book_keepers (municipality_id, id, book_id, organization_id, account_id)
            VALUES (NEW.municipality_id, gen_random_uuid(), book, NEW.organization_id, hand) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keeper AFTER INSERT OR UPDATE ON account_books FOR EACH ROW EXECUTE FUNCTION entaku_book_keeper();
CREATE TRIGGER keeper AFTER INSERT OR UPDATE ON budget_lines FOR EACH ROW EXECUTE FUNCTION entaku_book_keeper();
CREATE TRIGGER keeper AFTER INSERT OR UPDATE ON book_transactions FOR EACH ROW EXECUTE FUNCTION entaku_book_keeper();
CREATE TRIGGER keeper AFTER INSERT ON book_files FOR EACH ROW EXECUTE FUNCTION entaku_book_keeper();

CREATE FUNCTION entaku_book_state(town uuid, book uuid) RETURNS text LANGUAGE sql AS $$
    SELECT state FROM account_books WHERE municipality_id = town AND id = book FOR NO KEY UPDATE $$;
GRANT EXECUTE ON FUNCTION entaku_book_state(uuid, uuid) TO entaku_app;

CREATE FUNCTION entaku_budget_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is text := entaku_book_state(NEW.municipality_id, NEW.book_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF now_is = 'OPEN' AND NEW.actual_yen = 0 THEN
            RETURN NEW;
        END IF;
    ELSIF (pg_trigger_depth() > 1 AND OLD.budget_yen = NEW.budget_yen AND now_is <> 'CONFIRMED')
        OR (pg_trigger_depth() = 1 AND OLD.actual_yen = NEW.actual_yen AND now_is = 'OPEN') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the book of the line is %', now_is
        USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_kept';
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE ON budget_lines FOR EACH ROW EXECUTE FUNCTION entaku_budget_kept();

CREATE FUNCTION entaku_book_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is text := entaku_book_state(NEW.municipality_id, NEW.book_id);
    original book_transactions;
BEGIN
    IF now_is = 'CONFIRMED' OR (now_is = 'CLOSED' AND TG_OP = 'INSERT'
                                AND NEW.reverses_id IS NULL AND NEW.replaces_id IS NULL) THEN
        RAISE EXCEPTION 'the book of the transaction is %', now_is
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_kept';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.found_by_hall AND NOT NEW.found_by_hall THEN
        RAISE EXCEPTION 'what the town hall found stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_found';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM book_transactions t
            WHERE t.municipality_id = NEW.municipality_id AND t.reverses_id = NEW.replaces_id) THEN
        RAISE EXCEPTION 'what is replaced was undone before'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_replacement';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.reverses_id IS NOT NULL THEN
        SELECT t.* INTO original FROM book_transactions t
            WHERE t.municipality_id = NEW.municipality_id AND t.id = NEW.reverses_id;
        IF original.reverses_id IS NOT NULL OR original.line_id <> NEW.line_id
            OR original.amount_yen <> -NEW.amount_yen THEN
            RAISE EXCEPTION 'a reversal undoes a transaction whole'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_reversal';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE INSERT OR UPDATE ON book_transactions FOR EACH ROW EXECUTE FUNCTION entaku_book_entry();

CREATE FUNCTION entaku_book_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE budget_lines l SET actual_yen = l.actual_yen + NEW.amount_yen
        WHERE l.municipality_id = NEW.municipality_id AND l.id = NEW.line_id;
    UPDATE account_books b SET last_number = NEW.number,
            income_yen = b.income_yen + CASE NEW.side WHEN 'INCOME' THEN NEW.amount_yen ELSE 0 END,
            expense_yen = b.expense_yen + CASE NEW.side WHEN 'EXPENSE' THEN NEW.amount_yen ELSE 0 END
        WHERE b.municipality_id = NEW.municipality_id AND b.id = NEW.book_id AND b.last_number = NEW.number - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the numbers of a book have no gap'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'book_transactions_number';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sums AFTER INSERT ON book_transactions FOR EACH ROW EXECUTE FUNCTION entaku_book_sums();

CREATE FUNCTION entaku_book_files_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_is text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF entaku_forgetting() THEN
            RETURN OLD;
        END IF;
        now_is := 'its own';
    ELSE
        SELECT entaku_book_state(t.municipality_id, t.book_id) INTO now_is FROM book_transactions t
            WHERE t.municipality_id = NEW.municipality_id AND t.id = NEW.transaction_id;
        IF now_is IN ('OPEN', 'CLOSED') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the book of the voucher is %', now_is
        USING ERRCODE = 'check_violation', CONSTRAINT = 'account_books_kept';
END $$;
CREATE TRIGGER kept BEFORE INSERT OR DELETE ON book_files FOR EACH ROW EXECUTE FUNCTION entaku_book_files_kept();
CREATE TRIGGER detached AFTER DELETE ON book_files FOR EACH ROW EXECUTE FUNCTION entaku_detached();
";

pub(super) const BACK: &str = "
DROP FUNCTION entaku_book_files_kept();
DROP FUNCTION entaku_book_sums();
DROP FUNCTION entaku_book_entry();
DROP FUNCTION entaku_budget_kept();
DROP FUNCTION entaku_book_keeper();
DROP FUNCTION entaku_book_begins();
DROP FUNCTION entaku_book_kept();
DROP FUNCTION entaku_book_state(uuid, uuid);
";
