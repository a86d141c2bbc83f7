//! A small county and one mechanism with every side move, and a desk that drives a case like the engine does.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::Label;
use bihuan_domain::calendar::instant;
use bihuan_domain::case::{Alone, Context, Meta, Opener, State, decide};
use bihuan_domain::clock::{Limit, Rule};
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::{CaseEvent, Source, Values, WorldEvent};
use bihuan_domain::expr::Expr;
use bihuan_domain::id::{CaseId, Code, FieldId, Sealed};
use bihuan_domain::mechanism::{
    ClockSpec, Closing, Colour, Emergency, Exit, Field, Ladder, LimitSpec, LookBack, Mechanism, Open,
    RequestKind, RequestSpec, Resolve, Risk, Role, Rung, SourceKind, Stage, StageKind, Step, Warning, Way,
};
use bihuan_domain::org::{Actor, Appointment, Post, Unit, Validity};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Type;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

fn label(text: &str) -> Label {
    Label::new(text, text)
}

/// `(unit, kind, functions, parent)`; every unit gets a clerk and a head.
const UNITS: &[(&str, &str, &[&str], &str)] = &[
    ("county", "county", &["leadership"], ""),
    ("office", "department", &["supervision", "dispatch"], "county"),
    ("housing", "department", &[], "county"),
    ("water", "department", &[], "county"),
    ("planning", "department", &["verification"], "county"),
    ("audit", "department", &["verification"], "county"),
    ("statistics", "department", &["verification"], "county"),
    ("town", "township", &[], "county"),
    ("village", "village", &[], "town"),
];

pub(crate) fn world() -> World {
    let mut world = World::new();
    let since = Validity::since(date(2019, 1, 1));
    let at = instant(date(2019, 1, 1).at(8, 0, 0, 0));
    let mut put = |event| world.evolve(event, &Actor::system(), at);
    put(WorldEvent::Created(bihuan_domain::event::Created {
        root: "county".into(),
        division: "000000".into(),
        name: label("样县"),
        last_resort: "office.head".into(),
    }));
    for (id, kind, functions, parent) in UNITS {
        put(WorldEvent::UnitPut(Unit {
            id: (*id).into(),
            kind: (*kind).into(),
            name: label(id),
            parent: (!parent.is_empty()).then(|| (*parent).into()),
            functions: functions.iter().map(Code::new).collect(),
            valid: since,
            successor: None,
            has_accounts: *kind != "village",
        }));
        for post in ["clerk", "head", "verifier"] {
            let post_id = format!("{id}.{post}");
            put(WorldEvent::PostPut(Post {
                id: post_id.as_str().into(),
                unit: (*id).into(),
                kind: post.into(),
                name: label(post),
                valid: since,
            }));
            put(WorldEvent::Appointed(Appointment {
                person: format!("p.{post_id}").into(),
                post: post_id.into(),
                valid: since,
                acting_for: None,
            }));
        }
    }
    // One person sits on two chairs: works on a case as the clerk of housing, verifies as the verifier of audit.
    put(WorldEvent::Appointed(Appointment {
        person: "p.housing.clerk".into(),
        post: "audit.verifier".into(),
        valid: since,
        acting_for: None,
    }));
    world
}

pub(crate) fn actor(post: &str) -> Actor {
    Actor {
        person: format!("p.{post}").into(),
        post: post.into(),
        on_behalf_of: None,
        session: None,
    }
}

fn role(id: &str, resolve: Resolve, post: &str) -> (bihuan_domain::id::RoleId, Role) {
    (
        id.into(),
        Role {
            id: id.into(),
            label: label(id),
            resolve,
            post: post.into(),
        },
    )
}

fn stage(
    id: &str,
    kind: StageKind,
    holder: Option<&str>,
    clock: Option<ClockSpec>,
    exit: Option<&str>,
) -> Stage {
    Stage {
        id: id.into(),
        label: label(id),
        kind,
        holder: holder.map(Into::into),
        clock,
        steps: Vec::new(),
        exit: exit.map(|to| Exit { to: to.into() }),
        rework: None,
    }
}

fn step(id: &str, to: &str, needs: &[&str]) -> Step {
    Step {
        id: id.into(),
        label: label(id),
        by: Vec::new(),
        needs: needs.iter().map(FieldId::new).collect(),
        takes: Vec::new(),
        evidence: 0,
        when: None,
        when_text: None,
        says: None,
        help: None,
        adds: None,
        to: to.into(),
    }
}

