//! How PostgreSQL reads what is really sent, in a database as large as a town: by indexes, and within the
//! municipality from the start.

use std::collections::{BTreeSet, HashMap};

use entaku::api::schema::Nouns;
use entaku::bench::{Signer, workload};
use entaku::kernel::read::sql::Sql;
use entaku::kernel::read::{Catalogue, Source};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::statements::shipped;
use super::tap::Tap;
use crate::bench::seeded;
use crate::exports::Alone;
use crate::support::database::{self, Own};
use crate::support::town::{app_over, start};
use crate::support::{Client, SchemaView};

/// A table of so many rows is not read from end to end.
const LARGE: f32 = 1_000.0;

/// Relations without an index on `(municipality_id, key)`: a municipality has a handful of strategies.
/// This list may only shrink.
const WITHOUT_INDEX: &[&str] =
    &["LegalBasis.strategies needs strategies.legal_basis_id", "Strategy.successor needs strategies.predecessor_id"];

/// What a page of an organization shows.
const ORGANIZATION: &str = "id name municipality { name } district { name liaisons { role account { name } } }
    latestAllocation { amountYen } roundtables(first: 5) { nodes { title startsAt } }
    proposals(first: 5) { nodes { title state } }";

/// The town of the bench and somebody in it, whose statements are tapped.
struct Bench {
    own: Own,
    tap: Tap,
    clerk: Client,
    town: Value,
}

impl Bench {
    async fn new() -> Self {
        let own = seeded().await;
        let mut superuser = PgConnection::connect(&own.url("postgres")).await.expect("a connection");
        sqlx::query("VACUUM ANALYZE").execute(&mut superuser).await.expect("statistics");
        let (tap, url) = Tap::open(&own.url("entaku_app"));
        let app = app_over(&url);
        let signer = Signer { keys: &app.keys, issuer: &app.settings.issuer, now: start() };
        let town = workload(&own.url("entaku_app"), &signer).await.expect("a workload").swap_remove(0);
        let token = format!("Bearer {}", town["token"].as_str().expect("a token"));
        Self { own, tap, clerk: Client::new(app).with("authorization", &token), town }
    }

    /// The statements of the read path that a query takes.
    async fn statements(&self, query: &str, variables: Value) -> Vec<String> {
        self.tap.take();
        self.clerk.run(query, variables).await.data();
        let read = |text: &String| ["WITH n0 AS", "WITH seen AS"].iter().any(|head| text.starts_with(head));
        self.tap.take().into_iter().filter(read).collect()
    }

    /// What a driver of the bench asks.
    async fn questions(&self) -> Vec<(String, String, Value)> {
        let first = "{ roundtables(first: 50) { pageInfo { endCursor } } }";
        let cursor = self.clerk.run(first, json!({})).await.data()["roundtables"]["pageInfo"]["endCursor"].clone();
        let begun = self.clerk.run("{ changesSince { cursor } }", json!({})).await.data()["changesSince"].clone();
        let id = self.town["organizations"][7]["id"].clone();
        let questions = [
            (
                "organization",
                format!("query($id: ID!) {{ organization(id: $id) {{ {ORGANIZATION} }} }}"),
                json!({ "id": id }),
            ),
            ("organizations", format!("{{ organizations(first: 20) {{ nodes {{ {ORGANIZATION} }} }} }}"), json!({})),
            (
                "roundtables",
                "query($after: String) { roundtables(first: 50, after: $after) { pageInfo { hasNextPage endCursor }
                    nodes { id title startsAt organization { name } } } }"
                    .to_owned(),
                json!({ "after": cursor }),
            ),
            (
                "changes",
                "query($cursor: String) { changesSince(cursor: $cursor) { changes { node { id } } } }".to_owned(),
                json!({ "cursor": begun["cursor"] }),
            ),
            ("viewer", "{ viewer { id name appointments { role scope } } }".to_owned(), json!({})),
        ];
        questions.map(|(name, query, variables)| (format!("bench {name}"), query, variables)).into()
    }
}

