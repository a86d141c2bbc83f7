//! The one task runner: `cargo xtask lint | test | coverage | proof | properties | crash | fuzz | packs | deny | walk | contract | process | deb | install | browser | guide | lighthouse | bench | all`.
//!
//! `./test` installs what a fresh machine lacks and then runs `cargo xtask all`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the terminal"
)]

mod deb;
mod fuzz;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// A task: its name, what it is for, and how it is done.
type Task = (&'static str, &'static str, fn() -> Result<()>);

const TASKS: &[Task] = &[
    (
        "lint",
        "formatting, clippy without warnings, documentation without broken links",
        lint,
    ),
    ("test", "every Rust test of the workspace", test),
    (
        "coverage",
        "write the table of docs/coverage.md anew from the packs",
        coverage,
    ),
    (
        "proof",
        "the long proofs: many random histories, every break of every mechanism",
        proof,
    ),
    (
        "properties",
        "every property test with cases nobody saw before: 5,000 each, or PROPTEST_CASES",
        properties,
    ),
    (
        "clocks",
        "a million random clocks of each sort against the minute-by-minute reference",
        clocks,
    ),
    (
        "crash",
        "kill -9 and power cuts, many times: `cargo xtask crash --kills 500`",
        crash,
    ),
    (
        "simulate",
        "years of a county from seeds: 200, or without end (--forever), from 0 or --from SEED",
        simulate,
    ),
    (
        "fuzz",
        "fuzz the reader of every format: all targets for 60 s, or `--seconds N TARGET…`",
        fuzz::fuzz,
    ),
    ("packs", "check all packs and run their scenarios", packs),
    ("deny", "licences, advisories and sources of dependencies", deny),
    (
        "walk",
        "the whole loop over the JSON API with curl, as docs/api.md has it",
        walk,
    ),
    (
        "contract",
        "the API against its own description (Schemathesis, in a Python environment of its own under target/)",
        contract,
    ),
    (
        "process",
        "figures of event logs against pm4py’s, in a Python environment of its own under target/",
        process,
    ),
    (
        "deb",
        "pack for Debian with a static release: `--binary PATH` packs that one, `--version V`, `--to DIR`",
        deb::deb,
    ),
    (
        "install",
        "the package installed, upgraded and removed in a clean Debian root: of the debug build, or with `--release` as `deb` packs it",
        install,
    ),
    ("browser", "the browser suite in headless Chromium", browser),
    (
        "guide",
        "make the pictures of docs/guide anew from the demo",
        guide,
    ),
    (
        "lighthouse",
        "Lighthouse on desk, ledger and case of a release: at least 95 each (needs npm, 185 MB)",
        lighthouse,
    ),
    (
        "bench",
        "benchmarks, each compared with its reference in the same run",
        bench,
    ),
];

/// How often `crash` kills; other tasks do not ask.
static KILLS: OnceLock<String> = OnceLock::new();

fn main() -> ExitCode {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = wanted.iter().position(|word| word == "--kills") {
        let kills = wanted.drain(at..).nth(1).unwrap_or_default();
        if kills.parse::<u32>().is_err() {
            eprintln!("xtask: --kills wants a number, found `{kills}`");
            return ExitCode::from(2);
        }
        // Set once, here.
        let _ = KILLS.set(kills);
    }
    let names: Vec<&str> = match wanted.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("cargo xtask TASK…\n");
            for (name, what, _) in TASKS {
                println!("  {name:<8} {what}");
            }
            println!("  all      lint, deny, test, packs, walk, contract, process, install, browser");
            return ExitCode::SUCCESS;
        }
        ["all"] => vec![
            "lint", "deny", "test", "packs", "walk", "contract", "process", "install", "browser",
        ],
        // The tasks with words of their own.
        ["simulate", ..] => vec!["simulate"],
        ["fuzz", ..] => vec!["fuzz"],
        ["deb", ..] => vec!["deb"],
        ["install", "--release"] => vec!["install"],
        some => some.to_vec(),
    };
    for name in names {
        let Some((_, _, run)) = TASKS.iter().find(|(task, _, _)| *task == name) else {
            eprintln!("xtask: there is no task `{name}`; `cargo xtask help` lists them");
            return ExitCode::from(2);
        };
        let start = Instant::now();
        println!("── {name}");
        if let Err(error) = run() {
            eprintln!("── {name} failed: {error:#}");
            return ExitCode::FAILURE;
        }
        println!("── {name} done in {} s", start.elapsed().as_secs());
    }
    ExitCode::SUCCESS
}

