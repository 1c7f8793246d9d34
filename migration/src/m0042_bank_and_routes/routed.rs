//! Acts that a route covers are done when their approvals are complete. One function is told by its trigger which act it
//! is and where its amounts stand; the trigger says when it is done.

use crate::m0037_approval_routes::guards::GUARDS;
use crate::table::former;

/// An act on a table: when it is done by an update, when a row is written that has it done already, and the columns whose
/// sums are what was proposed and what is done.
struct Routed {
    table: &'static str,
    name: &'static str,
    act: &'static str,
    done: &'static str,
    written: &'static str,
    proposed: &'static str,
    yen: &'static str,
}

const ROUTED: &[Routed] = &[
    Routed {
        table: "grant_applications",
        name: "decide",
        act: "GRANT_APPLICATION_DECIDE",
        done: "NEW.decided_yen IS NOT NULL AND OLD.decided_yen IS NULL",
        written: "NEW.decided_yen IS NOT NULL",
        proposed: "recommended_yen",
        yen: "decided_yen",
    },
    Routed {
        table: "grant_applications",
        name: "refuse",
        act: "GRANT_APPLICATION_REFUSE",
        done: "NEW.state = 'REFUSED' AND OLD.state <> 'REFUSED'",
        written: "NEW.state = 'REFUSED'",
        proposed: "requested_yen",
        yen: "requested_yen",
    },
    Routed {
        table: "grant_applications",
        name: "pay",
        act: "GRANT_PAYMENT_EXECUTE",
        done: "NEW.payment_id IS NOT NULL
            AND (NEW.paid_yen > OLD.paid_yen OR NEW.payment_id IS DISTINCT FROM OLD.payment_id)",
        written: "NEW.payment_id IS NOT NULL",
        proposed: "decided_yen",
        yen: "decided_yen",
    },
    Routed {
        table: "grant_applications",
        name: "fix",
        act: "GRANT_AMOUNT_FIX",
        done: "NEW.fixed_yen IS NOT NULL AND OLD.fixed_yen IS NULL",
        written: "NEW.fixed_yen IS NOT NULL",
        proposed: "decided_yen",
        yen: "decided_yen",
    },
    // What was paid beyond the fixed amount is kept, deducted or ordered back: the whole of it finds the route.
    Routed {
        table: "grant_applications",
        name: "order",
        act: "GRANT_REPAYMENT_ORDER",
        done: "NEW.revoked_on IS NULL AND NEW.ordered_yen > OLD.ordered_yen",
        written: "NEW.revoked_on IS NULL AND NEW.ordered_yen > 0",
        proposed: "kept_yen,offset_yen,ordered_yen",
        yen: "ordered_yen",
    },
    Routed {
        table: "grant_applications",
        name: "order_whole",
        act: "GRANT_REPAYMENT_ORDER",
        done: "NEW.revoked_on IS NOT NULL AND NEW.ordered_yen > OLD.ordered_yen",
        written: "NEW.revoked_on IS NOT NULL AND NEW.ordered_yen > 0",
        proposed: "ordered_yen",
        yen: "ordered_yen",
    },
    Routed {
        table: "grant_applications",
        name: "revoke",
        act: "GRANT_DECISION_REVOKE",
        done: "NEW.revoked_on IS NOT NULL AND OLD.revoked_on IS NULL",
        written: "NEW.revoked_on IS NOT NULL",
        proposed: "decided_yen",
        yen: "decided_yen",
    },
    // A decided amount changes by an approved change only (m0029): that is where its route is kept.
    Routed {
        table: "grant_changes",
        name: "approve",
        act: "GRANT_APPLICATION_DECIDE",
        done: "NEW.state = 'APPROVED' AND OLD.state <> 'APPROVED'",
        written: "NEW.state = 'APPROVED'",
        proposed: "decided_yen",
        yen: "decided_yen",
    },
    Routed {
        table: "grant_runs",
        name: "approve",
        act: "GRANT_RUN_APPROVE",
        done: "NEW.state = 'APPROVED' AND OLD.state <> 'APPROVED'",
        written: "NEW.state = 'APPROVED'",
        proposed: "total_yen",
        yen: "total_yen",
    },
];

