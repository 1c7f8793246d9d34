//! What the new tables hold about people, and how long vouchers are kept.

use crate::m0027_privacy::declared::declare_acts;

/// What people are told of.
pub(super) const NOTIFICATIONS: &[&str] = &["BANK_ACCOUNT_PROPOSED", "BANK_ACCOUNT_CONFIRMED"];

/// Table, what people call it, who acted, and what of it is somebody's.
type Declared = (&'static str, &'static str, &'static [&'static str], &'static str);

const DECLARED: &[Declared] = &[
    ("account_books", "団体の会計", &["opened_by", "closed_by", "confirmed_by"], ""),
    ("book_keepers", "団体の会計に記帳した人", &["account_id"], ""),
    ("book_transactions", "団体の会計の出納", &["recorded_by", "judged_by"], "counterparty"),
    ("book_files", "団体の会計の証拠書類", &["attached_by"], ""),
    ("bank_accounts", "団体の振込先の口座", &["registered_by", "confirmed_by"], "holder_kana"),
    ("bank_transfers", "総合振込", &["prepared_by", "produced_by"], ""),
    ("bank_reports", "銀行からの報告", &["imported_by"], ""),
    ("bank_report_lines", "銀行からの報告の明細", &[], "holder"),
];

/// Vouchers go after the fifth fiscal year that follows the completion (交付要綱), not before the day that was told when
/// the book was closed, and not while it waits for its auditor.
const VOUCHERS: &str = "
INSERT INTO retention_kinds (place, name, table_name, dated, which, holders, change, unit, period, least)
    SELECT max(place) + 1, 'BOOK_VOUCHERS', 'book_files',
        '(SELECT b.completed_on FROM book_transactions x JOIN account_books b
            ON b.municipality_id = x.municipality_id AND b.id = x.book_id
            WHERE x.municipality_id = t.municipality_id AND x.id = t.transaction_id)',
        'EXISTS (SELECT FROM book_transactions x JOIN account_books b
            ON b.municipality_id = x.municipality_id AND b.id = x.book_id
            WHERE x.municipality_id = t.municipality_id AND x.id = t.transaction_id AND b.state = ''CONFIRMED''
                AND b.vouchers_until < (entaku_now() AT TIME ZONE ''Asia/Tokyo'')::date)',
        't.file_id, t.transaction_id, t.organization_id', '', 'FISCAL_YEARS', 5, 1
    FROM retention_kinds;
INSERT INTO retention_rules (municipality_id, id, kind, place, unit, period, least)
    SELECT m.id, gen_random_uuid(), k.name, k.place, k.unit, k.period, k.least
    FROM municipalities m JOIN retention_kinds k ON k.name = 'BOOK_VOUCHERS';
";

pub(super) fn up() -> String {
    let mut sql = String::from(VOUCHERS);
    for (table, label, acted, column) in DECLARED {
        sql += &declare_acts(table, label, acted);
        if !column.is_empty() {
            sql += &format!("UPDATE personal_tables SET personal = ARRAY['{column}'] WHERE name = '{table}';");
        }
    }
    sql + "SELECT entaku_renew_personal_columns();"
}

pub(super) const DOWN: &str = "
DELETE FROM personal_tables WHERE name IN ('account_books', 'book_keepers', 'book_transactions', 'book_files', 'bank_accounts',
    'bank_transfers', 'bank_reports', 'bank_report_lines');
DELETE FROM retention_rules WHERE kind = 'BOOK_VOUCHERS';
DELETE FROM retention_kinds WHERE name = 'BOOK_VOUCHERS';
SELECT entaku_renew_personal_columns();
";
