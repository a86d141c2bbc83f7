//! The laws of the kernel that every scenario asserts after every event.

use bihuan_domain::case::State;
use bihuan_domain::world::World;

/// The law that `state` breaks, in plain words of the catalogue; `None` where all hold.
pub(super) fn broken(state: &State, world: &World) -> Option<&'static str> {
    if !state.is_open() {
        let ended = state.tenures.iter().all(|tenure| tenure.to.is_some());
        return (!ended).then_some("check.law_tenure_after_closing");
    }
    // Law 1: exactly one owner and one holder, and holders' time without gap or overlap.
    if !world.org.units.contains_key(&state.owner) {
        return Some("check.law_owner");
    }
    if state.holder.post.as_str().is_empty() || !world.org.posts.contains_key(&state.holder.post) {
        return Some("check.law_holder");
    }
    let Some((last, before)) = state.tenures.split_last() else {
        return Some("check.law_tenure");
    };
    if last.to.is_some() || last.holder != state.holder {
        return Some("check.law_tenure");
    }
    let mut next = Some(last.from);
    for tenure in before.iter().rev() {
        // A case that was re-opened has a gap between its rounds, and nowhere else.
        let touches = tenure.to == next || (state.round > 1 && tenure.to.is_some_and(|to| Some(to) <= next));
        if !touches || tenure.to < Some(tenure.from) {
            return Some("check.law_tenure");
        }
        next = Some(tenure.from);
    }
    // Law 2: somebody's clock runs, or a named pause stands until a review date.
    let clocked = !state.clocks.is_empty() || state.suspended_until.is_some();
    (!clocked).then_some("check.law_clock")
}

/// Replays the events of a case from the first; they give the live state again, byte for byte.
pub(super) fn replay(
    events: &[(bihuan_domain::event::CaseEvent, bihuan_domain::case::Meta)],
) -> Option<State> {
    use bihuan_domain::event::CaseEvent;
    let ((first, meta), rest) = events.split_first()?;
    let CaseEvent::Opened(opened) = first else {
        return None;
    };
    let mut state = State::open(opened, meta);
    for (event, meta) in rest {
        state.evolve(event, meta);
    }
    Some(state)
}
