//! What a mechanism file may name beyond itself: everything its pack and the packs that it requires declare.

use std::collections::BTreeMap;

use bihuan_domain::calendar::Calendars;
use bihuan_domain::id::{Code, DatumId, FieldId, RegisterId};
use bihuan_domain::mechanism::{Field, RegisterSpec};
use bihuan_domain::value::Type;
use bihuan_messages::Label;

use crate::expr::Items;
use crate::read::{Sink, Sp};
use crate::syntax::mechanism::{IndicatorAst, RequestAst};
use crate::syntax::pack::{DatumAst, FunctionAst, PartsAst, PostKindAst, ReasonsAst, UnitKindAst};
use crate::syntax::parts::{FieldAst, LadderAst, RoleAst};
use crate::syntax::types::TypeName;

/// A shared declaration and the words in which it was made: they enter the digest of every mechanism that uses it.
#[derive(Clone, Debug)]
pub(crate) struct Shared<T> {
    pub(crate) ast: T,
    pub(crate) words: String,
}

/// The names in reach of a pack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) unit_kinds: BTreeMap<String, UnitKindAst>,
    pub(crate) functions: BTreeMap<String, FunctionAst>,
    pub(crate) post_kinds: BTreeMap<String, PostKindAst>,
    pub(crate) data: BTreeMap<String, DatumAst>,
    pub(crate) reasons: BTreeMap<String, ReasonsAst>,
    pub(crate) roles: BTreeMap<String, Shared<RoleAst>>,
    pub(crate) ladders: BTreeMap<String, Shared<LadderAst>>,
    pub(crate) requests: BTreeMap<String, Shared<RequestAst>>,
    pub(crate) indicators: BTreeMap<String, Shared<IndicatorAst>>,
    pub(crate) registers: BTreeMap<String, RegisterSpec>,
    /// The words in which each register was declared.
    pub(crate) register_words: BTreeMap<String, String>,
    /// The calendars that a limit or a recurrence may name: those in force, and those that packs declare.
    pub(crate) calendars: Calendars,
    /// Fields of each register by name, for expressions.
    pub(crate) items: BTreeMap<String, Items>,
}

impl Surroundings {
    /// Adds the lists of a pack file, all but its registers, which need the dictionary first.
    pub(crate) fn add(&mut self, parts: &PartsAst, raw: &str) {
        let words = |span: bihuan_diagnostics::Span, id: &str| {
            // The header and all that follows up to the next table is what was said about it.
            let from = raw.get(span.start..).unwrap_or("");
            let end = from
                .get(1..)
                .and_then(|rest| rest.find("\n[["))
                .map_or(from.len(), |at| at + 1);
            format!("{id}\n{}", from.get(..end).unwrap_or(""))
        };
        self.unit_kinds
            .extend(parts.unit_kinds.iter().map(|k| (k.id.value.clone(), k.clone())));
        self.functions
            .extend(parts.functions.iter().map(|f| (f.id.value.clone(), f.clone())));
        self.post_kinds
            .extend(parts.post_kinds.iter().map(|p| (p.id.value.clone(), p.clone())));
        self.data
            .extend(parts.data.iter().map(|d| (d.field.id.value.clone(), d.clone())));
        self.reasons
            .extend(parts.reasons.iter().map(|r| (r.id.value.clone(), r.clone())));
        self.roles.extend(parts.roles.iter().map(|role| {
            (
                role.id.value.clone(),
                Shared {
                    ast: role.clone(),
                    words: words(role.span, &role.id.value),
                },
            )
        }));
        self.ladders.extend(parts.ladders.iter().map(|ladder| {
            let mut text = words(ladder.span, &ladder.id.value);
            for rung in &ladder.rungs {
                text.push_str(&words(rung.span, &rung.to.value));
            }
            (
                ladder.id.value.clone(),
                Shared {
                    ast: ladder.clone(),
                    words: text,
                },
            )
        }));
        self.requests.extend(parts.requests.iter().map(|common| {
            (
                common.id.value.clone(),
                Shared {
                    ast: common.request.clone(),
                    words: words(common.request.span, &common.id.value),
                },
            )
        }));
        self.indicators.extend(parts.indicators.iter().map(|common| {
            (
                common.id.value.clone(),
                Shared {
                    ast: common.clone(),
                    words: words(common.span, &common.id.value),
                },
            )
        }));
        self.register_words.extend(parts.registers.iter().map(|register| {
            let mut text = words(register.span, &register.id.value);
            for field in &register.fields {
                text.push_str(&words(field.span, &field.id.value));
            }
            (register.id.value.clone(), text)
        }));
    }