const TABLES: &[&str] = &["grant_applications", "grant_changes", "grant_runs"];
/// The functions of m0037, one for each table.
const FORMER: &[&str] = &["entaku_application_routed", "entaku_change_routed", "entaku_run_routed"];

impl Routed {
    fn triggers(&self) -> String {
        let Self { table, name, act, done, written, proposed, yen } = self;
        let calls = format!("EXECUTE FUNCTION entaku_act_routed('{act}', '{proposed}', '{yen}');");
        format!(
            "CREATE TRIGGER routed_{name} AFTER UPDATE ON {table} FOR EACH ROW WHEN ({done}) {calls}
             CREATE TRIGGER routed_{name}_written AFTER INSERT ON {table} FOR EACH ROW WHEN ({written}) {calls}"
        )
    }

    fn without(&self) -> String {
        let Self { table, name, .. } = self;
        format!("DROP TRIGGER routed_{name} ON {table}; DROP TRIGGER routed_{name}_written ON {table};")
    }
}

pub(super) fn up() -> String {
    let mut sql = String::from(FUNCTIONS);
    for (table, former) in TABLES.iter().zip(FORMER) {
        sql += &format!("DROP TRIGGER routed ON {table}; DROP FUNCTION {former}();");
    }
    sql.extend(ROUTED.iter().map(Routed::triggers));
    // By their names they come after all that is routed: what was done has used its approvals up, the others are void.
    for table in TABLES {
        sql += &format!(
            "CREATE TRIGGER unsettles AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION entaku_matter_changed();"
        );
    }
    sql
}

pub(super) fn down() -> String {
    let mut sql = String::from("DROP TRIGGER unsettles ON grant_application_files;");
    for table in TABLES {
        sql += &format!("DROP TRIGGER unsettles ON {table};");
    }
    sql.extend(ROUTED.iter().map(Routed::without));
    for (table, function) in TABLES.iter().zip(FORMER) {
        sql += &former(GUARDS, function);
        sql += &format!(
            "CREATE TRIGGER routed AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();"
        );
    }
    sql + "DROP FUNCTION entaku_files_changed(); DROP FUNCTION entaku_matter_changed(); DROP FUNCTION entaku_act_routed();"
}

const FUNCTIONS: &str = "
-- Its arguments: the act, the columns that sum up to what was proposed, those that sum up to what is done.
CREATE FUNCTION entaku_act_routed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    becomes jsonb := to_jsonb(NEW);
    was text := CASE TG_OP WHEN 'UPDATE' THEN entaku_as_it_is(to_jsonb(OLD)) END;
    proposed bigint := (SELECT sum((becomes ->> part)::bigint) FROM unnest(string_to_array(TG_ARGV[1], ',')) part);
    yen bigint := (SELECT sum((becomes ->> part)::bigint) FROM unnest(string_to_array(TG_ARGV[2], ',')) part);
BEGIN
    PERFORM entaku_routed(TG_ARGV[0], NEW.id, was, proposed, yen);
    RETURN NULL;
END $$;

-- An object that changes takes its approvals along.
CREATE FUNCTION entaku_matter_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF entaku_essence(to_jsonb(OLD)) <> entaku_essence(to_jsonb(NEW)) THEN
        PERFORM entaku_approvals_end(NEW.id, NULL, 'VOID');
    END IF;
    RETURN NULL;
END $$;

-- So does one to which a file is attached, or from which one is taken; and the change of it that waits.
CREATE FUNCTION entaku_files_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    attached grant_application_files := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    PERFORM entaku_approvals_end(attached.application_id, NULL, 'VOID');
    PERFORM entaku_approvals_end(a.change_id, NULL, 'VOID') FROM grant_applications a
        WHERE a.municipality_id = attached.municipality_id AND a.id = attached.application_id AND a.change_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER unsettles AFTER INSERT OR UPDATE OR DELETE ON grant_application_files
    FOR EACH ROW EXECUTE FUNCTION entaku_files_changed();
";
