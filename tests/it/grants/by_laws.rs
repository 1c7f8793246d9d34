//! The by-laws that the engine is checked with (tests/fixtures/allocation), entered as a municipality does it: the rule
//! drafted by one person and put in force by another, the numbers as statistics and declarations, the run approved by
//! somebody else than who made it. To the yen, and each yen by its term.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entaku::grants::allocation::inputs::{Body, Datum, Given, Inputs};
use entaku::grants::allocation::metric::{Metric, MetricOf, MetricSource, RecordField, StatisticField};
use entaku::grants::allocation::rule::Rule;
use serde::Deserialize;

#[allow(clippy::wildcard_imports)] // the scene and the documents of the noun's tests
use super::*;

story!(RULE_DRAFT, "280-grant-rule-draft");
story!(RULE_ENACT, "281-grant-rule-enact");
story!(DECLARE, "282-grant-declaration-record");
story!(RUN_CREATE, "283-grant-run-create");
story!(RUN_APPROVE, "284-grant-run-approve");

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/allocation");
const DISTRICT: &str =
    "mutation($name: String!) { districtCreate(input: {name: $name, nameKana: \"ちく\", areaUnit: OAZA}) { id } }";
const SECTION: &str = "mutation { sectionCreate(input: {name: \"地域振興課\", establishedOn: \"2010-04-01\"}) { id } }";
const ORGANIZATION: &str = "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) { id } }";
const STATISTIC: &str =
    "mutation($input: DistrictStatisticRecordInput!) { districtStatisticRecord(input: $input) { id } }";
const TERMS: &str =
    "mutation($id: ID!, $input: GrantProgrammeTermsInput!) { grantProgrammeTermsSet(id: $id, input: $input) { id } }";
const LINES: &str = "query($id: ID!) { grantRun(id: $id) { totalYen rule { terms { key } } lines(first: 100) { nodes {
    name amountYen instalments terms { key amountYen counted expression } } } } }";
const ALLOCATIONS: &str = "query($id: ID!) { grantProgramme(id: $id) { ledgerAccounts { balanceYen }
    allocations(first: 100) { nodes { amountYen organization { name }
        calculation { terms { label legalReference amountYen counted } } } } } }";

/// A by-law and what it must give.
#[derive(Deserialize)]
struct Fixture {
    rule: Rule,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    inputs: Inputs,
    total: Option<i64>,
    #[serde(default)]
    amounts: BTreeMap<String, i64>,
    #[serde(default)]
    lines: BTreeMap<String, BTreeMap<String, i64>>,
    #[serde(default)]
    sums: BTreeMap<String, i64>,
    #[serde(default)]
    instalments: BTreeMap<String, Vec<i64>>,
    #[serde(default)]
    expressions: BTreeMap<String, BTreeMap<String, String>>,
    fault: Option<String>,
}

macro_rules! by_laws {
    ($($name:ident: $file:literal,)*) => {
        $(#[tokio::test]
        async fn $name() {
            calculated($file).await;
        })*

        #[test]
        fn every_by_law_is_entered_here() {
            let entered: BTreeSet<String> = [$($file),*].map(|file| format!("{file}.json")).into();
            let files = std::fs::read_dir(FOLDER).expect("the folder").map(|file| file.expect("a file").file_name());
            assert_eq!(files.map(|name| name.to_string_lossy().into_owned()).collect::<BTreeSet<_>>(), entered);
        }
    };
}

