//! Random counties and random values: what a history plays in and with. Everything follows from numbers that proptest
//! chooses, so that a history that breaks a law is made small and comes again.

use bihuan_domain::event::{Created, Relieved, RowPut, Values, WorldEvent};
use bihuan_domain::id::{CaseId, Code, Digest, PersonId, PostId, RowId, Sealed, UnitId};
use bihuan_domain::mechanism::{Field, RegisterSpec};
use bihuan_domain::org::{Actor, Appointment, Person, Post, Unit, Validity};
use bihuan_domain::value::{Attachment, RowRef, Type, Value};
use bihuan_domain::world::World;
use bihuan_mechanism::scenario::Rehearsal;
use bihuan_mechanism::{Loaded, Pack};
use bihuan_messages::Label;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

/// A die that is thrown again and again; small numbers give dull throws, so shrinking gives dull histories.
#[derive(Clone, Debug)]
pub(crate) struct Die(u64);

impl Die {
    pub(crate) fn new(seed: u32) -> Self {
        Die(u64::from(seed))
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let at = self.below(items.len());
        items.get(at)
    }
}

/// How a county differs from the one in which the pack's scenarios play.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Whether the tree is grown from its root alone.
    bare: bool,
    /// Whether the packs' sample rows are there.
    rows: bool,
    /// What is changed.
    changes: Vec<(u8, u32)>,
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let changes = prop::collection::vec((0u8..CHANGES, any::<u32>()), 0..30);
    (prop::bool::weighted(0.25), prop::bool::weighted(0.8), changes).prop_map(|(bare, rows, changes)| Plan {
        bare,
        rows,
        changes,
    })
}

/// How many kinds of changes there are.
pub(crate) const CHANGES: u8 = 9;

fn always() -> Validity {
    Validity::since(date(1949, 10, 1))
}

/// The world that a plan makes for a pack.
pub(crate) fn world(loaded: &Loaded, pack: &Pack, plan: &Plan) -> World {
    let mut world = Rehearsal::world_of(loaded, pack, plan.rows);
    if plan.bare {
        let full = world.clone();
        let (root, last_resort) = (full.root.clone().unwrap(), full.last_resort.clone().unwrap());
        let mut bare = World::new();
        bare.registers = full.registers.clone();
        let put = |world: &mut World, event| world.evolve(event, &Actor::system(), Timestamp::UNIX_EPOCH);
        put(
            &mut bare,
            WorldEvent::Created(Created {
                root: root.clone(),
                division: Code::new("000000"),
                name: full.name.clone(),
                last_resort: last_resort.clone(),
            }),
        );
        let last_unit = full.org.posts[&last_resort].unit.clone();
        for unit in [root.clone(), last_unit] {
            let mut unit = full.org.units[&unit].clone();
            unit.parent = (unit.id != root).then(|| root.clone());
            put(&mut bare, WorldEvent::UnitPut(unit));
        }
        put(
            &mut bare,
            WorldEvent::PostPut(full.org.posts[&last_resort].clone()),
        );
        world = bare;
        // A county without a single office would only ever ask the post of last resort.
        for seed in 0..12 {
            let event = grown(loaded, &mut Die::new(seed), &world);
            apply(&mut world, event);
        }
    }
    for (kind, seed) in &plan.changes {
        let events = change(loaded, *kind, &mut Die::new(*seed), &world);
        apply(&mut world, events);
    }
    world
}

fn apply(world: &mut World, events: Vec<WorldEvent>) {
    for event in events {
        world.evolve(event, &Actor::system(), Timestamp::UNIX_EPOCH);
    }
}

