//! The type check: from a tree of names to `domain::expr::Expr`, or findings that point at the part that does not fit.

use bihuan_domain::expr::{Aggregate, Arithmetic, Comparison, Expr, Fact, Over};
use bihuan_domain::id::{Code, FieldId, RegisterId};
use bihuan_domain::value::{RowRef, Type, Value};
use bihuan_messages::Label;
use rust_decimal::Decimal;

use super::Origin;
use super::names::{Items, Names};
use super::parser::{Ast, AstKind};
use crate::limits::EXPR_DEPTH_MAX;
use crate::read::{Sink, nearest};
use crate::syntax::limit;
use crate::text::{joined, label};

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Bool,
    Number,
    Money,
    Duration,
    Date,
    Instant,
    /// A choice among these codes.
    Choice(Vec<Code>),
    Unit,
    Post,
    Person,
    Case,
    Row(RegisterId),
    File,
    /// Free text: sealed.
    Sealed,
    List(Box<Ty>),
    /// A quoted word that takes the type of what it meets.
    Word(String),
}

impl Ty {
    fn of(ty: &Type) -> Ty {
        match ty {
            Type::Bool => Ty::Bool,
            Type::Int | Type::Decimal => Ty::Number,
            Type::Money => Ty::Money,
            Type::Date => Ty::Date,
            Type::Instant => Ty::Instant,
            Type::Duration => Ty::Duration,
            Type::Choice(codes) => Ty::Choice(codes.clone()),
            Type::Unit => Ty::Unit,
            Type::Post => Ty::Post,
            Type::Person => Ty::Person,
            Type::Row(register) => Ty::Row(register.clone()),
            Type::Case => Ty::Case,
            Type::File => Ty::File,
            Type::Text => Ty::Sealed,
            Type::List(item) => Ty::List(Box::new(Ty::of(item))),
        }
    }

    fn name(&self) -> Label {
        label(match self {
            Ty::Bool => "check.type_bool",
            Ty::Number => "check.type_number",
            Ty::Money => "check.type_money",
            Ty::Duration => "check.type_duration",
            Ty::Date => "check.type_date",
            Ty::Instant => "check.type_instant",
            Ty::Choice(_) => "check.type_choice",
            Ty::Unit => "check.type_unit",
            Ty::Post => "check.type_post",
            Ty::Person => "check.type_person",
            Ty::Case => "check.type_case",
            Ty::Row(_) => "check.type_row",
            Ty::File => "check.type_file",
            Ty::Sealed => "check.type_text",
            Ty::List(_) => "check.type_list",
            Ty::Word(_) => "check.type_word",
        })
    }

    fn is_ordered(&self) -> bool {
        matches!(
            self,
            Ty::Number | Ty::Money | Ty::Duration | Ty::Date | Ty::Instant
        )
    }

    fn same(&self, other: &Ty) -> bool {
        matches!((self, other), (Ty::Choice(_), Ty::Choice(_))) || self == other
    }
}

/// Checks a tree and compiles it; `item` is what `row` is, where the expression stands for a row.
pub(crate) fn compile(
    ast: &Ast,
    names: &Names<'_>,
    item: Option<&Items>,
    wanted: &[Ty],
    origin: &Origin,
    sink: &mut Sink<'_>,
) -> Option<Expr> {
    let mut checker = Checker {
        names,
        origin,
        sink,
        depth: 0,
    };
    let (expr, ty) = checker.of(ast, item)?;
    if wanted.iter().any(|wanted| wanted.same(&ty)) {
        return Some(expr);
    }
    let expected = wanted.first().map(Ty::name).unwrap_or_default();
    checker.mismatch(ast, &expected, &ty);
    None
}

struct Checker<'a, 's, 'f> {
    names: &'a Names<'a>,
    origin: &'a Origin,
    sink: &'s mut Sink<'f>,
    depth: usize,
}

type Typed = Option<(Expr, Ty)>;

