//! The name by which a reference means a resource.
//!
//! In: a name such as `Role`, `Role.Arn`, or OrgFormation's `Tools.Resources.Role.Arn`, which is the attribute of
//! the resource that the account `Tools` has. Out: its parts, and where that resource is. Refuses nothing.

use crate::template::places::Place;

/// What follows the account in OrgFormation's references to a resource of another account.
const REMOTE: &str = "Resources.";

/// The account that a template is deployed to.
const OWN: &str = "AWSAccount";

/// The parts of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReferredName<'a> {
    /// The account that it names.
    pub(crate) account: Option<&'a str>,
    /// The logical id of the resource.
    pub(crate) id: &'a str,
    pub(crate) attribute: Option<&'a str>,
}

impl<'a> ReferredName<'a> {
    pub(crate) fn of(name: &'a str) -> Self {
        let cut = |name: &'a str| match name.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (name, None),
        };
        let (first, rest) = cut(name);
        let (account, (id, attribute)) = match rest.and_then(|rest| rest.strip_prefix(REMOTE)) {
            Some(rest) => (Some(first), cut(rest)),
            None => (None, (first, rest)),
        };
        Self {
            account,
            id,
            attribute,
        }
    }

    /// Where the resource is, which is in `places`, that somebody in `place` means: in the account that is named, or in
    /// the same stack, or else in the only account that has it.
    pub(crate) fn place(&self, places: &[Place], place: &Place) -> Option<Place> {
        let is_own = self.account.is_none_or(|name| name == OWN);
        match (self.account.filter(|_| !is_own), places) {
            (Some(name), places) => {
                let mut places = places.iter();
                places.find(|at| at.account() == Some(name)).cloned()
            }
            (None, places) if places.contains(place) => Some(place.clone()),
            (None, [one @ Place::Account(_)]) if self.account.is_none() => Some(one.clone()),
            (None, _) => None,
        }
    }

    /// The same without the account, if that means the same.
    pub(crate) fn shortest(self, places: &[Place], place: &Place) -> Self {
        let short = Self {
            account: None,
            ..self
        };
        let is_same = short.place(places, place) == self.place(places, place);
        if is_same && self.place(places, place).is_some() {
            short
        } else {
            self
        }
    }

    /// The name as it is written, with this attribute of the resource or none.
    pub(crate) fn with(&self, attribute: Option<&str>) -> String {
        let account = self.account.map(|account| format!("{account}.{REMOTE}"));
        let attribute = attribute.map(|attribute| format!(".{attribute}"));
        let [before, after] = [account, attribute].map(Option::unwrap_or_default);
        format!("{before}{}{after}", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str) -> Place {
        Place::Account(name.to_owned())
    }

    #[test]
    fn a_name_has_an_account_only_before_resources() {
        for (name, wanted) in [
            ("X", (None, "X", None)),
            ("X.Arn", (None, "X", Some("Arn"))),
            ("X.Outputs.Y", (None, "X", Some("Outputs.Y"))),
            ("A.Resources.X", (Some("A"), "X", None)),
            ("A.Resources.X.Arn", (Some("A"), "X", Some("Arn"))),
            ("A.Resources.X.B.C", (Some("A"), "X", Some("B.C"))),
        ] {
            let found = ReferredName::of(name);
            assert_eq!((found.account, found.id, found.attribute), wanted, "{name}");
            assert_eq!(found.with(found.attribute), name);
        }
    }

    #[test]
    fn a_resource_is_in_the_account_that_is_named() {
        let several = [at("A"), at("B")];
        let place = |name: &str, places: &[Place], own: &str| {
            ReferredName::of(name).place(places, &at(own))
        };
        assert_eq!(place("X", &several, "A"), Some(at("A")));
        assert_eq!(place("X", &several, "C"), None);
        assert_eq!(place("X", &[at("B")], "C"), Some(at("B")));
        assert_eq!(place("B.Resources.X", &several, "A"), Some(at("B")));
        assert_eq!(place("C.Resources.X", &several, "A"), None);
        assert_eq!(
            place("AWSAccount.Resources.X", &several, "A"),
            Some(at("A"))
        );
        assert_eq!(place("AWSAccount.Resources.X", &[at("B")], "A"), None);
    }

    #[test]
    fn an_account_is_left_out_where_that_means_the_same() {
        let several = [at("A"), at("B")];
        let short = |name: &str, places: &[Place], own: &str| {
            let named = ReferredName::of(name);
            let short = named.shortest(places, &at(own));
            short.with(short.attribute)
        };
        assert_eq!(short("A.Resources.X.Arn", &several, "A"), "X.Arn");
        assert_eq!(
            short("B.Resources.X.Arn", &several, "A"),
            "B.Resources.X.Arn"
        );
        assert_eq!(short("B.Resources.X", &[at("B")], "A"), "X");
        assert_eq!(short("C.Resources.X", &several, "D"), "C.Resources.X");
    }
}
