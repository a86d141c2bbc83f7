//! What a person chooses: by mail or not, how often, when not, of what; and whether the robot of his unit speaks of what is
//! his. In the page everything is always told.

use std::collections::BTreeSet;

use bihuan_messages::Lang;
use serde::{Deserialize, Serialize};

use super::rounds::Rhythm;
use super::told::{Kind, Reason};

/// The choices of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// Whether notices come by mail, to an address that was confirmed.
    pub by_mail: bool,
    /// Whether the robots of the unit tell what came to this person. Breaches and emergencies they tell in any case: those
    /// are the unit's.
    pub by_robot: bool,
    /// When mail comes.
    pub rhythm: Rhythm,
    /// Of what mail comes; emergencies in any case.
    pub kinds: BTreeSet<Kind>,
    /// In which language.
    pub lang: Lang,
}

impl Default for Channels {
    fn default() -> Self {
        Channels {
            by_mail: false,
            by_robot: true,
            rhythm: Rhythm::of_people(),
            kinds: Kind::ALL.into_iter().collect(),
            lang: Lang::default(),
        }
    }
}

impl Channels {
    /// Whether mail tells of this.
    pub(super) fn mails(&self, reason: Reason, urgent: bool) -> bool {
        urgent || self.kinds.contains(&reason.kind())
    }
}

/// Whether a robot tells a group of it, where the only ones whom it concerns chose that it should not speak of what is theirs.
pub(super) fn is_the_units(reason: Reason, urgent: bool) -> bool {
    urgent || reason.kind() == Kind::Breach
}

/// Somebody who has chosen, with the address that was confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Addressee {
    pub(crate) person: bihuan_domain::id::PersonId,
    pub(crate) address: Option<String>,
    pub(crate) channels: Channels,
}
