//! A restore to a point in time (M18): a base backup taken while people write, the write-ahead log in a folder, and a
//! moment to go back to. What is then there is what was there at that moment: the installation is well, the ledger is
//! sound, and the record is whole up to the head that was signed and kept elsewhere before it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use entaku::api::app::App;
use entaku::cli::installation::{DATABASE, prepare};
use entaku::kernel::audit::head::{Head, sign_today};
use entaku::kernel::audit::seal::seal_all;
use entaku::kernel::audit::verify::verify;
use entaku::kernel::clock::Clock;
use entaku::kernel::config::WireConfig;
use entaku::kernel::embedded_pg::{Cluster, Durability};
use entaku::kernel::keys::KeyRing;
use futures_util::future::join_all;

#[allow(clippy::wildcard_imports)] // the ledger's tests
use super::*;
use crate::embedded_pg::Dir;
use crate::support::town::app_of;

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

/// What an operator has of an installation besides its cluster: the keys, and what is kept elsewhere.
struct Operator(Dir);

impl Operator {
    fn new() -> Self {
        let operator = Self(Dir::new());
        let made = operator.entaku(None, &["keys", "init"]);
        assert!(made.status.success(), "{}", said(&made));
        operator
    }

    fn keys(&self) -> PathBuf {
        self.0.0.join("keys.json")
    }

    /// The commands of the program, over a cluster.
    fn entaku(&self, cluster: Option<&Cluster>, arguments: &[&str]) -> Output {
        let url = |role| cluster.map_or_else(|| "postgres:///none".into(), |cluster| cluster.url(role, DATABASE));
        let mut entaku = Command::new(env!("CARGO_BIN_EXE_entaku"));
        entaku.args(arguments).env("DATABASE_URL", url("entaku_app")).env("ENTAKU_KEYS_FILE", self.keys());
        entaku
            .env("ENTAKU_WORKER_DATABASE_URL", url("entaku_worker"))
            .env("ENTAKU_ISSUER", "https://entaku.example.jp");
        tokio::task::block_in_place(|| entaku.output().expect("it runs"))
    }

    /// The program over a cluster, by the clock of its commands.
    fn app(&self, cluster: &Cluster) -> Arc<App> {
        let keys = Arc::new(KeyRing::read(&self.keys()).expect("keys"));
        app_of(&cluster.url("entaku_app", DATABASE), WireConfig::default(), keys, Clock::System)
    }

    /// Writes heads down where nobody who can write the database can write.
    fn keep(&self, name: &str, heads: &str) -> String {
        let file = self.0.0.join(name);
        fs::write(&file, heads).expect("heads");
        file.to_str().expect("text").to_owned()
    }

