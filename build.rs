//! The page and the documents it shows are part of the program: a file that is added to them makes it anew.

fn main() {
    for folder in ["playground/dist", "docs/reports", "docs/stories"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
