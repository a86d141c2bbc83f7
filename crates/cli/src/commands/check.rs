//! `bihuan check`: whether packs are sound, in the manner of a compiler.

mod watch;

use std::path::PathBuf;

use bihuan_diagnostics::{Diagnostic, Files, Severity, any_error, html, json, terminal};
use bihuan_messages::{Lang, t};

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
    #[arg(long, conflicts_with = "json")]
    watch: bool,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    if args.watch {
        return watch::run(args, term);
    }
    let given = packs::load(&args.packs, term)?;
    let findings = wanted(args, &given);
    write_page(args, &findings, &given.files, term)?;
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

/// The findings that were asked for.
fn wanted(args: &Args, given: &packs::Given) -> Vec<Diagnostic> {
    let all = given.findings.iter();
    let counts = |f: &&Diagnostic| !args.quiet || f.severity == Severity::Error;
    all.filter(counts).cloned().collect()
}

fn write_page(args: &Args, findings: &[Diagnostic], files: &Files, term: &Term) -> Result<(), Trouble> {
    match &args.html {
        Some(path) => std::fs::write(path, page(findings, files, term.lang)).map_err(Trouble::file(path)),
        None => Ok(()),
    }
}

/// The findings as a page of their own: in the reader's language, and folded in the other one.
fn page(findings: &[Diagnostic], files: &Files, lang: Lang) -> String {
    let (other, name) = match lang {
        Lang::Zh => (Lang::En, "English"),
        Lang::En => (Lang::Zh, t(Lang::Zh, "cli.word_chinese")),
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <body>\n<h1>{title}</h1>\n<p>{}</p>\n{}<details lang=\"{}\">\n<summary>{name}</summary>\n<p>{}</p>\n{}\
         </details>\n</body>\n</html>\n",
        lang.tag(),
        terminal::summary(findings, lang),
        html::render(findings, files, lang),
        other.tag(),
        terminal::summary(findings, other),
        html::render(findings, files, other),
        title = t(lang, "cli.check_title"),
    )
}

const STYLE: &str = "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.6 system-ui,sans-serif}\
 .finding{border-left:4px solid #b91c1c;padding:.25rem 1rem;margin:1rem 0}.warning{border-color:#b45309}\
 pre{background:#f5f5f4;padding:.5rem;overflow:auto}mark{background:#fecaca}.warning mark{background:#fde68a}";
