//! Units as ledgers write them: full names, abbreviations (住建局), several in one cell, “甲牵头、乙配合”.

use bihuan_domain::id::UnitId;
use bihuan_domain::world::World;
use bihuan_reader::table::narrow;
use jiff::civil::Date;

/// The units of a jurisdiction, prepared for looking up names.
pub(super) struct Units {
    names: Vec<Name>,
    place: String,
}

struct Name {
    id: UnitId,
    zh: String,
    en: String,
    /// Without the place and what every office of its kind is called.
    core: String,
}

/// How a name was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// By its full name or code.
    Exact(UnitId),
    /// By an abbreviation that only one unit can mean.
    Likely(UnitId),
    /// Several could be meant.
    Several(Vec<UnitId>),
    /// None; perhaps this one.
    Nobody(Option<UnitId>),
}

/// The names of a cell by their part in the matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cast {
    pub(super) lead: Vec<String>,
    pub(super) supporting: Vec<String>,
}

/// What offices of one kind share.
const ENDINGS: [&str; 7] = [
    "人民政府",
    "政府",
    "街道办事处",
    "办事处",
    "管理委员会",
    "委员会",
    "管委会",
];

impl Units {
    pub(super) fn new(world: &World, day: Date) -> Units {
        let place = squeeze(&world.name.zh);
        let units = world.org.units.values().filter(|unit| unit.valid.covers(day));
        let names = units
            .map(|unit| {
                let zh = squeeze(&unit.name.zh);
                Name {
                    id: unit.id.clone(),
                    en: squeeze(&unit.name.en),
                    core: core(&zh, &place),
                    zh,
                }
            })
            .collect();
        Units { names, place }
    }

    pub(super) fn find(&self, text: &str) -> Found {
        let sought = squeeze(text);
        let short = core(&sought, &self.place);
        let pick = |fits: &dyn Fn(&Name) -> bool| -> Vec<UnitId> {
            self.names
                .iter()
                .filter(|name| fits(name))
                .map(|name| name.id.clone())
                .collect()
        };
        let exact = pick(&|name| name.zh == sought || name.id.as_str() == sought || name.en == sought);
        if let [one] = exact.as_slice() {
            return Found::Exact(one.clone());
        }
        if short.is_empty() {
            return Found::Nobody(None);
        }
        let long_enough = short.chars().count() >= 2;
        let tiers: [&dyn Fn(&Name) -> bool; 3] = [
            &|name| name.core == short,
            &|name| {
                long_enough
                    && (name.zh.contains(&sought)
                        || name.core.starts_with(&short)
                        || name.core.ends_with(&short))
            },
            &|name| {
                long_enough
                    && (abbreviates(&short, &name.core)
                        || name.core.chars().count() >= 2 && sought.contains(&name.core))
            },
        ];
        for tier in tiers {
            let found = pick(tier);
            match found.as_slice() {
                [] => {}
                [one] => return Found::Likely(one.clone()),
                _ => return Found::Several(found),
            }
        }
        Found::Nobody(self.nearest(&short))
    }

    fn nearest(&self, sought: &str) -> Option<UnitId> {
        self.names
            .iter()
            .map(|name| (super::matching::likeness(&name.core, sought), name))
            .filter(|(percent, _)| *percent >= 30)
            .max_by_key(|(percent, _)| *percent)
            .map(|(_, name)| name.id.clone())
    }

    /// The names in a cell. Where the whole cell is one unit's name it is not taken apart.
    pub(super) fn cast(&self, text: &str) -> Cast {
        let mut cast = Cast::default();
        if let Found::Exact(_) = self.find(text) {
            cast.lead.push(text.trim().to_owned());
            return cast;
        }
        let mut waiting: Vec<String> = Vec::new();
        let mut supporting = false;
        for part in narrow(text).split(['、', ',', ';', '，', '；', '/', '\n', '\t', ' ', '。', '+']) {
            let mut name = part.trim();
            // `牵头单位：甲；配合单位：乙`
            if let Some((label, rest)) = name.split_once([':', '：']) {
                if ["配合", "协办", "参与"].iter().any(|word| label.contains(word)) {
                    cast.lead.append(&mut waiting);
                    supporting = true;
                } else if ["牵头", "责任", "主办", "承办"]
                    .iter()
                    .any(|word| label.contains(word))
                {
                    supporting = false;
                }
                name = rest.trim();
            }
            let name = name.trim_end_matches("等单位").trim_end_matches("等部门");
            let lead_word = ["牵头", "负责", "主办"]
                .iter()
                .find_map(|word| name.strip_suffix(word));
            let support_word = ["配合", "协办", "参与"]
                .iter()
                .find_map(|word| name.strip_suffix(word));
            let bare = lead_word.or(support_word).unwrap_or(name).trim();
            if !bare.is_empty() {
                waiting.push(bare.to_owned());
            }
            if lead_word.is_some() {
                cast.lead.append(&mut waiting);
            } else if support_word.is_some() || supporting {
                cast.supporting.append(&mut waiting);
            }
        }
        cast.lead.append(&mut waiting);
        cast
    }
}

