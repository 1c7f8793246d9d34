//! The container way, read instead of run: no container engine is needed to see that its files agree.

use std::collections::BTreeSet;
use std::fs;

use serde_yaml_ng::Value;

fn read(name: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).expect(name)
}

fn compose() -> Value {
    let mut compose: Value = serde_yaml_ng::from_str(&read("docker-compose.yml")).expect("YAML");
    compose.apply_merge().expect("merge keys");
    compose
}

fn service(name: &str) -> Value {
    let service = compose()["services"][name].clone();
    assert!(service.is_mapping(), "there is no service {name}");
    service
}

fn keys(value: &Value) -> BTreeSet<String> {
    let keys = value.as_mapping().into_iter().flat_map(|mapping| mapping.keys());
    keys.filter_map(|key| key.as_str().map(String::from)).collect()
}

fn words(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(ToString::to_string).collect()
}

/// `${NAME}`, `${NAME:-default}`, `${NAME:?}`.
fn interpolated(text: &str) -> BTreeSet<String> {
    let starts = text.split("${").skip(1);
    starts.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()).collect()
}

#[test]
fn the_example_has_exactly_the_variables_that_compose_reads() {
    let example = read(".env.example");
    let assigned = example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    let offered: BTreeSet<String> = assigned.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(interpolated(&read("docker-compose.yml")), offered);
}

#[test]
fn every_variable_is_explained_in_two_languages() {
    for block in read(".env.example").split("\n\n").skip(1) {
        let comments: Vec<_> = block.lines().filter(|line| line.starts_with('#')).collect();
        assert!(comments.iter().any(|line| !line.is_ascii()), "no Japanese: {block}");
        assert!(comments.iter().any(|line| line.is_ascii()), "no English: {block}");
        assert_eq!(block.lines().count() - comments.len(), 1, "one variable a block: {block}");
    }
}

#[test]
fn everything_waits_for_what_it_needs() {
    let expected = [
        ("bootstrap", "postgres", "service_healthy"),
        ("migrate", "bootstrap", "service_completed_successfully"),
        ("app", "postgres", "service_healthy"),
        ("app", "migrate", "service_completed_successfully"),
        ("app", "keys", "service_completed_successfully"),
        ("demo", "migrate", "service_completed_successfully"),
        ("demo", "keys", "service_completed_successfully"),
    ];
    let services = compose()["services"].clone();
    let edges = keys(&services).into_iter().flat_map(|name| {
        let needs = services[name.as_str()]["depends_on"].clone();
        keys(&needs).into_iter().map(move |need| {
            let condition = needs[need.as_str()]["condition"].as_str().unwrap_or_default().to_owned();
            (name.clone(), need, condition)
        })
    });
    let expected: BTreeSet<_> = expected.map(|(name, need, how)| (name.into(), need.into(), how.into())).into();
    assert_eq!(edges.collect::<BTreeSet<(String, String, String)>>(), expected);
}

#[test]
fn long_running_services_have_a_health_check_and_restart() {
    for name in ["postgres", "app"] {
        assert!(service(name)["healthcheck"]["test"].is_sequence(), "{name}");
        assert_eq!(service(name)["restart"].as_str(), Some("unless-stopped"), "{name}");
    }
    for name in ["bootstrap", "migrate", "keys", "demo"] {
        assert_eq!(service(name)["healthcheck"]["disable"].as_bool(), Some(true), "{name}");
        assert_eq!(service(name)["restart"].as_str(), Some("no"), "{name}");
    }
}

#[test]
fn the_demo_comes_only_when_asked_for() {
    let services = compose()["services"].clone();
    for name in keys(&services) {
        let profiles = &services[name.as_str()]["profiles"];
        let expected = if name == "demo" { serde_yaml_ng::from_str("[demo]").expect("YAML") } else { Value::Null };
        assert_eq!(*profiles, expected, "{name}");
    }
}

#[test]
fn the_server_has_neither_the_owners_nor_the_superusers_password() {
    let text = serde_yaml_ng::to_string(&service("app")).expect("YAML");
    let passwords = interpolated(&text).into_iter().filter(|name| name.ends_with("PASSWORD")).collect::<BTreeSet<_>>();
    assert_eq!(passwords, words(&["ENTAKU_APP_PASSWORD", "ENTAKU_WORKER_PASSWORD"]));
}

#[test]
fn what_must_last_is_in_a_volume() {
    let compose = compose();
    assert_eq!(keys(&compose["volumes"]), words(&["database", "state"]));
    assert_eq!(service("postgres")["volumes"][0].as_str(), Some("database:/var/lib/postgresql/data"));
    for name in ["app", "keys", "demo"] {
        assert_eq!(service(name)["volumes"][0].as_str(), Some("state:/var/lib/entaku"), "{name}");
    }
}

#[test]
fn the_image_does_not_run_as_root() {
    let dockerfile = read("Dockerfile");
    let last_stage = dockerfile.rsplit("\nFROM ").next().expect("a stage");
    let user = last_stage.lines().filter_map(|line| line.strip_prefix("USER ")).next_back().expect("a USER");
    // A number, so that an orchestrator can see that it is not root's.
    assert!(user.parse::<u32>().is_ok_and(|uid| uid > 0), "USER {user}");
    assert!(dockerfile.contains(" AS builder\n"), "the steps for machines without an engine are found by this name");
}