/// One change of a county: a vacancy, an office that ends, a second person, somebody in two chairs, a new office …
/// The root and the post of last resort stay: they are what the law rests on.
pub(crate) fn change(loaded: &Loaded, kind: u8, die: &mut Die, world: &World) -> Vec<WorldEvent> {
    let org = &world.org;
    let last_unit = world
        .last_resort
        .as_ref()
        .and_then(|post| org.unit_of(post))
        .map(|unit| unit.id.clone());
    let posts: Vec<&Post> = org
        .posts
        .values()
        .filter(|post| Some(&post.id) != world.last_resort.as_ref())
        .collect();
    let units: Vec<&Unit> = org
        .units
        .values()
        .filter(|unit| Some(&unit.id) != world.root.as_ref() && Some(&unit.id) != last_unit.as_ref())
        .collect();
    let some_day = date(2010 + i16::try_from(die.below(14)).unwrap(), 6, 30);
    let (Some(post), Some(unit)) = (die.pick(&posts), die.pick(&units)) else {
        return grown(loaded, die, world);
    };
    let (post, unit) = ((*post).clone(), (*unit).clone());
    match kind % CHANGES {
        // Nobody on the post.
        0 => org
            .appointments
            .iter()
            .filter(|a| a.post == post.id)
            .map(|a| {
                WorldEvent::Relieved(Relieved {
                    person: a.person.clone(),
                    post: post.id.clone(),
                    last: date(1990, 1, 1),
                })
            })
            .collect(),
        // The post ends.
        1 => vec![WorldEvent::PostPut(Post {
            valid: Validity {
                to: Some(some_day),
                ..post.valid
            },
            ..post
        })],
        // The office ends, with or without somebody who takes over.
        2 => {
            let successor = (!die.one_in(3))
                .then(|| die.pick(&units).map(|u| u.id.clone()))
                .flatten();
            vec![WorldEvent::UnitPut(Unit {
                valid: Validity {
                    to: Some(some_day),
                    ..unit.valid
                },
                successor,
                ..unit
            })]
        }
        // A second person on the post.
        3 => seated(&post.id, &format!("second-{}", die.below(1000))),
        // Somebody in two chairs.
        4 => {
            let persons: Vec<&PersonId> = org.persons.keys().collect();
            die.pick(&persons).map_or(Vec::new(), |person| {
                vec![WorldEvent::Appointed(Appointment {
                    person: (*person).clone(),
                    post: post.id.clone(),
                    valid: always(),
                    acting_for: None,
                })]
            })
        }
        // A function that nobody here serves any more.
        5 => vec![WorldEvent::UnitPut(Unit {
            functions: Default::default(),
            ..unit
        })],
        // Another superior.
        6 => vec![WorldEvent::UnitPut(Unit {
            parent: world.root.clone(),
            ..unit
        })],
        7 => vec![WorldEvent::UnitPut(Unit {
            has_accounts: false,
            ..unit
        })],
        _ => grown(loaded, die, world),
    }
}

/// A person of that name on a post.
pub(crate) fn seated(post: &PostId, name: &str) -> Vec<WorldEvent> {
    let person = PersonId::new(format!("p-{name}"));
    vec![
        WorldEvent::PersonPut(Person {
            id: person.clone(),
            name: Sealed::new(name),
        }),
        WorldEvent::Appointed(Appointment {
            person,
            post: post.clone(),
            valid: always(),
            acting_for: None,
        }),
    ]
}

/// A new office of some kind, somewhere, with some of its posts filled once, twice or not at all.
fn grown(loaded: &Loaded, die: &mut Die, world: &World) -> Vec<WorldEvent> {
    let kinds: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.unit_kinds).collect();
    let Some(kind) = die.pick(&kinds) else {
        return Vec::new();
    };
    let parents: Vec<&UnitId> = world.org.units.keys().collect();
    let id = UnitId::new(format!("grown-{}", world.org.units.len()));
    let functions = loaded
        .packs
        .iter()
        .flat_map(|pack| &pack.functions)
        .filter(|function| function.kinds.contains(&kind.id) && !die.one_in(3))
        .map(|function| function.id.clone())
        .collect();
    let mut events = vec![WorldEvent::UnitPut(Unit {
        id: id.clone(),
        kind: kind.id.clone(),
        name: Label::new("新单位", "a new office"),
        parent: die
            .pick(&parents)
            .map(|parent| (*parent).clone())
            .or_else(|| world.root.clone()),
        functions,
        valid: always(),
        successor: None,
        has_accounts: !die.one_in(5),
    })];
    for kind in &kind.posts {
        let post = PostId::new(format!("{id}-{kind}"));
        if die.one_in(6) {
            continue;
        }
        events.push(WorldEvent::PostPut(Post {
            id: post.clone(),
            unit: id.clone(),
            kind: kind.clone(),
            name: Label::new("岗位", "post"),
            valid: always(),
        }));
        for n in 0..[1, 1, 1, 2, 0][die.below(5)] {
            events.extend(seated(&post, &format!("{post}-{n}")));
        }
    }
    events
}

