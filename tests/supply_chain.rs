//! O6: what deny.toml bans is not in Cargo.lock, whether or not cargo-deny is installed.

use std::path::Path;

use semver::{Version, VersionReq};

fn read(name: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).expect("a file").parse().expect("TOML")
}

#[test]
fn o6_nothing_banned_is_locked() {
    let deny = read("deny.toml");
    let lock = read("Cargo.lock");
    let locked: Vec<(&str, Version)> = lock["package"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|p| {
            (p["name"].as_str().expect("a name"), p["version"].as_str().expect("a version").parse().expect("semver"))
        })
        .collect();
    assert!(locked.len() > 100, "the lock file was read");
    for ban in deny["bans"]["deny"].as_array().expect("bans") {
        let text = ban["crate"].as_str().expect("a crate");
        let (name, range) = text.split_once('@').unwrap_or((text, "*"));
        let range = VersionReq::parse(range).expect("a range");
        let found = locked.iter().find(|(n, v)| *n == name && (range == VersionReq::STAR || range.matches(v)));
        assert!(found.is_none(), "{found:?} is banned: {}", ban["reason"].as_str().unwrap_or(""));
    }
}