fn clock(limit: Limit) -> ClockSpec {
    ClockSpec {
        limit: LimitSpec::Rule(Rule::new(limit)),
        ladder: "ladder".into(),
        warnings: vec![Warning {
            num: 1,
            den: 2,
            colour: Colour::Yellow,
        }],
    }
}

/// assigned → handling → verifying → closed, with a parked stage, and every side move.
pub(crate) fn mechanism(way: Way) -> Mechanism {
    let field = |id: &str, ty| Field {
        id: id.into(),
        label: label(id),
        ty,
        choices: Vec::new(),
        datum: id.into(),
        unit: None,
        help: None,
        required: false,
        sensitive: false,
        sealed_to: None,
    };
    let mut assigned = stage(
        "assigned",
        StageKind::Work,
        Some("handler"),
        Some(clock(Limit::Hours(24))),
        Some("parked"),
    );
    assigned.steps = vec![step("accept", "handling", &[])];
    let mut handling = stage(
        "handling",
        StageKind::Work,
        Some("handler"),
        Some(clock(Limit::WorkingDays(5))),
        Some("parked"),
    );
    handling.steps = vec![step("done", "verifying", &["result"])];
    let mut verifying = stage(
        "verifying",
        StageKind::Verify,
        Some("own_head"),
        Some(clock(Limit::WorkingDays(3))),
        None,
    );
    verifying.rework = Some("handling".into());
    let mut parked = stage(
        "parked",
        StageKind::Parked,
        Some("dispatcher"),
        Some(clock(Limit::Days(30))),
        None,
    );
    parked.steps = vec![step("resume", "handling", &[])];
    let stages = vec![
        assigned,
        handling,
        verifying,
        parked,
        stage("closed", StageKind::Closed, None, None, None),
        stage("void", StageKind::Void, None, None, None),
    ];
    let request = |by: &str, cap| RequestSpec {
        by: vec![by.into()],
        approver: "dispatcher".into(),
        limit: Rule::new(Limit::WorkingDays(1)),
        ladder: "ladder".into(),
        cap,
        reasons: Vec::new(),
        at_most: Some(Rule::new(Limit::Days(60))),
        to: None,
    };
    Mechanism {
        id: "task".into(),
        number: "M00".into(),
        pack: "test".into(),
        digest: "sha256:00".into(),
        label: label("督办事项"),
        purpose: label("x"),
        source: label("x"),
        emergency: Emergency::Never,
        fields: vec![
            field("title", Type::Text),
            field("result", Type::Int),
            field("measured", Type::Bool),
        ],
        title: "title".into(),
        columns: Vec::new(),
        roles: BTreeMap::from([
            role("handler", Resolve::Owner, "clerk"),
            role("own_head", Resolve::Owner, "head"),
            role("dispatcher", Resolve::Function("dispatch".into()), "clerk"),
            role("supervisor", Resolve::Function("supervision".into()), "head"),
            role("leader", Resolve::Function("leadership".into()), "head"),
        ]),
        open: Open {
            by: vec!["dispatcher".into()],
            from: vec![SourceKind::Person, SourceKind::Instruction],
            stage: "assigned".into(),
            stages: BTreeSet::new(),
            owners: BTreeSet::new(),
            risk: Risk::Ordinary,
            unique: Vec::new(),
            schedule: None,
            on: None,
        },
        stages,
        clock: Some(clock(Limit::WorkingDays(10))),
        progress: None,
        ladders: BTreeMap::from([(
            "ladder".into(),
            Ladder {
                id: "ladder".into(),
                label: label("升级"),
                rungs: vec![
                    Rung {
                        to: "supervisor".into(),
                        label: label("督办"),
                        limit: Rule::new(Limit::Hours(24)),
                        bulletin: false,
                    },
                    Rung {
                        to: "leader".into(),
                        label: label("通报"),
                        limit: Rule::new(Limit::WorkingDays(2)),
                        bulletin: true,
                    },
                ],
            },
        )]),
        closing: Closing {
            when: Expr::Has("result".into()),
            when_text: "has(result)".into(),
            says: label("有结果"),
            verify: BTreeMap::from([(Risk::Ordinary, way)]),
            look_back: Some(LookBack {
                num: 1,
                den: 1,
                after: Rule::new(Limit::Days(30)),
                by: "supervisor".into(),
                limit: Rule::new(Limit::WorkingDays(5)),
                ladder: "ladder".into(),
                redo: "handling".into(),
            }),
        },
        requests: BTreeMap::from([
            (RequestKind::Return, request("handler", 1)),
            (RequestKind::Extension, request("handler", 1)),
            (RequestKind::Suspension, request("handler", 1)),
            (RequestKind::HandUp, request("handler", 1)),
            (RequestKind::Void, request("handler", 1)),
        ]),
        children: None,
        numbering: None,
        figures: Vec::new(),
        indicators: Vec::new(),
        renamed: Default::default(),
        registers: BTreeMap::new(),
    }
}

