//! Office life in fast forward: scripts say what each case is to become, the runner acts for whoever holds it.
//!
//! Every act is a command through the engine under a standing clock, so deadlines fire in between exactly as they
//! would have. A script names goals (“as far as this stage”), not steps: the way there is found in the mechanism, so a
//! pack may change without its samples.

mod acting;
mod script;
mod tale;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::calendar::{Calendar, CalendarId, instant};
use bihuan_domain::id::CaseId;
use bihuan_domain::world::World;
use bihuan_engine::{Engine, Error, Failure, Mechanisms, Order, Submission};
use bihuan_messages::Lang;
use jiff::civil::{Date, DateTime, Time, Weekday, time};
use jiff::{Timestamp, ToSpan};

use crate::time::DemoTime;
pub(crate) use acting::{SAMPLE_FILE, sample_file};
pub use script::{Act, Script};
pub use tale::Tale;
pub(crate) use tale::sample as sample_title;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Commands that were carried out.
    pub done: usize,
    /// Commands that a rule refused: the script's name, what was tried, and the refusal.
    pub refused: Vec<(String, String, String)>,
    /// The case of each script.
    pub cases: BTreeMap<String, CaseId>,
    /// Tales that came to an end before theirs: name, what was tried, and why not.
    pub strayed: Vec<(String, String, String)>,
    /// What tales were played, with their cases.
    pub tales: Vec<Tale>,
}

/// A script on its way.
struct Run {
    script: Script,
    case: Option<CaseId>,
    /// Index of the next act.
    next: usize,
    /// Commands sent so far: part of their keys.
    sent: usize,
    /// How often verification was answered.
    verified: usize,
    /// Refusals in a row.
    refusals: u8,
    /// When it is looked at next; an entry of the agenda for another time has been replaced.
    wake: DateTime,
    over: bool,
}

/// The runner's surroundings.
pub(crate) struct Scene {
    pub(crate) world: Arc<World>,
    pub(crate) mechanisms: Arc<Mechanisms>,
    pub(crate) calendar: Calendar,
    /// Cases by the name of their script.
    pub(crate) cases: RefCell<BTreeMap<String, CaseId>>,
    /// Uploads that wait for a step which needs one.
    pub(crate) files: RefCell<Vec<String>>,
    /// Look-backs that are still to fail.
    pub(crate) relapses: Cell<usize>,
}

/// A holiday may bring two cases onto one hour, where one needs what the other is about to do; it tries again.
const TRIES_MAX: u8 = 3;

/// Uploads under way at once while evidence is staged; each waits for the disk twice.
const STAGING_THREADS: usize = 16;

/// What happens to a jurisdiction beside its cases, at a time: a bulletin.
pub struct Interlude<'a> {
    /// When.
    pub at: DateTime,
    /// What is done; the engine's clock stands at that time.
    pub act: Deed<'a>,
}

/// What is done between two cases' acts.
pub type Deed<'a> = Box<dyn Fn(&Engine) -> Result<(), Failure> + 'a>;

