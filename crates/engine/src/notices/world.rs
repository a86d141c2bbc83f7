//! Whom an event of the jurisdiction concerns: a bulletin to sign, an erasure to confirm, a post that one acts on for somebody.

use std::collections::BTreeSet;

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{PersonId, PostId};
use bihuan_domain::world::World;
use bihuan_ledger::Entry;
use jiff::Timestamp;

use super::follow::own;
use super::kept::{About, Notice};
use super::told::Reason;
use crate::access::{self, Task};
use crate::error::Error;
use crate::views::actor_of;

/// The events that concern somebody; the others are not even read.
const TOLD: [&str; 4] = [
    "bulletin.drafted",
    "bulletin.overdue",
    "erasure.asked",
    "person.appointed",
];

/// What an entry of the jurisdiction's stream tells people.
pub(super) fn notices_of(world: &World, entry: &Entry) -> Result<Vec<Notice>, Error> {
    if !TOLD.contains(&entry.kind.as_str()) {
        return Ok(Vec::new());
    }
    let (seq, at, actor) = (entry.seq, entry.at, actor_of(&entry.actor));
    let event = WorldEvent::read(&entry.kind, entry.version, entry.body.clone())?;
    let serving = |post: &PostId| -> Vec<(PersonId, PostId)> {
        let on = world.org.persons_on(post, date_of(at));
        on.map(|person| (person.clone(), post.clone())).collect()
    };
    let (told, reason, due, about): (Vec<_>, _, Option<Timestamp>, _) = match event {
        WorldEvent::BulletinDrafted(e) => (
            serving(&e.signer),
            Reason::Bulletin,
            Some(e.due),
            About::Bulletin(e.bulletin),
        ),
        WorldEvent::BulletinOverdue(e) => (
            serving(&e.to),
            Reason::Bulletin,
            e.until,
            About::Bulletin(e.bulletin),
        ),
        WorldEvent::ErasureAsked(e) => {
            let told = confirming(world, at, &actor.person);
            (told, Reason::Erasure, None, About::Erasure(e.erasure))
        }
        WorldEvent::Appointed(e) if e.acting_for.is_some() => {
            (vec![(e.person, e.post)], Reason::Delegated, None, About::Post)
        }
        _ => return Ok(Vec::new()),
    };
    let mut heard = BTreeSet::new();
    let told = told
        .into_iter()
        .filter(|(person, _)| !own(&actor, person) && heard.insert(person.clone()));
    Ok(told
        .map(|(person, post)| Notice {
            seq,
            person,
            post,
            about: about.clone(),
            reason,
            due,
            urgent: false,
            at,
            read: None,
        })
        .collect())
}

/// Who is asked to confirm an erasure: the office that administers; whoever else may, only where nobody but the asker serves
/// there.
fn confirming(world: &World, at: Timestamp, asker: &PersonId) -> Vec<(PersonId, PostId)> {
    let on = |task: fn() -> Task<'static>| -> Vec<(PersonId, PostId)> {
        let posts = world.org.posts.keys().filter(|post| {
            access::may(world, post, Task::ConfirmErasure) && access::may(world, post, task())
        });
        let serving = posts.flat_map(|post| {
            let persons = world.org.persons_on(post, date_of(at));
            persons.map(move |person| (person.clone(), post.clone()))
        });
        serving.filter(|(person, _)| person != asker).collect()
    };
    let office = on(|| Task::ManageAccounts);
    if office.is_empty() {
        on(|| Task::ConfirmErasure)
    } else {
        office
    }
}
