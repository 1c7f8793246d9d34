//! What the matrix does not reach, each with its reason: `tests/golden/exempt.txt`. It may only shrink.

use std::collections::BTreeMap;
use std::path::Path;

/// How many exemptions there are. Only a smaller number may be written here.
const THERE_ARE: usize = 42;

/// The exemptions by kind and name.
pub struct Exempt(BTreeMap<(String, String), bool>);

impl Exempt {
    /// Reads them: `kind name: reason` a line.
    pub fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/exempt.txt");
        let text = std::fs::read_to_string(file).expect("the exemptions");
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let one = |line: &str| {
            let (head, reason) = line.split_once(": ").unwrap_or_else(|| panic!("{line}: no reason"));
            assert!(reason.len() >= 10, "{line}: no reason");
            let (kind, name) = head.split_once(' ').unwrap_or_else(|| panic!("{line}: no name"));
            ((kind.to_owned(), name.to_owned()), false)
        };
        let read = Self(lines.map(one).collect());
        assert_eq!(read.0.len(), THERE_ARE, "exemptions may only become fewer: write the smaller number");
        read
    }

    /// Is it exempt? Then it is needed.
    pub fn has(&mut self, kind: &str, name: &str) -> bool {
        let found = self.0.get_mut(&(kind.to_owned(), name.to_owned()));
        found.map(|used| *used = true).is_some()
    }

    /// Every exemption was needed.
    pub fn done(self) {
        let idle: Vec<_> = self.0.into_iter().filter(|(_, used)| !used).map(|(name, _)| name).collect();
        assert!(idle.is_empty(), "not exempt any more, delete them: {idle:?}");
    }
}
