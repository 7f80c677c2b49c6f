//! Examples of resources that a pattern matches.
//!
//! In: a pattern and the form of an ARN. Out: an ARN of this form that the pattern may match. Refuses
//! nothing: whether it matches is asked of `iam`.

use crate::template::resolve::OWN;
use crate::template::symbol::Symbol;

/// A form of ARNs.
pub(in crate::lint) struct Examples {
    pub(in crate::lint) service: &'static str,
    /// The region; empty for a global service.
    pub(in crate::lint) region: &'static str,
    /// The account; empty for S3.
    pub(in crate::lint) account: &'static str,
    /// What precedes the name.
    pub(in crate::lint) word: &'static str,
    /// What follows it.
    pub(in crate::lint) end: &'static str,
}

/// Examples of resources of IAM.
pub(in crate::lint) const fn of_iam(word: &'static str) -> Examples {
    Examples {
        service: "iam",
        region: "",
        account: OWN,
        word,
        end: "",
    }
}

/// Examples of resources in a region.
pub(in crate::lint) const fn regional(service: &'static str, word: &'static str) -> Examples {
    Examples {
        service,
        region: "us-east-1",
        account: OWN,
        word,
        end: "",
    }
}

/// A name that nothing has.
pub(super) const NAME: &str = "anything";

impl Examples {
    /// One whose name no policy has.
    pub(in crate::lint) fn any(&self) -> Vec<Symbol> {
        let Self {
            service,
            region,
            account,
            word,
            end,
        } = self;
        literal(&format!(
            "arn:aws:{service}:{region}:{account}:{word}{NAME}{end}"
        ))
    }

    /// Whether it is the one whose name no policy has, in whichever region.
    pub(super) fn is_any(&self, example: &[Symbol]) -> bool {
        in_region(example, &literal(self.region)) == self.any()
    }

    /// One that `pattern` may match; `None` if it is about something else.
    pub(in crate::lint) fn of_pattern(&self, pattern: &[Symbol]) -> Option<Vec<Symbol>> {
        let mut fields = pattern.splitn(6, |symbol| *symbol == Symbol::Char(':'));
        let [_, _, service, region, account] = [(); 5].map(|()| fields.next());
        let rest = fields.next()?;
        let is_wild = |symbols: &[Symbol]| {
            let mut symbols = symbols.iter();
            symbols.any(|symbol| matches!(symbol, Symbol::Any | Symbol::One))
        };
        let or = |found: &[Symbol], other: &str| {
            if is_wild(found) {
                literal(other)
            } else {
                found.to_vec()
            }
        };
        let word = literal(self.word);
        // A wildcard may stand for the word also.
        let wild = rest.iter().position(|symbol| *symbol == Symbol::Any);
        let whole = [&word[..], &[Symbol::Any], &literal(self.end)].concat();
        let is_before_name = |at: &usize| *at < word.len() && word.get(..*at) == rest.get(..*at);
        let rest = match wild.filter(is_before_name) {
            Some(_) => &whole,
            None => rest,
        };
        if or(service?, self.service) != literal(self.service) || !rest.starts_with(&word) {
            return None;
        }
        let parts = [
            literal("arn:aws:"),
            literal(self.service),
            literal(":"),
            or(region?, self.region),
            literal(":"),
            or(account?, self.account),
            literal(":"),
            rest.iter().flat_map(|symbol| filled(*symbol)).collect(),
        ];
        Some(parts.concat())
    }
}

/// The field of the region in an ARN; empty if there is none.
pub(super) fn region(arn: &[Symbol]) -> &[Symbol] {
    let mut fields = arn.splitn(6, |symbol| *symbol == Symbol::Char(':'));
    fields.nth(3).unwrap_or_default()
}

/// The same ARN in this region; as it is, if it is in none.
pub(super) fn in_region(arn: &[Symbol], name: &[Symbol]) -> Vec<Symbol> {
    let fields: Vec<&[Symbol]> = arn
        .splitn(6, |symbol| *symbol == Symbol::Char(':'))
        .collect();
    let fields = fields.iter().enumerate().map(|(at, field)| match at {
        3 if !field.is_empty() => name,
        _ => field,
    });
    let fields: Vec<&[Symbol]> = fields.collect();
    fields.join(&Symbol::Char(':'))
}

/// A wildcard as a text that it matches.
fn filled(symbol: Symbol) -> Vec<Symbol> {
    match symbol {
        Symbol::Any => literal(NAME),
        Symbol::One => literal("x"),
        symbol => vec![symbol],
    }
}

/// `text` as symbols.
pub(in crate::lint) fn literal(text: &str) -> Vec<Symbol> {
    text.chars().map(Symbol::Char).collect()
}
