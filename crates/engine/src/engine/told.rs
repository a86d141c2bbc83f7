//! What the log tells an engine at its start: the jurisdiction, and every definition ever adopted.

use bihuan_domain::event::WorldEvent;
use bihuan_domain::world::World;
use bihuan_ledger::Ledger;

use crate::error::Error;
use crate::mechanisms::Mechanisms;
use crate::views;
use crate::writer::WORLD;

/// The jurisdiction as its stream tells it, and every definition ever adopted.
pub(super) fn load_world(ledger: &Ledger) -> Result<(World, Mechanisms), Error> {
    let mut world = World::new();
    let mut mechanisms = Mechanisms::default();
    let entries = ledger.reader()?.stream(WORLD, 0)?;
    let mut iter = entries.into_iter().peekable();
    while let Some(entry) = iter.next() {
        let actor = views::actor_of(&entry.actor);
        let event = WorldEvent::read(&entry.kind, entry.version, entry.body)?;
        let adopted = matches!(event, WorldEvent::PackAdopted(_));
        world.evolve(event, &actor, entry.at);
        // Packs adopted together refer to each other: they are compiled once the last of them is there.
        let more = iter
            .peek()
            .is_some_and(|next| next.kind == "pack.adopted" && next.cause == entry.cause);
        if adopted && !more {
            mechanisms = mechanisms.adopt(&world.packs, &world.calendars)?;
        }
    }
    Ok((world, mechanisms))
}
