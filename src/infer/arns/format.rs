//! ARN formats, as AWS's references write them: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
//!
//! In: the text of a format. Out: its shape, to compare it with others, and the patterns that it
//! stands for. Refuses a text that is not an ARN.

/// What the app's names begin with, and everything after that, as partials write it.
pub(crate) const APP: &str = "{{appId}}-*";

/// An ARN format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParsedArn<'a> {
    /// The service's prefix.
    pub(crate) service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: Vec<ArnPiece<'a>>,
}

/// A part of the last field of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ArnPiece<'a> {
    /// Literal text.
    Text(&'a str),
    /// A variable by its name; a `*` of the reference has none.
    Variable(&'a str),
}

/// What is known about a variable of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArnVariable {
    /// A name that a template chooses: it can begin with the app id.
    Name,
    /// An id that AWS chooses. What follows is below it, and its names are not the app's.
    Id,
    /// Neither: it can be anything.
    Open,
}

impl<'a> ParsedArn<'a> {
    /// Takes `text` apart; none if it is not an ARN, or if its service is a variable.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        let (Some("arn"), Some(_)) = (fields.next(), fields.next()) else {
            return None;
        };
        let (service, region, account) = (fields.next()?, fields.next()?, fields.next()?);
        let is_prefix = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if service.is_empty() || !service.chars().all(is_prefix) {
            return None;
        }
        Some(Self {
            service,
            region,
            account,
            resource: pieces(fields.next()?),
        })
    }

    /// The last field with `{}` for each variable.
    pub(crate) fn shape(&self) -> String {
        self.joined(|_| "{}")
    }

    /// The names of the variables in the last field, in their order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &'a str> {
        self.resource.iter().filter_map(|piece| match piece {
            ArnPiece::Variable(name) => Some(*name),
            ArnPiece::Text(_) => None,
        })
    }

    /// The pattern of everything that has this format.
    pub(crate) fn opened(&self) -> String {
        shortened(self.head() + &self.joined(|_| "*"))
    }

    /// The pattern with the app's names in the place of the first variable that is a name, and
    /// without what follows it; else the pattern of everything. `known` says what a variable is, by
    /// the shape of the format up to it, and its name. Tells whether there was a name.
    pub(crate) fn narrowed(&self, known: impl Fn(&str, &str) -> ArnVariable) -> (String, bool) {
        let (mut shape, mut text) = (String::new(), self.head());
        for piece in &self.resource {
            match piece {
                ArnPiece::Text(literal) => {
                    shape.push_str(literal);
                    text.push_str(literal);
                }
                ArnPiece::Variable(name) => {
                    shape.push_str("{}");
                    match known(&shape, name) {
                        ArnVariable::Name => return (text + APP, true),
                        ArnVariable::Id => break,
                        ArnVariable::Open => text.push('*'),
                    }
                }
            }
        }
        (self.opened(), false)
    }

    /// The pattern with `resource` as its last field.
    pub(crate) fn with_resource(&self, resource: &str) -> String {
        self.head() + resource
    }

    /// Everything before the last field.
    fn head(&self) -> String {
        let region = match self.region {
            "${Region}" => "${AWS::Region}",
            region if region.contains('$') => "*",
            region => region,
        };
        let account = match self.account {
            "${Account}" | "${AccountId}" => "${AWS::AccountId}",
            account if account.contains('$') => "*",
            account => account,
        };
        format!(
            "arn:${{AWS::Partition}}:{}:{region}:{account}:",
            self.service
        )
    }

    fn joined(&self, variable: impl Fn(&str) -> &'static str) -> String {
        let text = |piece: &ArnPiece<'a>| match piece {
            ArnPiece::Text(text) => *text,
            ArnPiece::Variable(name) => variable(name),
        };
        self.resource.iter().map(text).collect()
    }
}

