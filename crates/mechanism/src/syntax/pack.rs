//! A pack file and its parts: dictionary, org kinds, registers, shared roles and ladders, reasons, calendars.
//!
//! `pack.toml` names the pack; any other TOML file of the folder that is no mechanism and no scenario may carry the
//! same lists, so that a long dictionary has a file of its own.

use bihuan_messages::Label;

use super::ast::{IndicatorAst, RequestAst};
use super::bulletin::{BulletinAst, bulletin};
use super::calendar::{CalendarAst, calendar};
use super::mechanism::{REQUESTS, indicator, request};
use super::parts::{FieldAst, LadderAst, RoleAst, choices, field, ladder, role, word};
use crate::pack::Proof;
use crate::read::{Node, Sink, Sp, Table};

/// `pack.toml`'s own head.
#[derive(Clone, Debug)]
pub(crate) struct HeadAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) requires: Vec<Sp<String>>,
}

/// The lists of a pack file.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartsAst {
    pub(crate) registers: Vec<RegisterAst>,
    pub(crate) data: Vec<DatumAst>,
    pub(crate) unit_kinds: Vec<UnitKindAst>,
    pub(crate) functions: Vec<FunctionAst>,
    pub(crate) post_kinds: Vec<PostKindAst>,
    pub(crate) reasons: Vec<ReasonsAst>,
    pub(crate) roles: Vec<RoleAst>,
    pub(crate) ladders: Vec<LadderAst>,
    pub(crate) requests: Vec<CommonRequestAst>,
    pub(crate) indicators: Vec<IndicatorAst>,
    pub(crate) bulletins: Vec<BulletinAst>,
    pub(crate) calendars: Vec<CalendarAst>,
}

/// A side move that mechanisms take by its name.
#[derive(Clone, Debug)]
pub(crate) struct CommonRequestAst {
    pub(crate) id: Sp<String>,
    pub(crate) request: RequestAst,
}

#[derive(Clone, Debug)]
pub(crate) struct RegisterAst {
    pub(crate) span: bihuan_diagnostics::Span,
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) title: Option<Sp<String>>,
    /// The function of the units whose clerks keep it.
    pub(crate) keeper: Option<Sp<String>>,
    /// The scheme whose results are its rows.
    pub(crate) computed: Option<Sp<String>>,
    pub(crate) fields: Vec<FieldAst>,
    pub(crate) rows: Option<Sp<String>>,
}

/// A datum: a field of the county, owned by somebody and valid for a time.
#[derive(Clone, Debug)]
pub(crate) struct DatumAst {
    pub(crate) field: FieldAst,
    /// Who keeps it: a function, or `handler`.
    pub(crate) owner: Option<Sp<String>>,
    /// What it is about: `case`, or a thing of the county such as `project`, `household`.
    pub(crate) of: Option<Sp<String>>,
    /// How long a value stays valid: `case`, `always`, or a limit in days.
    pub(crate) valid: Option<Sp<String>>,
    /// What it proves of a person, where it does.
    pub(crate) proof: Option<Sp<Proof>>,
    /// The function of the body that alone can read it.
    pub(crate) sealed_to: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct UnitKindAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) posts: Vec<Sp<String>>,
    pub(crate) grass_roots: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct FunctionAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) kinds: Vec<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct PostKindAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
}

#[derive(Clone, Debug)]
pub(crate) struct ReasonsAst {
    pub(crate) id: Sp<String>,
    pub(crate) list: Vec<(Sp<String>, Label)>,
}

