//! What officials and residents read of a by-law: the text of every one in tests/fixtures/allocation is a golden file.

use std::collections::BTreeSet;
use std::path::Path;

use entaku::grants::allocation::methodology::methodology;
use entaku::grants::allocation::rule::Rule;
use entaku::kernel::paper::{Paper, markdown};
use serde_json::Value;

use crate::golden::compare;

fn fixtures() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/allocation");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a fixture");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("fixtures").map(file).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

#[test]
fn golden_every_by_law_is_told_in_plain_japanese() {
    for (name, fixture) in fixtures() {
        let rule: Rule = serde_json::from_value(fixture["rule"].clone()).expect("a rule");
        let blocks = methodology(&rule, &|district| district.to_owned());
        let title = fixture["title"].as_str().expect("a title").to_owned();
        let day = "2026-04-01".parse().expect("a day");
        let text = markdown(&Paper { title, foot: "算定方法".to_owned(), day, blocks });
        compare(&format!("tests/golden/methodology/{name}.md"), &text);
    }
}

#[test]
fn no_methodology_is_kept_of_a_by_law_that_is_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/methodology");
    let kept = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned());
    let fixtures: BTreeSet<String> = fixtures().into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept.collect::<BTreeSet<_>>(), fixtures);
}