/// Plays scripts on an engine whose clock stands, up to `until`, with `interludes` in order of time. The first
/// `relapses` look-backs fail.
///
/// # Errors
///
/// Faults of the log. What a rule refuses ends only its script and is told in the [`Outcome`].
pub fn play(
    engine: &Engine,
    clock: &DemoTime,
    scripts: Vec<Script>,
    mut tales: Vec<Tale>,
    interludes: Vec<Interlude<'_>>,
    (until, relapses): (DateTime, usize),
) -> Result<Outcome, Failure> {
    let world = engine.world();
    let scene = Scene {
        calendar: calendar(&world),
        world,
        mechanisms: engine.mechanisms(),
        cases: RefCell::default(),
        files: RefCell::default(),
        relapses: Cell::new(relapses),
    };
    let needed: usize = scripts
        .iter()
        .filter_map(|script| Some((script, scene.mechanisms.current(&script.open.mechanism)?)))
        .map(|(script, mechanism)| acting::files_needed(script, &mechanism))
        .sum();
    let needed = tales.iter().map(Tale::files).fold(needed, usize::saturating_add);
    scene.files.replace(stage(engine, needed)?);
    let mut runs: Vec<Run> = scripts
        .into_iter()
        .map(|script| Run::new(in_session(script, &scene)))
        .collect();
    let mut agenda = Agenda::new();
    for (index, run) in runs.iter_mut().enumerate() {
        put(&mut agenda, &scene, index, run, run.script.at);
    }
    for (index, tale) in tales.iter().enumerate() {
        if let Some(at) = tale.due() {
            agenda.entry(at).or_default().push(Due::Tale(index));
        }
    }
    let mut outcome = Outcome::default();
    let mut interludes = interludes
        .into_iter()
        .filter(|interlude| interlude.at <= until)
        .peekable();
    while let Some((at, due)) = agenda.pop_first() {
        if at > until {
            break;
        }
        while let Some(interlude) = interludes.next_if(|interlude| interlude.at <= at) {
            interrupt(engine, clock, &interlude)?;
        }
        fire_until(engine, clock, at)?;
        clock.set(instant(at));
        let (mut waiting, mut telling) = (Vec::new(), Vec::new());
        let views = engine.views()?;
        for one in due {
            let index = match one {
                Due::Script(index) => index,
                Due::Tale(index) => {
                    let Some(tale) = tales.get_mut(index) else {
                        continue;
                    };
                    let act = tale.next;
                    tale.sent = tale.sent.saturating_add(1);
                    match tale.order(act, &scene, at, engine, &views)? {
                        Ok(Some((actor, order))) => {
                            let key = format!("{}/{}", tale.name, tale.sent);
                            let what = what(&order);
                            let answer = engine.send(&actor, Submission::new(key, order));
                            telling.push((index, what, Some(answer)));
                        }
                        Ok(None) => telling.push((index, String::new(), None)),
                        Err(why) => outcome.strayed.push((tale.name.clone(), why, String::new())),
                    }
                    continue;
                }
            };
            let ready = |run: &&mut Run| !run.over && run.wake == at;
            let Some(run) = runs.get_mut(index).filter(ready) else {
                continue;
            };
            let state = match run.case {
                Some(case) => views.state(case)?,
                None => None,
            };
            let plan = acting::next(run, state.as_ref(), &scene, at, engine)?;
            if let Some((actor, order)) = plan.order {
                run.sent = run.sent.saturating_add(1);
                let key = format!("{}/{}", run.script.name, run.sent);
                let what = what(&order);
                waiting.push((index, what, engine.send(&actor, Submission::new(key, order))));
            }
            if let Some(later) = plan.again {
                put(&mut agenda, &scene, index, run, later.max(at));
            }
        }
        drop(views);
        for (index, what, answer) in telling {
            let answer = match answer {
                Some(answer) => answer
                    .blocking_recv()
                    .map_err(|_| Failure::Fault(Error::Stopped))?
                    .map(|answer| answer.case),
                None => Ok(None),
            };
            let Some(tale) = tales.get_mut(index) else {
                continue;
            };
            match answer {
                Ok(case) => {
                    tale.told(tale.next, case);
                    tale.next = tale.next.saturating_add(1);
                }
                Err(Failure::Refused(refusal)) if refusal.code == "already_open_for" => {
                    let act = tale.next;
                    if !tale.swap(&scene, act) {
                        let why = refusal.text(Lang::Zh);
                        outcome.strayed.push((tale.name.clone(), what, why));
                        continue;
                    }
                }
                Err(Failure::Refused(refusal)) => {
                    let why = refusal.text(Lang::Zh);
                    outcome.strayed.push((tale.name.clone(), what, why));
                    continue;
                }
                Err(fault) => return Err(fault),
            }
            if let Some(next) = tale.due() {
                agenda.entry(next.max(at)).or_default().push(Due::Tale(index));
            }
        }
        for (index, what, answer) in waiting {
            let answer = answer
                .blocking_recv()
                .map_err(|_| Failure::Fault(Error::Stopped))?;
            let Some(run) = runs.get_mut(index) else { continue };
            match answer {
                Ok(answer) => {
                    outcome.done = outcome.done.saturating_add(1);
                    run.refusals = 0;
                    if run.case.is_none() {
                        run.case = answer.case;
                        scene
                            .cases
                            .borrow_mut()
                            .extend(answer.case.map(|case| (run.script.name.clone(), case)));
                    }
                }
                Err(Failure::Refused(refusal)) => {
                    run.refusals = run.refusals.saturating_add(1);
                    if run.refusals < TRIES_MAX {
                        put(&mut agenda, &scene, index, run, at.saturating_add(1.day()));
                        continue;
                    }
                    run.over = true;
                    outcome
                        .refused
                        .push((run.script.name.clone(), what, refusal.text(Lang::Zh)));
                }
                Err(fault) => return Err(fault),
            }
        }
    }
    for interlude in interludes {
        interrupt(engine, clock, &interlude)?;
    }
    fire_until(engine, clock, until)?;
    clock.set(instant(until));
    engine.catch_up()?;
    outcome.cases = scene.cases.into_inner();
    outcome.tales = tales;
    Ok(outcome)
}