by_laws! {
    nabari_shares_a_pool_among_fifteen_districts: "nabari-h28",
    takayama_has_a_table_of_twenty_districts: "takayama",
    koura_counts_households_and_deducts_what_was_overpaid: "koura",
    mikawa_adds_for_three_years_after_a_merger: "mikawa",
    murakami_pays_in_quarters: "murakami",
    kunohe_counts_households_and_people: "kunohe-r3",
    kanayama_counts_households: "kanayama",
    mizuho_takes_the_lesser_of_cost_and_count: "mizuho",
    a_neighbourhood_of_nara_counts_households: "nara-neighbourhood",
    ratios_are_phased_in_over_three_years: "ratio-phased",
    terms_of_every_kind_add_up: "terms-of-every-kind",
    tottori_shares_by_the_strength_of_finances: "tottori-type",
    toyokawa_scales_to_its_budget: "toyokawa",
    floors_factors_and_conditions_add_up: "floors-and-factors",
    the_year_before_bounds_and_days_count: "year-before-and-days",
    months_count_after_the_first: "months-after-the-first",
    a_guaranteed_minimum_holds_while_the_rest_is_scaled: "guaranteed-minimum",
    metrics_are_combined_of_others: "combined-metrics",
}

/// Every case of a by-law, each in a town of its own.
async fn calculated(file: &str) {
    let document = std::fs::read_to_string(format!("{FOLDER}/{file}.json")).expect("a fixture");
    let fixture: Fixture = serde_json::from_str(&document).expect(file);
    let app = app();
    for case in &fixture.cases {
        // A programme has a budget always.
        if case.fault.as_deref() == Some("BUDGET_MISSING") {
            continue;
        }
        let hall = Hall::new(Town::beside(app.clone()).await, &fixture.rule, &case.inputs).await;
        let name = format!("{file}: {}", case.name);
        let rule = hall.enacted(&fixture.rule, case.inputs.fiscal_year.0).await;
        let answer = hall.run(&rule, &case.inputs).await;
        match &case.fault {
            None => hall.told(&name, case, &text(&answer.data()["grantRunCreate"]["id"])).await,
            Some(fault) => {
                let refused = answer.expect_code("INVALID_INPUT/ALLOCATION");
                let fields = refused.body["errors"][0]["extensions"]["fields"].as_array().expect("fields").clone();
                assert!(fields.iter().any(|field| field["rule"] == json!(fault)), "{name}: {}", refused.text);
            }
        }
    }
}

/// A town that has what a case is made from.
struct Hall {
    town: Town,
    staff: Client,
    approver: Client,
    section: Value,
    /// Ids by the names that the by-law uses.
    districts: BTreeMap<String, String>,
    /// Ids by the keys of the bodies.
    organizations: BTreeMap<String, String>,
    programme: String,
    budget: i64,
}

impl Hall {
    async fn new(town: Town, rule: &Rule, inputs: &Inputs) -> Self {
        let staff = town.staff(Role::GrantStaff).await;
        let approver = town.staff(Role::Approver).await;
        let budget = inputs.budget.map_or(1_000_000_000, |yen| yen.0);
        let made = town.staff(Role::Admin).await.run(SECTION, json!({})).await.data();
        let mut hall = Self {
            town,
            staff,
            approver,
            section: made["sectionCreate"]["id"].clone(),
            districts: BTreeMap::new(),
            organizations: BTreeMap::new(),
            programme: String::new(),
            budget,
        };
        hall.programme = hall.programme_of(inputs.fiscal_year.0, budget).await;
        hall.settle(rule, inputs).await;
        for body in &inputs.bodies {
            hall.count(rule, inputs, body).await;
        }
        hall.declare_for_all(rule, inputs).await;
        hall.year_before(inputs).await;
        hall
    }

    async fn programme_of(&self, year: i32, budget: i64) -> String {
        let mut input = programme_input(&self.section, budget);
        input["input"]["fiscalYear"] = json!(year);
        text(&self.staff.run(PROGRAMME_CREATE, input).await.data()["grantProgrammeCreate"]["id"])
    }

