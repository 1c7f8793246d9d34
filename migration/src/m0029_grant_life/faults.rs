//! What must hold between grants and the ledger, over the whole life of a grant. The other rules stay as m0028 made them.

use crate::m0028_ledger_years::FAULTS;

/// Between these words of m0028 stand the rules that are made anew.
const FROM: &str = "SELECT 'COMMITMENT'";
const UNTIL: &str = "SELECT 'BUDGET'";

/// The statement.
pub(super) fn faults() -> String {
    let before = FAULTS.split_once(FROM).map_or(FAULTS, |(before, _)| before);
    let after = FAULTS.split_once(UNTIL).map_or("", |(_, after)| after);
    format!("{before}{RULES}{UNTIL}{after}").replacen("CREATE", "CREATE OR REPLACE", 1)
}

/// What was promised is what was decided; what was released, what fixing and revoking left over; what was paid and
/// returned, the application's payments, each with its journal.
const RULES: &str = "SELECT 'COMMITMENT', 'grant_applications', g.id,
        format('decided %s, promised %s, released %s', g.decided_yen, coalesce(p.promised, 0), coalesce(p.released, 0))
    FROM grant_applications g LEFT JOIN (
        SELECT j.subject_id, sum(e.amount) FILTER (WHERE j.kind IN ('GRANT_COMMITTED', 'GRANT_CHANGED')) AS promised,
            -sum(e.amount) FILTER (WHERE j.kind = 'GRANT_RELEASED') AS released,
            max(j.id::text) FILTER (WHERE j.kind = 'GRANT_COMMITTED') AS journal
        FROM ledger_journals j
        JOIN ledger_entries e ON e.municipality_id = j.municipality_id AND e.journal_id = j.id
        JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
        WHERE j.kind IN ('GRANT_COMMITTED', 'GRANT_CHANGED', 'GRANT_RELEASED') AND a.kind = 'COMMITTED'
            AND j.id NOT IN (SELECT u.id FROM undone u)
        GROUP BY j.municipality_id, j.subject_id) p ON p.subject_id = g.id
    WHERE CASE WHEN g.commitment_id IS NULL THEN coalesce(p.promised, 0) <> 0
        WHEN g.state = 'WITHDRAWN' THEN coalesce(p.promised, 0) <> coalesce(p.released, 0)
        ELSE p.promised IS DISTINCT FROM g.decided_yen OR p.journal IS DISTINCT FROM g.commitment_id::text
            OR coalesce(p.released, 0) <> CASE WHEN g.revoked_on IS NOT NULL THEN g.decided_yen - g.paid_yen
                WHEN g.fixed_yen IS NOT NULL THEN g.decided_yen - greatest(g.fixed_yen, g.paid_yen) ELSE 0 END END
UNION ALL
SELECT 'PAYMENT', 'grant_applications', g.id, format('paid %s of %s decided by %s; payments %s', g.paid_yen, g.decided_yen,
        g.decided_by, coalesce(p.amount, 0))
    FROM grant_applications g LEFT JOIN (
        SELECT p.application_id, sum(p.amount_yen) AS amount, array_agg(p.journal_id) AS journals
        FROM grant_payments p WHERE p.kind <> 'RETURN' GROUP BY p.municipality_id, p.application_id) p
        ON p.application_id = g.id
    WHERE coalesce(p.amount, 0) <> g.paid_yen
        OR g.paid_yen > 0 AND (g.decided_by IS NULL OR g.commitment_id IS NULL OR NOT g.payment_id = ANY(p.journals))
UNION ALL
SELECT CASE WHEN coalesce(j.kind, CASE p.kind WHEN 'RETURN' THEN 'GRANT_REPAID' END) = 'GRANT_REPAID' THEN 'REPAYMENT' ELSE 'PAYMENT' END,
        CASE WHEN j.id IS NULL THEN 'grant_payments' ELSE 'ledger_journals' END,
        coalesce(j.id, p.id), format('payment %s, in the ledger %s', p.amount_yen, j.amount)
    FROM (
        SELECT j.id, j.subject_id, j.kind, sum(e.amount) AS amount
        FROM ledger_journals j
        JOIN ledger_entries e ON e.municipality_id = j.municipality_id AND e.journal_id = j.id
        JOIN ledger_accounts a ON a.municipality_id = e.municipality_id AND a.id = e.account_id
        WHERE (j.kind, a.kind) IN (('GRANT_PAID', 'PAID'), ('GRANT_REPAID', 'RETURNED'))
            AND j.id NOT IN (SELECT u.id FROM undone u)
        GROUP BY j.municipality_id, j.id) j
    FULL JOIN grant_payments p ON p.journal_id = j.id AND p.application_id = j.subject_id
        AND (p.kind = 'RETURN') = (j.kind = 'GRANT_REPAID')
    WHERE p.amount_yen IS DISTINCT FROM j.amount
UNION ALL
SELECT 'REPAYMENT', 'grant_applications', g.id, format('repaid %s of %s ordered', g.repaid_yen, g.ordered_yen)
    FROM grant_applications g
    WHERE g.repaid_yen <> (SELECT coalesce(sum(p.amount_yen), 0) FROM grant_payments p
        WHERE p.municipality_id = g.municipality_id AND p.application_id = g.id AND p.kind = 'RETURN')
UNION ALL
SELECT 'ALLOCATION', 'grant_allocations', l.id, format('allocated %s, deducted %s; in the ledger %s and %s', l.amount_yen,
        l.offset_yen, coalesce(sum(b.balance), 0), coalesce(sum(b.balance) FILTER (WHERE b.kind = 'OFFSET'), 0))
    FROM grant_allocations l
    LEFT JOIN balances b ON b.owner_id = l.id AND b.fiscal_year = l.fiscal_year
        AND b.kind IN ('GRANT', 'COMMITTED', 'PAID', 'RETURNED', 'OFFSET')
    GROUP BY l.municipality_id, l.id
    HAVING coalesce(sum(b.balance) FILTER (WHERE b.kind = 'OFFSET'), 0) <> l.offset_yen
        OR coalesce(sum(b.balance), 0) <> l.amount_yen AND NOT EXISTS (
            SELECT FROM ledger_years y WHERE y.municipality_id = l.municipality_id
                AND y.fiscal_year = l.fiscal_year AND y.closed_at IS NOT NULL)
UNION ALL
";