/// Statements as PostgreSQL plans them for everybody.
struct Planner {
    connection: PgConnection,
    /// Rows by table.
    rows: HashMap<String, f32>,
    /// The tables of indexes.
    tables: HashMap<String, String>,
    tenants: BTreeSet<&'static str>,
}

impl Planner {
    async fn new(bench: &Bench) -> Self {
        let mut connection = PgConnection::connect(&bench.own.url("entaku_app")).await.expect("a connection");
        let wall = "SELECT set_config('entaku.municipality', $1, false), set_config('entaku.now', $2, false),
            set_config('plan_cache_mode', 'force_generic_plan', false)";
        let municipality = bench.town["municipality"].as_str().expect("an id");
        let query = sqlx::query(wall).bind(municipality).bind(start().to_rfc3339());
        query.execute(&mut connection).await.expect("inside");
        let catalogue = "SELECT c.relname::text, c.reltuples, i.indrelid::regclass::text AS of FROM pg_class c
            LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relkind IN ('r', 'i')";
        let (mut rows, mut tables) = (HashMap::new(), HashMap::new());
        for row in sqlx::query(catalogue).fetch_all(&mut connection).await.expect("the catalogue") {
            rows.insert(row.get("relname"), row.get("reltuples"));
            tables.extend(row.get::<Option<String>, _>("of").map(|of| (row.get("relname"), of)));
        }
        let tenants = Nouns::queries().shapes().iter().filter(|s| s.tenant).map(|s| s.table).collect();
        Self { connection, rows, tables, tenants }
    }

    /// As it is planned where PostgreSQL may read tables whole, which tells of indexes that are missing, and where it may
    /// not, as the application's connections have it.
    async fn plans(&mut self, text: &str) -> Vec<Value> {
        let mut plans = Vec::new();
        for whole in ["on", "off"] {
            let set = sqlx::query("SELECT set_config('enable_seqscan', $1, false)").bind(whole);
            set.execute(&mut self.connection).await.expect("set");
            plans.push(self.plan(text).await);
        }
        plans
    }

    async fn plan(&mut self, text: &str) -> Value {
        let parameters = (1..100).take_while(|n| text.contains(&format!("${n}::"))).count();
        let nulls = vec!["NULL"; parameters].join(", ");
        let arguments = if nulls.is_empty() { nulls } else { format!("({nulls})") };
        let run = |sql: String| sqlx::raw_sql(AssertSqlSafe(sql));
        run(format!("PREPARE asked AS {text}")).execute(&mut self.connection).await.expect("prepared");
        let explain = run(format!("EXPLAIN (FORMAT JSON) EXECUTE asked{arguments}"));
        let row = explain.fetch_one(&mut self.connection).await.expect("a plan");
        run("DEALLOCATE asked".to_owned()).execute(&mut self.connection).await.expect("forgotten");
        row.get::<Value, _>(0)[0]["Plan"].clone()
    }

    /// What is wrong with a plan.
    fn faults(&self, node: &Value, faults: &mut Vec<String>) {
        let text = |name: &str| node[name].as_str().unwrap_or("").to_owned();
        let kind = text("Node Type");
        let index = text("Index Name");
        let table = self.tables.get(&index).cloned().unwrap_or_else(|| text("Relation Name"));
        let large = self.rows.get(&table).is_some_and(|rows| *rows > LARGE);
        if kind == "Seq Scan" && large {
            faults.push(format!("{table} is read from end to end"));
        }
        if large && names_parent(&text("Filter")) {
            faults.push(format!("{table} is read by {index} and then searched for the parent's"));
        }
        let within = text("Index Cond").contains("municipality_id");
        if !index.is_empty() && self.tenants.contains(table.as_str()) && !within {
            faults.push(format!("{index} is read by [{}]", text("Index Cond")));
        }
        for below in node["Plans"].as_array().into_iter().flatten() {
            let sorted = below["Relation Name"].as_str().filter(|of| kind == "Sort" && self.rows[*of] > LARGE);
            faults.extend(sorted.map(|table| format!("{table} is sorted, not read in order")));
            self.faults(below, faults);
        }
    }
}

