//! The rings: each knows only those before it. Shapes may refer across, because a graph has cycles.

use std::fs;
use std::path::{Path, PathBuf};

/// From the inside out. A ring may use those before it; rings in one row do not know each other.
const RINGS: &[&[&str]] = &[
    &["kernel"],
    &["people"],
    &["ledger", "files"],
    &["organizations"],
    &["liaison", "grants", "roundtables", "challenges"],
    &["strategy"],
    &["books", "bank"],
    &["processes"],
    &["api"],
    &["demo"],
    &["bench"],
    &["cli"],
];

/// The rooms of a noun.
const ROOMS: &[&str] = &["mod", "entity", "rules", "commands", "shapes", "graphql"];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn ring_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(src()).ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    (!first.contains('.')).then(|| first.to_owned())
}

fn row(ring: &str) -> usize {
    RINGS.iter().position(|r| r.contains(&ring)).unwrap_or_else(|| panic!("src/{ring} is in no ring"))
}

/// The rings a file's `crate::` paths lead to.
fn used(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let group = group.split_once("};").map_or(group, |(g, _)| g);
            found.extend(group.split(',').filter_map(|item| word(item.trim())));
        } else {
            found.extend(word(part));
        }
    }
    found.retain(|name| src().join(name).is_dir());
    found
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn is_shapes(path: &Path) -> bool {
    path.components().any(|c| c.as_os_str() == "shapes" || c.as_os_str() == "shapes.rs")
}

#[test]
fn each_ring_knows_only_those_before_it() {
    let mut wrong = Vec::new();
    let mut edges = 0;
    for path in sources(&src()) {
        let Some(ring) = ring_of(&path) else { continue };
        for other in used(&fs::read_to_string(&path).expect("a source")) {
            edges += usize::from(other != ring);
            let inward = other == ring || row(&other) < row(&ring);
            let across = is_shapes(&path) && row(&other) < row("processes") && other != "kernel";
            if !inward && !across {
                wrong.push(format!("{} uses crate::{other}", path.display()));
            }
        }
    }
    assert!(edges > 50, "the test reads the sources");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rules_touch_neither_async_nor_the_database() {
    let pure = |p: &&PathBuf| {
        p.file_name().is_some_and(|n| n == "rules.rs") || p.components().any(|c| c.as_os_str() == "rules")
    };
    for path in sources(&src()).iter().filter(pure) {
        let text = fs::read_to_string(path).expect("a source");
        for forbidden in ["async fn", ".await", "kernel::tx", "sqlx", "EntityTrait"] {
            assert!(!text.contains(forbidden), "{} contains {forbidden}", path.display());
        }
    }
}

#[test]
fn every_noun_has_its_rooms() {
    for noun in RINGS[3..7].iter().flat_map(|r| r.iter()).filter(|n| src().join(n).is_dir()) {
        for room in ROOMS {
            let file = src().join(noun).join(format!("{room}.rs"));
            let folder = src().join(noun).join(room);
            assert!(file.exists() || folder.is_dir(), "src/{noun} has no {room}");
        }
    }
}

/// V17: processes are started by the launcher of PostgreSQL and by `entaku db throwaway`, nowhere else.
#[test]
fn v17_no_other_code_starts_a_process() {
    for path in sources(&src()) {
        let shown = path.display().to_string();
        let may = shown.contains("/kernel/embedded_pg/") || shown.ends_with("/cli/throwaway.rs");
        let text = fs::read_to_string(&path).expect("a source");
        assert!(may || !text.contains("Command::new"), "{shown} starts a process");
    }
}

/// One door: only it and the worker's runner hold a pool.
#[test]
fn only_the_door_knows_the_pool() {
    for path in sources(&src()) {
        let shown = path.display().to_string();
        let door = ["/kernel/tx.rs", "/kernel/jobs/runner.rs"].iter().any(|d| shown.ends_with(d));
        let text = fs::read_to_string(&path).expect("a source");
        assert!(door || !text.contains("PgPool"), "{shown} holds a pool");
    }
}

/// No engine extension is registered: one alone makes every field take the slow path.
#[test]
fn no_engine_extension_is_registered() {
    let text = fs::read_to_string(src().join("api/schema.rs")).expect("a source");
    assert!(!text.contains(".extension("), "an engine extension is registered");
}
