//! From tokens to a tree, by recursive descent with a limit on depth and size.

use bihuan_domain::expr::{Aggregate, Arithmetic, Comparison};
use bihuan_messages::Label;

use super::Origin;
use super::lexer::{Token, TokenKind};
use crate::limits::{EXPR_AGGREGATES_MAX, EXPR_DEPTH_MAX, EXPR_PARTS_MAX};
use crate::read::Sink;
use crate::text::{filled, label};

/// A part of an expression and its bytes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ast {
    pub(crate) kind: AstKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AstKind {
    Bool(bool),
    /// Number and unit.
    Number(String, String),
    Text(String),
    /// `name` or `row.name`, `case.stage`.
    Name(Vec<String>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    And(Box<Ast>, Box<Ast>),
    Or(Box<Ast>, Box<Ast>),
    Compare(Comparison, Box<Ast>, Box<Ast>),
    Arith(Arithmetic, Box<Ast>, Box<Ast>),
    In(Box<Ast>, Vec<Ast>),
    If(Box<Ast>, Box<Ast>, Box<Ast>),
    Has(Box<Ast>),
    Size(Box<Ast>),
    /// `date("2020-12-31")`, `duration("90 minutes")`.
    Literal(&'static str, String),
    /// `sum(projects, row.investment, row.sector == "industry")`.
    Aggregate(Aggregate, Box<Ast>, Vec<Ast>),
}

/// Parses tokens into a tree.
pub(crate) fn parse(tokens: &[Token], text: &str, origin: &Origin, sink: &mut Sink<'_>) -> Option<Ast> {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        parts: 0,
        aggregates: 0,
        len: text.len(),
    };
    let result = parser.expression().and_then(|ast| match parser.peek() {
        None => Ok(ast),
        Some(token) => Err(Fault::new(
            token,
            filled("check.expr_left_over", &[("found", &parser.shown(token))]),
        )),
    });
    match result {
        Ok(ast) => Some(ast),
        Err(fault) => {
            let span = origin.span(fault.start, fault.end);
            match fault.limit {
                Some((found, max)) => {
                    sink.error("M0134", span, |m| {
                        m.show("found", found).show("max", max).with("what", &fault.what)
                    });
                }
                None => sink.error("M0131", span, |m| m.with("what", &fault.what)),
            }
            None
        }
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    parts: usize,
    aggregates: usize,
    len: usize,
}

struct Fault {
    start: usize,
    end: usize,
    what: Label,
    limit: Option<(usize, usize)>,
}

impl Fault {
    fn new(token: &Token, what: Label) -> Self {
        Fault {
            start: token.start,
            end: token.end,
            what,
            limit: None,
        }
    }
}

type Parsed = Result<Ast, Fault>;

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn shown(&self, token: &Token) -> String {
        match &token.kind {
            TokenKind::Number(n, unit) => format!("{n}{unit}"),
            TokenKind::Text(text) => format!("\"{text}\""),
            TokenKind::Name(name) => name.clone(),
            TokenKind::Sign(sign) => (*sign).to_owned(),
        }
    }

    fn eat(&mut self, sign: &str) -> Option<&'t Token> {
        let token = self.peek()?;
        if matches!(&token.kind, TokenKind::Sign(found) if *found == sign) {
            self.at += 1;
            return Some(token);
        }
        None
    }

    fn need(&mut self, sign: &str) -> Result<&'t Token, Fault> {
        match self.eat(sign) {
            Some(token) => Ok(token),
            None => Err(self.unexpected(sign)),
        }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        match self.peek() {
            Some(token) => Fault::new(
                token,
                filled(
                    "check.expr_expected",
                    &[("wanted", &wanted), ("found", &self.shown(token))],
                ),
            ),
            None => Fault {
                start: self.len.saturating_sub(1),
                end: self.len,
                what: filled("check.expr_ends", &[("wanted", &wanted)]),
                limit: None,
            },
        }
    }

    fn node(&mut self, kind: AstKind, start: usize, end: usize) -> Parsed {
        self.parts += 1;
        if self.parts > EXPR_PARTS_MAX {
            let what = label("check.limit_expr_parts");
            return Err(Fault {
                start,
                end,
                what,
                limit: Some((self.parts, EXPR_PARTS_MAX)),
            });
        }
        Ok(Ast { kind, start, end })
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > EXPR_DEPTH_MAX {
            let (start, end) = self
                .peek()
                .map_or((0, self.len), |token| (token.start, token.end));
            let what = label("check.limit_expr_depth");
            return Err(Fault {
                start,
                end,
                what,
                limit: Some((self.depth, EXPR_DEPTH_MAX)),
            });
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn expression(&mut self) -> Parsed {
        self.deeper(|p| {
            let condition = p.either()?;
            if p.eat("?").is_none() {
                return Ok(condition);
            }
            let yes = p.expression()?;
            p.need(":")?;
            let no = p.expression()?;
            let (start, end) = (condition.start, no.end);
            p.node(
                AstKind::If(Box::new(condition), Box::new(yes), Box::new(no)),
                start,
                end,
            )
        })
    }

    fn either(&mut self) -> Parsed {
        let mut left = self.both()?;
        while self.eat("||").is_some() {
            let right = self.both()?;
            let (start, end) = (left.start, right.end);
            left = self.node(AstKind::Or(Box::new(left), Box::new(right)), start, end)?;
        }
        Ok(left)
    }

    fn both(&mut self) -> Parsed {
        let mut left = self.comparison()?;
        while self.eat("&&").is_some() {
            let right = self.comparison()?;
            let (start, end) = (left.start, right.end);
            left = self.node(AstKind::And(Box::new(left), Box::new(right)), start, end)?;
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parsed {
        const SIGNS: &[(&str, Comparison)] = &[
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let left = self.sum()?;
        for (sign, op) in SIGNS {
            if self.eat(sign).is_some() {
                let right = self.sum()?;
                let (start, end) = (left.start, right.end);
                return self.node(AstKind::Compare(*op, Box::new(left), Box::new(right)), start, end);
            }
        }
        if matches!(self.peek().map(|t| &t.kind), Some(TokenKind::Name(name)) if name == "in") {
            self.at += 1;
            self.need("[")?;
            let (items, end) = self.list("]")?;
            let start = left.start;
            return self.node(AstKind::In(Box::new(left), items), start, end);
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let op = if self.eat("+").is_some() {
                Arithmetic::Add
            } else if self.eat("-").is_some() {
                Arithmetic::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            let (start, end) = (left.start, right.end);
            left = self.node(AstKind::Arith(op, Box::new(left), Box::new(right)), start, end)?;
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let op = if self.eat("*").is_some() {
                Arithmetic::Multiply
            } else if self.eat("/").is_some() {
                Arithmetic::Divide
            } else {
                return Ok(left);
            };
            let right = self.unary()?;
            let (start, end) = (left.start, right.end);
            left = self.node(AstKind::Arith(op, Box::new(left), Box::new(right)), start, end)?;
        }
    }

    fn unary(&mut self) -> Parsed {
        if let Some(token) = self.eat("!") {
            let inner = self.deeper(Self::unary)?;
            let end = inner.end;
            return self.node(AstKind::Not(Box::new(inner)), token.start, end);
        }
        if let Some(token) = self.eat("-") {
            let inner = self.deeper(Self::unary)?;
            let end = inner.end;
            return self.node(AstKind::Negate(Box::new(inner)), token.start, end);
        }
        self.primary()
    }

    fn primary(&mut self) -> Parsed {
        if self.eat("(").is_some() {
            let inner = self.expression()?;
            self.need(")")?;
            return Ok(inner);
        }
        let Some(token) = self.peek() else {
            return Err(self.unexpected("…"));
        };
        let (start, end) = (token.start, token.end);
        match &token.kind {
            TokenKind::Number(digits, unit) => {
                self.at += 1;
                self.node(AstKind::Number(digits.clone(), unit.clone()), start, end)
            }
            TokenKind::Text(text) => {
                self.at += 1;
                self.node(AstKind::Text(text.clone()), start, end)
            }
            TokenKind::Name(name) => {
                self.at += 1;
                match name.as_str() {
                    "true" => return self.node(AstKind::Bool(true), start, end),
                    "false" => return self.node(AstKind::Bool(false), start, end),
                    _ => {}
                }
                if self.eat("(").is_some() {
                    return self.call(name, start, end);
                }
                let mut path = vec![name.clone()];
                let mut end = end;
                while self.eat(".").is_some() {
                    match self.peek().map(|t| (&t.kind, t.end)) {
                        Some((TokenKind::Name(part), at)) => {
                            path.push(part.clone());
                            end = at;
                            self.at += 1;
                        }
                        _ => return Err(self.unexpected("…")),
                    }
                }
                self.node(AstKind::Name(path), start, end)
            }
            TokenKind::Sign(_) => Err(self.unexpected("…")),
        }
    }

    /// A call whose opening bracket was read.
    fn call(&mut self, name: &str, start: usize, name_end: usize) -> Parsed {
        let (args, end) = self.list(")")?;
        let wrong = |wanted: &str| Fault {
            start,
            end,
            what: filled("check.expr_call", &[("name", &name), ("wanted", &wanted)]),
            limit: None,
        };
        let mut args = args.into_iter();
        let kind = match name {
            "has" | "size" => match (args.next(), args.next()) {
                (Some(one), None) if name == "has" => AstKind::Has(Box::new(one)),
                (Some(one), None) => AstKind::Size(Box::new(one)),
                _ => {
                    return Err(wrong(if name == "has" {
                        "has(field)"
                    } else {
                        "size(field)"
                    }));
                }
            },
            "date" | "duration" => match (args.next().map(|arg| arg.kind), args.next()) {
                (Some(AstKind::Text(text)), None) if name == "date" => AstKind::Literal("date", text),
                (Some(AstKind::Text(text)), None) => AstKind::Literal("duration", text),
                _ => return Err(wrong("date(\"2020-12-31\"), duration(\"90 minutes\")")),
            },
            "count" | "sum" | "all" | "any" | "distinct" | "min" | "max" | "last" => {
                self.aggregates += 1;
                if self.aggregates > EXPR_AGGREGATES_MAX {
                    let limit = Some((self.aggregates, EXPR_AGGREGATES_MAX));
                    return Err(Fault {
                        start,
                        end,
                        what: label("check.limit_expr_aggregates"),
                        limit,
                    });
                }
                let kind = match name {
                    "count" => Aggregate::Count,
                    "sum" => Aggregate::Sum,
                    "all" => Aggregate::All,
                    "any" => Aggregate::Any,
                    "distinct" => Aggregate::Distinct,
                    "min" => Aggregate::Min,
                    "max" => Aggregate::Max,
                    _ => Aggregate::Last,
                };
                let over = args.next().ok_or_else(|| wrong("count(projects)"))?;
                let rest: Vec<Ast> = args.collect();
                let fits = match kind {
                    Aggregate::Count => rest.len() <= 1,
                    _ => (1..=2).contains(&rest.len()),
                };
                if !fits {
                    return Err(wrong("count(rows, where) / sum(rows, row.field, where)"));
                }
                AstKind::Aggregate(kind, Box::new(over), rest)
            }
            other => {
                let known = [
                    "has", "size", "date", "duration", "count", "sum", "all", "any", "distinct", "min",
                    "max", "last",
                ];
                let near = crate::read::nearest(other, known);
                let wanted = near.map_or_else(|| known.join(", "), str::to_owned);
                return Err(Fault {
                    start,
                    end: name_end,
                    what: filled("check.expr_function", &[("name", &other), ("wanted", &wanted)]),
                    limit: None,
                });
            }
        };
        self.node(kind, start, end)
    }

    /// Items up to `close`, and the byte after it.
    fn list(&mut self, close: &str) -> Result<(Vec<Ast>, usize), Fault> {
        let mut items = Vec::new();
        if let Some(token) = self.eat(close) {
            return Ok((items, token.end));
        }
        loop {
            items.push(self.expression()?);
            if let Some(token) = self.eat(close) {
                return Ok((items, token.end));
            }
            if self.eat(",").is_none() {
                return Err(self.unexpected(close));
            }
        }
    }
}