fn lint() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])?;
    let pdf = ["-p", "bihuan-report", "--features", "pdf", "--locked"];
    cargo(&[&["clippy", "--all-targets"], &pdf[..], &["--", "-D", "warnings"]].concat())?;
    run(Command::new("cargo")
        .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// The same commit passes or fails every time: property tests draw the same cases in this run. `properties` draws new ones.
const SEED: &str = "20260101";

fn test() -> Result<()> {
    let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| SEED.to_owned());
    run(Command::new("cargo")
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .env("PROPTEST_RNG_SEED", seed))?;
    // PDF stands behind a feature; all that the feature changes lies in this crate.
    let pdf = ["-p", "bihuan-report", "--features", "pdf", "--locked"];
    cargo(&[&["test"], &pdf[..], &["--test", "it", "pdf"]].concat())
}

/// Every property test by its own seed of the moment, with `PROPTEST_CASES` cases each: 5,000 unless said otherwise.
fn properties() -> Result<()> {
    let cases = std::env::var("PROPTEST_CASES").unwrap_or_else(|_| "5000".to_owned());
    run(Command::new("cargo")
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .env_remove("PROPTEST_RNG_SEED")
        .env("PROPTEST_CASES", cases))
}

fn packs() -> Result<()> {
    let packs = all_packs()?;
    for command in ["check", "scenario"] {
        let mut args = vec!["run", "--quiet", "--locked", "-p", "bihuan-cli", "--", command];
        args.extend(packs.iter().map(String::as_str));
        cargo(&args)?;
    }
    Ok(())
}

fn coverage() -> Result<()> {
    run(Command::new("cargo")
        .args([
            "test",
            "--locked",
            "-p",
            "bihuan-mechanism",
            "--test",
            "it",
            "coverage::",
        ])
        .env("BIHUAN_WRITE_DOCS", "1"))
}

fn proof() -> Result<()> {
    run(Command::new("cargo")
        .args([
            "test",
            "--release",
            "--locked",
            "-p",
            "bihuan-mechanism",
            "--test",
            "it",
        ])
        .args(["--", "histories::", "mutations::", "--nocapture"])
        .env("BIHUAN_HISTORIES", "100")
        .env("BIHUAN_MUTATIONS", "all"))
}

fn clocks() -> Result<()> {
    run(Command::new("cargo")
        .args(["test", "--release", "--locked", "-p", "bihuan-domain", "--"])
        .args(["clock::laws", "algebra::", "courses::"])
        .env("BIHUAN_CLOCK_CASES", "1000000"))
}

fn crash() -> Result<()> {
    let kills = KILLS.get().map_or("500", String::as_str);
    let args = "test --locked -p bihuan-ledger -p bihuan-engine --test it -- crash:: powercut:: killed:: --nocapture";
    run(Command::new("cargo")
        .args(args.split(' '))
        .env("BIHUAN_KILLS", kills))
}

fn simulate() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let (mut from, mut forever, mut rest) = (0_u64, false, words.iter());
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--forever" => forever = true,
            "--from" => {
                let seed = rest.next().context("--from needs a seed")?;
                from = seed
                    .parse()
                    .with_context(|| format!("`{seed}` is no seed: a seed is a whole number"))?;
            }
            other => bail!("`{other}` is not understood; simulate takes --forever and --from SEED"),
        }
    }
    let to = if forever {
        String::new()
    } else {
        from.saturating_add(200).to_string()
    };
    run(Command::new("cargo")
        .args([
            "test",
            "--release",
            "--locked",
            "-p",
            "bihuan-sim",
            "--test",
            "year",
            "--",
        ])
        .args(["years_of_a_county", "--nocapture"])
        .env("BIHUAN_SEEDS", format!("{from}..{to}")))
}

