//! The table of keys: each table of a file, its keys, what stands under them, and whether they must be there.

mod scheme;

/// A key, what stands under it, and whether it must be there.
pub(crate) type Key = (&'static str, Kind, bool);

/// What stands under a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The number of the language.
    One,
    Text,
    Code,
    Flag,
    Number(u32, u32),
    Label,
    /// One of these words.
    Words(&'static [&'static str]),
    /// Some of these words.
    WordList(&'static [&'static str]),
    Codes,
    Texts,
    Table(&'static str),
    Tables(&'static str),
    /// A name, or the thing itself.
    NameOr(&'static str),
    NameOrTables(&'static str),
    /// Codes of the author's own with texts.
    TextMap,
    /// Codes of the author's own with values.
    ValueMap,
    Any,
}

use Kind::{
    Any, Code, Codes, Flag, Label, NameOr, NameOrTables, Number, One, Table, Tables, Text, TextMap, Texts,
    ValueMap, WordList, Words,
};

const MUST: bool = true;
const MAY: bool = false;

const SOURCES: &[&str] = &[
    "person",
    "document",
    "instruction",
    "meeting",
    "superior",
    "import",
    "schedule",
    "finding",
    "warning",
    "parent",
];
const STAGE_KINDS: &[&str] = &["work", "decide", "wait", "verify", "parked", "closed", "void"];
const RISKS: &[&str] = &["ordinary", "major"];
const REQUESTS: &[&str] = &["return", "extension", "suspension", "hand_up", "void"];
const ACTIONS: &[&str] = &[
    "open",
    "step",
    "note",
    "request",
    "decide",
    "verify",
    "look_back",
    "answer",
    "reassign",
    "amend",
    "remind",
    "resume",
    "wait",
    "row",
];

pub(crate) const KEYS: &[(&str, &[Key])] = &[
    (
        "mechanism file",
        &[
            ("language", One, MUST),
            ("mechanism", Table("mechanism"), MUST),
            ("numbering", Table("numbering"), MAY),
            ("request", Table("request"), MAY),
            ("open", Table("open"), MUST),
            ("role", Tables("[[role]]"), MAY),
            ("field", Tables("[[field]]"), MAY),
            ("clock", Table("clock"), MAY),
            ("stage", Tables("[[stage]]"), MAY),
            ("ladder", Tables("[[ladder]]"), MAY),
            ("closing", Table("closing"), MUST),
            ("progress", Table("progress"), MAY),
            ("children", Table("children"), MAY),
            ("figure", Tables("[[figure]]"), MAY),
            ("indicator", Tables("[[indicator]]"), MAY),
        ],
    ),
    (
        "mechanism",
        &[
            ("id", Code, MUST),
            ("number", Text, MUST),
            ("label", Label, MUST),
            ("purpose", Label, MUST),
            ("source", Label, MUST),
            ("risk", Words(RISKS), MAY),
            ("scene", Words(&["ordinary", "emergency", "security"]), MAY),
            ("cites", Label, MAY),
            ("title", Code, MUST),
            ("columns", Codes, MAY),
            ("ladder", Code, MAY),
            ("exit", Code, MAY),
        ],
    ),
    ("numbering", &[("series", Code, MUST), ("template", Text, MUST)]),
    (
        "open",
        &[
            ("by", Codes, MAY),
            ("from", WordList(SOURCES), MAY),
            ("stage", Code, MUST),
            ("stages", Codes, MAY),
            ("owners", Codes, MAY),
            ("unique", Codes, MAY),
            ("schedule", Table("schedule"), MAY),
            ("on", Table("on"), MAY),
        ],
    ),
    (
        "schedule",
        &[("every", Text, MUST), ("for", Text, MUST), ("title", Label, MUST)],
    ),
    (
        "on",
        &[
            ("register", Code, MUST),
            ("when", Text, MAY),
            ("owner", Text, MUST),
            ("sets", TextMap, MAY),
        ],
    ),
    (
        "[[role]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("unit", Text, MUST),
            ("post", Code, MUST),
        ],
    ),
    (
        "[[field]]",
        &[
            ("id", Code, MUST),
            ("datum", Code, MAY),
            ("label", Label, MAY),
            ("type", Text, MAY),
            ("choices", Tables("choices"), MAY),
            ("unit", Label, MAY),
            ("help", Label, MAY),
            ("required", Flag, MAY),
            ("sensitive", Flag, MAY),
        ],
    ),
    ("choices", &[("code", Code, MUST), ("label", Label, MUST)]),
    (
        "clock",
        &[
            ("limit", Text, MUST),
            ("ladder", Code, MAY),
            ("warn", Texts, MAY),
            ("by", Code, MAY),
            ("limits", TextMap, MAY),
        ],
    ),
    (
        "[[stage]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("kind", Words(STAGE_KINDS), MUST),
            ("holder", Code, MAY),
            ("clock", Table("clock"), MAY),
            ("exit", Code, MAY),
            ("rework", Code, MAY),
            ("step", Tables("[[stage.step]]"), MAY),
        ],
    ),
    (
        "[[stage.step]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("by", Codes, MAY),
            ("needs", Codes, MAY),
            ("takes", Codes, MAY),
            ("evidence", Number(0, 20), MAY),
            ("when", Text, MAY),
            ("says", Label, MAY),
            ("help", Label, MAY),
            ("adds", Code, MAY),
            ("to", Code, MUST),
        ],
    ),
    (
        "[[ladder]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("rung", Tables("[[ladder.rung]]"), MAY),
            ("then", Code, MAY),
        ],
    ),
    (
        "[[ladder.rung]]",
        &[
            ("to", Code, MUST),
            ("label", Label, MUST),
            ("limit", Text, MUST),
            ("bulletin", Flag, MAY),
        ],
    ),
    (
        "closing",
        &[
            ("when", Text, MUST),
            ("says", Label, MUST),
            ("verify", Table("verify"), MUST),
            ("look_back", Table("look_back"), MAY),
        ],
    ),
    (
        "verify",
        &[("ordinary", Table("way"), MAY), ("major", Table("way"), MAY)],
    ),
    (
        "way",
        &[
            (
                "way",
                Words(&["drawn", "office", "requester", "record", "self"]),
                MUST,
            ),
            ("function", Code, MAY),
            ("post", Code, MAY),
            ("office", Code, MAY),
        ],
    ),
    (
        "look_back",
        &[
            ("share", Text, MUST),
            ("after", Text, MUST),
            ("by", Code, MUST),
            ("limit", Text, MUST),
            ("ladder", Code, MAY),
            ("redo", Code, MUST),
        ],
    ),
    (
        "request",
        &[
            ("return", NameOr("side move"), MAY),
            ("extension", NameOr("side move"), MAY),
            ("suspension", NameOr("side move"), MAY),
            ("hand_up", NameOr("side move"), MAY),
            ("void", NameOr("side move"), MAY),
        ],
    ),
    (
        "side move",
        &[
            ("by", Codes, MAY),
            ("approver", Code, MUST),
            ("limit", Text, MUST),
            ("ladder", Code, MAY),
            ("cap", Number(0, 20), MAY),
            ("at_most", Text, MAY),
            ("reasons", NameOrTables("choices"), MAY),
            ("to", Code, MAY),
        ],
    ),
    (
        "progress",
        &[
            ("label", Label, MUST),
            ("every", Text, MUST),
            ("by", Code, MUST),
            ("ladder", Code, MAY),
            ("datum", Code, MAY),
        ],
    ),
    (
        "children",
        &[
            ("mechanism", Code, MUST),
            ("each", Text, MAY),
            ("where", Text, MAY),
            ("owner", Text, MAY),
            ("sets", TextMap, MAY),
            ("join", Text, MAY),
            ("stage", Code, MUST),
            ("then", Code, MUST),
        ],
    ),
    (
        "[[figure]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("value", Text, MAY),
            ("base", Text, MAY),
            ("printed", Text, MUST),
            ("unit", Text, MUST),
            ("qualifier", Words(&["over", "about", "under"]), MAY),
            ("document", Text, MUST),
            ("as_of", Text, MAY),
            ("anomaly", Label, MAY),
        ],
    ),
    (
        "[[indicator]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("says", Label, MUST),
            ("value", Text, MUST),
            ("base", Text, MAY),
            ("unit", Text, MUST),
            ("target", Text, MAY),
            ("direction", Words(&["up", "down", "none"]), MAY),
            (
                "period",
                Words(&["month", "quarter", "half_year", "year", "always"]),
                MAY,
            ),
        ],
    ),
    ("scheme file", scheme::FILE),
    ("scheme", scheme::HEAD),
    ("[[class]]", scheme::CLASS),
    ("[[item]]", scheme::ITEM),
    ("[[addition]]", scheme::ADJUSTMENT),
    ("[[deduction]]", scheme::ADJUSTMENT),
    ("[[veto]]", scheme::VETO),
    ("[[grade]]", scheme::GRADE),
    (
        "pack file",
        &[
            ("language", One, MUST),
            ("pack", Table("pack"), MAY),
            ("register", Tables("[[register]]"), MAY),
            ("datum", Tables("[[datum]]"), MAY),
            ("unit_kind", Tables("[[unit_kind]]"), MAY),
            ("function", Tables("[[function]]"), MAY),
            ("post_kind", Tables("[[post_kind]]"), MAY),
            ("reasons", Tables("[[reasons]]"), MAY),
            ("role", Tables("[[role]]"), MAY),
            ("ladder", Tables("[[ladder]]"), MAY),
            ("common_request", Tables("[[common_request]]"), MAY),
        ],
    ),
    (
        "pack",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("requires", Codes, MAY),
        ],
    ),
    (
        "[[register]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("title", Code, MUST),
            ("keeper", Code, MAY),
            ("rows", Text, MAY),
            ("field", Tables("[[field]]"), MAY),
        ],
    ),
    (
        "[[datum]]",
        &[
            ("id", Code, MUST),
            ("datum", Code, MAY),
            ("label", Label, MUST),
            ("type", Text, MUST),
            ("choices", Tables("choices"), MAY),
            ("unit", Label, MAY),
            ("help", Label, MAY),
            ("required", Flag, MAY),
            ("sensitive", Flag, MAY),
            ("owner", Code, MUST),
            ("of", Code, MUST),
            ("valid", Text, MUST),
            (
                "proof",
                Words(&["photo", "track", "presence", "online-time"]),
                MAY,
            ),
            ("sealed_to", Code, MAY),
        ],
    ),
    (
        "[[unit_kind]]",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("posts", Codes, MAY),
            ("grass_roots", Flag, MAY),
        ],
    ),
    (
        "[[function]]",
        &[("id", Code, MUST), ("label", Label, MUST), ("kinds", Codes, MAY)],
    ),
    ("[[post_kind]]", &[("id", Code, MUST), ("label", Label, MUST)]),
    (
        "[[reasons]]",
        &[("id", Code, MUST), ("list", Tables("choices"), MAY)],
    ),
    (
        "[[common_request]]",
        &[
            ("id", Code, MUST),
            ("kind", Words(REQUESTS), MUST),
            ("by", Codes, MAY),
            ("approver", Code, MUST),
            ("limit", Text, MUST),
            ("ladder", Code, MAY),
            ("cap", Number(0, 20), MAY),
            ("at_most", Text, MAY),
            ("reasons", NameOrTables("choices"), MAY),
            ("to", Code, MAY),
        ],
    ),
    (
        "scenario file",
        &[
            ("language", One, MUST),
            ("scenario", Table("scenario"), MUST),
            ("when", Tables("[[when]]"), MAY),
        ],
    ),
    (
        "scenario",
        &[
            ("id", Code, MUST),
            ("label", Label, MUST),
            ("mechanism", Code, MUST),
            ("rows", Flag, MAY),
            ("adopted", Text, MAY),
            ("reproduces", Codes, MAY),
        ],
    ),
    (
        "[[when]]",
        &[
            ("at", Text, MUST),
            ("by", Code, MAY),
            ("person", Code, MAY),
            ("for", Code, MAY),
            ("case", Code, MAY),
            ("do", Words(ACTIONS), MUST),
            ("title", Text, MAY),
            ("owner", Code, MAY),
            ("supporting", Codes, MAY),
            ("risk", Words(RISKS), MAY),
            ("from", Words(SOURCES), MAY),
            ("mechanism", Code, MAY),
            ("parent", Code, MAY),
            ("values", ValueMap, MAY),
            ("step", Code, MAY),
            ("evidence", Number(0, 20), MAY),
            ("note", Text, MAY),
            ("kind", Words(REQUESTS), MAY),
            ("reason", Text, MAY),
            ("until", Text, MAY),
            ("unit", Code, MAY),
            ("request", Number(1, 1000), MAY),
            ("grant", Flag, MAY),
            ("pass", Flag, MAY),
            ("clock", Text, MAY),
            ("register", Code, MAY),
            ("row", Any, MAY),
            ("stage", Code, MAY),
            ("children", Codes, MAY),
            ("then", Table("then"), MAY),
        ],
    ),
    (
        "then",
        &[
            ("stage", Code, MAY),
            ("holder", Code, MAY),
            ("owner", Code, MAY),
            (
                "colour",
                Words(&["green", "blue", "yellow", "orange", "red"]),
                MAY,
            ),
            ("due", Text, MAY),
            ("refused", Code, MAY),
            ("round", Number(1, 1000), MAY),
            ("events", Texts, MAY),
            ("expect", Texts, MAY),
            ("closed", Flag, MAY),
            ("late", Flag, MAY),
            ("on_time", Flag, MAY),
            ("void", Flag, MAY),
            ("figures", ValueMap, MAY),
        ],
    ),
];
