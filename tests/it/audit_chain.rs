//! The chain of the audit: what was sealed cannot be edited, deleted, cut off or added to without being noticed, not
//! even by a superuser.

use std::process::{Command, Output};
use std::sync::Arc;

use entaku::kernel::audit::head::{self, Head};
use entaku::kernel::audit::seal::{Sealer, seal_all};
use entaku::kernel::audit::verify::{Fault, Report, verify};
use entaku::kernel::jobs::Runner;
use entaku::kernel::principal::Role;
use entaku::kernel::read::sql::Sql;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::organizations::organization;
use crate::support::Town;
use crate::support::database::Own;
use crate::support::town::app_over;

/// A town whose past can be tampered with, in a database of its own.
struct Past {
    own: Own,
    town: Town,
}

impl Past {
    /// Three organizations were made, and all of it is sealed.
    async fn new() -> Self {
        let own = Own::migrated().await;
        let town = Town::beside(app_over(&own.url("entaku_app"))).await;
        let past = Self { own, town };
        past.act(3).await;
        past.seal().await;
        past
    }

    async fn act(&self, times: usize) {
        let clerk = self.town.staff(Role::PlanningStaff).await;
        for _ in 0..times {
            organization(&clerk, &format!("鎖の会{}", Uuid::now_v7())).await;
        }
    }