/// Half-width, without white space and brackets.
fn squeeze(text: &str) -> String {
    let kept = narrow(text);
    kept.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"' | '“' | '”' | '《' | '》'))
        .collect()
}

fn core(name: &str, place: &str) -> String {
    let mut core = name.strip_prefix(place).unwrap_or(name);
    // 县住建局, but not 县委办: what follows the sign must still be a name.
    if let Some(rest) = core
        .strip_prefix(['县', '市', '区'])
        .filter(|rest| rest.chars().count() >= 3 && !rest.starts_with(['委', '长']))
    {
        core = rest;
    }
    for ending in ENDINGS {
        if let Some(rest) = core.strip_suffix(ending).filter(|rest| rest.chars().count() >= 2) {
            return rest.to_owned();
        }
    }
    core.to_owned()
}

/// 住建局 for 住房和城乡建设局: the same first and last character, and the others in order.
fn abbreviates(short: &str, long: &str) -> bool {
    let same_ends =
        short.chars().next() == long.chars().next() && short.chars().next_back() == long.chars().next_back();
    let mut rest = long.chars();
    same_ends && short.chars().all(|c| rest.any(|other| other == c))
}

#[cfg(test)]
mod tests {
    use bihuan_domain::org::{Unit, Validity};
    use bihuan_messages::Label;
    use jiff::civil::date;

    use super::*;

    fn units() -> Units {
        let mut world = World::new();
        world.name = Label::new("清河县", "Qinghe County");
        for (id, name) in [
            ("zjj", "清河县住房和城乡建设局"),
            ("jtj", "清河县交通运输局"),
            ("gaj", "清河县公安局"),
            ("jjdd", "清河县公安局交通警察大队"),
            ("xwb", "中共清河县委办公室"),
            ("zfb", "清河县人民政府办公室"),
            ("tnz", "天宁镇人民政府"),
            ("xyj1", "清河县城区信用联社"),
            ("xyj2", "清河县城东信用联社"),
        ] {
            let unit = Unit {
                id: id.into(),
                kind: "department".into(),
                name: Label::new(name, id),
                parent: None,
                functions: Default::default(),
                valid: Validity::since(date(2020, 1, 1)),
                successor: None,
                has_accounts: true,
            };
            std::sync::Arc::make_mut(&mut world.org)
                .units
                .insert(id.into(), unit);
        }
        Units::new(&world, date(2026, 3, 1))
    }

    #[test]
    fn names_are_found_as_offices_write_them() {
        let units = units();
        for (text, id) in [
            ("住建局", "zjj"),
            ("县住建局", "zjj"),
            ("清河县住建局", "zjj"),
            ("住房和城乡建设局", "zjj"),
            ("公安局", "gaj"),
            ("县 公安局", "gaj"),
            ("交通局", "jtj"),
            ("天宁镇", "tnz"),
            ("天宁镇政府", "tnz"),
            ("县委办公室", "xwb"),
            ("政府办公室", "zfb"),
        ] {
            let found = units.find(text);
            let (Found::Exact(unit) | Found::Likely(unit)) = &found else {
                panic!("{text}: {found:?}")
            };
            assert_eq!(unit.as_str(), id, "{text}");
        }
        assert!(matches!(units.find("信用联社"), Found::Several(several) if several.len() == 2));
        assert!(matches!(units.find("火箭局"), Found::Nobody(_)));
        assert_eq!(units.find("清河县公安局"), Found::Exact("gaj".into()));
    }

    #[test]
    fn the_parts_of_several_units_in_a_cell_are_told_apart() {
        let units = units();
        let cast = |text: &str| {
            let cast = units.cast(text);
            (cast.lead.join("|"), cast.supporting.join("|"))
        };
        assert_eq!(
            cast("住建局牵头，公安局、交通局配合"),
            ("住建局".into(), "公安局|交通局".into())
        );
        assert_eq!(
            cast("牵头单位：住建局；配合单位：公安局、交通局等单位"),
            ("住建局".into(), "公安局|交通局".into())
        );
        assert_eq!(cast("住建局、公安局"), ("住建局|公安局".into(), String::new()));
        assert_eq!(cast("清河县公安局"), ("清河县公安局".into(), String::new()));
    }
}
