//! The command line in both languages: `--lang` is found before anything is parsed, then clap's help and errors are
//! given their words from the catalogue (`cli.help_<command>`, `cli.example_<command>`, `cli.opt_<argument>`).

use std::ffi::OsString;
use std::process::ExitCode;

use bihuan_messages::{Lang, has, t, tf};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::term::{Exit, Term};

/// What is said instead of running a command.
pub(crate) enum Answer {
    /// Help or version, to standard output.
    Asked(String),
    /// A mistake on the command line, to standard error.
    Mistaken(String),
}

impl Answer {
    /// Says it.
    pub(crate) fn give(self, term: &Term) -> ExitCode {
        match self {
            Answer::Asked(text) => {
                term.line(text.trim_end());
                Exit::Fine.into()
            }
            Answer::Mistaken(text) => {
                term.aside(text.trim_end());
                Exit::CouldNot.into()
            }
        }
    }
}

/// The language: `--lang` wherever it stands, else the environment, else Chinese.
pub(crate) fn language(words: &[OsString], environment: Option<&str>) -> Lang {
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    let mut given = None;
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        } else if word == "--lang" {
            given = words.next();
        } else if let Some(value) = word.strip_prefix("--lang=") {
            given = Some(value);
        }
    }
    given.or(environment).and_then(Lang::parse).unwrap_or_default()
}

/// Parses the command line.
///
/// # Errors
///
/// Help that was asked for, or what is wrong with the words.
pub(crate) fn parse(words: Vec<OsString>, lang: Lang) -> Result<Cli, Answer> {
    let mut command = worded(Cli::command(), lang, "");
    let matches: ArgMatches = match command.try_get_matches_from_mut(words) {
        Ok(matches) => matches,
        Err(error) => return Err(answer(&error, lang)),
    };
    Cli::from_arg_matches(&matches).map_err(|error| answer(&error, lang))
}

/// The command with the words of the catalogue, and everything below it.
pub(crate) fn worded(command: Command, lang: Lang, path: &str) -> Command {
    let name = command.get_name().to_owned();
    let path = if path.is_empty() {
        name.clone()
    } else {
        format!("{path}_{name}")
    };
    let key = path.trim_start_matches("bihuan_").replace('-', "_");
    let subcommands: Vec<String> = command
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect();
    let mut command = command
        .about(t(lang, &format!("cli.help_{key}")))
        .after_help(tf(
            lang,
            "cli.example",
            &[("example", &t(lang, &format!("cli.example_{key}")))],
        ))
        .subcommand_help_heading(t(lang, "cli.word_commands"))
        .help_template(template(lang))
        // The terminal breaks lines; otherwise the text would depend on what else is built beside this crate.
        .term_width(0)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(
            clap::Arg::new("help")
                .short('h')
                .long("help")
                .action(clap::ArgAction::Help)
                .help(t(lang, "cli.opt_help"))
                .help_heading(t(lang, "cli.word_options")),
        )
        .mut_args(|arg| {
            let own = format!("cli.opt_{key}_{}", arg.get_id());
            let shared = format!("cli.opt_{}", arg.get_id());
            let heading = if arg.is_positional() {
                "cli.word_arguments"
            } else {
                "cli.word_options"
            };
            let text = t(lang, if has(&own) { &own } else { &shared });
            arg.help(text).help_heading(t(lang, heading))
        });
    if path == "bihuan" {
        command = command.arg(
            clap::Arg::new("version")
                .short('V')
                .long("version")
                .action(clap::ArgAction::Version)
                .help(t(lang, "cli.opt_version"))
                .help_heading(t(lang, "cli.word_options")),
        );
    }
    for name in subcommands {
        command = command.mut_subcommand(name, |sub| worded(sub, lang, &path));
    }
    command
}

/// `zh` or `en`.
pub(crate) fn lang_values() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(["zh", "en"]).map(|value| Lang::parse(&value).unwrap_or_default())
}

fn template(lang: Lang) -> String {
    format!(
        "{{about}}\n\n{}{{usage}}\n\n{{all-args}}{{after-help}}\n",
        t(lang, "cli.word_usage")
    )
}

/// What clap found, in words of the catalogue.
fn answer(error: &clap::Error, lang: Lang) -> Answer {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Answer::Asked(error.render().to_string());
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Answer::Mistaken(error.render().to_string());
    }
    let shown = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(" "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let (arg, value) = (shown(ContextKind::InvalidArg), shown(ContextKind::InvalidValue));
    let what = match error.kind() {
        ErrorKind::UnknownArgument => tf(lang, "cli.unknown_argument", &[("arg", &arg)]),
        ErrorKind::InvalidSubcommand => tf(
            lang,
            "cli.unknown_command",
            &[("command", &shown(ContextKind::InvalidSubcommand))],
        ),
        ErrorKind::MissingRequiredArgument => tf(lang, "cli.missing_argument", &[("arg", &arg)]),
        ErrorKind::MissingSubcommand => t(lang, "cli.missing_command").to_owned(),
        ErrorKind::InvalidValue if value.is_empty() => tf(lang, "cli.missing_value", &[("arg", &arg)]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            tf(lang, "cli.invalid_value", &[("arg", &arg), ("value", &value)])
        }
        ErrorKind::ArgumentConflict => tf(
            lang,
            "cli.conflict",
            &[("arg", &arg), ("other", &shown(ContextKind::PriorArg))],
        ),
        ErrorKind::InvalidUtf8 => t(lang, "cli.not_utf8").to_owned(),
        _ => error
            .render()
            .to_string()
            .trim_start_matches("error: ")
            .trim_end()
            .to_owned(),
    };
    let mut text = tf(lang, "cli.error", &[("what", &what)]);
    let near = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ]
    .map(shown)
    .into_iter()
    .find(|near| !near.is_empty());
    let valid = shown(ContextKind::ValidValue);
    if let Some(near) = near {
        text.push('\n');
        text.push_str(&tf(lang, "cli.did_you_mean", &[("near", &near)]));
    } else if !valid.is_empty() {
        text.push('\n');
        text.push_str(&tf(lang, "cli.valid_values", &[("values", &valid)]));
    }
    text.push('\n');
    text.push_str(t(lang, "cli.try_help"));
    Answer::Mistaken(text)
}
