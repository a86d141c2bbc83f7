//! A mechanism in words, for the official whose rule it is: roles with the posts that fill them here, clocks, ways.

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{Code, FieldId, RegisterId, RoleId, StageId};
use bihuan_domain::mechanism::{ClockSpec, Emergency, Join, Mechanism, Resolve, Role, Step, Units, Way};
use bihuan_messages::{Lang, t, tf};

use crate::session::Visitor;
use crate::show;

/// Posts named one by one; beyond it they are counted.
const NAMED: usize = 3;

/// Says what a mechanism means in one jurisdiction.
pub(super) struct Words<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) mechanism: &'a Mechanism,
}

impl Words<'_> {
    pub(super) fn lang(&self) -> Lang {
        self.visitor.lang
    }

    pub(super) fn join(&self, words: impl IntoIterator<Item = String>) -> String {
        let words: Vec<String> = words.into_iter().collect();
        words.join(t(self.lang(), "web.list_comma"))
    }

    pub(super) fn role(&self, role: &RoleId) -> String {
        let found = self.mechanism.roles.get(role);
        found.map_or_else(|| role.to_string(), |role| role.label.get(self.lang()).to_owned())
    }

    pub(super) fn roles<'r>(&self, roles: impl IntoIterator<Item = &'r RoleId>) -> String {
        self.join(roles.into_iter().map(|role| self.role(role)))
    }

    /// Who fills a role: how he is found, in words.
    pub(super) fn found(&self, role: &Role) -> String {
        let lang = self.lang();
        let post = post_kind(self.visitor, &role.post);
        match &role.resolve {
            Resolve::Owner => tf(lang, "web.mech_owner", &[("post", &post)]),
            Resolve::Superior => tf(lang, "web.mech_superior", &[("post", &post)]),
            Resolve::SuperiorOf(kind) => tf(
                lang,
                "web.mech_superior_of",
                &[("kind", &unit_kind(self.visitor, kind)), ("post", &post)],
            ),
            Resolve::ParentOwner => tf(lang, "web.mech_parent_owner", &[("post", &post)]),
            Resolve::RowField(field, _) => tf(lang, "web.mech_row_field", &[("field", &self.field(field))]),
            Resolve::Function(code) => tf(
                lang,
                "web.mech_function",
                &[("function", &function(self.visitor, code)), ("post", &post)],
            ),
            Resolve::Field(field) => tf(
                lang,
                "web.mech_field",
                &[("field", &self.field(field)), ("post", &post)],
            ),
            Resolve::Requester => t(lang, "web.mech_requester").to_owned(),
        }
    }

    /// The posts that fill a role here, where that does not depend on the case: their names, or that there is none.
    pub(super) fn here(&self, role: &Role) -> Option<Result<String, &'static str>> {
        let Resolve::Function(function) = &role.resolve else {
            return None;
        };
        Some(self.posts(function, &role.post))
    }

    fn posts(&self, function: &Code, kind: &Code) -> Result<String, &'static str> {
        let (lang, world) = (self.lang(), &self.visitor.world);
        let today = date_of(self.visitor.now);
        let serving = world
            .org
            .units
            .values()
            .filter(|unit| unit.valid.covers(today) && unit.functions.contains(function));
        let posts: Vec<String> = serving
            .flat_map(|unit| world.org.posts_of(&unit.id, kind, today))
            .map(|post| show::post_name(world, &post.id, lang))
            .collect();
        if posts.is_empty() {
            return Err(t(lang, "web.mech_nobody"));
        }
        let named = self.join(posts.iter().take(NAMED).cloned());
        let named = if posts.len() > NAMED {
            tf(
                lang,
                "web.mech_here_more",
                &[("posts", &named), ("n", &posts.len())],
            )
        } else {
            named
        };
        Ok(tf(lang, "web.mech_here", &[("posts", &named)]))
    }

    pub(super) fn field(&self, id: &FieldId) -> String {
        let found = self.mechanism.field(id);
        found.map_or_else(|| id.to_string(), |field| field.label.get(self.lang()).to_owned())
    }

    /// Which cases are emergencies, where any are.
    pub(super) fn emergencies(&self) -> Option<String> {
        let lang = self.lang();
        match &self.mechanism.emergency {
            Emergency::Never => None,
            Emergency::Always => Some(t(lang, "web.mech_emergencies_all").to_owned()),
            Emergency::Of(field, codes) => {
                let choices = self
                    .mechanism
                    .field(field)
                    .map_or(&[][..], |field| &field.choices);
                let named = choices.iter().filter(|(code, _)| codes.contains(code));
                let named = self.join(named.map(|(_, label)| label.get(lang).to_owned()));
                let field = self.field(field);
                Some(tf(
                    lang,
                    "web.mech_emergencies_of",
                    &[("field", &field), ("choices", &named)],
                ))
            }
        }
    }

    pub(super) fn stage(&self, id: &StageId) -> String {
        show::stage_name(Some(self.mechanism), id, self.lang()).to_owned()
    }

    pub(super) fn register(&self, id: &RegisterId) -> String {
        let spec = self.visitor.mechanisms.register(id);
        spec.map_or_else(|| id.to_string(), |spec| spec.label.get(self.lang()).to_owned())
    }

    pub(super) fn limit(&self, clock: &ClockSpec) -> String {
        self.mechanism.limit_label(clock).get(self.lang()).to_owned()
    }

    /// When a clock warns: `用时到 1/2、5/6 时预警`.
    pub(super) fn warned(&self, clock: &ClockSpec) -> Option<String> {
        if clock.warnings.is_empty() {
            return None;
        }
        let parts = clock.warnings.iter().map(|w| format!("{}/{}", w.num, w.den));
        Some(tf(self.lang(), "web.mech_warned", &[("when", &self.join(parts))]))
    }

    /// What goes with a step: who else takes it, its guard, what it asks for, where it leads.
    pub(super) fn step(&self, step: &Step, at: &StageId) -> Vec<String> {
        let lang = self.lang();
        let mut said = Vec::new();
        if !step.by.is_empty() {
            said.push(tf(lang, "web.mech_by", &[("who", &self.roles(&step.by))]));
        }
        if let Some(says) = &step.says {
            said.push(tf(lang, "web.mech_guard", &[("says", &says.get(lang))]));
        }
        if !step.needs.is_empty() {
            let fields = self.join(step.needs.iter().map(|field| self.field(field)));
            said.push(tf(lang, "web.mech_asks", &[("fields", &fields)]));
        }
        if step.evidence > 0 {
            said.push(tf(lang, "web.mech_evidence", &[("n", &step.evidence)]));
        }
        if let Some(register) = &step.adds {
            said.push(tf(
                lang,
                "web.mech_adds",
                &[("register", &self.register(register))],
            ));
        }
        said.push(if step.to == *at {
            t(lang, "web.mech_stays").to_owned()
        } else {
            tf(lang, "web.mech_to", &[("stage", &self.stage(&step.to))])
        });
        said
    }

    /// A way of verification in plain words.
    pub(super) fn way(&self, way: &Way) -> String {
        let lang = self.lang();
        match way {
            Way::Drawn { function: code, post } => tf(
                lang,
                "web.mech_way_drawn",
                &[
                    ("function", &function(self.visitor, code)),
                    ("post", &post_kind(self.visitor, post)),
                ],
            ),
            Way::Office(role) => tf(lang, "web.mech_way_office", &[("who", &self.role(role))]),
            Way::Requester => t(lang, "web.mech_way_requester").to_owned(),
            Way::Record => t(lang, "web.mech_way_record").to_owned(),
            Way::Own => t(lang, "web.mech_way_self").to_owned(),
        }
    }

    /// The posts behind a way of verification here.
    pub(super) fn way_here(&self, way: &Way) -> Option<Result<String, &'static str>> {
        match way {
            Way::Drawn { function, post } => Some(self.posts(function, post)),
            Way::Office(role) => self.here(self.mechanism.roles.get(role)?),
            Way::Requester | Way::Record | Way::Own => None,
        }
    }

    pub(super) fn units(&self, units: &Units) -> String {
        match units {
            Units::Function(code) => tf(
                self.lang(),
                "web.mech_units_function",
                &[("function", &function(self.visitor, code))],
            ),
            Units::Kind(kind) => unit_kind(self.visitor, kind),
        }
    }

    pub(super) fn joined(&self, join: Join) -> String {
        let lang = self.lang();
        match join {
            Join::All => t(lang, "web.mech_join_all").to_owned(),
            Join::Any => t(lang, "web.mech_join_any").to_owned(),
            Join::Quorum(n) => tf(lang, "web.mech_join_quorum", &[("n", &n)]),
        }
    }
}

/// What the packs call a function of units.
pub(crate) fn function(visitor: &Visitor, code: &Code) -> String {
    let mut known = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.functions);
    let found = known.find(|known| known.id == *code);
    found.map_or_else(
        || code.to_string(),
        |found| found.label.get(visitor.lang).to_owned(),
    )
}

/// What the packs call a kind of unit.
pub(crate) fn unit_kind(visitor: &Visitor, code: &Code) -> String {
    let mut known = visitor
        .mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.unit_kinds);
    let found = known.find(|known| known.id == *code);
    found.map_or_else(
        || code.to_string(),
        |found| found.label.get(visitor.lang).to_owned(),
    )
}

pub(super) fn post_kind(visitor: &Visitor, code: &Code) -> String {
    let mut known = visitor
        .mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.post_kinds);
    let found = known.find(|(id, _)| id == code);
    found.map_or_else(
        || code.to_string(),
        |(_, label)| label.get(visitor.lang).to_owned(),
    )
}
