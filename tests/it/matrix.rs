//! The proof of the first wall: every role × every operation × {own, another municipality, nobody} × the state of the
//! object, tried through HTTP, compared with `viewerCan` and with a file that people can read. What is not reached
//! fails, unless `tests/golden/exempt.txt` says why.

mod cast;
mod exempt;
mod ids;
mod inputs;
mod stages;
mod state;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use entaku::api::schema::Nouns;
use entaku::kernel::id::{decode, encode};
use entaku::kernel::policy::{Action, Over};
use entaku::kernel::read::{Catalogue, ShapeDef};
use entaku::people::graphql::CREDENTIAL_ACTS;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::golden::compare;
use crate::support::schema::MutationView;
use crate::support::town::app;
use crate::support::{SchemaView, World, database};

use cast::{Actor, COLUMNS, Cast};
use exempt::Exempt;
use state::Keeper;

/// What became of a try.
fn sign(code: &str) -> char {
    match code.split('/').next().unwrap_or("") {
        "(none)" => '✔',
        "UNAUTHENTICATED" | "FORBIDDEN" => '✘',
        // Somebody of another municipality who says that they mean this one.
        "BAD_REQUEST" if code == "BAD_REQUEST/MUNICIPALITY_MISMATCH" => '✘',
        "NOT_FOUND" => '∅',
        "CONFLICT" | "INVALID_INPUT" => '!',
        // An answer that no policy gives.
        _ => '?',
    }
}

const LEGEND: &str = "Who may call what, in which state of the object, tried through HTTP on the demo.
✔ done (and undone again)  ✘ refused  ∅ not to be seen  ! allowed, but the state or the input stands against it
· allowed; acts on credentials take no trial, their own tests do them

";

/// The matrix (Z1).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn z1_z2_z3_o5_the_matrix_is_the_policy() {
    let mut table = Table::new().await;
    let mut text = String::from(LEGEND);
    for (name, what) in COLUMNS {
        writeln!(text, "{name:>3}  {what}").expect("text");
    }
    table.reads(&mut text).await;
    for mutation in table.schema.mutations() {
        table.act(&mutation, &mut text).await;
    }
    table.exempt_and_covered().await;
    ids::every_id_is_tried(&mut table).await;
    assert!(table.faults.is_empty(), "{}", table.faults.join("\n"));
    table.exempt.done();
    compare("tests/golden/matrix.txt", &text);
}

/// One object that is acted on, or none.
struct Target {
    state: String,
    object: Option<String>,
    variables: Value,
}

/// What somebody may do to an object, as `viewerCan` says; nothing where it is not to be seen.
type Said = Option<HashMap<String, String>>;

