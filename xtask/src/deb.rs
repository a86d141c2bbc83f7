//! Packs the program for Debian and its relatives: `cargo xtask deb [--binary PATH] [--version V] [--to DIR]`.
//!
//! Without `--binary` a release is built that is linked statically, so that it also runs on the older or other systems that
//! offices have (no address is ever looked up by name, so that the C library needs nothing from the system). The same tree
//! and binary give the same package, byte for byte.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// What lies where in the package: source, place, mode.
const FILES: [(&str, &str, u32); 9] = [
    ("packaging/debian/bihuan-setup", "usr/sbin/bihuan-setup", 0o755),
    (
        "packaging/debian/bihuan.service",
        "usr/lib/systemd/system/bihuan.service",
        0o644,
    ),
    ("packaging/debian/default", "etc/default/bihuan", 0o644),
    (
        "packaging/debian/copyright",
        "usr/share/doc/bihuan/copyright",
        0o644,
    ),
    ("docs/install.md", "usr/share/doc/bihuan/install.md", 0o644),
    (
        "docs/install.zh-CN.md",
        "usr/share/doc/bihuan/install.zh-CN.md",
        0o644,
    ),
    ("docs/backup.md", "usr/share/doc/bihuan/backup.md", 0o644),
    ("docs/api.md", "usr/share/doc/bihuan/api.md", 0o644),
    ("CHANGELOG.md", "usr/share/doc/bihuan/CHANGELOG.md", 0o644),
];

/// What dpkg runs.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];

struct Asked {
    binary: Option<PathBuf>,
    version: String,
    to: PathBuf,
}

pub(crate) fn deb() -> Result<()> {
    let asked = asked()?;
    let binary = match asked.binary {
        Some(binary) => binary,
        None => build()?,
    };
    let package = pack(&binary, &asked.version, &asked.to, "-Zxz")?;
    println!("{}", package.display());
    Ok(())
}

fn asked() -> Result<Asked> {
    let mut asked = Asked {
        binary: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        to: crate::target()?.join("deb"),
    };
    let mut words = std::env::args().skip(2);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--binary" => asked.binary = Some(value()?.into()),
            "--version" => asked.version = value()?,
            "--to" => asked.to = value()?.into(),
            _ => bail!("`{word}` is not understood; deb takes --binary PATH, --version V and --to DIR"),
        }
    }
    Ok(asked)
}

/// A static release. The target is named so that macros, which the compiler loads, are not linked statically themselves.
pub(crate) fn build() -> Result<PathBuf> {
    let host = said(Command::new("rustc").arg("-vV"))?;
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc -vV` names no host")?;
    crate::run(
        Command::new("cargo")
            .args([
                "build",
                "--release",
                "--locked",
                "-p",
                "bihuan-cli",
                "--target",
                host,
            ])
            .env("RUSTFLAGS", "-C target-feature=+crt-static"),
    )?;
    Ok(crate::target()?.join(host).join("release/bihuan"))
}

/// Lays the package out and packs it, compressed as `how` tells `dpkg-deb`; its path.
pub(crate) fn pack(binary: &Path, version: &str, to: &Path, how: &str) -> Result<PathBuf> {
    let root = to.join("root");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("{} cannot be emptied", root.display()))?;
    }
    put(&root, "usr/bin/bihuan", binary, 0o755)?;
    for (from, place, mode) in FILES {
        put(&root, place, Path::new(from), mode)?;
    }
    // The mechanisms are in the program, too; here officials can read them.
    for pack in crate::all_packs()? {
        for file in fs::read_dir(&pack)? {
            let file = file?.path();
            let place = format!("usr/share/bihuan/{}", file.display());
            if file.is_file() {
                put(&root, &place, &file, 0o644)?;
            }
        }
    }
    let crates = said(Command::new("cargo").args([
        "tree",
        "--locked",
        "-p",
        "bihuan-cli",
        "-e",
        "normal",
        "--prefix",
        "none",
        "-f",
        "{p} {l}",
    ]))?;
    let foreign = |line: &&str| !line.starts_with("bihuan-") && !line.ends_with("(*)");
    let mut crates: Vec<&str> = crates.lines().filter(foreign).collect();
    crates.sort_unstable();
    crates.dedup();
    write(
        &root,
        "usr/share/doc/bihuan/crates.txt",
        &format!("{}\n", crates.join("\n")),
        0o644,
    )?;
    let arch = said(Command::new("dpkg").arg("--print-architecture"))?;
    let depends = if is_static(binary)? {
        "passwd, util-linux"
    } else {
        "libc6, libgcc-s1, passwd, util-linux"
    };
    write(
        &root,
        "DEBIAN/control",
        &control(version, arch.trim(), depends),
        0o644,
    )?;
    write(&root, "DEBIAN/conffiles", "/etc/default/bihuan\n", 0o644)?;
    for script in SCRIPTS {
        put(
            &root,
            &format!("DEBIAN/{script}"),
            &Path::new("packaging/debian").join(script),
            0o755,
        )?;
    }
    let package = to.join(format!("bihuan_{version}_{}.deb", arch.trim()));
    crate::run(
        Command::new("dpkg-deb")
            .args(["--root-owner-group", how, "--build"])
            .arg(&root)
            .arg(&package)
            .env("SOURCE_DATE_EPOCH", moment()),
    )?;
    fs::remove_dir_all(root)?;
    Ok(package)
}

fn control(version: &str, arch: &str, depends: &str) -> String {
    format!(
        "Package: bihuan\nVersion: {version}\nArchitecture: {arch}\nMaintainer: Bihuan <bihuan@localhost>\n\
         Section: net\nPriority: optional\nDepends: {depends}\n\
         Description: keeps a county's promises (闭环)\n \
         Every matter that somebody must still fulfil is a case with one owner, one holder, a running\n \
         clock and evidence; closing is verified, figures come from a log that nobody edits unseen.\n \
         One program with its database; nothing is fetched from any network at run time.\n"
    )
}

/// Whether a program needs no loader: `ldd` says so of static ones, with an error.
fn is_static(binary: &Path) -> Result<bool> {
    let output = Command::new("ldd")
        .arg(binary)
        .env("LC_ALL", "C")
        .output()
        .context("`ldd` could not be started")?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Ok(said.contains("statically linked") || said.contains("not a dynamic executable"))
}

/// The time that files in the package bear: of the last commit, so that a second packing gives the same bytes.
fn moment() -> String {
    said(Command::new("git").args(["log", "-1", "--format=%ct"]))
        .map_or_else(|_| "0".to_owned(), |text| text.trim().to_owned())
}

fn put(root: &Path, place: &str, from: &Path, mode: u32) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("{} cannot be read", from.display()))?;
    write_bytes(root, place, &bytes, mode)
}

fn write(root: &Path, place: &str, text: &str, mode: u32) -> Result<()> {
    write_bytes(root, place, text.as_bytes(), mode)
}

fn write_bytes(root: &Path, place: &str, bytes: &[u8], mode: u32) -> Result<()> {
    let path = root.join(place);
    let mut folder = root.to_owned();
    for part in Path::new(place).parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
        }
        // Whatever the packer's umask is.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    }
    fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    Ok(())
}

fn said(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("{command:?} could not be started"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}