/// Does a condition compare with the parent's id? PostgreSQL numbers the aliases: `p`, `p_1` ….
fn names_parent(condition: &str) -> bool {
    let number = |c: char| c == '_' || c.is_ascii_digit();
    condition.split(" = p").skip(1).any(|rest| rest.trim_start_matches(number).starts_with(".id)"))
}

/// What is wrong with the plans of queries: name, document, variables.
async fn faults(bench: &Bench, queries: Vec<(String, String, Value)>) -> Vec<String> {
    let mut planner = Planner::new(bench).await;
    let mut faults = Vec::new();
    for (name, query, variables) in queries {
        let statements = bench.statements(&query, variables).await;
        assert!(!statements.is_empty(), "{name} sends nothing");
        for text in statements {
            let mut found = Vec::new();
            for plan in planner.plans(&text).await {
                planner.faults(&plan, &mut found);
            }
            faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
        }
    }
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn z17_every_shipped_query_is_planned_by_indexes_within_the_municipality() {
    let bench = Bench::new().await;
    let schema = SchemaView::read(&bench.clerk).await;
    let mut queries = bench.questions().await;
    // Without a cursor it begins, and reads nothing; with one it is among the questions.
    let shipped = shipped().into_iter().filter(|s| !s.text.contains("changesSince"));
    queries.extend(shipped.map(|s| (s.name.clone(), s.text.clone(), s.variables(&schema))));
    let faults = faults(&bench, queries).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// And faults are found where an index is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_without_its_index_is_a_fault() {
    let bench = Bench::new().await;
    let mut owner = PgConnection::connect(&bench.own.url("entaku_owner")).await.expect("a connection");
    sqlx::query("DROP INDEX roundtables_of_organization").execute(&mut owner).await.expect("dropped");
    let questions = bench.questions().await;
    let faults = faults(&bench, questions).await;
    for page in ["bench organization:", "bench organizations:"] {
        assert!(faults.iter().any(|f| f.starts_with(page) && f.contains("roundtables")), "{faults:?}");
    }
    assert!(!faults.iter().any(|f| f.starts_with("bench viewer")), "{faults:?}");
}

/// A plan is kept as long as its connection, and the table may grow meanwhile.
#[tokio::test]
async fn a_table_that_is_empty_is_planned_by_its_index_all_the_same() {
    let alone = Alone::new().await;
    let mut superuser = PgConnection::connect(&alone.own.url("postgres")).await.expect("a connection");
    for empty in ["DELETE FROM events", "VACUUM ANALYZE events"] {
        sqlx::query(empty).execute(&mut superuser).await.expect("PostgreSQL knows that it is empty");
    }
    let feed = "EXPLAIN SELECT at FROM events WHERE (xid, seq) > ('0'::xid8, 0) ORDER BY xid, seq LIMIT 9";
    let natural: Vec<String> = sqlx::query_scalar(feed).fetch_all(&mut superuser).await.expect("a plan");
    assert!(natural.iter().any(|line| line.contains("Seq Scan on events")), "{natural:#?}");
    let planned = alone.town.system().rows(Sql::new(feed)).await.expect("a plan");
    let planned: Vec<String> = planned.iter().map(|row| row.get(0)).collect();
    assert!(planned.iter().any(|line| line.contains("Index Scan using events_pkey")), "{planned:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_parent_and_a_hundred_take_one_and_the_same_statement() {
    let bench = Bench::new().await;
    let query = format!(
        "query($n: Int!) {{ roundtables(first: $n) {{ totalCount nodes {{ passages {{ text }} organization {{ {ORGANIZATION} }} }} }} }}"
    );
    let mut sent = bench.statements(&query, json!({ "n": 1 })).await;
    assert_eq!(sent.len(), 1);
    sent.extend(bench.statements(&query, json!({ "n": 100 })).await);
    assert_eq!(sent.len(), 1, "a hundred parents are asked for by another statement");
    assert_eq!(bench.clerk.statements(&query, json!({ "n": 100 })).await, 1);
}

/// Thirty aliases of one list, each with arguments of its own, at the root and below an object: each has its own rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_aliases_of_one_list_have_thirty_answers() {
    let bench = Bench::new().await;
    let one = |n: usize| {
        let order = ["LATEST", "EARLIEST"][n % 2];
        format!(
            "roundtables(first: {}, orderBy: {order}) {{ totalCount pageInfo {{ endCursor }} nodes {{ id }} }}",
            n / 2 + 1
        )
    };
    let all = |most| (0..most).map(|n| format!("a{n}: {} ", one(n))).collect::<String>();
    let id = &bench.town["organizations"][7]["id"];
    let at_the_root = async |selected: &str| bench.clerk.run(&format!("{{ {selected} }}"), json!({})).await.data();
    let below = async |selected: &str| {
        let query = format!("query($id: ID!) {{ organization(id: $id) {{ {selected} }} }}");
        bench.clerk.run(&query, json!({ "id": id })).await.data()["organization"].clone()
    };
    // No more than 20 fields stand at the root.
    let (rooted, owned) = (at_the_root(&all(20)).await, below(&all(30)).await);
    for n in 0..30 {
        assert_eq!(owned[format!("a{n}")], below(&one(n)).await["roundtables"], "{}", one(n));
        if n < 20 {
            assert_eq!(rooted[format!("a{n}")], at_the_root(&one(n)).await["roundtables"], "{}", one(n));
        }
    }
    assert_ne!(owned["a28"]["nodes"], owned["a29"]["nodes"]);
    assert_ne!(owned["a18"]["nodes"], rooted["a18"]["nodes"]);
    assert_eq!(
        (owned["a28"]["nodes"].as_array().map(Vec::len), owned["a0"]["nodes"].as_array().map(Vec::len)),
        (Some(15), Some(1))
    );
}

#[tokio::test]
async fn every_relation_has_an_index_that_its_key_leads_within_the_municipality() {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let sql = "SELECT i.indrelid::regclass::text || '.' || b.attname AS led FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attname = 'municipality_id'
        JOIN pg_attribute b ON b.attrelid = i.indrelid AND b.attnum = i.indkey[1]
        WHERE i.indpred IS NULL AND i.indisvalid";
    let rows = sqlx::query(sql).fetch_all(&mut superuser).await.expect("the catalogue");
    let led: BTreeSet<String> = rows.iter().map(|row| row.get("led")).collect();
    let mut without = BTreeSet::new();
    for shape in Nouns::queries().shapes() {
        for field in &shape.fields {
            if let Source::First(child, by) | Source::Many(child, by) | Source::Connection(child, by) = field.source {
                if child().gathered.is_some() {
                    continue;
                }
                let needed = format!("{}.{}", child().table, by.key);
                if !led.contains(&needed) {
                    without.insert(format!("{}.{} needs {needed}", shape.name, field.name));
                }
            }
        }
    }
    let exempt: BTreeSet<String> = WITHOUT_INDEX.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(without, exempt);
}

#[tokio::test]
async fn no_index_is_the_beginning_of_another() {
    let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
    let sql = "SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relnamespace = 'public'::regnamespace AND NOT i.indisunique AND i.indpred IS NULL
        AND i.indexprs IS NULL AND EXISTS (SELECT FROM pg_index j WHERE j.indrelid = i.indrelid
            AND j.indexrelid <> i.indexrelid AND j.indpred IS NULL AND j.indkey::text LIKE i.indkey::text || ' %')";
    let rows = sqlx::query(sql).fetch_all(&mut superuser).await.expect("the catalogue");
    let names: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
    assert!(names.is_empty(), "written at every insertion and of no use: {names:?}");
}
