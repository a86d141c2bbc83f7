//! The courses of clocks: what happens to the clocks of a case in the course of its life (pauses, extensions, new rules,
//! holidays announced meanwhile, transfers, disputes, work sent back, re-openings), decided as in the office, against a
//! model that keeps nothing but starts, limits and pauses and counts every minute by itself.

use bihuan_domain::calendar::{Calendar, CalendarId, DayKind, LastDayEnds, NoticeDay, YearNotice};
use bihuan_domain::clock::{Limit, Roll, Rule, due_at};
use bihuan_domain::command::{Command, Request, Verdict};
use bihuan_domain::event::{CaseEvent, Values, WorldEvent};
use bihuan_domain::mechanism::{ClockSpec, LimitSpec, RequestKind, StageKind, Way};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use proptest::prelude::*;

use crate::algebra::{CASES, any_limit, any_roll, any_start, county_calendar};
use crate::almanac::{Almanac, DAY, date_of, instant, minute};
use crate::county::{Desk, actor};

/// One thing that happens, so many minutes after the one before.
#[derive(Clone, Copy, Debug)]
struct Turn {
    after: i64,
    what: u8,
    days: i64,
    limit: Limit,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let after = prop_oneof![2 => 0_i64..300, 3 => 300_i64..3000, 1 => 3000_i64..9000];
    let turn = (after, 0_u8..10, 1_i64..12, any_limit()).prop_map(|(after, what, days, limit)| Turn {
        after,
        what,
        days,
        limit,
    });
    prop::collection::vec(turn, 1..7)
}

/// A clock as the model keeps it.
#[derive(Clone, Debug)]
struct Model {
    limit: Limit,
    roll: Roll,
    start: i64,
    /// The minute from which on pauses count: later ones than the day that was named.
    named: i64,
    pauses: Vec<(i64, i64)>,
    due: i64,
    /// Late, or ended with the case: no longer compared.
    over: bool,
    /// Whether the calendar would say something else now, but what is over stays.
    kept: bool,
}

const NEVER: i64 = i64::MAX;

impl Model {
    fn begin(almanac: &Almanac, limit: Limit, roll: Roll, start: i64) -> Model {
        let due = almanac.due(limit, roll, start, &[]);
        Model {
            limit,
            roll,
            start,
            named: i64::MIN,
            pauses: Vec::new(),
            due,
            over: false,
            kept: false,
        }
    }

    fn counted(&self) -> Vec<(i64, i64)> {
        self.pauses
            .iter()
            .copied()
            .filter(|(_, to)| *to > self.named)
            .collect()
    }

    fn now_due(&self, almanac: &Almanac) -> i64 {
        almanac.due(self.limit, self.roll, self.start, &self.counted())
    }

    fn stands(&self) -> bool {
        self.pauses.last().is_some_and(|(_, to)| *to == NEVER)
    }
}

/// A case at its desk, and beside it the model of its stage's clock and its own.
struct Course {
    desk: Desk,
    calendar: Calendar,
    almanac: Almanac,
    roll: Roll,
    now: i64,
    stage: Model,
    case: Model,
    review: Option<i64>,
    granted: bool,
    notices: u32,
}

const STAGE: usize = 1;

fn spec(limit: Limit, roll: Roll, calendar: &CalendarId) -> ClockSpec {
    ClockSpec {
        limit: LimitSpec::Rule(Rule::new(limit).rolled(roll).on(calendar.clone())),
        ladder: "ladder".into(),
        warnings: Vec::new(),
    }
}

impl Course {
    fn begin(start: i64, limits: (Limit, Limit), roll: Roll, at_close: bool, county: bool) -> Course {
        let ends = if at_close {
            LastDayEnds::OfficeClose
        } else {
            LastDayEnds::Midnight
        };
        let calendar = if county {
            county_calendar()
        } else {
            Calendar::statutory()
        }
        .with_last_day_ends(ends);
        let mut desk = Desk::new(Way::Office("supervisor".into()), date_of(0).at(0, 0, 0, 0));
        desk.now = instant(start);
        desk.world.calendars.insert(calendar.clone());
        desk.mechanism.stages[STAGE].clock = Some(spec(limits.0, roll, calendar.id()));
        desk.mechanism.clock = Some(spec(limits.1, roll, calendar.id()));
        for request in desk.mechanism.requests.values_mut() {
            request.cap = 9;
        }
        desk.open("housing");
        desk.step("housing.clerk", "accept", Values::new()).unwrap();
        let almanac = Almanac::statutory(at_close, county);
        Course {
            stage: Model::begin(&almanac, limits.0, roll, start),
            case: Model::begin(&almanac, limits.1, roll, start),
            desk,
            calendar,
            almanac,
            roll,
            now: start,
            review: None,
            granted: false,
            notices: 0,
        }
    }

