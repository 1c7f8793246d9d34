//! The launcher of the embedded PostgreSQL and the bootstrap of its roles, each test on a cluster of its own.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use entaku::kernel::bootstrap::{self, RolePasswords};
use entaku::kernel::embedded_pg::{Cluster, Durability, LaunchError};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, raw_sql};

/// A directory that any account can enter, gone at the end together with a home that was made elsewhere.
pub struct Dir(pub PathBuf);

impl Dir {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("entaku-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o711).create(&path).expect("the directory of a test");
        Self(path)
    }

    /// The data directory of an installation.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The cluster in it.
    pub fn cluster(&self) -> PathBuf {
        self.data().join("postgres/data")
    }

    fn start(&self) -> Cluster {
        Cluster::start(&self.data(), Durability::Throwaway).expect("a cluster")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if let Ok(elsewhere) = fs::read_to_string(self.data().join("postgres.path")) {
            let _ = fs::remove_dir_all(elsewhere);
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection")
}

async fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    raw_sql(AssertSqlSafe(sql)).execute(&mut connect(url).await).await.map(drop)
}

async fn fetch(url: &str, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(&mut connect(url).await).await.expect(sql)
}

/// The process of the server of a cluster.
pub fn postmaster(cluster: &Path) -> u32 {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).expect("postmaster.pid");
    text.lines().next().and_then(|pid| pid.parse().ok()).expect("a process id")
}

fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
    assert!(status.success());
}

/// Kills a server with everything that it has started, all at once: none has time to help the others end.
pub fn kill_whole(postmaster: u32) {
    let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap_or_default();
    let all = std::iter::once(postmaster.to_string()).chain(children.split_whitespace().map(str::to_owned));
    // A child may have ended by itself meanwhile.
    let _ = Command::new("kill").arg("-KILL").args(all).stderr(Stdio::null()).status().expect("kill");
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let dir = Dir::new();
    let cluster = dir.start();
    execute(&cluster.superuser_url(), "CREATE TABLE kept AS SELECT '円卓' AS name").await.expect("a table");
    cluster.stop().expect("a quiet end");
    assert!(!dir.cluster().join("postmaster.pid").exists());

    let cluster = dir.start();
    assert_eq!(fetch(&cluster.superuser_url(), "SELECT name FROM kept").await, "円卓");
}

#[tokio::test]
async fn the_server_listens_on_its_private_socket_only() {
    let dir = Dir::new();
    let cluster = dir.start();
    let url = cluster.superuser_url();
    assert_eq!(fetch(&url, "SHOW listen_addresses").await, "");
    assert_eq!(fetch(&url, "SHOW server_encoding").await, "UTF8");
    assert_eq!(fetch(&url, "SHOW max_connections").await, "100");
    assert_eq!(fetch(&url, "SHOW fsync").await, "off");
    for private in ["postgres", "postgres/run"] {
        let mode = fs::metadata(dir.data().join(private)).expect(private).mode();
        assert_eq!(mode & 0o777, 0o700, "{private}");
    }
}

#[tokio::test]
async fn a_durable_cluster_waits_for_the_disk() {
    let dir = Dir::new();
    let cluster = Cluster::start(&dir.data(), Durability::Durable).expect("a cluster");
    for setting in ["SHOW fsync", "SHOW full_page_writes", "SHOW synchronous_commit"] {
        assert_eq!(fetch(&cluster.superuser_url(), setting).await, "on", "{setting}");
    }
}

#[tokio::test]
async fn a_killed_postmaster_is_replaced_at_the_next_start() {
    let dir = Dir::new();
    let cluster = dir.start();
    let url = cluster.superuser_url();
    execute(&url, "SET synchronous_commit = on; CREATE TABLE kept (x int)").await.expect("a table");
    // A client that is at work when it happens: its process outlives the postmaster for a moment.
    let _client = connect(&url).await;
    kill("-KILL", postmaster(&dir.cluster()));
    drop(cluster);
    assert!(dir.cluster().join("postmaster.pid").exists(), "a killed server cleans up nothing");

    let cluster = dir.start();
    execute(&cluster.superuser_url(), "SELECT FROM kept").await.expect("the table");
}

/// Where a copy of this test program is to run a cluster until it is killed.
const SERVE: &str = "ENTAKU_TEST_SERVE";

#[test]
fn serves_until_it_is_killed() {
    let Some(data) = std::env::var_os(SERVE) else { return };
    let _cluster = Cluster::start(Path::new(&data), Durability::Throwaway).expect("a cluster");
    fs::write(Path::new(&data).join("started"), "").expect("a sign");
    std::thread::sleep(Duration::from_mins(1));
}