pub(crate) fn file(name: &str) -> Attachment {
    Attachment {
        blob: Digest::new(format!("sha256:{name}")),
        name: Sealed::new(name),
        media: Code::new("image/png"),
        bytes: 1,
    }
}

/// A value of a type, or now and then of another one.
fn value(ty: &Type, die: &mut Die, world: &World, today: Date) -> Option<Value> {
    if die.one_in(400) {
        return Some(Value::Bool(true));
    }
    Some(match ty {
        Type::Text => Value::Sealed(Sealed::new("sealed")),
        Type::Bool => Value::Bool(!die.one_in(4)),
        Type::Int => Value::Int([0, 1, 2, 5, 10, 100, -1, i64::MAX][die.below(8)]),
        Type::Decimal => Value::Dec(
            [
                "0",
                "1",
                "19.5",
                "20.9",
                "100",
                "-3",
                "79228162514264337593543950335",
            ][die.below(7)]
            .parse()
            .unwrap(),
        ),
        Type::Money => Value::Fen([0, 1, 10_000, 100_000_000, i64::MAX][die.below(5)]),
        Type::Date => Value::Date(
            today.saturating_add(jiff::Span::new().days(i64::try_from(die.below(400)).unwrap() - 60)),
        ),
        Type::Instant => Value::At(bihuan_domain::calendar::midnight(today)),
        Type::Duration => Value::Minutes([0, 15, 90, 10_000][die.below(4)]),
        Type::Choice(codes) => Value::Code(die.pick(codes)?.clone()),
        Type::Unit => {
            let units: Vec<&UnitId> = world.org.units.keys().collect();
            Value::Unit((*die.pick(&units)?).clone())
        }
        Type::Post => {
            let posts: Vec<&PostId> = world.org.posts.keys().collect();
            Value::Post((*die.pick(&posts)?).clone())
        }
        Type::Person => {
            let persons: Vec<&PersonId> = world.org.persons.keys().collect();
            Value::Person((*die.pick(&persons)?).clone())
        }
        Type::Row(register) => {
            let rows: Vec<&RowId> = world
                .registers
                .rows(register)
                .map(|(id, _)| id)
                .take(40)
                .collect();
            Value::Row(RowRef {
                register: register.clone(),
                row: (*die.pick(&rows)?).clone(),
            })
        }
        Type::Case => Value::Case(CaseId(1 + u64::try_from(die.below(4)).unwrap())),
        Type::File => Value::File(file("value")),
        Type::List(item) => {
            let n = die.below(4);
            Value::List((0..n).filter_map(|_| value(item, die, world, today)).collect())
        }
    })
}

/// Values for the fields that `wanted` names; one in forty is left out.
pub(crate) fn values(
    fields: &[Field],
    wanted: impl Fn(&Field) -> bool,
    die: &mut Die,
    world: &World,
    today: Date,
) -> Values {
    let mut found = Values::new();
    for field in fields.iter().filter(|field| wanted(field)) {
        if let Some(value) = value(&field.ty, die, world, today).filter(|_| !die.one_in(40)) {
            found.insert(field.id.clone(), value);
        }
    }
    found
}

/// A row of a register: a new one, or one that is there, changed. Whoever keeps a register cannot write a value of another
/// type: the engine refuses it before it comes near a world.
pub(crate) fn row(spec: &RegisterSpec, die: &mut Die, world: &World, today: Date) -> RowPut {
    let known: Vec<&RowId> = world
        .registers
        .rows(&spec.id)
        .map(|(id, _)| id)
        .take(40)
        .collect();
    let row = match die.pick(&known) {
        Some(row) if die.one_in(3) => (*row).clone(),
        _ => RowId::new(format!("new-{}", die.below(1_000))),
    };
    let mut values = world.registers.row(&spec.id, &row).cloned().unwrap_or_default();
    values.extend(self::values(&spec.fields, |_| true, die, world, today));
    let fits = |id: &bihuan_domain::id::FieldId, value: &Value| {
        let field = spec.fields.iter().find(|field| field.id == *id);
        field.is_none_or(|field| value.fits(&field.ty))
    };
    values.retain(|id, value| fits(id, value));
    RowPut {
        register: spec.id.clone(),
        row,
        values,
    }
}
