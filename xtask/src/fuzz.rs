//! Fuzzes the reader: `cargo xtask fuzz [--seconds N] [TARGET…]`, every target for a minute if nothing else is said.
//!
//! Needs no nightly toolchain and no tool: the flags that `cargo fuzz` passes for coverage are stable ones, and the
//! sanitizers that want a nightly find faults of `unsafe` code, which is forbidden here. `cargo fuzz run -s none TARGET`
//! in `crates/reader/fuzz` does the same where it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The workspace of the targets.
const HOME: &str = "crates/reader/fuzz";

/// What `cargo fuzz` passes for coverage.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Clink-dead-code --cfg fuzzing";

/// A single input that takes longer, in seconds, is a fault; so is one that takes more memory, in MB.
const SECONDS_MAX: &str = "20";
const MEMORY_MAX: &str = "2048";

/// What came of a target.
struct Outcome {
    target: String,
    runs: String,
    seconds: u64,
    corpus: usize,
    /// Where the input lies that broke it.
    broken: Option<PathBuf>,
}

pub(crate) fn fuzz() -> Result<()> {
    let (seconds, wanted) = asked()?;
    let all = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    let chosen = if wanted.is_empty() { all } else { wanted };
    let host = host()?;
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--manifest-path"]);
    build.arg(format!("{HOME}/Cargo.toml")).args(["--target", &host]);
    for target in &chosen {
        build.args(["--bin", target]);
    }
    crate::run(build.env("RUSTFLAGS", FLAGS)).context(
        "the targets did not build; libFuzzer is C++ and needs a compiler for it (such as g++ or clang++)",
    )?;
    let place =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(HOME).join("target"), PathBuf::from);
    let binaries = place.join(host).join("release");
    let mut outcomes = Vec::with_capacity(chosen.len());
    for target in chosen {
        println!("── fuzz {target}, {seconds} s");
        outcomes.push(one(&binaries, target, seconds)?);
    }
    tell(&outcomes)
}

/// How many seconds each, and which targets.
fn asked() -> Result<(u64, Vec<String>)> {
    let (mut seconds, mut targets) = (60u64, Vec::new());
    let mut words = std::env::args().skip(2);
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let found = words.next().context("--seconds needs a number")?;
            seconds = found
                .parse()
                .with_context(|| format!("`{found}` is no number of seconds"))?;
        } else if word.starts_with('-') {
            bail!("`{word}` is not understood; fuzz takes --seconds N and names of targets");
        } else {
            targets.push(word);
        }
    }
    Ok((seconds, targets))
}

/// Every file that begins a target.
fn targets() -> Result<Vec<String>> {
    let folder = Path::new(HOME).join("fuzz_targets");
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!(
            "{} cannot be listed; run from the root of the checkout",
            folder.display()
        )
    })?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let source = std::fs::read_to_string(&path)?;
        if source.contains("fuzz_target!(")
            && let Some(name) = path.file_stem()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The triple of this machine. Naming it keeps the flags from build scripts and macros.
fn host() -> Result<String> {
    let said = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("rustc could not be started")?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc does not tell its host")?.to_owned())
}

fn one(binaries: &Path, target: String, seconds: u64) -> Result<Outcome> {
    let corpus = Path::new(HOME).join("corpus").join(&target);
    let artifacts = Path::new(HOME).join("artifacts").join(&target);
    std::fs::create_dir_all(&corpus)?;
    std::fs::create_dir_all(&artifacts)?;
    let start = Instant::now();
    let said = Command::new(binaries.join(&target))
        .arg(&corpus)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MAX}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1")
        .output()
        .with_context(|| format!("the target `{target}` could not be started"))?;
    let log = String::from_utf8_lossy(&said.stderr).into_owned();
    let after = |what: &str| {
        let line = log.lines().rev().find_map(|line| line.split_once(what));
        line.map(|(_, rest)| rest.trim().to_owned())
    };
    let broken = (!said.status.success()).then(|| {
        // What the reader or the fuzzer said last tells why.
        let lines: Vec<&str> = log.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(25)) {
            eprintln!("{line}");
        }
        after("Test unit written to ").map_or_else(|| artifacts.clone(), PathBuf::from)
    });
    Ok(Outcome {
        runs: after("stat::number_of_executed_units:").unwrap_or_else(|| "?".to_owned()),
        seconds: start.elapsed().as_secs(),
        corpus: std::fs::read_dir(&corpus)?.count(),
        broken,
        target,
    })
}

fn tell(outcomes: &[Outcome]) -> Result<()> {
    println!(
        "\n{:<8} {:>10} {:>8} {:>8}  found",
        "target", "runs", "seconds", "corpus"
    );
    for one in outcomes {
        let found = one
            .broken
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), |path| path.display().to_string());
        println!(
            "{:<8} {:>10} {:>8} {:>8}  {found}",
            one.target, one.runs, one.seconds, one.corpus
        );
    }
    let broken = outcomes.iter().filter(|one| one.broken.is_some()).count();
    if broken > 0 {
        bail!(
            "{broken} target(s) broke; each input is kept at its path, and its target reads it when given it"
        );
    }
    Ok(())
}