    /// Time passes; what fires is compared with the model. `false` once the stage's clock has run out.
    fn pass(&mut self, minutes: i64) -> bool {
        self.now += minutes;
        self.desk.now = instant(self.now);
        if let Some(review) = self.review.filter(|review| *review <= self.now) {
            self.run_on(review);
        }
        for event in self.desk.tick() {
            let CaseEvent::Breached(breached) = event else {
                continue;
            };
            let model = match breached.clock.as_str() {
                "stage" => &mut self.stage,
                "case" => &mut self.case,
                _ => continue,
            };
            if !model.over {
                assert_eq!(
                    minute(breached.due),
                    model.due,
                    "late at its due time, not when it was found"
                );
                assert!(
                    model.due <= self.now && !model.stands(),
                    "late while standing still: {model:?}"
                );
                model.over = true;
            }
        }
        let working = self.desk.state().stage.as_str() == "handling" && !self.stage.over;
        if working {
            assert!(
                self.stage.stands() || self.stage.due > self.now,
                "late and not said: {:?}",
                self.stage
            );
        }
        working
    }

    fn run_on(&mut self, at: i64) {
        self.review = None;
        for model in [&mut self.stage, &mut self.case] {
            if let Some(pause) = model.pauses.last_mut().filter(|pause| pause.1 == NEVER) {
                pause.1 = at;
            }
            if !model.over {
                model.due = model.now_due(&self.almanac);
                model.kept = false;
            }
        }
    }

    fn ask(&mut self, kind: RequestKind, days: i64, grant: bool) -> bool {
        let until = Some(date_of(self.now / DAY + days));
        let note = Some(self.desk.text());
        let unit = Some("water".into());
        let ask = Command::Request(Request {
            kind,
            reason: None,
            note,
            until,
            unit,
        });
        if self.desk.run(&actor("housing.clerk"), &ask).is_err() {
            return false;
        }
        let request = *self.desk.state().requests.keys().last().unwrap();
        let decide = Command::Decide {
            request,
            grant,
            note: None,
            unit: None,
        };
        self.desk.run(&actor("office.clerk"), &decide).unwrap();
        true
    }

    fn suspend(&mut self, days: i64) {
        if self.ask(RequestKind::Suspension, days, true) {
            self.review = Some((self.now / DAY + days) * DAY);
            self.stage.pauses.push((self.now, NEVER));
            self.case.pauses.push((self.now, NEVER));
        }
    }

    fn extend(&mut self, days: i64) {
        if !self.ask(RequestKind::Extension, days, true) {
            return;
        }
        self.granted = true;
        for model in [&mut self.stage, &mut self.case] {
            let limit = Limit::Until(date_of(self.now / DAY + days));
            let due = self.almanac.due(limit, model.roll, model.start, &[]);
            if due > model.due {
                // A later day takes a lateness back: that is what was granted.
                *model = Model {
                    limit,
                    due,
                    named: self.now,
                    over: false,
                    kept: false,
                    ..model.clone()
                };
            }
        }
    }

    /// A new version of the mechanism with other limits takes the case over.
    fn new_rules(&mut self, limit: Limit) {
        if self.review.is_some() {
            return;
        }
        self.desk.mechanism.digest = format!("sha256:{:02}", self.desk.events.len()).into();
        self.desk.mechanism.stages[STAGE].clock = Some(spec(limit, self.roll, self.calendar.id()));
        self.desk.mechanism.clock = Some(spec(limit, self.roll, self.calendar.id()));
        self.desk
            .run(&Actor::system(), &Command::Migrate { recount: true })
            .unwrap();
        for model in [&mut self.stage, &mut self.case] {
            let due = self.almanac.due(limit, model.roll, model.start, &model.pauses);
            let stays = model.over || self.granted && model.named > i64::MIN && due < model.due;
            if !stays && due != model.due {
                *model = Model {
                    limit,
                    due,
                    named: i64::MIN,
                    kept: false,
                    ..model.clone()
                };
            }
        }
    }

    /// Days to come are announced to be other than they were thought.
    fn announce(&mut self, first: i64, days: i64) {
        let year = date_of(self.now / DAY).year();
        let from = self.now / DAY + first;
        let named: Vec<i64> = (from..from + days)
            .filter(|day| date_of(*day).year() == year)
            .collect();
        let day = |day: &i64| {
            let works = self.almanac.worked[usize::try_from(*day).unwrap()];
            let kind = match ((day + 1) % 7 >= 5, works) {
                (false, true) => DayKind::Holiday,
                (false, false) => DayKind::Workday,
                (true, true) => DayKind::Weekend,
                (true, false) => DayKind::MakeUpWorkday,
            };
            NoticeDay {
                date: date_of(*day),
                kind,
                name: "县庆".into(),
                statutory: false,
            }
        };
        self.notices += 1;
        let notice = YearNotice {
            year,
            number: format!("样政发〔{year}〕{}号", self.notices),
            issued: date_of(self.now / DAY),
            days: named.iter().map(day).collect(),
        };
        assert_eq!(self.calendar.adopt_year(notice).unwrap().len(), named.len());
        for day in named {
            let works = &mut self.almanac.worked[usize::try_from(day).unwrap()];
            *works = !*works;
        }
        let event = WorldEvent::CalendarAdopted(Box::new(self.calendar.clone()));
        self.desk.world.evolve(event, &Actor::system(), instant(self.now));
        let recount = Command::Recount {
            calendar: self.calendar.id().clone(),
        };
        self.desk.run(&Actor::system(), &recount).unwrap();
        for model in [&mut self.stage, &mut self.case]
            .into_iter()
            .filter(|model| !model.over && !model.stands())
        {
            let due = model.now_due(&self.almanac);
            model.kept = due <= self.now && due != model.due;
            if !model.kept {
                model.due = due;
            }
        }
    }