fn all_packs() -> Result<Vec<String>> {
    let mut packs = Vec::new();
    for entry in
        std::fs::read_dir("packs").context("packs/ cannot be listed; run from the root of the checkout")?
    {
        let entry = entry?;
        if entry.path().is_dir() {
            packs.push(format!("packs/{}", entry.file_name().to_string_lossy()));
        }
    }
    packs.sort();
    Ok(packs)
}

fn deny() -> Result<()> {
    // The advisory database is a git repository that not every machine may reach; the rest needs no network.
    cargo(&["deny", "check", "licenses", "bans", "sources"])
}

fn walk() -> Result<()> {
    cargo(&["build", "--locked", "-p", "bihuan-cli"])?;
    run(&mut Command::new("tests/api/walk.sh"))
}

fn contract() -> Result<()> {
    cargo(&["build", "--locked", "-p", "bihuan-cli"])?;
    let programs = environment("schemathesis", "tests/api/requirements.txt")?;
    run(Command::new("tests/api/contract.sh").env("SCHEMATHESIS", programs.join("schemathesis")))
}

fn process() -> Result<()> {
    cargo(&["build", "--locked", "-p", "bihuan-cli"])?;
    let programs = environment("pm4py", "tests/process/requirements.txt")?;
    run(Command::new(programs.join("python"))
        .arg("tests/process/compare.py")
        .env("BIHUAN_BINARY", target()?.join("debug/bihuan")))
}

fn install() -> Result<()> {
    let asked: Vec<String> = std::env::args().skip(2).collect();
    let (binary, how) = match asked.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // What offices get: slow to build, so by itself.
        ["--release"] => (deb::build()?, "-Zxz"),
        _ => {
            cargo(&["build", "--locked", "-p", "bihuan-cli"])?;
            (target()?.join("debug/bihuan"), "-Znone")
        }
    };
    let place = target()?.join("deb-test");
    let mut packages = Vec::new();
    for version in ["0.1.0~old", "0.1.0~new"] {
        packages.push(deb::pack(&binary, version, &place, how)?);
    }
    run(Command::new("tests/install/install.sh").arg(place).args(packages))
}

fn target() -> Result<PathBuf> {
    let named = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(std::env::current_dir()?.join(named))
}

/// The programs of an environment with what a test needs of PyPI; made once for each list of requirements, which is whole:
/// what a package names besides is not imported there.
fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let home = target()?.join(name);
    let (programs, made_for) = (home.join("bin"), home.join("made-for.txt"));
    let wanted =
        std::fs::read_to_string(requirements).with_context(|| format!("{requirements} cannot be read"))?;
    if std::fs::read_to_string(&made_for).is_ok_and(|made| made == wanted) {
        return Ok(programs);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    run(Command::new(programs.join("python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-r",
        requirements,
    ]))?;
    std::fs::write(made_for, wanted)?;
    Ok(programs)
}

fn guide() -> Result<()> {
    ready_to_browse()?;
    run(Command::new("node").arg("tests/browser/guide.js"))
}

fn lighthouse() -> Result<()> {
    cargo(&["build", "--release", "--locked", "-p", "bihuan-cli"])?;
    npm("tests/browser")?;
    npm("tests/lighthouse")?;
    run(Command::new("node")
        .arg("tests/lighthouse/run.js")
        .env("BIHUAN_BINARY", target()?.join("release/bihuan")))
}

/// The program, and what drives the browser.
fn ready_to_browse() -> Result<()> {
    cargo(&["build", "--locked", "-p", "bihuan-cli"])?;
    npm("tests/browser")
}

/// Installs what the lock file in a folder names.
fn npm(folder: &str) -> Result<()> {
    run(Command::new("npm").args(["--prefix", folder, "ci", "--no-audit", "--no-fund", "--silent"]))
}

fn browser() -> Result<()> {
    ready_to_browse()?;
    run(Command::new("npm").args(["--prefix", "tests/browser", "test", "--silent"]))
}

fn bench() -> Result<()> {
    cargo(&["bench", "--workspace", "--locked"])?;
    cargo(&["run", "--release", "--locked", "--", "bench"])
}

fn cargo(args: &[&str]) -> Result<()> {
    run(Command::new("cargo").args(args))
}

fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    println!("$ {shown}");
    let status = command
        .status()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}
