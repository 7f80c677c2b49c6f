//! `arn-form`.

use crate::aws::partitions::{REGIONS, is_partition, partition};
use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _};
use crate::lint::policies::PolicyItem;
use crate::lint::subject::Subject;
use crate::template::symbol::{Symbol, literal_text};

pub(crate) const RULE: Rule = Rule {
    id: "arn-form",
    level: Level::Warning,
    summary: "A resource of a policy is not written as an ARN",
    explanation: include_str!("../../../docs/rules/arn-form.md"),
};

/// Services whose ARNs have no region, and no account either.
const WITHOUT_REGION: &[&str] = &["iam", "route53", "cloudfront", "organizations"];

/// What is wrong with a resource.
pub(in crate::lint) struct ArnProblem {
    message: String,
    help: String,
}

pub(crate) fn check(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) {
    for (_, statement) in subject.policies.statements() {
        for item in &statement.resources {
            if let Some(ArnProblem { message, help }) = problem(item) {
                problems.push(Diagnostic::new(&RULE, item.span, message).help(help));
            }
        }
    }
}

/// What is wrong with this resource, if that is certain.
pub(in crate::lint) fn problem(item: &PolicyItem) -> Option<ArnProblem> {
    let fields = fields(&item.symbols);
    let [arn, rest @ ..] = fields.as_slice() else {
        return None;
    };
    let word = literal_text(arn)?;
    if word != "arn" {
        return Some(not_an_arn(item, &word));
    }
    let text = item.pattern();
    let is_open = |field: &&[Symbol]| {
        let mut symbols = field.iter();
        symbols.any(|symbol| matches!(symbol, Symbol::Any | Symbol::Unknown(_)))
    };
    if fields.len() < 6 {
        // What is wild, or not known, may contain the other fields.
        return (!rest.iter().any(is_open)).then(|| too_few(&text, fields.len()));
    }
    let [name, service, region, account, ..] = rest else {
        return None;
    };
    in_partition(&text, name)
        .or_else(|| in_service(&text, service))
        .or_else(|| in_region(item, [name, service, region]))
        .or_else(|| in_account(&text, account))
        .or_else(|| in_bucket(&text, &fields))
}

/// The fields of an ARN; the last one has what is left.
fn fields(symbols: &[Symbol]) -> Vec<&[Symbol]> {
    symbols
        .splitn(6, |symbol| *symbol == Symbol::Char(':'))
        .collect()
}

fn not_an_arn(item: &PolicyItem, word: &str) -> ArnProblem {
    let shown = item.pattern();
    if word.eq_ignore_ascii_case("arn") {
        return ArnProblem {
            message: format!(
                "`{}` does not begin with `arn:` in small letters",
                shown.shown()
            ),
            help: "write `arn:`".to_owned(),
        };
    }
    ArnProblem {
        message: format!("`{}` is not an ARN, and IAM refuses it", shown.shown()),
        help: "write an ARN, such as `arn:aws:s3:::bucket/*`, or `*`".to_owned(),
    }
}

fn too_few(text: &str, count: usize) -> ArnProblem {
    ArnProblem {
        message: format!("`{}` has {count} of the six fields of an ARN", text.shown()),
        help: "write `arn:partition:service:region:account:resource`; fields can be empty"
            .to_owned(),
    }
}

fn in_partition(text: &str, name: &[Symbol]) -> Option<ArnProblem> {
    let name = literal_text(name).filter(|name| !is_partition(name))?;
    Some(ArnProblem {
        message: format!(
            "`{}` is in the partition `{}`, which AWS does not have",
            text.shown(),
            name.shown()
        ),
        help: "write `${AWS::Partition}` in a `!Sub`, or `aws`".to_owned(),
    })
}

fn in_service(text: &str, service: &[Symbol]) -> Option<ArnProblem> {
    let service = literal_text(service)?;
    let lower = service.to_ascii_lowercase();
    if service != lower {
        return Some(ArnProblem {
            message: format!(
                "`{}` names its service in capitals, and matches nothing",
                text.shown()
            ),
            help: format!("write `{}`", lower.shown()),
        });
    }
    service.is_empty().then(|| ArnProblem {
        message: format!("`{}` names no service", text.shown()),
        help: "write `arn:partition:service:region:account:resource`".to_owned(),
    })
}

fn in_region(item: &PolicyItem, [name, service, region]: [&[Symbol]; 3]) -> Option<ArnProblem> {
    let text = item.pattern();
    let region = literal_text(region).filter(|region| !region.is_empty())?;
    let service = literal_text(service)?;
    if WITHOUT_REGION.contains(&service.as_str()) {
        return Some(ArnProblem {
            message: format!(
                "`{}` has a region, and ARNs of `{service}` have none",
                text.shown()
            ),
            help: "leave the fourth field empty".to_owned(),
        });
    }
    if !REGIONS.contains(&region.as_str()) {
        let near = crate::diagnostic::nearest(&region, REGIONS.iter().copied());
        // A region may be newer than the list, but not if it is a slip of the keys.
        return near.map(|near| ArnProblem {
            message: format!(
                "`{}` is in the region `{}`, which AWS is not known to have",
                text.shown(),
                region.shown()
            ),
            help: format!("did you mean `{near}`?"),
        });
    }
    // `${AWS::Partition}` is right everywhere.
    let name = literal_text(name)?;
    let mut written = item.written.iter();
    let is_written = written.any(|text| text.starts_with(&format!("arn:{name}:")));
    let of_region = partition(&region);
    (is_written && name != of_region).then(|| ArnProblem {
        message: format!(
            "`{}` is in the partition `{}`, and its region is not",
            text.shown(),
            name.shown()
        ),
        help: format!("write `{of_region}`, or `${{AWS::Partition}}` in a `!Sub`"),
    })
}

fn in_account(text: &str, account: &[Symbol]) -> Option<ArnProblem> {
    let account = literal_text(account).filter(|account| !account.is_empty())?;
    let is_number = account.chars().all(|c| c.is_ascii_digit());
    (is_number && account.len() != 12).then(|| ArnProblem {
        message: format!(
            "`{}` has an account id of {} digits",
            text.shown(),
            account.len()
        ),
        help: "account ids have 12 digits".to_owned(),
    })
}

/// Buckets have had no capitals since March 2018, and names are compared with case.
fn in_bucket(text: &str, fields: &[&[Symbol]]) -> Option<ArnProblem> {
    let [_, _, service, region, account, resource] = fields else {
        return None;
    };
    let is_of_s3 = literal_text(service)? == "s3" && region.is_empty() && account.is_empty();
    let mut bucket = resource
        .iter()
        .take_while(|symbol| **symbol != Symbol::Char('/'));
    let has_capitals =
        bucket.any(|symbol| matches!(symbol, Symbol::Char(c) if c.is_ascii_uppercase()));
    (is_of_s3 && has_capitals).then(|| ArnProblem {
        message: format!(
            "`{}` has capitals in the name of a bucket, and matches nothing",
            text.shown()
        ),
        help: "write the name in small letters, as every bucket has it".to_owned(),
    })
}
