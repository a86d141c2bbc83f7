//! People of the jurisdiction (人员): somebody new on a post with an account, who acts for whom during leave, and what was done
//! to accounts, in the log.

use std::collections::BTreeSet;

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::{AccountChanged, Relieved, WorldEvent};
use bihuan_domain::id::{Code, PersonId, PostId};
use bihuan_domain::org::{Actor, Appointment, Person, Validity};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::world::World;
use jiff::civil::Date;

use crate::chance::token;
use crate::engine::Engine;
use crate::error::Failure;
use crate::writer::WorldChange;

/// Longest name of a person, in characters.
const NAME_MAX: usize = 60;

/// Days for which somebody may act at a stretch.
const ACTING_DAYS_MAX: i32 = 366;

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

/// A post that somebody else serves for a while, both days counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Whose.
    pub absent: PersonId,
    /// Which post.
    pub post: PostId,
    /// Who acts.
    pub deputy: PersonId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// Who may act on a post: whoever serves in its unit today and is not on the post already, by pseudonym.
pub fn deputies(world: &World, post: &PostId, today: Date) -> Vec<PersonId> {
    let org = &world.org;
    let Some(unit) = org.posts.get(post).map(|post| &post.unit) else {
        return Vec::new();
    };
    let posts = org
        .posts
        .values()
        .filter(|one| one.unit == *unit && one.id != *post);
    let there: BTreeSet<&PersonId> = posts.flat_map(|one| org.persons_on(&one.id, today)).collect();
    let free = there
        .into_iter()
        .filter(|person| !org.serves(person, post, today));
    free.cloned().collect()
}

/// Lets somebody act on a post during leave. It ends by itself.
///
/// # Errors
///
/// A refusal where the post is not the absent one's own, where the deputy is not of its unit or on it already, and for days
/// that are over, turned round or more than a year; faults of the log.
pub fn let_act(engine: &Engine, actor: &Actor, key: &str, leave: &Leave) -> Result<(), Failure> {
    let (world, today) = (engine.world(), date_of(engine.now()));
    let own =
        |one: &&Appointment| one.person == leave.absent && one.post == leave.post && one.acting_for.is_none();
    let mut held = world.org.appointments.iter().filter(own);
    if !held.any(|one| one.valid.covers(leave.from.max(today))) {
        return Err(Refusal::new("acting_not_own").into());
    }
    if leave.deputy == leave.absent || !deputies(&world, &leave.post, today).contains(&leave.deputy) {
        return Err(Refusal::new("acting_who").into());
    }
    let days = (leave.to - leave.from).get_days();
    if leave.from < today || !(0..ACTING_DAYS_MAX).contains(&days) {
        return Err(Refusal::new("acting_days")
            .with("max", ACTING_DAYS_MAX.to_string())
            .into());
    }
    let appointment = Appointment {
        person: leave.deputy.clone(),
        post: leave.post.clone(),
        valid: Validity {
            from: leave.from,
            to: Some(leave.to),
        },
        acting_for: Some(leave.absent.clone()),
    };
    engine.change(actor, key, vec![WorldEvent::Appointed(appointment).into()])?;
    Ok(())
}

/// Ends that somebody acts on a post, with yesterday as his last day, also where it has not begun yet.
///
/// # Errors
///
/// A refusal where nobody acts there for the absent one; faults of the log.
pub fn end_acting(
    engine: &Engine,
    actor: &Actor,
    key: &str,
    absent: &PersonId,
    (deputy, post): (&PersonId, &PostId),
) -> Result<(), Failure> {
    let (world, today) = (engine.world(), date_of(engine.now()));
    let acts = acting(&world, today)
        .any(|one| one.person == *deputy && one.post == *post && one.acting_for.as_ref() == Some(absent));
    if !acts {
        return Err(Refusal::new("acting_none").into());
    }
    let relieved = Relieved {
        person: deputy.clone(),
        post: post.clone(),
        last: today.yesterday().unwrap_or(today),
    };
    engine.change(actor, key, vec![WorldEvent::Relieved(relieved).into()])?;
    Ok(())
}

/// Who acts for somebody now or will, in the order in which it was arranged.
pub fn acting(world: &World, today: Date) -> impl Iterator<Item = &Appointment> {
    let open = move |one: &&Appointment| {
        let ahead = one.valid.to.is_none_or(|to| today <= to && one.valid.from <= to);
        one.acting_for.is_some() && ahead
    };
    world.org.appointments.iter().filter(open)
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
