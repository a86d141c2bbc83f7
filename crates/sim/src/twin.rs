//! What packs play their scenarios in, found again in a sample jurisdiction: its units, posts and functions.
//!
//! A pack's scenarios and sample rows name the units of a small standard county. A real place has most of these already,
//! under its own codes; what it lacks (plants, a community's grids, a charity) is added as the pack describes it.

use std::collections::BTreeMap;

use bihuan_domain::id::{Code, PostId, UnitId};
use bihuan_domain::org::Unit;
use bihuan_engine::Error;
use bihuan_mechanism::Loaded;
use bihuan_mechanism::scenario::OrgTree;
use bihuan_messages::Label;

use crate::founding::Founding;
use crate::people::sample_name;

/// What only a body named by the jurisdiction itself does: nobody gets it because a scenario needed it somewhere.
const KEPT: [&str; 1] = ["verification"];

/// How a jurisdiction names what the packs' standard county names otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    /// Units of the standard county and what they are here.
    pub(crate) units: &'static [(&'static str, &'static str)],
    /// Posts that are another kind of post here.
    pub(crate) posts: &'static [(&'static str, &'static str)],
    /// Functions that units serve here beside those that scenarios needed.
    pub(crate) serves: &'static [(&'static str, &'static str)],
    /// Units that are added under a name of this place.
    pub(crate) called: &'static [(&'static str, &'static str, &'static str)],
}

/// From the standard county's codes to those of a place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Twin {
    units: BTreeMap<UnitId, UnitId>,
    posts: BTreeMap<PostId, PostId>,
}

impl Twin {
    /// The unit here.
    pub(crate) fn unit(&self, id: &UnitId) -> UnitId {
        self.units.get(id).unwrap_or(id).clone()
    }

    /// The post here.
    pub(crate) fn post(&self, id: &PostId) -> PostId {
        self.posts.get(id).unwrap_or(id).clone()
    }
}

impl Twin {
    /// Where a place has what the packs' orgs name.
    pub(crate) fn of<'a>(orgs: impl Iterator<Item = &'a OrgTree>, names: &Names) -> Twin {
        let mut twin = Twin::default();
        for (from, to) in names.units {
            twin.units.insert((*from).into(), (*to).into());
        }
        for post in orgs.flat_map(|org| &org.posts) {
            let moved = names.posts.iter().find(|(from, _)| *from == post.id.as_str());
            let here = match moved {
                Some((_, to)) => (*to).into(),
                None => PostId::from(format!("{}.{}", twin.unit(&post.unit), post.kind)),
            };
            twin.posts.insert(post.id.clone(), here);
        }
        twin
    }
}

/// Adds to `founding` what the packs' scenarios and rows need and it has not, and says where everything is found.
///
/// # Errors
///
/// If a name cannot be sealed.
pub(crate) fn settle(
    founding: &mut Founding,
    loaded: &Loaded,
    names: &Names,
    mut people: usize,
) -> Result<Twin, Error> {
    let orgs = || loaded.packs.iter().flat_map(|pack| pack.orgs.values());
    let twin = Twin::of(orgs(), names);
    let kinds: BTreeMap<&Code, &Label> = loaded
        .packs
        .iter()
        .flat_map(|pack| pack.post_kinds.iter().map(|(kind, label)| (kind, label)))
        .collect();
    for org in orgs() {
        for unit in &org.units {
            settle_unit(founding, &twin, names, unit);
        }
        for post in &org.posts {
            let here = twin.post(&post.id);
            if founding.has_post(&here) {
                continue;
            }
            let label = kinds.get(&post.kind).copied().cloned();
            let label = label.unwrap_or_else(|| Label::new(post.kind.as_str(), post.kind.as_str()));
            let unit = twin.unit(&post.unit);
            founding.post(unit.as_str(), post.kind.as_str(), post.kind.as_str(), label);
            let person = founding.person(&sample_name(people))?;
            people = people.saturating_add(1);
            founding.appoint(&person, &here);
        }
    }
    for (unit, function) in names.serves {
        founding.serves_also(&(*unit).into(), &[&Code::new(*function)]);
    }
    Ok(twin)
}

fn settle_unit(founding: &mut Founding, twin: &Twin, names: &Names, unit: &Unit) {
    let here = twin.unit(&unit.id);
    let functions: Vec<&Code> = unit
        .functions
        .iter()
        .filter(|function| !KEPT.contains(&function.as_str()))
        .collect();
    if founding.serves_also(&here, &functions) {
        return;
    }
    let called = names.called.iter().find(|(id, ..)| *id == unit.id.as_str());
    let name = called.map_or_else(|| unit.name.clone(), |(_, zh, en)| Label::new(*zh, *en));
    let parent = unit.parent.as_ref().map(|parent| twin.unit(parent));
    let functions: Vec<&str> = functions.into_iter().map(Code::as_str).collect();
    founding.unit(
        here.as_str(),
        unit.kind.as_str(),
        name,
        parent.as_ref().map(UnitId::as_str),
        &functions,
    );
}
