//! What the packs call the things that a mechanism only names by code: functions, kinds of units and posts, and the
//! other mechanisms.

use std::collections::BTreeMap;

use bihuan_messages::{Label, Lang};

use crate::pack::Pack;

/// Names by code, from packs in force together.
#[derive(Clone, Debug, Default)]
pub struct Names {
    functions: BTreeMap<String, Label>,
    unit_kinds: BTreeMap<String, Label>,
    post_kinds: BTreeMap<String, Label>,
    mechanisms: BTreeMap<String, Label>,
}

impl Names {
    /// The names that these packs give.
    pub fn of<'a>(packs: impl IntoIterator<Item = &'a Pack>) -> Self {
        let mut names = Names::default();
        for pack in packs {
            let functions = pack.functions.iter().map(|f| (f.id.to_string(), f.label.clone()));
            names.functions.extend(functions);
            let kinds = pack
                .unit_kinds
                .iter()
                .map(|k| (k.id.to_string(), k.label.clone()));
            names.unit_kinds.extend(kinds);
            let posts = pack
                .post_kinds
                .iter()
                .map(|(id, label)| (id.to_string(), label.clone()));
            names.post_kinds.extend(posts);
            let mechanisms = pack
                .mechanisms
                .iter()
                .map(|m| (m.id.to_string(), m.label.clone()));
            names.mechanisms.extend(mechanisms);
        }
        names
    }

    /// A function; its code where no pack names it, as with the others.
    pub fn function<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        named(&self.functions, code, lang)
    }

    /// A kind of unit.
    pub fn unit_kind<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        named(&self.unit_kinds, code, lang)
    }

    /// A kind of post.
    pub fn post_kind<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        named(&self.post_kinds, code, lang)
    }

    /// A mechanism.
    pub fn mechanism<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        named(&self.mechanisms, code, lang)
    }
}

fn named<'a>(list: &'a BTreeMap<String, Label>, code: &'a str, lang: Lang) -> &'a str {
    list.get(code).map_or(code, |label| label.get(lang))
}