    /// The districts that bodies have or the rule names, and the organizations.
    async fn settle(&mut self, rule: &Rule, inputs: &Inputs) {
        let mut names: BTreeSet<String> = inputs.bodies.iter().map(|body| body.district.clone()).collect();
        names.extend(rule.districts("rule").into_iter().map(|(_, name)| name.to_owned()));
        for name in names {
            let made = self.staff.run(DISTRICT, json!({ "name": name })).await.data();
            self.districts.insert(name, text(&made["districtCreate"]["id"]));
        }
        // Equal claims to a last yen are decided by the order of the keys, which is that of the ids.
        let mut bodies: Vec<&Body> = inputs.bodies.iter().collect();
        bodies.sort_by(|a, b| a.key.cmp(&b.key));
        for body in bodies {
            let input = json!({"districtId": self.districts[&body.district], "name": body.name, "nameKana": "かい",
                "kind": "AUTONOMOUS_ORGANIZATION", "stage": "ACTIVE", "foundedOn": founded_on(rule, inputs, body)});
            let made = self.staff.run(ORGANIZATION, json!({ "input": input })).await.data();
            self.organizations.insert(body.key.clone(), text(&made["organizationCreate"]["id"]));
        }
    }

    /// A body's numbers: statistics of its district by day, declarations one by one.
    async fn count(&self, rule: &Rule, inputs: &Inputs, body: &Body) {
        let mut days: BTreeMap<NaiveDate, BTreeMap<StatisticFieldName, i64>> = BTreeMap::new();
        for metric in rule.metrics.iter().filter(|metric| metric.of == MetricOf::Body) {
            let Some(given) = body.metrics.get(&metric.key) else { continue };
            match &metric.source {
                MetricSource::Statistic(field) => {
                    let day = days.entry(day_of(metric, inputs)).or_default();
                    day.insert(name_of(*field), number(given).parse().expect("a whole number"));
                }
                MetricSource::Declaration(item) => {
                    let id = Some(&self.organizations[&body.key]);
                    self.declare(id, item, day_of(metric, inputs), given).await;
                }
                _ => {}
            }
        }
        for (day, counts) in days {
            let count = |name: &str| counts.get(name).copied().unwrap_or(0);
            // What the case does not say is as small as it can be.
            let aged65 = count("aged65").max(count("aged75"));
            let population = counts.get("population").copied().unwrap_or(aged65);
            let input = json!({"districtId": self.districts[&body.district], "asOf": day, "population": population,
                "households": count("households"), "aged65": aged65, "aged75": count("aged75"),
                "areaSquareMetres": count("areaSquareMetres"), "source": "住民基本台帳"});
            self.staff.run(STATISTIC, json!({ "input": input })).await.data();
        }
    }

    /// What is declared of the municipality as a whole. Its statistics are the sum of the districts'.
    async fn declare_for_all(&self, rule: &Rule, inputs: &Inputs) {
        for metric in rule.metrics.iter().filter(|metric| metric.of == MetricOf::Municipality) {
            if let (MetricSource::Declaration(item), Some(given)) =
                (&metric.source, inputs.municipality.get(&metric.key))
            {
                self.declare(None, item, day_of(metric, inputs), given).await;
            }
        }
    }

    async fn declare(&self, organization: Option<&String>, item: &str, day: NaiveDate, given: &Given) {
        let mut input = json!({"organizationId": organization, "item": item, "asOf": day, "source": "台帳"});
        match &given.value {
            Datum::Number(_) => input["number"] = json!(number(given)),
            Datum::Flag(flag) => input["flag"] = json!(flag),
            Datum::Word(word) => input["word"] = json!(word),
        }
        self.staff.run(DECLARE, json!({ "input": input })).await.data();
    }

    /// What bodies had in the year before, as allocations of a programme of that year.
    async fn year_before(&mut self, inputs: &Inputs) {
        let had: Vec<_> = inputs.bodies.iter().filter_map(|body| Some((&body.key, body.previous.as_ref()?))).collect();
        if had.is_empty() {
            return self.lay_down(json!({ "firstYear": true })).await;
        }
        let programme = self.programme_of(inputs.fiscal_year.0 - 1, 1_000_000_000).await;
        for (key, given) in had {
            let yen = number(given).parse().expect("yen");
            allocate(&self.staff, &programme, &self.organizations[key], yen).await.data();
        }
        self.town.staff(Role::GrantStaff).await.run(PROGRAMME_PUBLISH, json!({ "id": programme })).await.data();
        self.lay_down(json!({ "previousProgrammeId": programme })).await;
    }

