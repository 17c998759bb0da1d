//! Every function of `batchrouter.h` is used by the safe crate, or there is a reason why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Functions that a safe crate has no use for, each with the reason.
const NOT_USED: [(&str, &str); 2] = [
    ("br_next_result", "`next_result` takes one of `br_next_results`"),
    ("br_results_follow", "the results of a running job come from `next_results`, to be acknowledged"),
];

/// Names that begin with `br_`, where `accept` takes what comes after them.
fn names(text: &str, accept: impl Fn(char) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("br_") {
        let name: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        if !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') && after.is_none_or(&accept) {
            found.insert(name);
        }
    }
    found
}

/// The files in a directory, and in those within it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the sources").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_function_of_the_header_is_used_or_has_a_reason() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = fs::read_to_string(crate_dir.join("../../../include/batchrouter.h")).expect("the header");
    let mut declared = BTreeSet::new();
    for declaration in header.split("\nBR_API ").skip(1) {
        let head = &declaration[..declaration.find(';').expect("its end")];
        declared.extend(names(head, |c| c == '(').into_iter().take(1));
    }
    assert!(declared.len() > 100, "the header was not understood: {} functions", declared.len());

    let mut used = BTreeSet::new();
    for path in files(&crate_dir.join("src")) {
        let text = fs::read_to_string(path).expect("its text");
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        used.extend(names(&code, |_| true));
    }
    let excused: BTreeSet<String> = NOT_USED.iter().map(|(name, _)| name.to_string()).collect();
    let missing: Vec<_> = declared.iter().filter(|name| !used.contains(*name) && !excused.contains(*name)).collect();
    assert!(missing.is_empty(), "not in the crate: {missing:?}");
    let needless: Vec<_> = excused.iter().filter(|name| used.contains(*name) || !declared.contains(*name)).collect();
    assert!(needless.is_empty(), "excused for nothing: {needless:?}");
}