#[tokio::test]
async fn a_killed_entaku_takes_its_server_along_and_leaves_the_data() {
    let dir = Dir::new();
    let mut copy = Command::new(std::env::current_exe().expect("this program"));
    copy.args(["--exact", "embedded_pg::serves_until_it_is_killed"]).env(SERVE, dir.data());
    let mut copy = copy.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a copy of this program");
    while !dir.data().join("started").exists() {
        assert!(matches!(copy.try_wait(), Ok(None)), "the copy ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    let locked = Cluster::start(&dir.data(), Durability::Throwaway);
    assert!(
        matches!(&locked, Err(LaunchError::Locked { pid, .. }) if *pid == Some(copy.id().to_string())),
        "{locked:?}"
    );
    let orphan = postmaster(&dir.cluster());
    copy.kill().and_then(|()| copy.wait()).expect("a violent end");

    let cluster = dir.start();
    assert_ne!(postmaster(&dir.cluster()), orphan);
    assert_eq!(fetch(&cluster.superuser_url(), "SELECT 'here'").await, "here");
}

#[test]
fn the_lock_of_a_process_that_is_something_else_is_stale() {
    let dir = Dir::new();
    dir.start().stop().expect("a quiet end");
    let lock = format!("{}\n{}\n1\n5432\n/nowhere\n\n  1 1\nready   \n", std::process::id(), dir.cluster().display());
    for left in [lock.as_str(), ""] {
        fs::write(dir.cluster().join("postmaster.pid"), left).expect("a stale lock");
        dir.start().stop().expect("a quiet end");
    }
}

#[test]
fn the_lock_of_a_zombie_is_stale() {
    let dir = Dir::new();
    dir.start().stop().expect("a quiet end");
    let zombie = Zombie::new();
    fs::write(dir.cluster().join("postmaster.pid"), format!("{}\n", zombie.0.id())).expect("a zombie's lock");
    dir.start().stop().expect("a quiet end");
}

/// A process that has ended and that nobody has waited for.
struct Zombie(Child);

impl Zombie {
    fn new() -> Self {
        let zombie = Self(Command::new("true").spawn().expect("a process"));
        let stat = format!("/proc/{}/stat", zombie.0.id());
        while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            std::thread::yield_now();
        }
        zombie
    }
}

impl Drop for Zombie {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}

#[test]
fn half_a_cluster_is_made_again() {
    let dir = Dir::new();
    dir.start().stop().expect("a quiet end");
    fs::rename(dir.cluster(), dir.data().join("postgres/data.new")).expect("an unfinished cluster");
    fs::remove_file(dir.data().join("postgres/data.new/PG_VERSION")).expect("an unfinished cluster");
    dir.start().stop().expect("a quiet end");
    assert!(dir.cluster().join("PG_VERSION").exists());
    assert!(!dir.data().join("postgres/data.new").exists());
}

#[test]
fn a_directory_has_one_entaku() {
    let dir = Dir::new();
    let first = dir.start();
    match Cluster::start(&dir.data(), Durability::Throwaway) {
        Err(LaunchError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id().to_string())),
        other => panic!("expected Locked, got {other:?}"),
    }
    drop(first);
    dir.start().stop().expect("a quiet end");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_borrows_a_shorter_one() {
    let dir = Dir::new();
    let deep = dir.0.join("円卓, \"quoted\" & 100%".repeat(4));
    DirBuilder::new().mode(0o711).create(&deep).expect("a deep directory");
    let cluster = Cluster::start(&deep, Durability::Throwaway).expect("a cluster");
    let socket = fetch(&cluster.superuser_url(), "SHOW unix_socket_directories").await;
    assert!(!socket.contains("円卓"), "{socket} is too long for a socket");
    drop(cluster);
    assert!(!Path::new(socket.trim_matches('"')).exists(), "a borrowed directory is given back");
}

#[tokio::test]
async fn a_path_may_have_any_characters() {
    let dir = Dir::new();
    let odd = dir.0.join("a, \"b\" 円");
    let cluster = Cluster::start(&odd, Durability::Throwaway).expect("a cluster");
    assert!(fetch(&cluster.superuser_url(), "SHOW unix_socket_directories").await.contains("円"));
}

#[tokio::test]
async fn where_the_server_cannot_go_its_home_is_elsewhere() {
    if !is_root() {
        return;
    }
    let dir = Dir::new();
    fs::set_permissions(&dir.0, Permissions::from_mode(0o700)).expect("a closed directory");
    let cluster = dir.start();
    execute(&cluster.superuser_url(), "CREATE TABLE kept (x int)").await.expect("a table");
    cluster.stop().expect("a quiet end");
    let elsewhere = fs::read_to_string(dir.data().join("postgres.path")).expect("where the home is");
    assert!(Path::new(&elsewhere).join("data/PG_VERSION").exists());

    let cluster = dir.start();
    execute(&cluster.superuser_url(), "SELECT FROM kept").await.expect("the table");
}

#[test]
fn a_cluster_that_became_unreachable_is_not_replaced_by_an_empty_one() {
    if !is_root() {
        return;
    }
    let dir = Dir::new();
    dir.start().stop().expect("a quiet end");
    fs::set_permissions(&dir.0, Permissions::from_mode(0o700)).expect("a closed directory");
    let refused = Cluster::start(&dir.data(), Durability::Throwaway);
    assert!(matches!(refused, Err(LaunchError::Unreachable { .. })), "{refused:?}");
}

/// The database that the bootstrap tests make: a name that needs quoting.
const DATABASE: &str = "en\"taku's \\db";

#[tokio::test]
async fn the_bootstrap_may_be_repeated_and_run_twice_at_once() {
    let dir = Dir::new();
    let cluster = dir.start();
    let url = cluster.superuser_url();
    let none = RolePasswords::default();
    let twice = tokio::join!(bootstrap::run(&url, DATABASE, &none), bootstrap::run(&url, DATABASE, &none));
    twice.0.expect("the first");
    twice.1.expect("the second");
    bootstrap::run(&url, DATABASE, &none).await.expect("the third");

    let app = cluster.url("entaku_app", DATABASE);
    assert_eq!(fetch(&app, "SELECT current_database()::text").await, DATABASE);
    assert_eq!(fetch(&app, "SHOW statement_timeout").await, "5s");
    assert_eq!(fetch(&app, "SHOW lock_timeout").await, "2s");
    assert_eq!(fetch(&app, "SHOW idle_in_transaction_session_timeout").await, "10s");
    let worker = cluster.url("entaku_worker", DATABASE);
    assert_eq!(fetch(&worker, "SHOW statement_timeout").await, "10min");
    let owner = cluster.url("entaku_owner", DATABASE);
    assert_eq!(fetch(&owner, "SHOW row_security").await, "off");
    assert_eq!(fetch(&owner, "SELECT datcollate::text FROM pg_database WHERE datname = current_database()").await, "C");
}

/// What each role may do, one line each.
const ATTRIBUTES: &str = "
    SELECT string_agg(concat_ws(' ', rolname,
        CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolbypassrls THEN 'bypassrls' END,
        CASE WHEN rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication THEN 'TOO MUCH' END), E'\\n' ORDER BY rolname)
    FROM pg_roles WHERE rolname LIKE 'entaku%'";

#[tokio::test]
async fn the_roles_have_what_they_need_and_no_more() {
    let dir = Dir::new();
    let cluster = dir.start();
    let superuser = cluster.superuser_url();
    execute(&superuser, "CREATE ROLE entaku_app SUPERUSER CREATEDB BYPASSRLS").await.expect("a role that drifted");
    bootstrap::run(&superuser, "entaku", &RolePasswords::default()).await.expect("the roles");
    let expected = "entaku_app login\nentaku_ledger bypassrls\nentaku_owner login bypassrls\n\
                    entaku_search bypassrls\nentaku_worker login";
    assert_eq!(fetch(&superuser, ATTRIBUTES).await, expected);

    let owner = cluster.url("entaku_owner", "entaku");
    let given_away =
        "CREATE TABLE t (x int); CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';
                      ALTER FUNCTION f() OWNER TO entaku_ledger";
    execute(&owner, given_away).await.expect("the owner makes a function of the ledger's");
    for role in ["entaku_app", "entaku_worker"] {
        let url = cluster.url(role, "entaku");
        for forbidden in [
            "CREATE TABLE own (x int)",
            "CREATE TEMP TABLE own (x int)",
            "SELECT * FROM t",
            "SELECT f()",
            "SET ROLE entaku_owner",
            "CREATE DATABASE own",
        ] {
            let code = execute(&url, forbidden).await.expect_err(forbidden);
            let code = code.as_database_error().and_then(|error| error.code().map(String::from));
            assert_eq!(code.as_deref(), Some("42501"), "{role}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn the_printed_script_does_the_same() {
    let dir = Dir::new();
    let cluster = dir.start();
    let password = r"it's a \'secret';";
    let passwords = RolePasswords { app: Some(password.to_owned().into()), ..RolePasswords::default() };
    let script = dir.0.join("bootstrap.sql");
    fs::write(&script, bootstrap::sql(DATABASE, &passwords).expect("a script")).expect("a file");
    for _ in 0..2 {
        let psql = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--file"])
            .arg(&script)
            .arg(cluster.superuser_url().replace("localhost:5432", ""))
            .output()
            .expect("psql");
        assert!(psql.status.success(), "{}", String::from_utf8_lossy(&psql.stderr));
    }
    let set = "SELECT (rolpassword LIKE 'SCRAM%')::text FROM pg_authid WHERE rolname = 'entaku_app'";
    assert_eq!(fetch(&cluster.superuser_url(), set).await, "true");
    let app = cluster.url("entaku_app", DATABASE);
    assert_eq!(fetch(&app, "SHOW statement_timeout").await, "5s");
    let log = fs::read_to_string(dir.data().join("postgres.log")).expect("the log");
    assert!(!log.contains("secret"), "the log has a password");
}