/// The literal texts and variables of `resource`. The references also write `*` and `.*` for a
/// variable.
fn pieces(resource: &str) -> Vec<ArnPiece<'_>> {
    let mut found = Vec::new();
    let mut rest = resource;
    while !rest.is_empty() {
        let at = ["${", ".*", "*"]
            .into_iter()
            .filter_map(|mark| rest.find(mark))
            .min()
            .unwrap_or(rest.len());
        let (text, open) = rest.split_at(at);
        if !text.is_empty() {
            found.push(ArnPiece::Text(text));
        }
        rest = if let Some(variable) = open.strip_prefix("${") {
            let (name, after) = variable.split_once('}').unwrap_or((variable, ""));
            found.push(ArnPiece::Variable(name));
            after
        } else if let Some(after) = open.strip_prefix(".*").or_else(|| open.strip_prefix('*')) {
            found.push(ArnPiece::Variable(""));
            after
        } else {
            open
        };
    }
    found
}

/// `pattern` without what a `*` at its end covers: `a/*` for `a/*/*`.
fn shortened(mut pattern: String) -> String {
    while pattern.ends_with("*/*") || pattern.ends_with("*:*") || pattern.ends_with("**") {
        let cut = if pattern.ends_with("**") { 1 } else { 2 };
        pattern.truncate(pattern.len() - cut);
    }
    pattern
}

/// The letters and digits of `text`, in lower case.
pub(crate) fn letters(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIAS: &str =
        "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}:${Alias}";

    fn format(text: &str) -> ParsedArn<'_> {
        ParsedArn::parse(text).unwrap()
    }

    #[test]
    fn the_shape_has_no_names() {
        assert_eq!(format(ALIAS).shape(), "function:{}:{}");
        let gateway = "arn:${Partition}:ecs:${Region}:${Account}:gateway/.*";
        assert_eq!(format(gateway).shape(), "gateway/{}");
        assert_eq!(
            format("arn:${Partition}:sqs:${Region}:${Account}:${QueueName}").shape(),
            "{}"
        );
        assert_eq!(
            format("arn:${Partition}:iam::${Account}:root").shape(),
            "root"
        );
        assert_eq!(
            format(ALIAS).variables().collect::<Vec<_>>(),
            ["FunctionName", "Alias"]
        );
    }

    #[test]
    fn what_is_not_an_arn_is_refused() {
        for text in [
            "",
            "*",
            "arn:${Partition}:sqs:${Region}",
            "arn:${Partition}:${Vendor}:${Region}:*:${Type}",
        ] {
            assert_eq!(ParsedArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_name_becomes_the_apps_and_the_rest_goes() {
        let narrowed = |text: &str, names: &[&str], ids: &[&str]| {
            format(text).narrowed(|shape, name| {
                if ids.contains(&shape) {
                    ArnVariable::Id
                } else if names.contains(&name) {
                    ArnVariable::Name
                } else {
                    ArnVariable::Open
                }
            })
        };
        let app = |text: &str| (text.to_owned(), true);
        let kind = |text: &str| (text.to_owned(), false);
        assert_eq!(
            narrowed(ALIAS, &["FunctionName"], &[]),
            app(
                "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:{{appId}}-*"
            )
        );
        let group = "arn:${Partition}:autoscaling:${Region}:${Account}:autoScalingGroup:${GroupId}:autoScalingGroupName/${GroupFriendlyName}";
        assert_eq!(
            narrowed(group, &["GroupFriendlyName"], &[]),
            app(
                "arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/{{appId}}-*"
            )
        );
        // Names below an id that AWS chooses are not the app's.
        let source =
            "arn:${Partition}:appsync:${Region}:${Account}:apis/${ApiId}/datasources/${Name}";
        assert_eq!(
            narrowed(source, &["Name"], &["apis/{}"]),
            kind(
                "arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/*/datasources/*"
            )
        );
        let peering = "arn:${Partition}:ec2:${Region}:${OtherAccount}:vpc/${A}/${B}";
        assert_eq!(
            narrowed(peering, &[], &[]),
            kind("arn:${AWS::Partition}:ec2:${AWS::Region}:*:vpc/*")
        );
    }
}