    /// Seals everything. What others have in flight elsewhere in the cluster is not settled yet, so it may take a while.
    async fn seal(&self) {
        for _ in 0..200 {
            let tx = self.town.system();
            seal_all(&tx).await.expect("sealed");
            tx.commit().await.expect("committed");
            if self.report(&[]).await.waiting == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("something is never settled");
    }

    async fn report(&self, kept: &[Head]) -> Report {
        let tx = self.town.system();
        let report = verify(&tx, kept).await.expect("a report");
        tx.rollback().await.expect("rolled back");
        report
    }

    async fn head(&self) -> Head {
        let tx = self.town.system();
        let head = head::sign_today(&tx).await.expect("signed").expect("a head");
        tx.commit().await.expect("committed");
        head
    }

    async fn tamper(&self, sql: &'static str) {
        let mut superuser = PgConnection::connect(&self.own.url("postgres")).await.expect("a superuser");
        let done = sqlx::query(sql).execute(&mut superuser).await.expect(sql);
        assert!(done.rows_affected() > 0, "{sql}");
    }

    async fn count(&self, sql: &str) -> i64 {
        self.town.system().rows(Sql::new(sql)).await.expect("rows").remove(0).get(0)
    }
}

#[tokio::test]
async fn what_was_done_is_sealed_whole() {
    let past = Past::new().await;
    let report = past.report(&[]).await;
    assert!(report.links > 5, "{report:?}");
    assert_eq!((report.waiting, report.faults.as_slice()), (0, [].as_slice()));
    assert_eq!(report.links, past.count("SELECT count(*) FROM audit_entries").await);
}

#[tokio::test]
async fn m19_an_edited_row_is_named() {
    let past = Past::new().await;
    past.tamper(
        "UPDATE audit_entries SET after = after || '{\"name\": \"別の会\"}' WHERE (xid, seq) =
            (SELECT xid, seq FROM audit_entries WHERE kind = 'organizations' ORDER BY xid, seq LIMIT 1)",
    )
    .await;
    let report = past.report(&[]).await;
    let [Fault::Edited(place)] = report.faults.as_slice() else { panic!("{report:?}") };
    assert_eq!(place.object.as_ref().expect("an entry").0, "organizations");
    assert!(place.position > 1);
    assert!(report.faults[0].to_string().contains("organizations"));
}

#[tokio::test]
async fn m19_a_deleted_row_is_named() {
    let past = Past::new().await;
    past.tamper("DELETE FROM audit_entries WHERE (xid, seq) = (SELECT xid, seq FROM audit_links WHERE position = 4)")
        .await;
    let report = past.report(&[]).await;
    let [Fault::Deleted(place)] = report.faults.as_slice() else { panic!("{report:?}") };
    assert_eq!(place.position, 4);
}

#[tokio::test]
async fn m19_a_row_deleted_with_its_link_is_named() {
    let past = Past::new().await;
    past.tamper("DELETE FROM audit_entries WHERE (xid, seq) = (SELECT xid, seq FROM audit_links WHERE position = 4)")
        .await;
    past.tamper("DELETE FROM audit_links WHERE position = 4").await;
    let report = past.report(&[]).await;
    assert_eq!(report.faults[0], Fault::Missing(4));
}

#[tokio::test]
async fn m19_an_inserted_row_is_named() {
    let past = Past::new().await;
    past.tamper(
        "INSERT INTO audit_entries (municipality_id, xid, seq, at, act, kind, object_id, op)
            SELECT municipality_id, xid, -1, at, 'organizationPublish', 'organizations', object_id, 'UPDATE'
            FROM audit_entries WHERE kind = 'organizations' ORDER BY xid, seq LIMIT 1",
    )
    .await;
    let report = past.report(&[]).await;
    assert!(matches!(report.faults.as_slice(), [Fault::Inserted(_)]), "{report:?}");
}

#[tokio::test]
async fn m19_a_tail_that_was_cut_off_is_found_by_a_head_kept_elsewhere() {
    let past = Past::new().await;
    let head = past.head().await;
    past.tamper(
        "WITH cut AS (DELETE FROM audit_links WHERE position > 3 RETURNING xid, seq)
            DELETE FROM audit_entries e USING cut WHERE e.xid = cut.xid AND e.seq = cut.seq",
    )
    .await;
    let here = past.report(&[]).await;
    assert_eq!(here.faults, [Fault::CutOff { signed: head.position, last: 3 }]);
    // Whoever cuts the tail takes the head with it; the one kept elsewhere still says so.
    past.tamper("DELETE FROM audit_heads").await;
    assert_eq!(past.report(&[]).await.faults, []);
    assert_eq!(
        past.report(std::slice::from_ref(&head)).await.faults,
        [Fault::CutOff { signed: head.position, last: 3 }]
    );
}

#[tokio::test]
async fn m19_a_chain_written_anew_differs_from_what_was_signed() {
    let past = Past::new().await;
    let head = past.head().await;
    past.tamper("UPDATE audit_entries SET act = 'x' WHERE kind = 'organizations'").await;
    past.tamper("DELETE FROM audit_links").await;
    past.tamper("DELETE FROM audit_heads").await;
    past.seal().await;
    assert_eq!(past.report(&[]).await.faults, [], "the chain itself is whole");
    assert_eq!(past.report(std::slice::from_ref(&head)).await.faults, [Fault::Differs(head.position)]);
}

#[tokio::test]
async fn a_head_that_nobody_signed_is_named() {
    let past = Past::new().await;
    let mut head = past.head().await;
    head.position += 1;
    assert_eq!(past.report(&[head.clone()]).await.faults, [Fault::Forged(head.position)]);
}

#[tokio::test]
async fn what_was_disposed_of_after_its_time_keeps_the_chain_whole() {
    let past = Past::new().await;
    past.tamper("INSERT INTO audit_disposals (year, reason) VALUES (2026, '廃棄の決裁')").await;
    past.tamper("DELETE FROM audit_entries").await;
    let report = past.report(&[]).await;
    assert_eq!((report.disposed, report.faults.as_slice()), (report.links, [].as_slice()));
}

#[tokio::test]
async fn what_is_not_settled_waits_and_keeps_its_place() {
    let past = Past::new().await;
    let open = past.town.system();
    let add = "INSERT INTO sections (id, name, established_on) VALUES (gen_random_uuid(), '遅い課', '2026-04-01')";
    open.run(Sql::new(add)).await.expect("inserted");
    past.act(1).await;
    let tx = past.town.system();
    let before = past.report(&[]).await.links;
    seal_all(&tx).await.expect("sealed");
    tx.commit().await.expect("committed");
    assert_eq!(past.report(&[]).await.links, before, "nothing after an open transaction is sealed");
    open.commit().await.expect("committed");
    past.seal().await;
    assert_eq!(past.report(&[]).await.faults, []);
}

#[tokio::test]
async fn many_sealers_make_one_chain() {
    let past = Arc::new(Past::new().await);
    past.act(4).await;
    let sealers = (0..8).map(|_| {
        let past = past.clone();
        tokio::spawn(async move {
            let tx = past.town.system();
            seal_all(&tx).await.expect("sealed");
            tx.commit().await.expect("committed");
        })
    });
    for sealer in sealers.collect::<Vec<_>>() {
        sealer.await.expect("done");
    }
    past.seal().await;
    let report = past.report(&[]).await;
    assert_eq!((report.links, report.faults.len()), (past.count("SELECT count(*) FROM audit_entries").await, 0));
}

#[tokio::test]
async fn a_sealer_finds_where_something_was_done() {
    let past = Past::new().await;
    let app = past.town.app.clone();
    let worker = past.own.url("entaku_worker");
    let runner =
        Runner::new(&worker, app.database.clone(), app.keys.clone(), app.clock.clone(), Vec::new()).expect("a runner");
    let mut sealer = Sealer::new(&runner, app.database.clone(), app.keys.clone(), app.clock.clone());
    sealer.round().await.expect("a first round");
    past.act(1).await;
    for _ in 0..200 {
        sealer.round().await.expect("a round");
        if past.report(&[]).await.waiting == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the sealer does not see it");
}

#[tokio::test]
async fn the_application_can_change_nothing_of_it() {
    let past = Past::new().await;
    for text in [
        "INSERT INTO audit_entries (municipality_id, at, act, kind, object_id, op) SELECT municipality_id, at, act, kind, object_id, op FROM audit_entries",
        "UPDATE audit_entries SET act = ''",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries_fy2026",
        "SELECT FROM audit_entries_fy2026",
        "INSERT INTO audit_links SELECT municipality_id, position + 100, xid, seq + 1, at, content, hash FROM audit_links",
        "UPDATE audit_links SET hash = content",
        "DELETE FROM audit_links",
        "UPDATE audit_heads SET position = 1",
        "INSERT INTO audit_disposals (year, reason) VALUES (2020, '')",
        "TRUNCATE audit_entries",
    ] {
        let refused = past.town.system().run(Sql::new(text)).await;
        assert!(refused.is_err(), "{text}");
    }
    // What it may add never looks like a change.
    past.town
        .system()
        .run(Sql::new("SELECT entaku_note('UPDATE', 'organizations', ARRAY[gen_random_uuid()], '')"))
        .await
        .expect("called");
    assert_eq!(past.count("SELECT count(*) FROM audit_entries WHERE op = 'UPDATE' AND act = 'test'").await, 0);
}

#[tokio::test]
async fn m19_the_command_names_the_first_broken_row_and_fails() {
    let past = Past::new().await;
    let keys = std::env::temp_dir().join(format!("entaku-test-audit-keys-{}.json", Uuid::now_v7()));
    let entaku = |arguments: &[&str]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entaku"));
        command.args(arguments).env("DATABASE_URL", past.own.url("entaku_app")).env("ENTAKU_KEYS_FILE", &keys);
        command.env("ENTAKU_WORKER_DATABASE_URL", past.own.url("entaku_worker"));
        command.env("ENTAKU_ISSUER", "https://entaku.example.jp").output().expect("it runs")
    };
    assert!(entaku(&["keys", "init"]).status.success());
    let whole = entaku(&["audit", "verify"]);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    past.tamper("UPDATE audit_entries SET act = 'x' WHERE (xid, seq) IN (SELECT xid, seq FROM audit_links WHERE position IN (3, 5))").await;
    let broken = entaku(&["audit", "verify", "--municipality", past.town.code.as_str()]);
    let said = String::from_utf8_lossy(&broken.stdout);
    assert!(!broken.status.success() && said.contains("entry 3") && said.contains("entry 5"), "{said}");
    assert!(said.find("entry 3") < said.find("entry 5"));
    std::fs::remove_file(keys).expect("removed");
}