    /// The record compared with heads that were kept.
    fn verify(&self, cluster: &Cluster, heads: &str) -> (bool, String) {
        let output = self.entaku(Some(cluster), &["audit", "verify", "--heads", heads]);
        (output.status.success(), said(&output))
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

/// Seals all that was done; how long the chain is.
async fn sealed(town: &Town) -> i64 {
    for _ in 0..PATIENCE {
        let tx = town.system();
        seal_all(&tx).await.expect("sealed");
        tx.commit().await.expect("committed");
        let report = verify(&town.system(), &[]).await.expect("gone over");
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        if report.waiting == 0 {
            return report.links;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("something is never settled");
}

/// What the head of the chain would be now, signed as the nightly job signs it.
async fn head(town: &Town, at: i64) -> Head {
    let tx = town.system();
    let sql = format!("SELECT encode(hash, 'hex') FROM audit_links WHERE position = {at}");
    let hash: String = tx.rows(Sql::new(&sql)).await.expect("a chain")[0].get(0);
    Head::sign(&tx.keys, town.id.0, tx.today(), at, hash)
}

const STATE: &str = "SELECT concat_ws(' ', (SELECT count(*) FROM ledger_journals), (SELECT count(*) FROM ledger_entries),
    (SELECT md5(string_agg(concat_ws(' ', a.kind, a.owner_id, a.balance, a.version), ',' ORDER BY a.id)) FROM ledger_accounts a),
    (SELECT count(*) FROM audit_entries), (SELECT count(*) FROM audit_links),
    (SELECT encode(l.hash, 'hex') FROM audit_links l ORDER BY l.position DESC LIMIT 1),
    (SELECT string_agg(h.signature, ',' ORDER BY h.day) FROM audit_heads h))";

/// The piece of the log that holds all that was done is in the folder.
async fn archived(cluster: &Cluster, archive: &str) {
    let last = Path::new(archive).join(ask(cluster, "SELECT pg_walfile_name(pg_switch_wal())").await);
    for _ in 0..PATIENCE {
        if last.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the log was not archived");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m18_a_restore_to_a_point_in_time_is_what_was_there_and_sound() {
    let (dir, elsewhere, operator) = (Dir::new(), Dir::new(), Operator::new());
    let cluster = start(&dir).await;
    prepare(&cluster).await.expect("prepared");
    let (cluster, archive) = archiving(&dir, cluster).await;
    let town = Town::beside(operator.app(&cluster)).await;
    let (programme, _) = budget(&town, 1_000_000).await;
    tokio::join!(pay_out(&town, programme, EACH), async {
        tokio::task::block_in_place(|| backup(&cluster, &dir, &elsewhere));
    });
    pay_out(&town, programme, EACH).await;
    let links = sealed(&town).await;
    let tx = town.system();
    assert!(sign_today(&tx).await.expect("signed").is_some());
    tx.commit().await.expect("committed");
    let kept = operator.entaku(Some(&cluster), &["audit", "heads"]);
    let kept = operator.keep("heads", &String::from_utf8_lossy(&kept.stdout));
    let (then, moment) = (ask(&cluster, STATE).await, ask(&cluster, "SELECT clock_timestamp()::text").await);
    pay_out(&town, programme, EACH).await;
    assert_ne!(ask(&cluster, STATE).await, then);
    let later = head(&town, sealed(&town).await).await;
    archived(&cluster, &archive).await;
    stop(cluster).await;

    recover_until(&elsewhere, &archive, &moment);
    let cluster = start(&elsewhere).await;
    assert_eq!(ask(&cluster, STATE).await, then);
    assert!(then.starts_with(&format!("{} {} ", 2 * EACH + 1, 4 * EACH + 2)), "{then}");
    let doctor = operator.entaku(Some(&cluster), &["doctor"]);
    assert!(doctor.status.success(), "{}", said(&doctor));
    assert!(said(&doctor).contains(&format!("{} journals, 0 faults", 2 * EACH + 1)), "{}", said(&doctor));
    let whole = operator.verify(&cluster, &kept);
    // The head is in the database and in what was kept of it.
    assert!(whole.0 && whole.1.contains(&format!("{links} sealed")), "{whole:?}");
    assert!(whole.1.contains("0 waiting, 2 heads compared"), "{whole:?}");
    // What was signed after the moment says what the restore has lost.
    let lost = operator.keep("later", &serde_json::to_string(&later).expect("a head"));
    let cut = operator.verify(&cluster, &lost);
    assert!(
        !cut.0 && cut.1.contains(&format!("entry {} was signed, the chain ends at {links}", later.position)),
        "{cut:?}"
    );
    // And life goes on from there, in the ledger and in the record.
    let town = Town { app: operator.app(&cluster), id: town.id, code: town.code };
    pay_out(&town, programme, EACH).await;
    let found = town.system().rows(Sql::new("SELECT count(*) FROM ledger_faults()")).await.expect("gone over");
    assert_eq!(found[0].get::<_, i64>(0), 0);
    assert!(sealed(&town).await > links);
    let whole = operator.verify(&cluster, &kept);
    assert!(whole.0, "{whole:?}");
    stop(cluster).await;
}