    async fn lay_down(&self, which: Value) {
        let mut input = json!({"surplusRule": "RETURN", "repaymentDays": 20});
        for (name, value) in which.as_object().expect("fields") {
            input[name] = value.clone();
        }
        self.staff.run(TERMS, json!({ "id": self.programme, "input": input })).await.data();
    }

    /// The rule, drafted and put in force, with ids in the place of districts' names.
    async fn enacted(&self, rule: &Rule, year: i32) -> String {
        let mut rule = serde_json::to_value(rule).expect("json");
        identified(&mut rule, &self.districts);
        let input = json!({"title": "交付要綱", "fromFiscalYear": year, "rule": rule});
        let id = text(&self.staff.run(RULE_DRAFT, json!({ "input": input })).await.data()["grantRuleDraft"]["id"]);
        self.approver.run(RULE_ENACT, json!({"id": id})).await.data();
        id
    }

    async fn run(&self, rule: &str, inputs: &Inputs) -> Answer {
        let splits = inputs.bodies.iter().filter_map(|body| {
            let split = body.split_from.as_ref()?;
            Some(json!({"parentId": self.organizations[&split.parent], "organizationId": self.organizations[&body.key],
                "share": split.share}))
        });
        let input = json!({"programmeId": self.programme, "ruleId": rule, "kind": "REAL", "title": "算定",
            "splits": splits.collect::<Vec<_>>()});
        self.staff.run(RUN_CREATE, json!({ "input": input })).await
    }

    /// The run gives what the case says; each amount is the sum of its terms; approved, it is what is allocated.
    async fn told(&self, name: &str, case: &Case, run: &str) {
        let read = self.staff.run(LINES, json!({"id": run})).await.data()["grantRun"].clone();
        let nodes = read["lines"]["nodes"].as_array().expect("lines").clone();
        assert_eq!(nodes.len(), case.inputs.bodies.len(), "{name}");
        let mut amounts = BTreeMap::new();
        for node in &nodes {
            let amount = node["amountYen"].as_i64().expect("yen");
            assert_eq!(counted(&node["terms"]), amount, "{name}: {node}");
            amounts.insert(text(&node["name"]), amount);
        }
        assert_eq!(read["totalYen"], amounts.values().sum::<i64>(), "{name}");
        assert!(case.total.is_none_or(|total| read["totalYen"] == total), "{name}: {}", read["totalYen"]);
        for body in &case.inputs.bodies {
            let line = nodes.iter().find(|node| node["name"] == json!(body.name)).expect("a line");
            as_expected(&format!("{name}: {}", body.name), case, &body.key, line);
        }
        for (key, sum) in &case.sums {
            let of_term = nodes.iter().map(|node| of(&node["terms"], key)).sum::<i64>();
            assert_eq!(of_term, *sum, "{name}: {key}");
        }
        self.approver.run(RUN_APPROVE, json!({"id": run})).await.data();
        self.allocated(name, &amounts).await;
    }

