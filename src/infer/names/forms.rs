//! How the names of a type may begin.
//!
//! In: a name as its parts, and the `AppId`. Out: whether the roles reach it, and a name that they
//! reach. Refuses nothing. Source: the ARNs of `partials/services`.

use crate::infer::names::parts::{NamePart, text};

/// What a name has to do with the `AppId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameVerdict {
    /// The roles reach it.
    Fits,
    /// They do not.
    Different,
    /// That depends on the part at this place.
    Unknown(usize),
}

/// How the names of a type may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameForm {
    /// `<AppId>-`.
    Plain,
    /// `<AppId>-`, also after `/`, `/aws/.../`, or `aws-waf-logs-`.
    LogGroup,
    /// `/<AppId>`, or below.
    Parameter,
    /// `alias/<AppId>-`.
    KeyAlias,
    /// `<AppId>-`, also after `serverless-`.
    Repository,
}

/// How the names of `type_name` may begin.
pub(super) fn form_of(type_name: &str) -> NameForm {
    match type_name {
        "AWS::Logs::LogGroup" => NameForm::LogGroup,
        "AWS::SSM::Parameter" => NameForm::Parameter,
        "AWS::KMS::Alias" => NameForm::KeyAlias,
        "AWS::ECR::Repository" => NameForm::Repository,
        _ => NameForm::Plain,
    }
}

/// What precedes the `AppId` in the log groups that the service `logs` reaches without an option.
const LOG_GROUPS: &[&str] = &[
    "",
    "/aws/lambda/",
    "/aws/http-api/",
    "/aws/api-gateway/",
    "/aws/websocket/",
    "/aws/vendedlogs/",
];

/// What precedes the `AppId` in `name`, the name of a log group, if only an option of the service
/// `logs` reaches such groups, or another service. What comes after `/aws/` must be known.
pub(super) fn other_log_prefix(name: &[NamePart]) -> Option<&str> {
    let Some(NamePart::Text(text)) = name.first() else {
        return None;
    };
    let before = NameForm::LogGroup.before(text);
    let is_known = before == "/aws/" || LOG_GROUPS.contains(&before);
    (!is_known).then_some(before)
}

impl NameForm {
    /// What precedes the `AppId` in `text`, the beginning of a name.
    pub(super) fn before(self, text: &str) -> &str {
        let length = match self {
            Self::LogGroup if text.starts_with("/aws/") => text.rfind('/').map_or(0, |at| at + 1),
            Self::LogGroup if text.starts_with("aws-waf-logs-") => "aws-waf-logs-".len(),
            Self::LogGroup | Self::Parameter => usize::from(text.starts_with('/')),
            Self::KeyAlias if text.starts_with("alias/") => "alias/".len(),
            Self::Repository if text.starts_with("serverless-") => "serverless-".len(),
            Self::Plain | Self::KeyAlias | Self::Repository => 0,
        };
        text.get(..length).unwrap_or_default()
    }

    /// Whether a role of the app reaches `name`.
    pub(super) fn verdict(self, name: &[NamePart], app_id: Option<&str>) -> NameVerdict {
        let (first, rest) = match name.split_first() {
            Some((NamePart::Text(text), rest)) => (text.as_str(), rest),
            Some((NamePart::Stack, _)) => return self.after_stack(),
            Some((NamePart::Open { .. }, _)) => return NameVerdict::Unknown(0),
            None => return NameVerdict::Different,
        };
        let own = first.strip_prefix(self.before(first)).unwrap_or(first);
        if own.is_empty() {
            return match rest.first() {
                Some(NamePart::Stack) => self.after_stack(),
                Some(NamePart::Open { .. }) => NameVerdict::Unknown(1),
                _ => NameVerdict::Different,
            };
        }
        let Some(app_id) = app_id else {
            return NameVerdict::Different;
        };
        let end = if self == Self::Parameter { '/' } else { '-' };
        match own.strip_prefix(app_id) {
            Some("") if rest.is_empty() && self == Self::Parameter => NameVerdict::Fits,
            Some("") if matches!(rest.first(), Some(NamePart::Open { .. })) => {
                NameVerdict::Unknown(1)
            }
            Some(after) if after.starts_with(end) => NameVerdict::Fits,
            None if app_id.starts_with(own)
                && matches!(rest.first(), Some(NamePart::Open { .. })) =>
            {
                NameVerdict::Unknown(1)
            }
            _ => NameVerdict::Different,
        }
    }

    /// What begins with the stack's name begins with `<AppId>-`, which is not enough for a path.
    fn after_stack(self) -> NameVerdict {
        if self == Self::Parameter {
            NameVerdict::Different
        } else {
            NameVerdict::Fits
        }
    }

    /// A name that a role of the app reaches, close to `name`.
    pub(super) fn example(self, app_id: &str, name: &[NamePart]) -> String {
        let whole = text(name);
        let before = self.before(&whole);
        let own = whole.strip_prefix(before).unwrap_or(&whole);
        let own = own.trim_start_matches(['/', '-']);
        match self {
            Self::Parameter => format!("/{app_id}/{own}"),
            Self::KeyAlias => format!("alias/{app_id}-{own}"),
            Self::LogGroup => format!("{before}{app_id}-{}", own.replace('/', "-")),
            Self::Plain | Self::Repository => format!("{app_id}-{}", own.replace('/', "-")),
        }
    }
}
