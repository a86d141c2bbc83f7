//! Both places have the units, functions and posts that their packs speak of, so that nothing falls to the last resort.

use std::collections::BTreeSet;

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::mechanism::{Each, Mechanism, Resolve, RowOwner, Units};
use bihuan_domain::org::{Org, Unit};
use bihuan_domain::value::Value;
use jiff::civil::Date;

use crate::county::built;

fn owners<'a>(org: &'a Org, mechanism: &Mechanism) -> Vec<&'a Unit> {
    let kinds = &mechanism.open.owners;
    let fits = |unit: &&Unit| kinds.is_empty() || kinds.contains(&unit.kind);
    org.units.values().filter(fits).collect()
}

fn seated(org: &Org, unit: &UnitId, kind: &Code, day: Date) -> bool {
    org.posts_of(unit, kind, day)
        .any(|post| org.persons_on(&post.id, day).next().is_some())
}

/// Whether somebody fills the role for at least one unit that may own a case.
fn filled(org: &Org, mechanism: &Mechanism, resolve: &Resolve, kind: &Code, day: Date) -> bool {
    let owners = owners(org, mechanism);
    match resolve {
        Resolve::Owner => owners.iter().any(|unit| seated(org, &unit.id, kind, day)),
        Resolve::Superior => owners
            .iter()
            .filter_map(|unit| unit.parent.as_ref())
            .any(|unit| seated(org, unit, kind, day)),
        Resolve::SuperiorOf(above) => owners.iter().any(|owner| {
            let line = org.ancestry(&owner.id).into_iter();
            line.filter(|unit| org.units.get(*unit).is_some_and(|unit| unit.kind == *above))
                .any(|unit| seated(org, unit, kind, day))
        }),
        Resolve::Function(function) => org
            .with_function(function, day)
            .any(|unit| seated(org, &unit.id, kind, day)),
        // Found through a case or a row: somebody sits on such a post somewhere.
        _ => org.units.keys().any(|unit| seated(org, unit, kind, day)),
    }
}

#[test]
fn every_role_of_every_mechanism_is_filled_for_some_owner() {
    for place in &built().1 {
        let (world, day) = (place.engine.world(), date_of(place.engine.now()));
        let mut empty = Vec::new();
        for mechanism in place.engine.mechanisms().all() {
            assert!(
                !owners(&world.org, mechanism).is_empty(),
                "{} has no owner",
                mechanism.id
            );
            let vacant = mechanism
                .roles
                .values()
                .filter(|role| !filled(&world.org, mechanism, &role.resolve, &role.post, day));
            empty.extend(vacant.map(|role| format!("{} {}", mechanism.id, role.id)));
        }
        assert_eq!(empty, Vec::<String>::new(), "{}", place.slug);
    }
}

#[test]
fn every_function_that_keeps_a_register_or_owns_by_itself_is_served() {
    for place in &built().1 {
        let (world, day) = (place.engine.world(), date_of(place.engine.now()));
        let mechanisms = place.engine.mechanisms();
        let mut needed: BTreeSet<Code> = BTreeSet::new();
        for pack in mechanisms.packs() {
            needed.extend(
                pack.registers
                    .iter()
                    .filter_map(|register| register.keeper.clone()),
            );
        }
        for mechanism in mechanisms.all() {
            if let Some(Units::Function(function)) = mechanism.open.schedule.as_ref().map(|one| &one.units) {
                needed.insert(function.clone());
            }
            let rows = mechanism.open.on.iter().map(|on| &on.owner);
            let children = mechanism
                .children
                .iter()
                .filter_map(|children| match &children.each {
                    Some(Each::Register { owner, .. }) => Some(owner),
                    _ => None,
                });
            for owner in rows.chain(children) {
                if let RowOwner::Function(function) = owner {
                    needed.insert(function.clone());
                }
            }
        }
        let unserved: Vec<_> = needed
            .iter()
            .filter(|function| world.org.with_function(function, day).next().is_none())
            .collect();
        assert_eq!(unserved, Vec::<&Code>::new(), "{}", place.slug);
    }
}

#[test]
fn every_unit_and_post_in_a_sample_row_exists() {
    for place in &built().1 {
        let world = place.engine.world();
        for pack in place.engine.mechanisms().packs() {
            for register in &pack.registers {
                for (id, row) in world.registers.rows(&register.id) {
                    for value in row.values() {
                        let known = match value {
                            Value::Unit(unit) => world.org.units.contains_key(unit),
                            Value::Post(post) => world.org.posts.contains_key(post),
                            _ => true,
                        };
                        assert!(known, "{} {id}: {value:?}", register.id);
                    }
                }
            }
        }
    }
}