    async fn allocated(&self, name: &str, amounts: &BTreeMap<String, i64>) {
        let data = self.staff.run(ALLOCATIONS, json!({"id": self.programme})).await.data()["grantProgramme"].clone();
        let mut found = BTreeMap::new();
        for node in data["allocations"]["nodes"].as_array().expect("allocations") {
            let amount = node["amountYen"].as_i64().expect("yen");
            assert_eq!(counted(&node["calculation"]["terms"]), amount, "{name}: {node}");
            let terms = node["calculation"]["terms"].as_array().expect("terms");
            assert!(terms.iter().all(|term| term["label"] != "" && term["legalReference"] != ""), "{name}: {node}");
            found.insert(text(&node["organization"]["name"]), amount);
        }
        assert_eq!(&found, amounts, "{name}");
        let left = self.budget - amounts.values().sum::<i64>();
        assert_eq!(data["ledgerAccounts"][0]["balanceYen"], left, "{name}");
        let tx = self.town.system();
        let faults = tx.rows(entaku::kernel::read::sql::Sql::new("SELECT kind FROM ledger_faults()")).await;
        assert!(faults.expect("gone over").is_empty(), "{name}");
    }
}

/// The amounts, lines, instalments and words of one body.
fn as_expected(name: &str, case: &Case, key: &str, line: &Value) {
    if let Some(amount) = case.amounts.get(key) {
        assert_eq!(line["amountYen"], *amount, "{name}: {line:#}");
    }
    for (term, amount) in case.lines.get(key).into_iter().flatten() {
        assert_eq!(self::of(&line["terms"], term), *amount, "{name}: {term}");
    }
    if let Some(parts) = case.instalments.get(key) {
        assert_eq!(line["instalments"], json!(parts), "{name}");
    }
    for (term, words) in case.expressions.get(key).into_iter().flatten() {
        let terms = line["terms"].as_array().expect("terms");
        let found = terms.iter().find(|found| found["key"] == json!(term)).expect("a term");
        assert_eq!(found["expression"], json!(words), "{name}");
    }
}

/// What a term gives; nothing where it left no line.
fn of(terms: &Value, key: &str) -> i64 {
    let terms = terms.as_array().expect("terms").iter().filter(|term| term["key"] == json!(key));
    terms.map(|term| term["amountYen"].as_i64().expect("yen")).sum()
}

/// The sum of the terms that count.
fn counted(terms: &Value) -> i64 {
    let terms = terms.as_array().expect("terms").iter().filter(|term| term["counted"] == true);
    terms.map(|term| term["amountYen"].as_i64().expect("yen")).sum()
}

/// The name of a field in the input of statistics.
type StatisticFieldName = &'static str;

fn name_of(field: StatisticField) -> StatisticFieldName {
    match field {
        StatisticField::Population => "population",
        StatisticField::Households => "households",
        StatisticField::Aged65 => "aged65",
        StatisticField::Aged75 => "aged75",
        StatisticField::AreaSquareMetres => "areaSquareMetres",
    }
}

fn day_of(metric: &Metric, inputs: &Inputs) -> NaiveDate {
    metric.reference().day(inputs.fiscal_year).expect("a day of the calendar")
}

/// A number as the API takes it: without separators.
fn number(given: &Given) -> String {
    let Datum::Number(number) = &given.value else { panic!("no number: {given:?}") };
    text(&serde_json::to_value(number).expect("json"))
}

/// The day that a case names, or so many years before the day that the rule counts them at.
fn founded_on(rule: &Rule, inputs: &Inputs, body: &Body) -> Option<NaiveDate> {
    let years = |metric: &&Metric| matches!(metric.source, MetricSource::Record(RecordField::YearsSinceFounded));
    let counted = rule.metrics.iter().find(years).and_then(|metric| {
        let years: i32 = number(body.metrics.get(&metric.key)?).parse().expect("years");
        let day = day_of(metric, inputs);
        day.with_year(day.year() - years)
    });
    body.formed_on.or(counted)
}

/// Puts ids where a rule names districts: in conditions a list of them, in weights and tables one each.
fn identified(rule: &mut Value, districts: &BTreeMap<String, String>) {
    match rule {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(district) if name == "district" => *value = json!(districts[district.as_str()]),
                    Value::Array(names) if name == "district" => {
                        for one in names {
                            *one = json!(districts[one.as_str().expect("a name")]);
                        }
                    }
                    _ => identified(value, districts),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| identified(item, districts)),
        _ => {}
    }
}
