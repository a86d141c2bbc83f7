//! The world of a scenario: the org tree, the statutory calendar and those of packs, sample rows.

use std::collections::BTreeMap;

use bihuan_domain::event::{Created, RowPut, WorldEvent};
use bihuan_domain::id::{Code, FieldId};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_messages::Label;
use jiff::Timestamp;

use super::OrgTree;
use crate::input::sealed;
use crate::pack::{Loaded, Pack};

impl OrgTree {
    /// The events that make this org tree: whoever starts a jurisdiction from it appends them.
    ///
    /// Posts without a name of their own take the label of their kind from the packs.
    pub fn events(&self, kinds: &[(Code, Label)]) -> Vec<WorldEvent> {
        let mut events = Vec::new();
        if let (Some(root), Some(last_resort)) = (&self.root, &self.last_resort) {
            events.push(WorldEvent::Created(Created {
                root: root.clone(),
                division: self.division.clone().unwrap_or_else(|| Code::new("000000")),
                name: self.name.clone(),
                last_resort: last_resort.clone(),
            }));
        }
        events.extend(self.units.iter().cloned().map(WorldEvent::UnitPut));
        for post in &self.posts {
            let mut post = post.clone();
            if post.name == Label::default() {
                let label = kinds
                    .iter()
                    .find(|(kind, _)| *kind == post.kind)
                    .map(|(_, label)| label.clone());
                post.name = label.unwrap_or_else(|| Label::new(post.kind.as_str(), post.kind.as_str()));
            }
            events.push(WorldEvent::PostPut(post));
        }
        events.extend(self.persons.iter().cloned().map(WorldEvent::PersonPut));
        events.extend(self.appointments.iter().cloned().map(WorldEvent::Appointed));
        events
    }
}

/// Makes the world of a scenario that plays a mechanism of `pack`.
pub(super) fn make(loaded: &Loaded, pack: Option<&Pack>, with_rows: bool) -> World {
    let mut world = World::new();
    let system = Actor::system();
    let kinds: Vec<(Code, Label)> = loaded
        .packs
        .iter()
        .flat_map(|pack| pack.post_kinds.clone())
        .collect();
    let org = match pack {
        Some(pack) => loaded.org_for(pack),
        None => loaded.org().cloned(),
    };
    let mut events = org.map(|org| org.events(&kinds)).unwrap_or_default();
    let calendars = loaded.packs.iter().flat_map(|pack| &pack.calendars);
    events.extend(calendars.map(|calendar| WorldEvent::CalendarAdopted(Box::new(calendar.clone()))));
    if with_rows {
        for row in loaded.packs.iter().flat_map(|pack| &pack.rows) {
            let values: BTreeMap<FieldId, Value> = row
                .values
                .iter()
                .map(|(field, input)| (field.clone(), sealed(input.clone())))
                .collect();
            events.push(WorldEvent::RowPut(RowPut {
                register: row.register.clone(),
                row: row.row.clone(),
                values,
            }));
        }
    }
    for event in events {
        world.evolve(event, &system, Timestamp::UNIX_EPOCH);
    }
    world
}
