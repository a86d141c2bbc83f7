//! What commands that act in somebody's name share: the engine of a data directory, and who acts.

use std::path::Path;
use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::MechanismId;
use bihuan_domain::org::Actor;
use bihuan_engine::access::{self, Task};
use bihuan_engine::time::SystemTime;
use bihuan_engine::{Accounts, Engine};

use super::places;
use crate::trouble::Trouble;

/// Opens the one data directory under `data`; a running server on it is refused by name.
///
/// # Errors
///
/// As [`Engine::open`].
pub(crate) fn open(data: &Path) -> Result<Engine, Trouble> {
    let dir = places::one_ledger(data)?;
    let (engine, _) = Engine::open(&dir, Arc::new(SystemTime))?;
    Ok(engine)
}

/// The person of an account on the post that may do `task`, or on its first post.
///
/// # Errors
///
/// If there is no such account, or its person holds no post today.
pub(crate) fn acting_as(engine: &Engine, login: &str, task: Task<'_>) -> Result<Actor, Trouble> {
    let accounts = Accounts::open(engine.ledger().dir())?;
    let account = accounts.all()?.into_iter().find(|account| account.login == login);
    let Some(account) = account else {
        return Err(Trouble::new("cli.user_unknown").with("login", login));
    };
    let world = engine.world();
    let day = date_of(engine.now());
    let mut posts: Vec<_> = world.org.posts_held(&account.person, day).cloned().collect();
    posts.sort_by_key(|post| !access::may(&world, post, task));
    match posts.first() {
        Some(post) => Ok(Actor {
            person: account.person,
            post: post.clone(),
            on_behalf_of: None,
            session: Some("cli".into()),
        }),
        None => Err(Trouble::new("cli.user_no_post").with("login", login)),
    }
}

/// Whoever runs this, where no account is named: the account of the operating system, as the environment states it.
pub(crate) fn at_the_machine() -> Actor {
    let named = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    let named = named.unwrap_or_else(|| "unknown".to_owned());
    let plain = |c: &char| !c.is_whitespace() && !c.is_control();
    let account: String = named.chars().filter(plain).take(64).collect();
    Actor::at_the_machine(&account)
}

/// The mechanism in force under this code or number.
///
/// # Errors
///
/// If there is none; the known ones are named.
pub(crate) fn mechanism(engine: &Engine, name: &str) -> Result<MechanismId, Trouble> {
    let mechanisms = engine.mechanisms();
    let found = mechanisms
        .all()
        .find(|m| m.id.as_str() == name || m.number == name)
        .map(|m| m.id.clone());
    found.ok_or_else(|| {
        let known: Vec<&str> = mechanisms.all().map(|m| m.id.as_str()).collect();
        Trouble::new("cli.no_mechanism")
            .with("found", name)
            .with("known", known.join(" "))
    })
}
