//! A ledger that is not sound does not stay unseen (M18): the nightly job keeps what it found and says it in the log, and
//! `entaku doctor` ends with a failure.

use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};

use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::jobs::Runner;
use entaku::kernel::keys::KeyRing;
use entaku::kernel::principal::Role;
use entaku::ledger::commands::verification;
use serde_json::{Value, json};
use tracing::instrument::WithSubscriber;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::grants::allotted;
use crate::jobs::run_all_due;
use crate::support::database::Own;
use crate::support::town::app_of;

const INTEGRITY: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/stories/291-ledger-integrity-read.graphql"));

/// A town of today in a database of its own, with a programme and an allocation of it; and its keys.
async fn alone() -> (Own, Town, std::path::PathBuf) {
    let own = Own::migrated().await;
    let file = std::env::temp_dir().join(format!("entaku-test-watch-{}.json", Uuid::now_v7().simple()));
    let keys = Arc::new(KeyRing::read_or_create(&file).expect("keys"));
    let app = app_of(&own.url("entaku_app"), WireConfig::default(), keys, Clock::System);
    let town = Town::beside(app).await;
    allotted(&town).await;
    (own, town, file)
}

/// A yen of an allocation is gone, around every trigger.
async fn tamper(own: &Own) {
    let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
    let sql = "BEGIN; SET LOCAL session_replication_role = 'replica';
        UPDATE grant_allocations SET amount_yen = amount_yen - 1; COMMIT";
    raw_sql(sql).execute(&mut superuser).await.expect("tampered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m18_the_doctor_fails_where_the_ledger_is_not_sound() {
    let (own, town, file) = alone().await;
    let doctor = || {
        let mut entaku = Command::new(env!("CARGO_BIN_EXE_entaku"));
        entaku.arg("doctor").env("DATABASE_URL", own.url("entaku_app")).env("ENTAKU_KEYS_FILE", &file);
        entaku.env("ENTAKU_WORKER_DATABASE_URL", own.url("entaku_worker"));
        entaku.env("ENTAKU_ISSUER", "https://entaku.example.jp");
        let output = tokio::task::block_in_place(|| entaku.output()).expect("it runs");
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        (output.status.success(), said)
    };
    let (well, said) = doctor();
    assert!(well && said.contains("2 journals, 0 faults"), "{said}");
    tamper(&own).await;
    let allocations = town.system().rows(Sql::new("SELECT id::text FROM grant_allocations")).await.expect("it");
    let id: String = allocations[0].get(0);
    let (well, said) = doctor();
    assert!(!well, "{said}");
    assert!(said.contains("2 journals, 2 faults"), "{said}");
    assert!(said.contains(&format!("ALLOCATION grant_allocations {id}")), "{said}");
    let _ = std::fs::remove_file(file);
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn m18_the_nightly_job_keeps_and_logs_what_is_wrong() {
    let (own, town, file) = alone().await;
    tamper(&own).await;
    let app = &town.app;
    let (worker, kinds) = (own.url("entaku_worker"), vec![verification::kind()]);
    let runner =
        Runner::new(&worker, app.database.clone(), app.keys.clone(), app.clock.clone(), kinds).expect("a runner");
    runner.schedule().await.expect("scheduled");
    let log = Log::default();
    let kept = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || kept.clone()).finish();
    run_all_due(&runner).with_subscriber(subscriber).await;
    let auditor = town.staff(Role::Auditor).await;
    let read = auditor.run(INTEGRITY, json!({})).await.data()["ledgerIntegrity"].clone();
    let found = &read["nodes"][0];
    assert_eq!((&read["totalCount"], &found["ok"], &found["faultCount"]), (&json!(1), &json!(false), &json!(2)));
    assert_eq!(found["checkedBy"], Value::Null, "nobody asked for it");
    let kinds: Vec<_> = found["faults"].as_array().expect("faults").iter().map(|fault| fault["kind"].clone()).collect();
    assert_eq!(kinds, [json!("ALLOCATION"), json!("BUDGET")]);
    let said = String::from_utf8(log.0.lock().expect("the log").clone()).expect("text");
    let errors: Vec<&str> = said.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 2, "{said}");
    assert!(
        errors.iter().all(|line| line.contains("the ledger is not sound") && line.contains(&town.id.0.to_string()))
    );
    let _ = std::fs::remove_file(file);
}
