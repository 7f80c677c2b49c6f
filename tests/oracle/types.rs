//! What templates of apps become, as JSON, one template a line: `types FILE...`. For readers other
//! than ours.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for tests, which says what it finds and may fail loudly"
)]

use std::path::PathBuf;

use deploy_roles::files::{self, LocalDisk};
use deploy_roles::infer::read::{AppArgument, read};
use deploy_roles::source::Sources;
use serde_json::json;

fn main() {
    for path in std::env::args().skip(1).map(PathBuf::from) {
        let app = AppArgument {
            root: files::tree(path.parent().unwrap()),
            path,
        };
        let mut sources = Sources::default();
        let line = match read(&mut sources, &LocalDisk, std::slice::from_ref(&app)) {
            Ok((found, _)) => {
                let resources = found.resources.iter().map(|resource| {
                    json!({
                        "id": resource.id,
                        "type": resource.type_name,
                        "properties": resource.properties,
                        "attributes": resource.attributes,
                        "made_by": resource.made_by,
                    })
                });
                let unseen = found.unseen.iter().map(|unseen| &unseen.what);
                json!({
                    "file": app.path,
                    "resources": resources.collect::<Vec<_>>(),
                    "unseen": unseen.collect::<Vec<_>>(),
                })
            }
            Err(problems) => {
                let problems = problems.iter().map(|problem| &problem.message);
                json!({"file": app.path, "problems": problems.collect::<Vec<_>>()})
            }
        };
        println!("{line}");
    }
}
