//! The words of the picture, from the catalogue and the labels of the file.

use std::fmt::Display;

use bihuan_domain::id::{LadderId, RoleId, StageId};
use bihuan_domain::mechanism::{
    Children, ClockSpec, Colour, Each, Join, Ladder, LookBack, Mechanism, RequestKind, RequestSpec, Risk,
    RowOwner, Rung, SourceKind, Stage, StageKind, Step, Units, Way,
};
use bihuan_messages::{Lang, t, tf};

use crate::names::Names;

/// Speaks of one mechanism in one language.
pub(crate) struct Words<'a> {
    pub(crate) mechanism: &'a Mechanism,
    pub(crate) names: &'a Names,
    pub(crate) lang: Lang,
}

impl Words<'_> {
    pub(crate) fn say(&self, key: &str) -> String {
        t(self.lang, key).to_owned()
    }

    pub(crate) fn with(&self, key: &str, values: &[(&str, &dyn Display)]) -> String {
        tf(self.lang, key, values)
    }

    pub(crate) fn list(&self, names: impl IntoIterator<Item = String>) -> String {
        let names: Vec<String> = names.into_iter().collect();
        names.join(t(self.lang, "about.comma"))
    }

    pub(crate) fn title(&self) -> String {
        format!(
            "{} {}",
            self.mechanism.number,
            self.mechanism.label.get(self.lang)
        )
    }

    pub(crate) fn description(&self) -> String {
        let stages = self.mechanism.stages.iter().filter(|stage| stage.kind.is_open());
        let stages = self.list(stages.map(|stage| stage.label.get(self.lang).to_owned()));
        self.with(
            "about.description",
            &[
                ("purpose", &self.mechanism.purpose.get(self.lang)),
                ("stages", &stages),
            ],
        )
    }

    pub(crate) fn role(&self, id: &RoleId) -> String {
        let role = self.mechanism.roles.get(id);
        role.map_or_else(|| id.to_string(), |role| role.label.get(self.lang).to_owned())
    }

    pub(crate) fn roles<'r>(&self, ids: impl IntoIterator<Item = &'r RoleId>) -> String {
        self.list(ids.into_iter().map(|id| self.role(id)))
    }

    /// A stage by code: its label.
    pub(crate) fn stage(&self, id: &str) -> String {
        let stage = self.mechanism.stage(&StageId::new(id));
        stage.map_or(id, |stage| stage.label.get(self.lang)).to_owned()
    }

    fn ladder(&self, id: &LadderId) -> String {
        let ladder = self.mechanism.ladders.get(id);
        ladder.map_or_else(|| id.to_string(), |ladder| ladder.label.get(self.lang).to_owned())
    }

    pub(crate) fn kind(&self, kind: StageKind) -> &'static str {
        let key = match kind {
            StageKind::Work => "about.kind_work",
            StageKind::Decide => "about.kind_decide",
            StageKind::Wait => "about.kind_wait",
            StageKind::Verify => "about.kind_verify",
            StageKind::Parked => "about.kind_parked",
            StageKind::Closed => "about.kind_closed",
            StageKind::Void => "about.kind_void",
        };
        t(self.lang, key)
    }

    /// Purpose, the clock of the whole case, regular reports.
    pub(crate) fn about(&self) -> Vec<String> {
        let mut lines = vec![self.mechanism.purpose.get(self.lang).to_owned()];
        if let Some(clock) = &self.mechanism.clock {
            lines.push(self.with("about.case_clock", &[("clock", &self.clock(clock))]));
        }
        lines.extend(self.progress());
        lines
    }

    /// The regular reports, in one sentence.
    pub(crate) fn progress(&self) -> Option<String> {
        let progress = self.mechanism.progress.as_ref()?;
        Some(self.with(
            "about.progress",
            &[
                ("label", &progress.label.get(self.lang)),
                ("every", &progress.cadence.label().get(self.lang)),
                ("role", &self.role(&progress.by)),
                ("ladder", &self.ladder(&progress.ladder)),
            ],
        ))
    }

    /// A remark after a name.
    pub(crate) fn in_brackets(&self, text: &str) -> String {
        self.with("about.conditions", &[("list", &text)])
    }

    /// The rungs of a ladder in one line.
    pub(crate) fn chain(&self, ladder: &Ladder) -> String {
        let rung = |rung: &Rung| {
            let limit = rung.limit.label();
            let role = self.role(&rung.to);
            format!(
                "{}{}",
                rung.label.get(self.lang),
                self.in_brackets(&format!("{role} {}", limit.get(self.lang)))
            )
        };
        ladder.rungs.iter().map(rung).collect::<Vec<_>>().join(" → ")
    }

    pub(crate) fn clock(&self, clock: &ClockSpec) -> String {
        let mut text = self.with(
            "about.clock",
            &[
                ("limit", &self.mechanism.limit_label(clock).get(self.lang)),
                ("ladder", &self.ladder(&clock.ladder)),
            ],
        );
        let warnings = clock
            .warnings
            .iter()
            .map(|w| format!("{}/{} {}", w.num, w.den, self.colour(w.colour)));
        let warnings = self.list(warnings);
        if !warnings.is_empty() {
            text.push_str(&self.with("about.warned", &[("when", &warnings)]));
        }
        text
    }

    fn colour(&self, colour: Colour) -> &'static str {
        let key = match colour {
            Colour::Green => "about.colour_green",
            Colour::Blue => "about.colour_blue",
            Colour::Yellow => "about.colour_yellow",
            Colour::Orange => "about.colour_orange",
            Colour::Red => "about.colour_red",
        };
        t(self.lang, key)
    }

    /// Who opens a case, from what, and what opens one by itself.
    pub(crate) fn opening(&self) -> Vec<String> {
        let open = &self.mechanism.open;
        let mut lines = Vec::new();
        if !open.by.is_empty() {
            lines.push(self.with("about.open_by", &[("roles", &self.roles(&open.by))]));
        }
        let from = self.list(
            open.from
                .iter()
                .map(|from| t(self.lang, source_key(*from)).to_owned()),
        );
        if !from.is_empty() {
            lines.push(self.with("about.open_from", &[("from", &from)]));
        }
        if !open.owners.is_empty() {
            let owners = open
                .owners
                .iter()
                .map(|kind| self.names.unit_kind(kind.as_str(), self.lang).to_owned());
            lines.push(self.with("about.owners", &[("kinds", &self.list(owners))]));
        }
        if let Some(schedule) = &open.schedule {
            let units = match &schedule.units {
                Units::Function(code) => self.with(
                    "about.units_function",
                    &[("function", &self.names.function(code.as_str(), self.lang))],
                ),
                Units::Kind(code) => self.names.unit_kind(code.as_str(), self.lang).to_owned(),
            };
            let every = schedule.cadence.label();
            lines.push(self.with(
                "about.schedule",
                &[("every", &every.get(self.lang)), ("units", &units)],
            ));
        }
        if let Some(on) = &open.on {
            let key = if on.when.is_some() {
                "about.on_row_when"
            } else {
                "about.on_row"
            };
            let owner = match &on.owner {
                RowOwner::Function(code) => self.names.function(code.as_str(), self.lang).to_owned(),
                RowOwner::Field(_) => self.say("about.owner_in_row"),
                RowOwner::Parent => self.say("about.owner_parent"),
            };
            lines.push(self.with(
                key,
                &[
                    ("register", &self.register(on.register.as_str())),
                    ("owner", &owner),
                ],
            ));
        }
        lines
    }

    fn register(&self, code: &str) -> String {
        let register = self
            .mechanism
            .registers
            .values()
            .find(|register| register.id.as_str() == code);
        register
            .map_or(code, |register| register.label.get(self.lang))
            .to_owned()
    }

    /// Holder and clock of a stage; how it is verified or what is waited for.
    pub(crate) fn stage_lines(&self, stage: &Stage) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(holder) = &stage.holder {
            lines.push(self.with("about.holder", &[("role", &self.role(holder))]));
        }
        if stage.kind == StageKind::Verify {
            let ways = &self.mechanism.closing.verify;
            let mut different: Vec<&Way> = ways.values().collect();
            different.dedup();
            let alone = different.len() == 1;
            for (risk, way) in ways.iter().take(if alone { 1 } else { ways.len() }) {
                let way = self.way(way);
                lines.push(match (alone, risk) {
                    (true, _) => self.with("about.way", &[("way", &way)]),
                    (false, Risk::Ordinary) => self.with("about.way_ordinary", &[("way", &way)]),
                    (false, Risk::Major) => self.with("about.way_major", &[("way", &way)]),
                });
            }
            lines.push(self.with(
                "about.closes",
                &[("says", &self.mechanism.closing.says.get(self.lang))],
            ));
        }
        if let Some(clock) = &stage.clock {
            lines.push(self.with("about.limit", &[("clock", &self.clock(clock))]));
        }
        match (stage.kind, &self.mechanism.closing.look_back) {
            (StageKind::Closed, Some(look)) => lines.push(self.look_back(look)),
            (StageKind::Void, _) => lines.extend(
                self.mechanism
                    .requests
                    .get(&RequestKind::Void)
                    .map(|spec| self.with("about.void_by", &[("role", &self.role(&spec.approver))])),
            ),
            _ => {}
        }
        lines
    }

    pub(crate) fn look_back(&self, look: &LookBack) -> String {
        self.with(
            "about.look_back",
            &[
                ("num", &look.num),
                ("den", &look.den),
                ("after", &look.after.label().get(self.lang)),
                ("role", &self.role(&look.by)),
                ("limit", &look.limit.label().get(self.lang)),
            ],
        )
    }

    pub(crate) fn way(&self, way: &Way) -> String {
        match way {
            Way::Drawn { function, post } => self.with(
                "about.way_drawn",
                &[
                    ("function", &self.names.function(function.as_str(), self.lang)),
                    ("post", &self.names.post_kind(post.as_str(), self.lang)),
                ],
            ),
            Way::Office(role) => self.with("about.way_office", &[("role", &self.role(role))]),
            Way::Requester => self.say("about.way_requester"),
            Way::Record => self.say("about.way_record"),
            Way::Own => self.say("about.way_self"),
        }
    }

    /// Who takes a step where it is not the holder, what it asks for, its guard, the register that it writes.
    pub(crate) fn conditions(&self, stage: &Stage, step: &Step) -> String {
        let mut parts = Vec::new();
        let holder_alone =
            matches!((step.by.as_slice(), &stage.holder), ([one], Some(holder)) if one == holder);
        if !step.by.is_empty() && !holder_alone {
            parts.push(self.with("about.by", &[("roles", &self.roles(&step.by))]));
        }
        if let Some(says) = &step.says {
            parts.push(self.with("about.guard", &[("says", &says.get(self.lang))]));
        }
        if step.evidence > 0 {
            let key = if step.evidence == 1 {
                "about.evidence_1"
            } else {
                "about.evidence"
            };
            parts.push(self.with(key, &[("n", &step.evidence)]));
        }
        if let Some(register) = &step.adds {
            parts.push(self.with("about.adds", &[("register", &self.register(register.as_str()))]));
        }
        let children = self.mechanism.children.as_ref();
        if children.is_some_and(|children| children.stage == stage.id && children.then == step.id) {
            parts.push(self.say("about.by_itself"));
        }
        if parts.is_empty() {
            return String::new();
        }
        self.with(
            "about.conditions",
            &[("list", &parts.join(t(self.lang, "about.semicolon")))],
        )
    }

    /// What a waiting stage is broken down into, and when it goes on.
    pub(crate) fn children(&self, children: &Children) -> Vec<String> {
        let child = self.names.mechanism(children.mechanism.as_str(), self.lang);
        let first = match &children.each {
            None => self.with("about.children_by_hand", &[("mechanism", &child)]),
            Some(Each::Units(field)) => {
                let field = self
                    .mechanism
                    .field(field)
                    .map_or("", |field| field.label.get(self.lang));
                self.with(
                    "about.children_units",
                    &[("mechanism", &child), ("field", &field)],
                )
            }
            Some(Each::Register { register, filter, .. }) => self.with(
                if filter.is_some() {
                    "about.children_rows_when"
                } else {
                    "about.children_rows"
                },
                &[
                    ("mechanism", &child),
                    ("register", &self.register(register.as_str())),
                ],
            ),
        };
        let join = match children.join {
            Join::All => self.say("about.join_all"),
            Join::Any => self.say("about.join_any"),
            Join::Quorum(n) => self.with("about.join_quorum", &[("n", &n)]),
        };
        vec![first, join]
    }

    /// The side moves, one line each.
    pub(crate) fn requests(&self) -> Vec<String> {
        let all = self.mechanism.requests.iter();
        all.map(|(kind, spec)| self.request(*kind, spec)).collect()
    }

    pub(crate) fn request(&self, kind: RequestKind, spec: &RequestSpec) -> String {
        let mut line = self.with(
            "about.request",
            &[
                ("kind", &t(self.lang, request_key(kind))),
                ("by", &self.roles(&spec.by)),
                ("approver", &self.role(&spec.approver)),
                ("limit", &spec.limit.label().get(self.lang)),
                ("cap", &spec.cap),
            ],
        );
        if let Some(most) = &spec.at_most {
            let limit = most.label();
            line.push_str(&self.with("about.request_most", &[("limit", &limit.get(self.lang))]));
        }
        line
    }
}

fn request_key(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Return => "about.request_return",
        RequestKind::Extension => "about.request_extension",
        RequestKind::Suspension => "about.request_suspension",
        RequestKind::HandUp => "about.request_hand_up",
        RequestKind::Void => "about.request_void",
    }
}

fn source_key(source: SourceKind) -> &'static str {
    match source {
        SourceKind::Person => "about.from_person",
        SourceKind::Document => "about.from_document",
        SourceKind::Instruction => "about.from_instruction",
        SourceKind::Meeting => "about.from_meeting",
        SourceKind::Superior => "about.from_superior",
        SourceKind::Import => "about.from_import",
        SourceKind::Schedule => "about.from_schedule",
        SourceKind::Finding => "about.from_finding",
        SourceKind::Warning => "about.from_warning",
        SourceKind::Parent => "about.from_parent",
    }
}
