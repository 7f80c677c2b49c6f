//! Which unit an account is in, and what is attached to it and above it.
//!
//! In: an organization. Out: a [`Hierarchy`], which knows the levels of an account, from the root
//! down. Refuses nothing.

use std::collections::HashMap;

use crate::organization::Organization;
use crate::organization::control::{Attached, AttachmentPoint};

/// The units and accounts of an organization, each with the unit that it is in.
pub struct Hierarchy<'a> {
    organization: &'a Organization,
    parents: HashMap<&'a str, &'a str>,
}

impl<'a> Hierarchy<'a> {
    /// That of `organization`.
    pub fn of(organization: &'a Organization) -> Self {
        let mut parents = HashMap::new();
        for unit in &organization.units {
            for inner in unit.accounts.iter().chain(&unit.units) {
                parents.insert(inner.as_str(), unit.logical_id.as_str());
            }
        }
        Self {
            organization,
            parents,
        }
    }

    /// The unit that an account or a unit is in.
    pub fn parent(&self, name: &str) -> Option<&'a str> {
        self.parents.get(name).copied()
    }

    /// The units above an account or a unit, the nearest first.
    pub fn above(&self, name: &str) -> Vec<&'a str> {
        let mut units = Vec::new();
        let mut unit = self.parent(name);
        // Units that contain each other were refused.
        while let Some(name) = unit.filter(|_| units.len() < self.parents.len()) {
            units.push(name);
            unit = self.parent(name);
        }
        units
    }

    /// What is attached to the account itself.
    pub fn own(&self, account: &str) -> &'a [Attached] {
        let point = AttachmentPoint::Account(account.to_owned());
        let attached = self.organization.control.attached.get(&point);
        attached.map_or(&[], Vec::as_slice)
    }

    /// Where policies are attached that apply to an account, from the root down, each with what is
    /// attached there.
    pub fn levels(&self, account: &str) -> Vec<(AttachmentPoint, &'a [Attached])> {
        let mut points = vec![AttachmentPoint::Account(account.to_owned())];
        let units = self.above(account).into_iter();
        points.extend(units.map(|unit| AttachmentPoint::Unit(unit.to_owned())));
        points.push(AttachmentPoint::Root);
        let levels = points.into_iter().rev().filter_map(|point| {
            let attached = self.organization.control.attached.get(&point)?;
            Some((point, attached.as_slice()))
        });
        levels.collect()
    }
}