impl Checker<'_, '_, '_> {
    /// `item` is what `row` is inside an aggregate.
    fn of(&mut self, ast: &Ast, item: Option<&Items>) -> Typed {
        // Chains such as `a && b && c` lean to the left and are as deep as they are long.
        self.depth += 1;
        let result = if self.depth > EXPR_DEPTH_MAX * 16 {
            None
        } else {
            self.part(ast, item)
        };
        self.depth -= 1;
        result
    }

    fn part(&mut self, ast: &Ast, item: Option<&Items>) -> Typed {
        match &ast.kind {
            AstKind::Bool(value) => Some((Expr::Constant(Value::Bool(*value)), Ty::Bool)),
            AstKind::Number(digits, unit) => self.number(ast, digits, unit, false),
            AstKind::Negate(inner) => match &inner.kind {
                AstKind::Number(digits, unit) => self.number(ast, digits, unit, true),
                _ => {
                    let (expr, ty) = self.of(inner, item)?;
                    if !matches!(ty, Ty::Number | Ty::Money | Ty::Duration) {
                        return self.mismatch(inner, &label("check.type_number"), &ty);
                    }
                    let minus = Expr::Constant(Value::Int(-1));
                    Some((
                        Expr::Arith(Arithmetic::Multiply, Box::new(expr), Box::new(minus)),
                        ty,
                    ))
                }
            },
            AstKind::Text(word) => Some((
                Expr::Constant(Value::Code(Code::new(word))),
                Ty::Word(word.clone()),
            )),
            AstKind::Literal(kind, text) => self.literal(ast, kind, text),
            AstKind::Name(path) => self.name(ast, path, item),
            AstKind::Has(inner) => self.has(inner, item),
            AstKind::Size(inner) => match self.of(inner, item)? {
                (expr, Ty::List(_)) => Some((Expr::Size(Box::new(expr)), Ty::Number)),
                (_, ty) => self.mismatch(inner, &label("check.type_list"), &ty),
            },
            AstKind::Not(inner) => {
                let inner = self.truth(inner, item)?;
                Some((Expr::Not(Box::new(inner)), Ty::Bool))
            }
            AstKind::And(a, b) | AstKind::Or(a, b) => {
                let (x, y) = (self.truth(a, item), self.truth(b, item));
                let (x, y) = (Box::new(x?), Box::new(y?));
                let expr = if matches!(ast.kind, AstKind::And(..)) {
                    Expr::And(x, y)
                } else {
                    Expr::Or(x, y)
                };
                Some((expr, Ty::Bool))
            }
            AstKind::Compare(op, a, b) => self.compare(*op, a, b, item),
            AstKind::Arith(op, a, b) => self.arith(*op, ast, a, b, item),
            AstKind::In(needle, list) => {
                let (expr, ty) = self.of(needle, item)?;
                let mut items = Vec::new();
                for candidate in list {
                    let (value, found) = self.of(candidate, item)?;
                    items.push(self.fit(candidate, value, found, &ty)?);
                }
                Some((Expr::In(Box::new(expr), items), Ty::Bool))
            }
            AstKind::If(condition, yes, no) => {
                let condition = self.truth(condition, item)?;
                let (a, ty) = self.of(yes, item)?;
                let (b, other) = self.of(no, item)?;
                let b = self.fit(no, b, other, &ty)?;
                Some((Expr::If(Box::new(condition), Box::new(a), Box::new(b)), ty))
            }
            AstKind::Aggregate(kind, over, rest) => self.aggregate(*kind, ast, over, rest, item),
        }
    }

    fn number(&mut self, ast: &Ast, digits: &str, unit: &str, negative: bool) -> Typed {
        let number = digits
            .parse::<Decimal>()
            .ok()
            .map(|n| if negative { -n } else { n });
        let found = number.and_then(|n| match unit {
            "" if n.scale() == 0 => i64::try_from(n).ok().map(|n| (Value::Int(n), Ty::Number)),
            "" => Some((Value::Dec(n), Ty::Number)),
            unit => fen(n, unit).map(|fen| (Value::Fen(fen), Ty::Money)),
        });
        match found {
            Some((value, ty)) => Some((Expr::Constant(value), ty)),
            None => {
                let span = self.origin.span(ast.start, ast.end);
                self.sink
                    .error("M0131", span, |m| m.with("what", label("check.expr_number")));
                None
            }
        }
    }

    fn literal(&mut self, ast: &Ast, kind: &str, text: &str) -> Typed {
        let found = match kind {
            "date" => limit::date(text).map(|date| (Value::Date(date), Ty::Date)),
            _ => minutes(text).map(|minutes| (Value::Minutes(minutes), Ty::Duration)),
        };
        match found {
            Some((value, ty)) => Some((Expr::Constant(value), ty)),
            None => {
                let span = self.origin.span(ast.start, ast.end);
                self.sink
                    .error("M0131", span, |m| m.with("what", label("check.expr_literal")));
                None
            }
        }
    }

    fn name(&mut self, ast: &Ast, path: &[String], item: Option<&Items>) -> Typed {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["today"] => Some((Expr::Fact(Fact::Today), Ty::Date)),
            ["case", fact] if !self.names.no_case => {
                let found = match *fact {
                    "stage" => {
                        let stages = self.names.stages.iter().map(|s| s.as_str().into()).collect();
                        (Fact::Stage, Ty::Choice(stages))
                    }
                    "round" => (Fact::Round, Ty::Number),
                    "risk" => (Fact::Risk, Ty::Choice(vec!["ordinary".into(), "major".into()])),
                    "opened_on" => (Fact::OpenedOn, Ty::Date),
                    "owner" => (Fact::Owner, Ty::Unit),
                    other => {
                        let known = ["stage", "round", "risk", "opened_on", "owner"];
                        return self.unknown(ast, other, known.iter().map(|k| (*k).to_owned()).collect());
                    }
                };
                Some((Expr::Fact(found.0), found.1))
            }
            ["row", name] => {
                let Some(items) = item else {
                    let span = self.origin.span(ast.start, ast.end);
                    self.sink
                        .error("M0131", span, |m| m.with("what", label("check.expr_row_outside")));
                    return None;
                };
                match items.get(*name) {
                    Some(ty) => Some((Expr::Item(FieldId::new(name)), Ty::of(ty))),
                    None => self.unknown(ast, name, items.keys().cloned().collect()),
                }
            }
            [name] => match self.names.fields.get(*name) {
                Some(ty) => Some((Expr::Field(FieldId::new(name)), Ty::of(ty))),
                None if self.names.broken.iter().any(|broken| broken == name) => None,
                None => self.unknown(ast, name, self.names.fields.keys().cloned().collect()),
            },
            [field, inner] if matches!(self.names.fields.get(*field), Some(Type::Row(_))) => {
                let Some(Type::Row(register)) = self.names.fields.get(*field) else {
                    return None;
                };
                let items = self.names.register(register.as_str())?;
                match items.get(*inner) {
                    Some(ty) => Some((
                        Expr::Through(FieldId::new(field), FieldId::new(inner)),
                        Ty::of(ty),
                    )),
                    None => self.unknown(ast, inner, items.keys().cloned().collect()),
                }
            }
            [field, _] if self.names.broken.iter().any(|broken| broken == field) => None,
            _ => {
                let name = path.join(".");
                self.unknown(ast, &name, self.names.fields.keys().cloned().collect())
            }
        }
    }

    fn has(&mut self, inner: &Ast, item: Option<&Items>) -> Typed {
        let AstKind::Name(path) = &inner.kind else {
            let span = self.origin.span(inner.start, inner.end);
            self.sink
                .error("M0131", span, |m| m.with("what", label("check.expr_has_field")));
            return None;
        };
        match self.name(inner, path, item)?.0 {
            Expr::Field(field) => Some((Expr::Has(field), Ty::Bool)),
            Expr::Item(field) => Some((Expr::ItemHas(field), Ty::Bool)),
            Expr::Through(field, inner) => Some((Expr::ThroughHas(field, inner), Ty::Bool)),
            _ => {
                let span = self.origin.span(inner.start, inner.end);
                self.sink
                    .error("M0131", span, |m| m.with("what", label("check.expr_has_field")));
                None
            }
        }
    }

    fn truth(&mut self, ast: &Ast, item: Option<&Items>) -> Option<Expr> {
        match self.of(ast, item)? {
            (expr, Ty::Bool) => Some(expr),
            (_, ty) => {
                self.mismatch(ast, &label("check.type_bool"), &ty);
                None
            }
        }
    }

    fn compare(&mut self, op: Comparison, a: &Ast, b: &Ast, item: Option<&Items>) -> Typed {
        let (left, right) = (self.of(a, item), self.of(b, item));
        let ((mut x, mut tx), (mut y, ty)) = (left?, right?);
        if matches!(tx, Ty::Sealed) || matches!(ty, Ty::Sealed) {
            self.sealed(if matches!(tx, Ty::Sealed) { a } else { b });
            return None;
        }
        // A quoted word takes the type of the other side.
        if matches!(tx, Ty::Word(_)) && !matches!(ty, Ty::Word(_)) {
            x = self.fit(a, x, tx, &ty)?;
            tx = ty;
        } else {
            y = self.fit(b, y, ty, &tx)?;
        }
        let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if !equality && !tx.is_ordered() {
            return self.mismatch(a, &label("check.type_ordered"), &tx);
        }
        Some((Expr::Compare(op, Box::new(x), Box::new(y)), Ty::Bool))
    }

    fn arith(&mut self, op: Arithmetic, ast: &Ast, a: &Ast, b: &Ast, item: Option<&Items>) -> Typed {
        let (left, right) = (self.of(a, item), self.of(b, item));
        let ((x, tx), (y, ty)) = (left?, right?);
        use Arithmetic::{Add, Divide, Multiply, Subtract};
        let result = match (op, &tx, &ty) {
            (Add | Subtract, Ty::Date, Ty::Number) => Ty::Date,
            (Subtract, Ty::Date, Ty::Date) => Ty::Number,
            (Subtract, Ty::Instant, Ty::Instant) => Ty::Duration,
            (Add | Subtract, a, b) if a == b && matches!(a, Ty::Number | Ty::Money | Ty::Duration) => {
                tx.clone()
            }
            (Multiply, Ty::Number, Ty::Number | Ty::Money | Ty::Duration) => ty.clone(),
            (Multiply, Ty::Money | Ty::Duration, Ty::Number) => tx.clone(),
            (Divide, a, b) if a == b && matches!(a, Ty::Number | Ty::Money | Ty::Duration) => Ty::Number,
            (Divide, Ty::Money | Ty::Duration, Ty::Number) => tx.clone(),
            (_, Ty::Sealed, _) => {
                self.sealed(a);
                return None;
            }
            (_, _, Ty::Sealed) => {
                self.sealed(b);
                return None;
            }
            _ => {
                let span = self.origin.span(ast.start, ast.end);
                let (tx, ty) = (tx.name(), ty.name());
                self.sink.error("M0130", span, |m| {
                    m.with("expected", label("check.type_alike")).with(
                        "found",
                        Label::new(format!("{}、{}", tx.zh, ty.zh), format!("{}, {}", tx.en, ty.en)),
                    )
                });
                return None;
            }
        };
        Some((Expr::Arith(op, Box::new(x), Box::new(y)), result))
    }

    fn aggregate(
        &mut self,
        kind: Aggregate,
        ast: &Ast,
        over: &Ast,
        rest: &[Ast],
        item: Option<&Items>,
    ) -> Typed {
        if item.is_some() {
            let span = self.origin.span(ast.start, ast.end);
            self.sink.error("M0134", span, |m| {
                m.show("found", 2)
                    .show("max", 1)
                    .with("what", label("check.limit_expr_nested"))
            });
            return None;
        }
        let name = match &over.kind {
            AstKind::Name(path) => path.join("."),
            _ => String::new(),
        };
        let Some(items) = self.names.items(&name) else {
            let known = self.names.ranges();
            let span = self.origin.span(over.start, over.end);
            let near = nearest(&name, known.iter().map(String::as_str));
            let known = near.map_or_else(
                || joined(known.iter().map(String::as_str)),
                |near| Label::new(near, near),
            );
            self.sink.error("M0116", span, |m| {
                m.with("found", name.as_str()).with("known", &known)
            });
            return None;
        };
        let over = match name.as_str() {
            "children" => Over::Children,
            "cases" => Over::Cases,
            other => match other.strip_prefix("own.") {
                Some(register) => Over::Own(RegisterId::new(register)),
                None => Over::Register(RegisterId::new(other)),
            },
        };
        let (of, filter) = match kind {
            Aggregate::Count => (None, rest.first()),
            _ => (rest.first(), rest.get(1)),
        };
        let filter = match filter {
            Some(filter) => Some(Box::new(self.truth(filter, Some(&items))?)),
            None => None,
        };
        let (of, ty) = match (kind, of) {
            (Aggregate::Count, _) | (_, None) => (None, Ty::Number),
            (Aggregate::Sum, Some(of)) => {
                let (expr, ty) = self.of(of, Some(&items))?;
                if !matches!(ty, Ty::Number | Ty::Money | Ty::Duration) {
                    return self.mismatch(of, &label("check.type_number"), &ty);
                }
                (Some(Box::new(expr)), ty)
            }
            (Aggregate::Distinct | Aggregate::Last, Some(of)) => {
                let (expr, ty) = self.of(of, Some(&items))?;
                if matches!(ty, Ty::Sealed | Ty::File | Ty::List(_) | Ty::Word(_)) {
                    return self.mismatch(of, &label("check.type_single"), &ty);
                }
                let ty = if kind == Aggregate::Distinct {
                    Ty::Number
                } else {
                    ty
                };
                (Some(Box::new(expr)), ty)
            }
            (Aggregate::Min | Aggregate::Max, Some(of)) => {
                let (expr, ty) = self.of(of, Some(&items))?;
                if !ty.is_ordered() {
                    return self.mismatch(of, &label("check.type_ordered"), &ty);
                }
                (Some(Box::new(expr)), ty)
            }
            (_, Some(of)) => (Some(Box::new(self.truth(of, Some(&items))?)), Ty::Bool),
        };
        Some((
            Expr::Aggregate {
                kind,
                over,
                filter,
                of,
            },
            ty,
        ))
    }

    /// Makes a value of type `found` one of type `wanted`, or reports that it does not fit.
    fn fit(&mut self, ast: &Ast, expr: Expr, found: Ty, wanted: &Ty) -> Option<Expr> {
        let Ty::Word(word) = &found else {
            if found.same(wanted) {
                return Some(expr);
            }
            if matches!(found, Ty::Sealed) {
                self.sealed(ast);
                return None;
            }
            let expected = wanted.name();
            self.mismatch(ast, &expected, &found);
            return None;
        };
        let value = match wanted {
            Ty::Choice(codes) => {
                if !codes.iter().any(|code| code.as_str() == word) {
                    let near = nearest(word, codes.iter().map(Code::as_str));
                    let known = near.map_or_else(
                        || joined(codes.iter().map(Code::as_str)),
                        |near| Label::new(near, near),
                    );
                    let span = self.origin.span(ast.start, ast.end);
                    self.sink.error("M0133", span, |m| {
                        m.with("found", word.as_str()).with("known", &known)
                    });
                    return None;
                }
                Value::Code(Code::new(word))
            }
            Ty::Unit => Value::Unit(word.as_str().into()),
            Ty::Post => Value::Post(word.as_str().into()),
            Ty::Person => Value::Person(word.as_str().into()),
            Ty::Row(register) => Value::Row(RowRef {
                register: register.clone(),
                row: word.as_str().into(),
            }),
            Ty::Word(_) => Value::Code(Code::new(word)),
            Ty::Sealed => {
                self.sealed(ast);
                return None;
            }
            other => {
                let expected = other.name();
                self.mismatch(ast, &expected, &found);
                return None;
            }
        };
        Some(Expr::Constant(value))
    }

    fn mismatch(&mut self, ast: &Ast, expected: &Label, found: &Ty) -> Typed {
        if matches!(found, Ty::Sealed) {
            self.sealed(ast);
            return None;
        }
        let span = self.origin.span(ast.start, ast.end);
        let found = found.name();
        self.sink.error("M0130", span, |m| {
            m.with("expected", expected).with("found", &found)
        });
        None
    }

    fn sealed(&mut self, ast: &Ast) {
        let span = self.origin.span(ast.start, ast.end);
        let name = match &ast.kind {
            AstKind::Name(path) => path.join("."),
            _ => String::new(),
        };
        self.sink.error("M0132", span, |m| m.with("field", name.as_str()));
    }

    fn unknown(&mut self, ast: &Ast, name: &str, known: Vec<String>) -> Typed {
        let span = self.origin.span(ast.start, ast.end);
        let near = nearest(name, known.iter().map(String::as_str));
        let known = near.map_or_else(
            || joined(known.iter().map(String::as_str)),
            |near| Label::new(near, near),
        );
        self.sink
            .error("M0110", span, |m| m.with("found", name).with("known", &known));
        None
    }
}

/// Money in fen, exact to the fen.
pub(crate) fn fen(number: Decimal, unit: &str) -> Option<i64> {
    let factor = match unit {
        "元" => 100,
        "万元" => 1_000_000,
        "亿元" => 10_000_000_000i64,
        _ => return None,
    };
    let fen = number.checked_mul(Decimal::from(factor))?.normalize();
    (fen.scale() == 0).then(|| i64::try_from(fen).ok()).flatten()
}

/// A duration in minutes.
pub(crate) fn minutes(text: &str) -> Option<i64> {
    use bihuan_domain::clock::Limit;
    match limit::rule(text)?.limit {
        Limit::Minutes(n) => Some(i64::from(n)),
        Limit::Hours(n) => Some(i64::from(n) * 60),
        Limit::Days(n) => Some(i64::from(n) * 24 * 60),
        _ => None,
    }
}
