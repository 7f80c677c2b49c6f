//! That the packed data is whole.

use super::super::reference::{Home, reference};
use crate::model::access::Level;

#[test]
fn the_reference_is_what_was_packed() {
    let reference = reference();
    assert_eq!(
        reference.sources(),
        "2026-09-26 iam-data 0.21.202609261 cfn-lint 1.58.0"
    );
    let names = reference.names();
    let (mut actions, mut patterns) = (0, 0);
    let mut levels = std::collections::BTreeMap::new();
    for name in &names {
        let service = reference.service(name).unwrap();
        actions += service.actions.len();
        patterns += service.patterns.len();
        for action in service.actions {
            *levels.entry(format!("{:?}", action.level)).or_insert(0) += 1;
            for place in action.places.split(',') {
                let at: Result<usize, _> = place.parse();
                assert!(place == "*" || at.is_ok_and(|at| at < service.patterns.len()));
            }
        }
    }
    assert_eq!((names.len(), actions, patterns), (459, 22_347, 2_263));
    let levels: Vec<String> = levels
        .iter()
        .map(|(level, count)| format!("{level} {count}"))
        .collect();
    assert_eq!(
        levels.join(", "),
        "List 3719, Permissions 425, Read 5871, Tagging 721, Unknown 254, Write 11357"
    );
}

#[test]
fn an_action_knows_its_level_and_resources() {
    let home = Home {
        region: "eu-west-1".to_owned(),
        account: "111122223333".to_owned(),
    };
    let asked = |service: &str, action: &str| {
        let service = reference().service(service).unwrap();
        let found = service
            .actions
            .iter()
            .find(|known| known.name == action)
            .unwrap();
        let [near, far, nowhere] = service.universe(found.places, &home);
        (found.level, near.len(), far.len(), nowhere.len())
    };
    assert_eq!(asked("lambda", "InvokeFunction").0, Level::Write);
    assert_eq!(asked("iam", "PutRolePolicy"), (Level::Permissions, 1, 1, 0));
    assert_eq!(asked("s3", "ListAllMyBuckets"), (Level::List, 0, 0, 1));
    assert_eq!(asked("apigateway", "TagResource").0, Level::Tagging);
}
