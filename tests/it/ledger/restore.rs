//! A restore to a point in time (M18): a base backup taken while people write, the write-ahead log in a folder, and a
//! moment to go back to. What is then there is what was there at that moment, and the ledger is sound.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use entaku::cli::installation::{DATABASE, prepare};
use entaku::kernel::embedded_pg::{Cluster, Durability};
use futures_util::future::join_all;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::embedded_pg::Dir;
use crate::support::town::app_over;

/// Postings while the backup is taken, before the moment, and after it.
const EACH: i64 = 60;

/// How often the archive is looked at: a minute and a half.
const PATIENCE: usize = 4_500;

async fn start(dir: &Dir) -> Cluster {
    let data = dir.data();
    tokio::task::spawn_blocking(move || Cluster::start(&data, Durability::Durable))
        .await
        .expect("a thread")
        .expect("up")
}

async fn stop(cluster: Cluster) {
    tokio::task::spawn_blocking(move || cluster.stop()).await.expect("a thread").expect("a quiet end");
}

async fn ask(cluster: &Cluster, sql: &str) -> String {
    let mut connection = PgConnection::connect(&cluster.url("postgres", DATABASE)).await.expect("a connection");
    let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect(sql);
    rows.first().map(|row| row.get::<String, _>(0)).unwrap_or_default()
}

/// Every finished piece of the log goes to a folder, as an operator would have it.
async fn archiving(dir: &Dir, cluster: Cluster) -> (Cluster, String) {
    let archive = dir.0.join("archive");
    fs::create_dir(&archive).expect("a folder");
    fs::set_permissions(&archive, Permissions::from_mode(0o777)).expect("a folder");
    let archive = archive.to_str().expect("text").to_owned();
    ask(&cluster, "ALTER SYSTEM SET archive_mode = on").await;
    // What has its name is whole.
    let copy = format!(
        "test ! -f \"{archive}/%f\" && cp \"%p\" \"{archive}/%f.part\" && mv \"{archive}/%f.part\" \"{archive}/%f\""
    );
    let command = format!("ALTER SYSTEM SET archive_command = '{copy}'");
    ask(&cluster, &command).await;
    stop(cluster).await;
    (start(dir).await, archive)
}

/// Posts so many times, four at once, and again where the server was busy.
async fn pay_out(town: &Town, programme: Uuid, many: i64) {
    let writer = async || {
        for _ in 0..many / 4 {
            let to = (AccountKind::Grant, Uuid::now_v7());
            while let Err(error) = post(town, journal((AccountKind::Budget, programme), to, 1)).await {
                assert!(matches!(error, Error::Unavailable | Error::Retry), "{error:?}");
            }
        }
    };
    join_all((0..4).map(|_| writer())).await;
}

/// Takes a base backup into the place where an installation of this directory would have its cluster.
fn backup(cluster: &Cluster, from: &Dir, to: &Dir) {
    let (home, data) = (to.data().join("postgres"), to.cluster());
    fs::create_dir_all(&home).expect("a home");
    let url = cluster.superuser_url().replace("localhost:5432", "");
    let mut command = Command::new("pg_basebackup");
    command.args(["--wal-method=none", "--checkpoint=fast", "--dbname", &url, "--pgdata"]).arg(&data);
    let done = command.output().expect("pg_basebackup");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let owner = fs::metadata(from.cluster()).expect("a cluster");
    fs::set_permissions(&home, Permissions::from_mode(0o700)).expect("private");
    give(&home, owner.uid(), owner.gid());
}

fn give(path: &Path, user: u32, group: u32) {
    chown(path, Some(user), Some(group)).expect("an owner");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            give(&entry.expect("an entry").path(), user, group);
        }
    }
}

/// What the next start of a backup does: it takes the log from the folder, up to the moment. Nobody is let in before it is
/// there.
fn recover_until(dir: &Dir, archive: &str, moment: &str) {
    let settings = dir.cluster().join("postgresql.auto.conf");
    let mut text = fs::read_to_string(&settings).expect("settings");
    text += &format!(
        "archive_mode = off\nhot_standby = off\nrestore_command = 'cp \"{archive}/%f\" \"%p\"'\n\
         recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n"
    );
    fs::write(&settings, text).expect("settings");
    let signal = dir.cluster().join("recovery.signal");
    fs::write(&signal, "").expect("a signal");
    let owner = fs::metadata(dir.cluster()).expect("a cluster");
    chown(&signal, Some(owner.uid()), Some(owner.gid())).expect("an owner");
}

/// `entaku doctor` over a cluster.
fn doctor(dir: &Dir, cluster: &Cluster) -> (bool, String) {
    let run = |command: &str| {
        let mut entaku = Command::new(env!("CARGO_BIN_EXE_entaku"));
        entaku.args(command.split(' ')).env("DATABASE_URL", cluster.url("entaku_app", DATABASE));
        entaku.env("ENTAKU_WORKER_DATABASE_URL", cluster.url("entaku_worker", DATABASE));
        entaku.env("ENTAKU_KEYS_FILE", dir.0.join("keys.json")).env("ENTAKU_ISSUER", "https://entaku.example.jp");
        entaku.output().expect("it runs")
    };
    assert!(run("keys init").status.success());
    let output = run("doctor");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (output.status.success(), said)
}

const STATE: &str = "SELECT concat_ws(' ', (SELECT count(*) FROM ledger_journals), (SELECT count(*) FROM ledger_entries),
    (SELECT md5(string_agg(concat_ws(' ', a.kind, a.owner_id, a.balance, a.version), ',' ORDER BY a.id)) FROM ledger_accounts a))";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m18_a_restore_to_a_point_in_time_is_what_was_there_and_sound() {
    let (dir, elsewhere) = (Dir::new(), Dir::new());
    let cluster = start(&dir).await;
    prepare(&cluster).await.expect("prepared");
    let (cluster, archive) = archiving(&dir, cluster).await;
    let town = Town::beside(app_over(&cluster.url("entaku_app", DATABASE))).await;
    let (programme, _) = budget(&town, 1_000_000).await;
    tokio::join!(pay_out(&town, programme, EACH), async {
        tokio::task::block_in_place(|| backup(&cluster, &dir, &elsewhere));
    });
    pay_out(&town, programme, EACH).await;
    let (then, moment) = (ask(&cluster, STATE).await, ask(&cluster, "SELECT clock_timestamp()::text").await);
    pay_out(&town, programme, EACH).await;
    assert_ne!(ask(&cluster, STATE).await, then);
    let last = ask(&cluster, "SELECT pg_walfile_name(pg_switch_wal())").await;
    let last = Path::new(&archive).join(last);
    for _ in 0..PATIENCE {
        if last.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(last.exists(), "the log was not archived");
    stop(cluster).await;

    recover_until(&elsewhere, &archive, &moment);
    let cluster = start(&elsewhere).await;
    assert_eq!(ask(&cluster, STATE).await, then);
    assert!(then.starts_with(&format!("{} {} ", 2 * EACH + 1, 4 * EACH + 2)), "{then}");
    let (_, said) = tokio::task::block_in_place(|| doctor(&elsewhere, &cluster));
    assert!(said.contains(&format!("{} journals, 0 faults", 2 * EACH + 1)), "{said}");
    // And life goes on from there.
    let town = Town { app: app_over(&cluster.url("entaku_app", DATABASE)), id: town.id, code: town.code };
    pay_out(&town, programme, EACH).await;
    let found = town.system().rows(Sql::new("SELECT count(*) FROM ledger_faults()")).await.expect("gone over");
    assert_eq!(found[0].get::<_, i64>(0), 0);
    stop(cluster).await;
}
