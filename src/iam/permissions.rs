//! What applies to one principal.
//!
//! In: the statements of its policies and of its permissions boundary. Out: [`Permissions`], the
//! statements by what they do. Refuses nothing.

use crate::iam::condition::Literal;
use crate::iam::statement::{Effect, Statement, StatementId};

/// What applies to one principal: its policies or, for who may assume it, its trust policy.
///
/// `S` is a set of statements, or of what represents them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Permissions<S = Vec<Statement>> {
    pub(crate) allow: S,
    pub(crate) deny: S,
    /// Its permissions boundary, which must also allow a request.
    pub(crate) boundary: Option<BoundaryStatements<S>>,
}

/// The statements of a permissions boundary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct BoundaryStatements<S = Vec<Statement>> {
    pub(crate) allow: S,
    pub(crate) deny: S,
}

impl Permissions {
    /// The permissions of these statements, each of which gets its id.
    pub(crate) fn new(statements: Vec<Statement>, boundary: Option<Vec<Statement>>) -> Self {
        let (allow, deny) = divide(statements, StatementId::Policy);
        Self {
            allow,
            deny,
            boundary: boundary.map(|statements| {
                let (allow, deny) = divide(statements, StatementId::Boundary);
                BoundaryStatements { allow, deny }
            }),
        }
    }

    /// The same where these statements, which deny, apply as well.
    pub(crate) fn limited(mut self, denying: Vec<Statement>) -> Self {
        let first = self.allow.len() + self.deny.len();
        let (_, deny) = divide(denying, |at| StatementId::Policy(first + at));
        self.deny.extend(deny);
        self
    }

    /// The same for those requests only in which these literals are true.
    pub(crate) fn where_true(mut self, literals: &[Literal]) -> Self {
        for statement in &mut self.allow {
            let own = &mut statement.grant.literals;
            own.extend_from_slice(literals);
            own.sort_unstable();
            own.dedup();
        }
        self
    }

    /// The same with what `of` makes of each statement in its place.
    pub(crate) fn flat_map<I: IntoIterator<Item = Statement>>(
        self,
        of: impl Fn(Statement) -> I,
    ) -> Self {
        let all = |own: Vec<Statement>| own.into_iter().flat_map(&of).collect();
        Self {
            allow: all(self.allow),
            deny: all(self.deny),
            boundary: self.boundary.map(|boundary| BoundaryStatements {
                allow: all(boundary.allow),
                deny: all(boundary.deny),
            }),
        }
    }

    /// A statement by its id.
    pub(crate) fn statement(&self, id: StatementId) -> Option<&Statement> {
        let (allow, deny) = match (id, &self.boundary) {
            (StatementId::Policy(_), _) => (&self.allow, &self.deny),
            (StatementId::Boundary(_), Some(boundary)) => (&boundary.allow, &boundary.deny),
            (StatementId::Boundary(_), None) => return None,
        };
        let mut all = allow.iter().chain(deny);
        all.find(|statement| statement.id == id)
    }
}

/// The statements that allow, and those that deny.
fn divide(
    statements: Vec<Statement>,
    id: impl Fn(usize) -> StatementId,
) -> (Vec<Statement>, Vec<Statement>) {
    let numbered = statements.into_iter().enumerate();
    numbered
        .map(|(at, statement)| Statement {
            id: id(at),
            ..statement
        })
        .partition(|statement| statement.grant.effect == Effect::Allow)
}

impl<S> Permissions<S> {
    /// The same with `of` each set in its place.
    pub(crate) fn map<T>(&self, of: impl Fn(&S) -> T) -> Permissions<T> {
        Permissions {
            allow: of(&self.allow),
            deny: of(&self.deny),
            boundary: self.boundary.as_ref().map(|boundary| BoundaryStatements {
                allow: of(&boundary.allow),
                deny: of(&boundary.deny),
            }),
        }
    }

    /// Every set.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &S> {
        let boundary = self.boundary.iter();
        [&self.allow, &self.deny]
            .into_iter()
            .chain(boundary.flat_map(|boundary| [&boundary.allow, &boundary.deny]))
    }
}