    /// Everything that `other` declares is in reach, too.
    pub(crate) fn absorb(&mut self, other: &Surroundings) {
        fn all<T: Clone>(into: &mut BTreeMap<String, T>, from: &BTreeMap<String, T>) {
            into.extend(from.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        all(&mut self.unit_kinds, &other.unit_kinds);
        all(&mut self.functions, &other.functions);
        all(&mut self.post_kinds, &other.post_kinds);
        all(&mut self.data, &other.data);
        all(&mut self.reasons, &other.reasons);
        all(&mut self.roles, &other.roles);
        all(&mut self.ladders, &other.ladders);
        all(&mut self.requests, &other.requests);
        all(&mut self.indicators, &other.indicators);
        all(&mut self.registers, &other.registers);
        all(&mut self.register_words, &other.register_words);
        all(&mut self.items, &other.items);
        for (id, calendar) in &other.calendars.0 {
            self.calendars
                .0
                .entry(id.clone())
                .or_insert_with(|| calendar.clone());
        }
    }

    /// Makes the field of the model from what a file says and what the dictionary knows of its datum.
    pub(crate) fn field(&self, ast: &FieldAst, sink: &mut Sink<'_>) -> Option<Field> {
        let datum_id = &ast.datum;
        let Some(datum) = self.data.get(datum_id.as_str()) else {
            if !ast.datum_said {
                sink.error("M0117", ast.span, |m| m.with("field", ast.id.as_str()));
                return None;
            }
            crate::check::unknown(sink, "M0118", datum_id, self.data.keys().map(String::as_str));
            return None;
        };
        let own = match &ast.ty {
            Some(ty) => Some(self.ty(ty, &ast.choices, sink)?),
            None => None,
        };
        let of_datum = datum
            .field
            .ty
            .as_ref()
            .and_then(|ty| plain(&ty.value, &choice_list(&ast.choices, datum)));
        if let (Some(own), Some(datum_ty)) = (&own, &of_datum)
            && !compatible(own, datum_ty)
        {
            let span = ast.ty.as_ref().map_or(ast.span, |ty| ty.span);
            sink.error("M0137", span, |m| {
                m.with("field", ast.id.as_str()).with("datum", datum_id.as_str())
            });
        }
        let ty = own.or(of_datum)?;
        if let Type::Row(register) = inner(&ty)
            && !self.registers.contains_key(register.as_str())
        {
            let found = Sp::new(
                ast.ty.as_ref().map_or(ast.span, |ty| ty.span),
                register.as_str().to_owned(),
            );
            crate::check::unknown(sink, "M0116", &found, self.registers.keys().map(String::as_str));
            return None;
        }
        let choices: Vec<(Code, Label)> = choice_list(&ast.choices, datum)
            .into_iter()
            .map(|(code, label)| (Code::new(code), label))
            .collect();
        if matches!(inner(&ty), Type::Choice(_)) && choices.is_empty() {
            sink.error("M0004", ast.span, |m| {
                m.with("key", "choices").with("table", "[[field]]")
            });
        }
        Some(Field {
            id: FieldId::new(ast.id.as_str()),
            label: ast
                .label
                .clone()
                .or_else(|| datum.field.label.clone())
                .unwrap_or_default(),
            ty,
            choices,
            datum: DatumId::new(datum_id.as_str()),
            unit: ast.unit.clone().or_else(|| datum.field.unit.clone()),
            help: ast.help.clone().or_else(|| datum.field.help.clone()),
            required: ast.required,
            sensitive: ast.sensitive.or(datum.field.sensitive).unwrap_or(false),
            sealed_to: datum
                .sealed_to
                .as_ref()
                .map(|function| Code::new(function.as_str())),
        })
    }

    fn ty(&self, ty: &Sp<TypeName>, choices: &[(Sp<String>, Label)], sink: &mut Sink<'_>) -> Option<Type> {
        if matches!(&ty.value, TypeName::Row(register) if !self.registers.contains_key(register)) {
            let TypeName::Row(register) = &ty.value else {
                return None;
            };
            let found = Sp::new(ty.span, register.clone());
            crate::check::unknown(sink, "M0116", &found, self.registers.keys().map(String::as_str));
            return None;
        }
        let list: Vec<(String, Label)> = choices
            .iter()
            .map(|(code, label)| (code.value.clone(), label.clone()))
            .collect();
        plain(&ty.value, &list)
    }
}

fn choice_list(own: &[(Sp<String>, Label)], datum: &DatumAst) -> Vec<(String, Label)> {
    let list = if own.is_empty() { &datum.field.choices } else { own };
    list.iter()
        .map(|(code, label)| (code.value.clone(), label.clone()))
        .collect()
}

fn plain(ty: &TypeName, choices: &[(String, Label)]) -> Option<Type> {
    Some(match ty {
        TypeName::List(inner) => Type::List(Box::new(plain(inner, choices)?)),
        TypeName::Row(register) => Type::Row(RegisterId::new(register)),
        TypeName::Plain(name) => match *name {
            "bool" => Type::Bool,
            "int" => Type::Int,
            "decimal" => Type::Decimal,
            "money" => Type::Money,
            "date" => Type::Date,
            "instant" => Type::Instant,
            "duration" => Type::Duration,
            "choice" => Type::Choice(choices.iter().map(|(code, _)| Code::new(code)).collect()),
            "unit" => Type::Unit,
            "post" => Type::Post,
            "person" => Type::Person,
            "case" => Type::Case,
            "file" => Type::File,
            _ => Type::Text,
        },
    })
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::List(item) => item,
        other => other,
    }
}

/// A field may be a list of what the datum is one of; lists of choices may be narrower than the datum's.
fn compatible(own: &Type, datum: &Type) -> bool {
    match (inner(own), inner(datum)) {
        (Type::Choice(_), Type::Choice(_)) => true,
        (a, b) => a == b,
    }
}