pub(crate) fn drawn() -> Way {
    Way::Drawn {
        function: "verification".into(),
        post: "verifier".into(),
    }
}

/// Drives one case.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) mechanism: Mechanism,
    pub(crate) now: Timestamp,
    pub(crate) state: Option<State>,
    pub(crate) events: Vec<(CaseEvent, Meta)>,
    texts: u32,
}

impl Desk {
    pub(crate) fn new(way: Way, start: DateTime) -> Self {
        Desk {
            world: world(),
            mechanism: mechanism(way),
            now: instant(start),
            state: None,
            events: Vec::new(),
            texts: 0,
        }
    }

    pub(crate) fn at(&mut self, day: Date, hour: i8, minute: i8) -> &mut Self {
        self.now = instant(day.at(hour, minute, 0, 0));
        self
    }

    pub(crate) fn text(&mut self) -> Sealed {
        self.texts += 1;
        Sealed::new(format!("sealed:sha256:{:064}", self.texts))
    }

    pub(crate) fn run(&mut self, actor: &Actor, command: &Command) -> Result<Vec<CaseEvent>, Refusal> {
        let opener = Opener {
            id: CaseId(1),
            number: None,
        };
        let recent = BTreeSet::new();
        let ctx = Context {
            now: self.now,
            actor,
            mechanism: &self.mechanism,
            world: &self.world,
            recent: &recent,
            opener: Some(&opener),
            family: &Alone,
        };
        let decision = decide(&ctx, self.state.as_ref(), command)?;
        for event in &decision.events {
            let meta = Meta {
                seq: self.events.len() as u64,
                at: self.now,
                actor: actor.clone(),
            };
            match (&mut self.state, event) {
                (None, CaseEvent::Opened(opened)) => self.state = Some(State::open(opened, &meta)),
                (Some(state), event) => state.evolve(event, &meta),
                (None, _) => panic!("a case begins with its opening"),
            }
            self.events.push((event.clone(), meta));
        }
        Ok(decision.events)
    }

    pub(crate) fn tick(&mut self) -> Vec<CaseEvent> {
        let beacon = Beacon {
            size: self.events.len() as u64 + 1,
            root: format!("{:064x}", self.events.len()),
        };
        self.run(&Actor::system(), &Command::Tick { beacon: Some(beacon) })
            .unwrap()
    }

    pub(crate) fn open(&mut self, owner: &str) -> &mut Self {
        let title = self.text();
        let open = Command::Open(Box::new(command::Open {
            mechanism: "task".into(),
            owner: owner.into(),
            supporting: BTreeSet::new(),
            title,
            risk: None,
            source: Source {
                kind: SourceKind::Instruction,
                document: None,
                at: Vec::new(),
                quote: None,
                key: None,
            },
            parent: None,
            values: Values::new(),
            stage: None,
            since: None,
            papers: Vec::new(),
        }));
        self.run(&actor("office.clerk"), &open).unwrap();
        self
    }

    pub(crate) fn step(&mut self, post: &str, step: &str, values: Values) -> Result<Vec<CaseEvent>, Refusal> {
        let step = Command::Step(command::Step {
            step: step.into(),
            values,
            row: Values::new(),
            note: None,
            evidence: Vec::new(),
        });
        self.run(&actor(post), &step)
    }

    pub(crate) fn verify(&mut self, actor: &Actor, pass: bool) -> Result<Vec<CaseEvent>, Refusal> {
        let note = Some(self.text());
        let verdict = command::Verdict {
            pass,
            values: Values::new(),
            note,
            evidence: Vec::new(),
        };
        self.run(actor, &Command::Verify(verdict))
    }

    pub(crate) fn state(&self) -> &State {
        self.state.as_ref().unwrap()
    }
}
