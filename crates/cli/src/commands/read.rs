//! `bihuan read`: documents in, articles with their figures, commitments and checks out.

use std::path::{Path, PathBuf};

use bihuan_messages::{t, tf};
use bihuan_reader::formats::{self, Opened, Unreadable};
use bihuan_reader::{Article, Document, LIMIT_BYTES, Options, Value, decode};
use jiff::civil::Date;
use serde::Serialize;

use crate::term::{Exit, Term};
use crate::trouble::{Trouble, file_message};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long)]
    json: bool,
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i16).range(1949..=2200))]
    year: Option<i16>,
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
}

#[derive(Serialize)]
struct Read {
    documents: Vec<Document>,
}

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let options = Options {
        plan_year: args.year,
        document_date: args.date,
    };
    let mut exit = Exit::Fine;
    let mut documents = Vec::new();
    let files = u64::try_from(args.files.len()).unwrap_or(0);
    let bar = term.progress("cli.reading", Some(files));
    for file in &args.files {
        match open_file(file) {
            Ok(opened) => {
                for warning in &opened.warnings {
                    let what = term.text(warning);
                    bar.suspend(|| {
                        term.remark("cli.about_file", &[("path", &file.display()), ("what", &what)])
                    });
                }
                documents.push(formats::read(&file.display().to_string(), &opened, &options));
            }
            Err(trouble) => {
                exit = Exit::CouldNot;
                bar.suspend(|| term.trouble(&trouble));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if args.json {
        term.json(&Read { documents });
    } else {
        for document in &documents {
            show(document, term);
        }
    }
    Ok(exit)
}

/// Opens a file of any kind that is read.
fn open_file(path: &Path) -> Result<Opened, Trouble> {
    formats::open(&load(path)?).map_err(|unreadable| Trouble::about(path, &unreadable.message()))
}

/// Reads a plain text and nothing else: a page, a file of a pack.
pub(crate) fn read_text(path: &Path) -> Result<String, Trouble> {
    let decoded = decode(&load(path)?).map_err(|unreadable| Trouble::about(path, &unreadable.message()))?;
    Ok(decoded.text)
}

/// The bytes of a file; its size is looked at before it is loaded.
fn load(path: &Path) -> Result<Vec<u8>, Trouble> {
    let meta = std::fs::metadata(path).map_err(Trouble::file(path))?;
    if meta.is_dir() {
        let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(Trouble(file_message(path, &error)));
    }
    let bytes = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    if bytes > LIMIT_BYTES {
        let unreadable = Unreadable::TooLarge {
            bytes,
            limit: LIMIT_BYTES,
        };
        return Err(Trouble::about(path, &unreadable.message()));
    }
    std::fs::read(path).map_err(Trouble::file(path))
}

fn show(document: &Document, term: &Term) {
    term.say(
        "cli.read_document",
        &[
            ("source", &document.source),
            ("articles", &document.articles.len()),
            ("leftover", &document.leftover.len()),
        ],
    );
    for article in &document.articles {
        show_article(article, term);
    }
}

fn show_article(article: &Article, term: &Term) {
    let title = article
        .title
        .as_deref()
        .unwrap_or(t(term.lang, "cli.read_untitled"));
    let date = article.date.map(|date| date.to_string()).unwrap_or_default();
    term.line("");
    term.line(format!("■ {title}  {date}").trim_end());
    if !article.authors.is_empty() {
        term.say("cli.read_authors", &[("names", &article.authors.join(", "))]);
    }
    if !article.commitments.is_empty() {
        term.say("cli.read_commitments", &[("n", &article.commitments.len())]);
    }
    for commitment in &article.commitments {
        let value = commitment.value.as_ref().map(number).unwrap_or_default();
        let due = commitment
            .due
            .map(|due| tf(term.lang, "cli.read_due", &[("date", &due)]))
            .unwrap_or_default();
        let parts = [
            commitment
                .owner
                .clone()
                .map(|owner| format!("[{owner}]"))
                .unwrap_or_default(),
            commitment.action.clone().unwrap_or_default(),
            commitment.object.clone().unwrap_or_default(),
            format!("{value}{}", commitment.unit.as_deref().unwrap_or_default()),
            due,
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        term.line(format!("  → {}", parts.join(" ")));
    }
    if !article.figures.is_empty() {
        term.say("cli.read_figures", &[("n", &article.figures.len())]);
        let shown: Vec<String> = article
            .figures
            .iter()
            .map(|figure| figure.quote.clone())
            .collect();
        term.line(format!("  {}", shown.join("  ")));
    }
    for check in &article.checks {
        let key = if check.holds {
            "cli.read_holds"
        } else {
            "cli.read_fails"
        };
        term.say(key, &[("statement", &check.statement)]);
    }
}

fn number(value: &Value) -> String {
    match value {
        Value::One(number) => number.normalize().to_string(),
        Value::Range(low, high) => format!("{}～{}", low.normalize(), high.normalize()),
    }
}
