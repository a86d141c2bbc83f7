//! Looking at every part of a compiled expression.

use bihuan_domain::expr::{Expr, Over};

/// Calls `visit` for the expression and all its parts, with what the nearest aggregate around a part runs over.
pub(crate) fn each_part<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr, Option<&'e Over>)) {
    within(expr, None, visit);
}

fn within<'e>(expr: &'e Expr, over: Option<&'e Over>, visit: &mut dyn FnMut(&'e Expr, Option<&'e Over>)) {
    visit(expr, over);
    match expr {
        Expr::Not(a) | Expr::Size(a) => within(a, over, visit),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) | Expr::Arith(_, a, b) => {
            within(a, over, visit);
            within(b, over, visit);
        }
        Expr::In(a, list) => {
            within(a, over, visit);
            list.iter().for_each(|item| within(item, over, visit));
        }
        Expr::If(a, b, c) => {
            within(a, over, visit);
            within(b, over, visit);
            within(c, over, visit);
        }
        Expr::Aggregate {
            over: rows,
            filter,
            of,
            ..
        } => {
            filter
                .iter()
                .chain(of)
                .for_each(|part| within(part, Some(rows), visit));
        }
        _ => {}
    }
}