/// Everything the matrix is made with.
pub struct Table {
    pub world: World,
    pub cast: Cast,
    pub schema: SchemaView,
    pub keeper: Keeper,
    pub exempt: Exempt,
    /// For each kind one object of each state, or one where there are none.
    objects: BTreeMap<&'static str, Vec<(String, String)>>,
    said: HashMap<(Option<Uuid>, &'static str, String), Said>,
    /// Who succeeded in what: the first.
    pub done: BTreeMap<String, (Actor, String, Value)>,
    files: HashMap<Uuid, String>,
    known: inputs::Known,
    hash: String,
    denials: BTreeMap<(Uuid, String), i64>,
    /// What stood against each act first, for whoever may do it.
    stopped: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Table {
    async fn new() -> Self {
        let mut world = World::new(app()).await;
        let mut keeper = Keeper::of(world.town.id.0).await;
        let (mut exempt, mut faults) = (Exempt::read(), Vec::new());
        stages::fill(&mut world, &mut keeper, &mut faults).await;
        let cast = Cast::of(&world).await;
        let schema = SchemaView::read(&world.town.public()).await;
        let files = inputs::files(&cast, &mut keeper).await;
        let known = inputs::Known::of(&mut keeper, &cast).await;
        let mut objects = objects(&world, &mut keeper, &mut exempt, &mut faults).await;
        objects.insert("AuditEntry", vec![(String::new(), known.entry.clone())]);
        objects.insert("Post", vec![(String::new(), known.post.clone())]);
        let years = ["OPEN", "CLOSED"].map(str::to_owned).into_iter().zip(known.years.clone());
        objects.insert("LedgerYear", years.collect());
        objects.insert("StrategyNode", vec![(String::new(), known.node.clone())]);
        objects.entry("GrantProgramme").or_default().push(("NAMED".to_owned(), known.named.clone()));
        objects.entry("BookTransaction").or_default().push(("FOUND".to_owned(), known.found.clone()));
        for (state, id) in objects.get_mut("Strategy").into_iter().flatten() {
            if state == "IN_FORCE" {
                id.clone_from(&known.strategy);
            }
        }
        let (hash, denials) = (keeper.state().await, keeper.denials().await);
        let (said, done, stopped) = (HashMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { world, cast, schema, keeper, exempt, objects, said, done, files, known, hash, denials, stopped, faults }
    }

    /// Keeps what is wrong, so that all of it is told at once.
    pub fn check(&mut self, right: bool, what: impl FnOnce() -> String) {
        if !right {
            self.faults.push(what());
        }
    }

    /// Who reads which objects, in which state.
    async fn reads(&mut self, text: &mut String) {
        Self::head("read", text);
        for (kind, objects) in self.objects.clone() {
            for (state, id) in objects {
                write!(text, "{kind:<28} {state:<20}").expect("text");
                for actor in self.cast.actors.clone() {
                    let seen = self.said(&actor, kind, &id).await.is_some();
                    write!(text, " {:>3}", if seen { '✔' } else { '∅' }).expect("text");
                }
                let owner = self.owner(shape(kind), Action::READ, Some(&id)).await;
                let seen = match &owner {
                    Some(owner) if self.said(owner, kind, &id).await.is_some() => '✔',
                    Some(_) => '∅',
                    None => ' ',
                };
                place(text, seen);
            }
        }
        Self::head("query", text);
        for field in self.schema.queries() {
            if let Some(document) = self.question(&field) {
                self.ask(&field, &document, text).await;
            } else {
                let exempt = self.exempt.has("query", &field);
                self.check(exempt, || format!("the query {field} is not covered"));
            }
        }
        // That personal data were looked at may have asked for the seal.
        self.hash = self.keeper.state().await;
        for field in self.schema.streams() {
            let exempt = self.exempt.has("subscription", &field);
            self.check(exempt, || format!("the subscription {field} is not covered"));
        }
    }

    /// A document that asks a root field for what everybody may be shown of it.
    fn question(&self, field: &str) -> Option<String> {
        let of = |kind: &str| self.objects.get(kind).map(|objects| objects[0].1.clone());
        if self.schema.lists().iter().any(|(name, _)| name == field) {
            return Some(format!("{{ {field}(first: 1) {{ nodes {{ id }} }} }}"));
        }
        if let Some((_, kind)) = self.schema.lookups().into_iter().find(|(name, _)| name == field) {
            let id = of(&kind).or_else(|| of("Section"))?;
            return Some(format!("{{ {field}(id: \"{id}\") {{ id }} }}"));
        }
        match field {
            "nodes" => Some(format!("{{ nodes(ids: [\"{}\"]) {{ id }} }}", of("Account")?)),
            "viewer" => Some("{ viewer { id } }".to_owned()),
            _ => None,
        }
    }

    async fn ask(&mut self, field: &str, document: &str, text: &mut String) {
        write!(text, "{field:<28} {:<20}", "").expect("text");
        for actor in &self.cast.actors {
            let answer = actor.client.run(document, json!({})).await;
            let code = answer.code();
            let found = &answer.body["data"][field];
            let empty = found.is_null() || found["nodes"] == json!([]) || *found == json!([null]);
            let seen = if code != "(none)" {
                sign(&code)
            } else if empty {
                '∅'
            } else {
                '✔'
            };
            write!(text, " {seen:>3}").expect("text");
        }
        place(text, ' ');
    }

    /// One operation, on an object of every state.
    async fn act(&mut self, mutation: &MutationView, text: &mut String) {
        let Some((shape, creates)) = acted_on(&mutation.name) else {
            let exempt = self.exempt.has("operation", &mutation.name);
            self.check(exempt, || format!("{} has no row in the policy", mutation.name));
            return;
        };
        Self::title(shape, &mutation.name, text);
        let credentials = CREDENTIAL_ACTS.contains(&mutation.name.as_str());
        let (document, variables) = self.document(mutation);
        let mut targets = Vec::new();
        for target in self.targets(shape, creates, variables).await {
            let owner = self.owner(shape, Action(leaked(&mutation.name)), target.object.as_deref()).await;
            targets.push((target, owner));
        }
        // Whose one of them is may have signed in only now.
        if targets.iter().any(|(_, owner)| owner.is_some()) {
            self.hash = self.keeper.state().await;
        }
        for (target, owner) in targets {
            write!(text, "{:<28} {:<20}", mutation.name, target.state).expect("text");
            let mut actors = self.cast.actors.clone();
            actors.extend(owner);
            for actor in &actors {
                let found = self.try_it(actor, shape, mutation, &document, &target, credentials).await;
                write!(text, " {found:>3}").expect("text");
            }

            text.push('\n');
        }
        self.nothing_changed(&mutation.name).await;
    }

    async fn try_it(
        &mut self,
        actor: &Actor,
        shape: &'static ShapeDef,
        mutation: &MutationView,
        document: &str,
        target: &Target,
        credentials: bool,
    ) -> char {
        let mut variables = target.variables.clone();
        inputs::for_actor(actor, &self.files, &mut variables);
        let said = match &target.object {
            Some(id) => Some(match self.said(actor, shape.name, id).await {
                None => '∅',
                Some(list) => list.get(&mutation.name).map_or(' ', |code| sign(code)),
            }),
            None => None,
        };
        let allowed = match said {
            Some(' ') | None => may_create(actor, shape, &mutation.name),
            Some(said) => matches!(said, '✔' | '!'),
        };
        if credentials && allowed {
            return '·';
        }
        // What is refused is tried in earnest, what is allowed is undone again.
        let client = if allowed { actor.client.with("entaku-dry-run", "true") } else { actor.client.clone() };
        let nameless = !actor.here && ids::places(&variables).is_empty();
        let client = if nameless { client.with("entaku-municipality", self.world.town.code.as_str()) } else { client };
        let answer = client.run(document, variables.clone()).await;
        let found = sign(&answer.code());
        let place = || format!("{} of {} as {}: {}", mutation.name, target.state, actor.name, answer.text);
        let agree = found != '?'
            && match said {
                Some('✔') => found != '✘',
                Some(' ') | None => allowed || matches!(found, '✘' | '∅'),
                Some(said) => said == found,
            };
        let agree = agree || actor.name == "own" && self.exempt.has("viewer", &mutation.name);
        self.check(agree, || format!("viewerCan says {said:?}, the try {found}: {}", place()));
        if found == '✘'
            && let Some(account) = actor.account
        {
            *self.denials.entry((account.0, mutation.name.clone())).or_default() += 1;
        }
        if found == '✔' && !self.done.contains_key(&mutation.name) {
            self.done.insert(mutation.name.clone(), (actor.clone(), document.to_owned(), variables));
        } else if matches!(found, '!' | '∅') && allowed {
            self.stopped.insert(mutation.name.clone(), place());
        }
        found
    }

    /// What was refused has left the tables as they were, and one line in the record for each time.
    async fn nothing_changed(&mut self, name: &str) {
        let found = self.keeper.denials().await;
        let expected = std::mem::take(&mut self.denials);
        for key in found.keys().chain(expected.keys()).filter(|key| found.get(key) != expected.get(key)) {
            self.check(false, || {
                format!("denied {:?} times, recorded {:?}: {key:?}", expected.get(key), found.get(key))
            });
        }
        let state = self.keeper.state().await;
        let changed: Vec<_> = state.lines().filter(|line| !self.hash.contains(line)).map(str::to_owned).collect();
        self.check(changed.is_empty(), || format!("{name} changed {changed:?}"));
        (self.hash, self.denials) = (state, found);
    }

    /// What `viewerCan` says to somebody of an object. It tells what every act is based on, and what would allow it.
    async fn said(&mut self, actor: &Actor, kind: &'static str, id: &str) -> Said {
        let key = (actor.account.map(|a| a.0), actor.name, id.to_owned());
        if let Some(known) = self.said.get(&key) {
            return known.clone();
        }
        let acts = shape(kind).acts.iter().any(|act| !act.creates);
        let below = if acts { "viewerCan { action allowed code reason policyRef unlockHint }" } else { "id" };
        let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {below} }} }} }}");
        let node = actor.client.run(&query, json!({ "id": id })).await.data()["node"].clone();
        let said = (!node.is_null()).then(|| {
            let list = node["viewerCan"].as_array().cloned().unwrap_or_default();
            list.iter().map(|one| told(kind, one)).collect()
        });
        self.said.insert(key, said);
        self.said[&(actor.account.map(|a| a.0), actor.name, id.to_owned())].clone()
    }

    async fn owner(&mut self, shape: &'static ShapeDef, act: Action, object: Option<&str>) -> Option<Actor> {
        self.cast.owner(&self.world, &mut self.keeper, shape, act, object?).await
    }

    fn document(&self, mutation: &MutationView) -> (String, Value) {
        let some = |name: &str| self.some(name, &mutation.payload);
        let (document, mut variables) = self.schema.document(mutation, &some);
        inputs::fit(&mutation.name, &self.known, &mut variables);
        (document, variables)
    }

    /// Some object that an argument could mean.
    pub fn some(&self, argument: &str, payload: &str) -> Option<String> {
        self.world.some(argument, payload)
    }

    /// The same variables for an object of every state: of the kind that is acted on, or else of the first that an
    /// argument names and that has states.
    async fn targets(&mut self, shape: &'static ShapeDef, creates: bool, variables: Value) -> Vec<Target> {
        let named = ids::places(&variables);
        let prefix = |at: &str| variables.pointer(at).and_then(Value::as_str).and_then(|id| id.split_once('_'));
        let kind_at = |at: &str| Nouns::queries().shapes().iter().find(|s| Some(s.prefix) == prefix(at).map(|p| p.0));
        let own = named.iter().find(|at| !creates && kind_at(at).is_some_and(|of| of.name == shape.name));
        let other = || named.iter().find(|at| kind_at(at).is_some_and(|of| of.states().is_some()));
        let Some(at) = own.or_else(other) else {
            return vec![Target { state: String::new(), object: None, variables }];
        };
        let (kind, mut targets) = (*kind_at(at).expect("a kind"), Vec::new());
        for (state, id) in self.objects[kind.name].clone() {
            let mut variables = variables.clone();
            *variables.pointer_mut(at).expect("a place") = json!(id);
            let revision = self.keeper.revision(kind.table, uuid(&id)).await;
            inputs::follow(&id, &state, revision, &self.known, &mut variables);
            let object = (!creates && kind.name == shape.name).then(|| id.clone());
            targets.push(Target { state, object, variables });
        }
        targets
    }

    /// Every table belongs to a type that is read here, every act succeeded somewhere.
    async fn exempt_and_covered(&mut self) {
        let acts: BTreeSet<&str> = Nouns::queries().shapes().iter().flat_map(|s| &s.acts).map(|a| a.action.0).collect();
        let idle: Vec<String> = acts
            .into_iter()
            .filter(|act| !CREDENTIAL_ACTS.contains(act) && !self.done.contains_key(*act))
            .filter(|act| !self.exempt.has("success", act))
            .map(str::to_owned)
            .collect();
        for act in idle {
            let stopped = self.stopped.get(&act).cloned();
            self.check(false, || format!("never done by anybody: {act}: {stopped:?}"));
        }
        let mut superuser = PgConnection::connect(&database::superuser_here()).await.expect("a connection");
        for table in state::tables(&mut superuser).await {
            let shown = Nouns::queries().shapes().iter().any(|shape| shape.table == table);
            let covered = shown || self.exempt.has("table", &table);
            self.check(covered, || format!("the table {table} is not covered"));
        }
    }

    fn title(shape: &ShapeDef, name: &str, text: &mut String) {
        let first = shape.acts.first().is_some_and(|act| act.action.0 == name);
        if first {
            Self::head(shape.name, text);
        }
    }

    fn head(title: &str, text: &mut String) {
        write!(text, "\n{title:<49}").expect("text");
        for (name, _) in COLUMNS.iter().filter(|(name, _)| *name != "own") {
            write!(text, " {name:>3}").expect("text");
        }
        text.push_str(" own\n");
    }
}