/// Carries the next act of a tale out now, as its people would. Says why where it is refused.
///
/// # Errors
///
/// Faults of the log.
pub fn tell(engine: &Engine, tale: &mut Tale) -> Result<Result<(), String>, Failure> {
    let world = engine.world();
    let scene = Scene {
        calendar: calendar(&world),
        world,
        mechanisms: engine.mechanisms(),
        cases: RefCell::default(),
        files: RefCell::default(),
        relapses: Cell::new(0),
    };
    let act = tale.next;
    let views = engine.views()?;
    let at = bihuan_domain::calendar::local(engine.now());
    let order = match tale.order(act, &scene, at, engine, &views)? {
        Ok(order) => order,
        Err(why) => return Ok(Err(why)),
    };
    drop(views);
    let mut case = None;
    if let Some((actor, order)) = order {
        let key = format!("{}/told-{act}", tale.name);
        let answer = engine
            .send(&actor, Submission::new(key, order))
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?;
        match answer {
            Ok(answer) => case = answer.case,
            Err(Failure::Refused(refusal)) => return Ok(Err(refusal.text(Lang::Zh))),
            Err(fault) => return Err(fault),
        }
    }
    tale.told(act, case);
    tale.next = act.saturating_add(1);
    Ok(Ok(()))
}

fn calendar(world: &World) -> Calendar {
    let known = world.calendars.get(&CalendarId::statutory());
    known.cloned().unwrap_or_else(Calendar::statutory)
}

fn interrupt(engine: &Engine, clock: &DemoTime, interlude: &Interlude<'_>) -> Result<(), Failure> {
    fire_until(engine, clock, interlude.at)?;
    clock.set(instant(interlude.at));
    (interlude.act)(engine)
}

/// Which scripts and tales are looked at when.
type Agenda = BTreeMap<DateTime, Vec<Due>>;

/// What is looked at.
#[derive(Clone, Copy)]
enum Due {
    Script(usize),
    Tale(usize),
}

/// Puts a script on the agenda at working hours, in place of any other time it stood there.
fn put(agenda: &mut Agenda, scene: &Scene, index: usize, run: &mut Run, at: DateTime) {
    run.wake = scene.at_work(at, run.script.by_hour);
    agenda.entry(run.wake).or_default().push(Due::Script(index));
}

/// Brings `n` sample files to the disk, many at once because each waits for it.
fn stage(engine: &Engine, n: usize) -> Result<Vec<String>, Failure> {
    let share = n.div_ceil(STAGING_THREADS);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..STAGING_THREADS)
            .map(|thread| {
                let mine = share.min(n.saturating_sub(thread.saturating_mul(share)));
                scope.spawn(move || {
                    (0..mine)
                        .map(|n| acting::sample_file(engine, &format!("{thread}-{n}")))
                        .collect()
                })
            })
            .collect();
        let mut tokens = Vec::with_capacity(n);
        for thread in threads {
            let some: Result<Vec<String>, Failure> =
                thread.join().unwrap_or(Err(Failure::Fault(Error::Stopped)));
            tokens.extend(some?);
        }
        Ok(tokens)
    })
}

