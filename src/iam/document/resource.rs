//! What holds for every policy of a resource, whatever it says.
//!
//! In: which resource it is, and the services whose actions it decides about. Out: statements.
//! Refuses nothing.

use crate::iam::condition::{Atom, Literal, Test};
use crate::iam::document::Documents;
use crate::iam::pattern::Glob;
use crate::iam::request::of_anybody;
use crate::iam::statement::{Effect, Grant, Patterns, Statement};
use crate::template::resolve::Reading;
use crate::template::value::Data;

impl Documents<'_> {
    /// A statement that denies other resources than those whose ARNs begin so and end in one of these
    /// ways, or the others that it decides about, whose ARNs begin as the last ones say.
    pub(crate) fn bounds_of_resource(
        &self,
        arn: &Data,
        after: &[&str],
        beside: &[Data],
    ) -> Statement {
        let named = |arn: &Data, after: &str| {
            let begin = self.reader.symbols(arn, Reading::Plain);
            let resource = [begin, Glob::of(after).symbols].concat();
            Glob::new(of_anybody(&Glob::of("*").symbols, &resource))
        };
        let own = after.iter().map(|after| named(arn, after));
        let beside = beside.iter().map(|begin| named(begin, "*"));
        deny(Patterns::all(), Patterns::but(own.chain(beside).collect()))
    }

    /// What the principals of the resource's account may do by their own policies: its root user
    /// everything, the others what is not known. They are shown as `shown`.
    pub(crate) fn own_account(&self, shown: &str) -> Vec<Statement> {
        let of = |service: &str, after: &str| {
            let before = format!("AWS:arn:aws:{service}::${{AWS::AccountId}}");
            let before = Data::Map(vec![("Fn::Sub".to_owned(), Data::Text(before))]);
            let caller = [
                self.reader.symbols(&before, Reading::Plain),
                Glob::of(after).symbols,
            ]
            .concat();
            Glob::new(of_anybody(&caller, &Glob::of("*").symbols))
        };
        let literal = Literal {
            atom: self.atoms.borrow_mut().number(Atom::of_policies(
                Test::CallersOwn,
                "own".to_owned(),
                shown.to_owned(),
            )),
            holds: true,
        };
        let allow = |callers: Vec<Glob>, literals: Vec<Literal>| Statement {
            principals: vec![shown.to_owned()],
            ..Statement::of(Grant {
                effect: Effect::Allow,
                actions: Patterns::all(),
                resources: Patterns::all(),
                principals: Some(Patterns::of(callers)),
                literals,
            })
        };
        vec![
            allow(vec![of("iam", ":root")], Vec::new()),
            allow(vec![of("iam", ":*"), of("sts", ":*")], vec![literal]),
        ]
    }
}

/// Statements that deny what no policy of a resource decides about: actions of other services
/// than these, and targets with more than one caller or resource.
pub(crate) fn actions_of_resource(services: &[&str]) -> Vec<Statement> {
    let any = Glob::of("*").symbols;
    let pair = of_anybody(&any, &any);
    let twice = Glob::new(of_anybody(&pair, &any));
    let actions = services.iter().map(|name| Glob::of(&format!("{name}:*")));
    vec![
        deny(
            Patterns::but(actions.collect()).ignoring_case(),
            Patterns::all(),
        ),
        deny(Patterns::all(), Patterns::of(vec![twice])),
    ]
}

fn deny(actions: Patterns, resources: Patterns) -> Statement {
    Statement::of(Grant {
        effect: Effect::Deny,
        actions,
        resources,
        principals: None,
        literals: Vec::new(),
    })
}