/// The last column of a row.
fn place(text: &mut String, seen: char) {
    text.push_str(format!(" {seen:>3}").trim_end());
    text.push('\n');
}

/// One line of `viewerCan`: the act and its code. Nothing of it is empty that helps (issue: what is it based on,
/// what would allow it).
fn told(kind: &str, one: &Value) -> (String, String) {
    let text = |name: &str| one[name].as_str().unwrap_or("");
    let allowed = one["allowed"] == true;
    assert!(!text("policyRef").is_empty(), "{kind}: {one} is based on nothing");
    assert_eq!(allowed, text("unlockHint").is_empty(), "{kind}: {one} does not say what would allow it");
    assert_eq!(allowed, text("code").is_empty(), "{kind}: {one}");
    let code = if allowed { "(none)" } else { text("code") };
    (text("action").to_owned(), code.to_owned())
}

/// May somebody do what no object stands against? As the policy says, for whatever is over things they hold.
fn may_create(actor: &Actor, shape: &ShapeDef, name: &str) -> bool {
    let mut permits = shape.permits.iter().filter(|permit| permit.action.0 == name);
    actor.here
        && permits.any(|permit| match permit.over {
            Over::Own(_) | Over::SignedIn => actor.account.is_some(),
            _ => actor.role.is_some_and(|role| permit.roles.contains(&role)),
        })
}