/// Lets everything fire that is due before `at`, at the hour at which it is due.
fn fire_until(engine: &Engine, clock: &DemoTime, at: DateTime) -> Result<(), Failure> {
    let end = instant(at);
    loop {
        let next: Option<i64> = engine.views()?.log().connection().query_row(
            "SELECT min(wake_at) FROM case_views WHERE wake_at IS NOT NULL",
            [],
            |row| row.get(0),
        )?;
        let next = next
            .and_then(|micros| Timestamp::from_microsecond(micros).ok())
            .filter(|next| *next < end);
        let Some(next) = next else { return Ok(()) };
        // A wake-up may lie before the present hour: a lot that waits for its checkpoint.
        clock.set(next.max(engine.now()));
        if engine.catch_up()?.events == 0 {
            return Ok(());
        }
    }
}

fn what(order: &Order) -> String {
    match order {
        Order::Step { step, .. } => format!("step {step}"),
        Order::Open(open) => format!("open {}", open.mechanism),
        Order::Verify { pass, .. } => format!("verify {pass}"),
        Order::LookBack { pass, .. } => format!("look_back {pass}"),
        Order::Note { .. } => "note".to_owned(),
        Order::Request { request, .. } => format!("request {}", request.name()),
        Order::Decide { grant, .. } => format!("decide {grant}"),
        Order::Answer { clock, .. } => format!("answer {clock}"),
        _ => "other".to_owned(),
    }
}

/// The script with its times moved to sessions, unless it runs by the hour.
fn in_session(mut script: Script, scene: &Scene) -> Script {
    if !script.by_hour {
        script.at = scene.session(script.at);
        for (at, _) in &mut script.acts {
            *at = scene.session(*at);
        }
    }
    script
}

impl Run {
    fn new(script: Script) -> Self {
        let wake = script.at;
        Run {
            script,
            case: None,
            next: 0,
            sent: 0,
            verified: 0,
            refusals: 0,
            wake,
            over: false,
        }
    }
}

impl Scene {
    /// The next hour at which the office acts on a working day; the very time where the script runs by the hour.
    ///
    /// Few hours, so that many acts fall into one commit group: the disk is what building a demo waits for.
    fn at_work(&self, at: DateTime, by_hour: bool) -> DateTime {
        if by_hour {
            return at;
        }
        let today = SLOTS
            .into_iter()
            .map(|time| at.date().to_datetime(time))
            .find(|slot| *slot >= at);
        match today.filter(|slot| self.calendar.is_working(slot.date())) {
            Some(slot) => slot,
            None => {
                let next = at.date().saturating_add(1.day());
                self.calendar
                    .working_day_from(next)
                    .unwrap_or(next)
                    .to_datetime(FIRST_SLOT)
            }
        }
    }

    /// The next of the days on which matters are taken up: Monday, Wednesday or Friday, if it is worked.
    pub(crate) fn session(&self, at: DateTime) -> DateTime {
        let mut slot = self.at_work(at, false);
        for _ in 0..SEARCH_DAYS {
            if is_session(slot.date()) {
                break;
            }
            let next = slot.date().saturating_add(1.day());
            slot = self
                .calendar
                .working_day_from(next)
                .unwrap_or(next)
                .to_datetime(FIRST_SLOT);
        }
        slot
    }

    /// The last session before `day`, in the morning.
    pub(crate) fn session_before(&self, day: Date) -> DateTime {
        let mut day = day.saturating_sub(1.day());
        for _ in 0..SEARCH_DAYS {
            if is_session(day) && self.calendar.is_working(day) {
                break;
            }
            day = day.saturating_sub(1.day());
        }
        day.to_datetime(FIRST_SLOT)
    }
}

/// The hours at which the office acts.
const SLOTS: [Time; 4] = [
    FIRST_SLOT,
    time(11, 30, 0, 0),
    time(14, 30, 0, 0),
    time(16, 30, 0, 0),
];
const FIRST_SLOT: Time = time(9, 30, 0, 0);
/// Longer than any holiday.
const SEARCH_DAYS: usize = 30;

fn is_session(day: Date) -> bool {
    matches!(
        day.weekday(),
        Weekday::Monday | Weekday::Wednesday | Weekday::Friday
    )
}
