//! People of the jurisdiction (人员): somebody new on a post with an account, and what was done to accounts, in the log.

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::{AccountChanged, WorldEvent};
use bihuan_domain::id::{Code, PersonId, PostId};
use bihuan_domain::org::{Actor, Appointment, Person, Validity};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::world::World;

use crate::chance::token;
use crate::engine::Engine;
use crate::error::Failure;
use crate::writer::WorldChange;

/// Longest name of a person, in characters.
const NAME_MAX: usize = 60;

/// The next free pseudonym of a person: `p001`, `p002` …
pub fn next_person(world: &World) -> PersonId {
    let used = world
        .org
        .persons
        .keys()
        .filter_map(|id| id.as_str().strip_prefix('p')?.parse::<u32>().ok())
        .max();
    PersonId::from(format!("p{:03}", used.unwrap_or(0).saturating_add(1)))
}

/// The events by which somebody of this name comes onto a post today; the name is sealed.
///
/// # Errors
///
/// If the name cannot be sealed.
pub fn appointing(
    person: &PersonId,
    name: &str,
    post: &PostId,
    valid: Validity,
) -> Result<Vec<WorldChange>, Failure> {
    let (sealed, draft) = Engine::seal(name)?;
    let put = WorldChange {
        event: WorldEvent::PersonPut(Person {
            id: person.clone(),
            name: sealed,
        }),
        texts: vec![(format!("person/{person}"), draft)],
        files: Vec::new(),
    };
    let appointment = Appointment {
        person: person.clone(),
        post: post.clone(),
        valid,
        acting_for: None,
    };
    Ok(vec![put, WorldEvent::Appointed(appointment).into()])
}

/// Appoints somebody new to a post from today on.
///
/// # Errors
///
/// A refusal for an empty name, one over 60 characters, and a post that is not there today; faults of the log.
pub fn appoint(engine: &Engine, actor: &Actor, name: &str, post: &PostId) -> Result<PersonId, Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Refusal::new("bad_person_name").into());
    }
    let world = engine.world();
    let today = date_of(engine.now());
    let known = world.org.posts.get(post);
    if !known.is_some_and(|post| post.valid.covers(today)) {
        return Err(Refusal::new("no_such_post").into());
    }
    let person = next_person(&world);
    let mut changes = appointing(&person, name, post, Validity::since(today))?;
    changes.push(account_event(&person, "made").into());
    engine.change(actor, &format!("appoint/{person}"), changes)?;
    Ok(person)
}

/// Records what was done to somebody's account.
///
/// # Errors
///
/// Faults of the log.
pub fn account_changed(engine: &Engine, actor: &Actor, person: &PersonId, act: &str) -> Result<(), Failure> {
    let key = format!("account/{}", token()?);
    engine.change(actor, &key, vec![account_event(person, act).into()])?;
    Ok(())
}

fn account_event(person: &PersonId, act: &str) -> WorldEvent {
    WorldEvent::AccountChanged(AccountChanged {
        person: person.clone(),
        act: Code::new(act),
    })
}