    /// Done is said and not accepted: the stage begins anew, the case goes on.
    fn sent_back(&mut self) {
        if self.finished(false) {
            self.stage = Model::begin(&self.almanac, self.limit(STAGE), self.roll, self.now);
        }
    }

    /// Closed, looked back at, found not to be done: everything begins anew.
    fn reopened(&mut self, days: i64) {
        if !self.finished(true) {
            return;
        }
        self.now += (31 + days) * DAY;
        self.desk.now = instant(self.now);
        self.desk.tick();
        let note = Some(self.desk.text());
        let verdict = Verdict {
            pass: false,
            values: Values::new(),
            note,
            evidence: Vec::new(),
        };
        self.desk
            .run(&actor("office.head"), &Command::LookBack(verdict))
            .unwrap();
        self.stage = Model::begin(&self.almanac, self.limit(STAGE), self.roll, self.now);
        let Some(LimitSpec::Rule(rule)) = self
            .desk
            .mechanism
            .clock
            .as_ref()
            .map(|clock| clock.limit.clone())
        else {
            panic!("a rule")
        };
        self.case = Model::begin(&self.almanac, rule.limit, self.roll, self.now);
    }

    fn finished(&mut self, pass: bool) -> bool {
        let result = Values::from([("result".into(), Value::Int(1))]);
        let owner = format!("{}.clerk", self.desk.state().owner);
        if self.desk.step(&owner, "done", result).is_err() {
            return false;
        }
        self.desk.verify(&actor("office.head"), pass).unwrap();
        true
    }

    fn limit(&self, stage: usize) -> Limit {
        match &self.desk.mechanism.stages[stage].clock.as_ref().unwrap().limit {
            LimitSpec::Rule(rule) => rule.limit,
            other => panic!("{other:?}"),
        }
    }

    fn take(&mut self, turn: Turn) {
        match turn.what {
            0 | 1 => self.suspend(turn.days),
            2 => {
                if self.review.is_some() {
                    self.desk.run(&actor("office.clerk"), &Command::Resume).unwrap();
                    self.run_on(self.now);
                }
            }
            3 => self.extend(turn.days * 3),
            4 => self.new_rules(turn.limit),
            5 | 6 => self.announce(turn.days % 7, 1 + turn.days / 2),
            // A dispute and a transfer: the clock runs on.
            7 => {
                self.ask(RequestKind::Return, turn.days, false);
                let owner = if self.desk.state().owner.as_str() == "housing" {
                    "water"
                } else {
                    "housing"
                };
                let reassign = Command::Reassign {
                    owner: owner.into(),
                    reason: None,
                };
                self.desk.run(&actor("office.clerk"), &reassign).unwrap();
                let back = Command::Reassign {
                    owner: "housing".into(),
                    reason: None,
                };
                let _ = self.desk.run(&actor("office.clerk"), &back);
            }
            8 => self.sent_back(),
            _ => self.reopened(turn.days),
        }
    }

    /// The clocks of the case are those of the model, and say so.
    fn compare(&self) {
        let state = self.desk.state();
        assert_eq!(state.kind, StageKind::Work);
        for (key, model) in [("stage", &self.stage), ("case", &self.case)] {
            if model.over {
                continue;
            }
            let clock = state.clock(key).unwrap();
            assert_eq!(clock.is_paused(), model.stands(), "{key}: {model:?}");
            let explained = due_at(
                &clock.rule,
                clock.start,
                &clock.counted_pauses(),
                &self.desk.world.calendars,
            );
            if model.stands() {
                continue;
            }
            assert_eq!(minute(clock.due), model.due, "{key}: {model:?} {clock:?}");
            if !model.kept {
                assert_eq!(
                    explained.unwrap(),
                    Some(clock.due),
                    "{key} is not what its derivation says"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES / 4, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_a_case_its_clocks_end_where_the_minutes_say(
        start in any_start(), limits in (any_limit(), any_limit()), roll in any_roll(),
        at_close in any::<bool>(), county in any::<bool>(), turns in turns(),
    ) {
        let mut course = Course::begin(start, limits, roll, at_close, county);
        course.compare();
        for turn in turns {
            if !course.pass(turn.after) {
                break;
            }
            course.take(turn);
            course.compare();
        }
    }
}