/// The shape whose act a mutation is, and whether it makes an object of it.
fn acted_on(name: &str) -> Option<(&'static ShapeDef, bool)> {
    Nouns::queries().shapes().iter().find_map(|shape| {
        let act = shape.acts.iter().find(|act| act.action.0 == name)?;
        Some((*shape, act.creates))
    })
}

fn shape(kind: &str) -> &'static ShapeDef {
    Nouns::queries().shapes().iter().find(|shape| shape.name == kind).expect("a shape")
}

fn leaked(name: &str) -> &'static str {
    let acts = Nouns::queries().shapes().iter().flat_map(|shape| &shape.acts);
    acts.map(|act| act.action.0).find(|act| *act == name).unwrap_or("read")
}

/// One object of each state of each kind. The states are those of the declaration: a new one has to be reached.
async fn objects(
    world: &World,
    keeper: &mut Keeper,
    exempt: &mut Exempt,
    faults: &mut Vec<String>,
) -> BTreeMap<&'static str, Vec<(String, String)>> {
    let mut objects = BTreeMap::new();
    for shape in Nouns::queries().shapes().iter().filter(|shape| shape.tenant) {
        let mut of = Vec::new();
        let Some((column, words)) = shape.states() else {
            // The last account is nobody's of the demo, who would end their own sessions.
            let ids = &world.ids[shape.name];
            let one = if shape.name == "Account" { ids.last() } else { ids.first() };
            objects.insert(shape.name, vec![(String::new(), one.expect("an object").clone())]);
            continue;
        };
        for (word, _) in words {
            match keeper.by_word(shape.table, column, &word).await.first() {
                Some(id) => of.push((word, encode(shape.prefix, *id))),
                None if exempt.has("state", &format!("{}.{word}", shape.name)) => {}
                None => faults.push(format!("no {} is {word}", shape.name)),
            }
        }
        if shape.name == "GrantRun" {
            for (results, _) in stages::RESULTS {
                let found = keeper.by_word(shape.table, "results_state", results).await;
                // What is calculated was not published either; what was made last is approved.
                of.push((results.to_owned(), encode(shape.prefix, *found.last().expect("a run"))));
            }
        }
        assert!(!of.is_empty(), "no {}", shape.name);
        objects.insert(shape.name, of);
    }
    objects
}

/// The id of text that is one.
pub fn uuid(id: &str) -> Uuid {
    decode(id).expect("an id").1
}
