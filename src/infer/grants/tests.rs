//! What options add, and how actions are compared.

use super::*;
use crate::yaml::lookup::Library;

#[test]
fn lines_in_one_place_are_found() {
    assert_eq!(inserted("a\nb\n", "a\nx\ny\nb\n"), Some("x\ny\n"));
    assert_eq!(inserted("a\nb\n", "a\nb\nx\n"), Some("x\n"));
    assert_eq!(inserted("a\nb\n", "x\na\ny\nb\n"), None);
    assert_eq!(inserted("a\nb\n", "a\n"), None);
    assert_eq!(inserted("a\n", "a\n"), Some(""));
}

#[test]
fn an_option_adds_what_the_whole_text_has() {
    let partials = Partials::new(&mut Library::default(), &[]).unwrap();
    let mut options = 0;
    for service in partials.catalog.services.names() {
        let (base, text) = rendered(&partials, service, NO_OPTIONS).unwrap();
        for option in partials.catalog.services.options(service).unwrap() {
            let new = |all: Vec<StatementText>| -> Vec<StatementText> {
                all.into_iter().filter(|one| !base.contains(one)).collect()
            };
            let whole = of_service(&partials, service, &[option]).unwrap();
            let added = added(&partials, service, option, (&base, &text)).unwrap();
            assert_eq!(new(added), new(whole), "{service}: {option}");
            options += 1;
        }
    }
    assert!(options > 40, "{options}");
}

#[test]
fn actions_are_compared_in_any_case() {
    let patterns = |text: &str| NamedPatterns {
        is_negated: false,
        patterns: vec![text.to_owned()],
    };
    for (pattern, action, wanted) in [
        ("sqs:createqueue", "sqs:CreateQueue", true),
        ("sqs:create*", "SQS:CreateQueue", true),
        ("sqs:*queue", "sqs:CreateQueue", true),
        ("sqs:create*", "sqs:DeleteQueue", false),
        ("sqs:createqueue", "sqs:CreateQueues", false),
        ("*", "sqs:CreateQueue", true),
    ] {
        assert_eq!(patterns(pattern).has_action(action), wanted, "{pattern}");
    }
}
