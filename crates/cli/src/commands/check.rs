//! `bihuan check`: whether packs are sound, in the manner of a compiler.

use std::path::PathBuf;

use bihuan_diagnostics::{Severity, any_error, html, json, terminal};
use bihuan_messages::t;

use super::packs;
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let given = packs::load(&args.packs, term)?;
    let findings: Vec<_> = if args.quiet {
        given
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .cloned()
            .collect()
    } else {
        given.findings
    };
    if let Some(path) = &args.html {
        let page = page(term, &html::render(&findings, &given.files, term.lang));
        std::fs::write(path, page).map_err(Trouble::file(path))?;
    }
    if args.json {
        term.json(&json::render(&findings, &given.files));
    } else {
        let text = terminal::render(&findings, &given.files, term.lang, term.out_is_terminal());
        term.raw(text.as_bytes());
        term.line(terminal::summary(&findings, term.lang));
    }
    Ok(if any_error(&findings) {
        Exit::Faults
    } else {
        Exit::Fine
    })
}

/// The findings as a page of their own.
fn page(term: &Term, findings: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         <body>\n<h1>{}</h1>\n{findings}</body>\n</html>\n",
        term.lang.tag(),
        t(term.lang, "cli.check_title"),
        t(term.lang, "cli.check_title"),
    )
}

const STYLE: &str = "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.6 system-ui,sans-serif}\
 .finding{border-left:4px solid #b91c1c;padding:.25rem 1rem;margin:1rem 0}.warning{border-color:#b45309}\
 pre{background:#f5f5f4;padding:.5rem;overflow:auto}mark{background:#fecaca}.warning mark{background:#fde68a}";