/// Reads a pack file. The head is there only in `pack.toml`.
pub(crate) fn read(root: &Node, with_head: bool, sink: &mut Sink<'_>) -> (Option<HeadAst>, PartsAst) {
    let Some(mut file) = Table::of(root, "file", sink) else {
        return (None, PartsAst::default());
    };
    super::language(&mut file, sink);
    let head = if with_head {
        file.need_table("pack", sink).and_then(|table| head(table, sink))
    } else {
        None
    };
    let parts = PartsAst {
        registers: file
            .tables("register", "[[register]]", sink)
            .into_iter()
            .filter_map(|t| register(t, sink))
            .collect(),
        data: file
            .tables("datum", "[[datum]]", sink)
            .into_iter()
            .filter_map(|t| datum(t, sink))
            .collect(),
        unit_kinds: file
            .tables("unit_kind", "[[unit_kind]]", sink)
            .into_iter()
            .filter_map(|t| unit_kind(t, sink))
            .collect(),
        functions: file
            .tables("function", "[[function]]", sink)
            .into_iter()
            .filter_map(|t| function(t, sink))
            .collect(),
        post_kinds: file
            .tables("post_kind", "[[post_kind]]", sink)
            .into_iter()
            .filter_map(|t| post_kind(t, sink))
            .collect(),
        reasons: file
            .tables("reasons", "[[reasons]]", sink)
            .into_iter()
            .filter_map(|t| reasons(t, sink))
            .collect(),
        roles: file
            .tables("role", "[[role]]", sink)
            .into_iter()
            .filter_map(|t| role(t, sink))
            .collect(),
        ladders: file
            .tables("ladder", "[[ladder]]", sink)
            .into_iter()
            .filter_map(|t| ladder(t, sink))
            .collect(),
        requests: file
            .tables("common_request", "[[common_request]]", sink)
            .into_iter()
            .filter_map(|t| common_request(t, sink))
            .collect(),
        indicators: file
            .tables("common_indicator", "[[common_indicator]]", sink)
            .into_iter()
            .filter_map(|t| indicator(t, true, sink))
            .collect(),
        bulletins: file
            .tables("bulletin", "[[bulletin]]", sink)
            .into_iter()
            .filter_map(|t| bulletin(t, sink))
            .collect(),
        calendars: file
            .tables("calendar", "[[calendar]]", sink)
            .into_iter()
            .filter_map(|t| calendar(t, sink))
            .collect(),
    };
    file.finish(sink);
    (head, parts)
}

fn head(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<HeadAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let requires = table.codes("requires", sink);
    table.finish(sink);
    Some(HeadAst {
        id: id?,
        label,
        requires,
    })
}

fn register(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<RegisterAst> {
    let id = table.need_code("id", sink);
    let ast_label = table.need_label("label", sink);
    let title = table.need_code("title", sink);
    let keeper = table.code("keeper", sink);
    let computed = table.code("computed", sink);
    let fields = super::mechanism::fields(&mut table, sink);
    let rows = table.text("rows", sink);
    let span = table.span;
    table.finish(sink);
    Some(RegisterAst {
        span,
        id: id?,
        label: ast_label,
        title,
        keeper,
        computed,
        fields,
        rows,
    })
}

const PROOFS: &[(&str, Proof)] = &[
    ("photo", Proof::Photo),
    ("track", Proof::Track),
    ("presence", Proof::Presence),
    ("online-time", Proof::OnlineTime),
    ("signature", Proof::Signature),
];

fn datum(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<DatumAst> {
    let field = field(&mut table, sink);
    let owner = table.need_code("owner", sink);
    let of = table.need_code("of", sink);
    let valid = table.need_text("valid", sink);
    if let Some(valid) = &valid {
        let known =
            matches!(valid.as_str(), "case" | "always") || super::limit::rule(valid.as_str()).is_some();
        if !known {
            sink.error("M0011", valid.span, |m| m.with("found", valid.as_str()));
        }
    }
    let proof = table
        .code("proof", sink)
        .and_then(|found| word(found, "proof", PROOFS, sink));
    let sealed_to = table.code("sealed_to", sink);
    if field.as_ref().is_some_and(|field| field.label.is_none()) {
        sink.error("M0004", table.span, |m| {
            m.with("key", "label").with("table", table.name)
        });
    }
    if field.as_ref().is_some_and(|field| field.ty.is_none()) {
        sink.error("M0004", table.span, |m| {
            m.with("key", "type").with("table", table.name)
        });
    }
    table.finish(sink);
    Some(DatumAst {
        field: field?,
        owner,
        of,
        valid,
        proof,
        sealed_to,
    })
}

fn unit_kind(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<UnitKindAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let posts = table.codes("posts", sink);
    let grass_roots = table.flag("grass_roots", false, sink);
    table.finish(sink);
    Some(UnitKindAst {
        id: id?,
        label,
        posts,
        grass_roots,
    })
}

fn function(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<FunctionAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let kinds = table.codes("kinds", sink);
    table.finish(sink);
    Some(FunctionAst {
        id: id?,
        label,
        kinds,
    })
}

fn post_kind(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<PostKindAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    table.finish(sink);
    Some(PostKindAst { id: id?, label })
}

fn reasons(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<ReasonsAst> {
    let id = table.need_code("id", sink);
    let list = choices(&mut table, "list", sink);
    table.finish(sink);
    Some(ReasonsAst { id: id?, list })
}

fn common_request(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<CommonRequestAst> {
    let id = table.need_code("id", sink);
    let kind = table
        .need_code("kind", sink)
        .and_then(|found| word(found, "kind", REQUESTS, sink));
    let request = request(table, kind.map(|kind| kind.value)?, sink);
    Some(CommonRequestAst { id: id?, request })
}
