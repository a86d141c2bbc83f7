//! Power cuts: the writes and syncs of a real run are recorded, and the disk is made as it may be left when the power fails.
//!
//! What was synced is there. Of what was not, anything may be: all of it, nothing, some sectors of some writes in any order. Each
//! such image must start, with everything that had been acknowledged by then.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bihuan_ledger::Ledger;

use crate::crash::{Running, child, nothing_is_lost};
use crate::support::Place;

/// What the disk writes at once.
const SECTOR: usize = 512;

/// Something that reached the operating system.
#[derive(Clone, Debug)]
enum Call {
    Create(PathBuf),
    /// Bytes at a place.
    Write(PathBuf, usize, Vec<u8>),
    Truncate(PathBuf, usize),
    /// Begins; what was written before is on the disk once it has ended.
    Sync(PathBuf),
    Synced(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// A line to standard output.
    Said(String),
}

/// A recorded run: the directory before, and every call after.
struct Recording {
    before: BTreeMap<PathBuf, Vec<u8>>,
    calls: Vec<Call>,
}

/// Runs the child under strace; nothing where that cannot be done.
fn record(place: &Place, groups: u32) -> Option<Recording> {
    let before = tree(&place.data());
    let trace = place.data().join("../trace");
    let like = child(&place.data(), Some(groups));
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-y",
        "-xx",
        "-s",
        "100000000",
        "-qq",
        "-e",
        "signal=none",
        "-o",
    ]);
    command.arg(&trace).arg("-e");
    command.arg(
        "trace=openat,write,pwrite64,lseek,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat",
    );
    command.arg(like.get_program()).args(like.get_args());
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    for (name, value) in like.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    if Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        Running::start(command).said();
    } else {
        eprintln!("skipped: strace is not here or may not trace");
        return None;
    }
    let text = fs::read_to_string(&trace).unwrap();
    let calls = Reading::of(&place.data(), &before, &text);
    Some(Recording { before, calls })
}

fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for item in fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            all.extend(tree(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

/// Reads the text of strace.
struct Reading<'d> {
    data: &'d Path,
    calls: Vec<Call>,
    /// Where each descriptor stands.
    places: HashMap<String, usize>,
    /// The first halves of calls that another thread interrupted.
    halves: HashMap<String, String>,
}

impl Reading<'_> {
    fn of(data: &Path, before: &BTreeMap<PathBuf, Vec<u8>>, text: &str) -> Vec<Call> {
        let mut reading = Reading {
            data,
            calls: Vec::new(),
            places: HashMap::new(),
            halves: HashMap::new(),
        };
        for line in text.lines() {
            let (process, call) = line.split_once(' ').unwrap();
            let call = call.trim_start();
            if let Some(begun) = call.strip_suffix("<unfinished ...>") {
                reading.begun(begun.trim_end());
                reading
                    .halves
                    .insert(process.to_owned(), begun.trim_end().to_owned());
            } else if let Some((_, rest)) = call.split_once("resumed>").filter(|_| call.starts_with("<...")) {
                let begun = reading.halves.remove(process).unwrap_or_default();
                reading.ended(&format!("{begun}{rest}"));
            } else {
                reading.begun(call);
                reading.ended(call);
            }
        }
        assert!(
            reading.calls.len() > before.len(),
            "the recording holds something"
        );
        reading.calls
    }

    /// A sync counts for what was written before it began.
    fn begun(&mut self, call: &str) {
        if let (Some(("fsync" | "fdatasync", rest)), true) = (call.split_once('('), call.contains('<'))
            && let Some(path) = self.ours(&path_of(rest))
        {
            self.calls.push(Call::Sync(path));
        }
    }

    fn ended(&mut self, call: &str) {
        let Some((name, rest)) = call.split_once('(') else {
            return;
        };
        let Some((rest, result)) = rest.rsplit_once(" = ") else {
            return;
        };
        let result = result.split([' ', '<']).next().unwrap_or_default();
        let Ok(result) = result.parse::<i64>() else { return };
        let Ok(result) = usize::try_from(result) else {
            return;
        };
        let descriptor = rest.split('<').next().unwrap_or_default().to_owned();
        let texts = quoted(rest);
        let text = |n: usize| PathBuf::from(String::from_utf8(texts[n].clone()).unwrap());
        let new = match name {
            "openat" => {
                self.places.insert(result.to_string(), 0);
                self.ours(&text(0))
                    .filter(|_| rest.contains("O_CREAT"))
                    .map(Call::Create)
            }
            "lseek" => {
                self.places.insert(descriptor, result);
                None
            }
            "write" if descriptor == "1" => {
                let said = String::from_utf8_lossy(&texts[0]).into_owned();
                self.calls
                    .extend(said.lines().map(|line| Call::Said(line.to_owned())));
                None
            }
            "write" => {
                let place = self.places.entry(descriptor).or_default();
                let at = *place;
                *place += result;
                let end = texts[0].len().min(result);
                self.ours(&path_of(rest))
                    .map(|path| Call::Write(path, at, texts[0][..end].to_vec()))
            }
            "pwrite64" => {
                let at = rest
                    .trim_end_matches(')')
                    .rsplit_once(", ")
                    .unwrap()
                    .1
                    .parse()
                    .unwrap();
                let end = texts[0].len().min(result);
                self.ours(&path_of(rest))
                    .map(|path| Call::Write(path, at, texts[0][..end].to_vec()))
            }
            "ftruncate" => {
                let length = rest
                    .trim_end_matches(')')
                    .rsplit_once(", ")
                    .unwrap()
                    .1
                    .parse()
                    .unwrap();
                self.ours(&path_of(rest)).map(|path| Call::Truncate(path, length))
            }
            "fsync" | "fdatasync" => self.ours(&path_of(rest)).map(Call::Synced),
            "rename" | "renameat" | "renameat2" => {
                let (from, to) = (text(0), text(1));
                self.ours(&from)
                    .zip(self.ours(&to))
                    .map(|(from, to)| Call::Rename(from, to))
            }
            "unlink" | "unlinkat" => self.ours(&text(0)).map(Call::Remove),
            _ => None,
        };
        self.calls.extend(new);
    }

    /// The path, if it lies in the data directory and survives a restart: the index of the write-ahead log is made anew.
    fn ours(&self, path: &Path) -> Option<PathBuf> {
        let name = path.to_string_lossy().into_owned();
        (path.starts_with(self.data) && !name.ends_with("-shm") && !name.ends_with("/lock"))
            .then(|| path.to_owned())
    }
}

/// The path that strace writes behind a descriptor.
fn path_of(rest: &str) -> PathBuf {
    let path = rest
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(path, _)| path);
    let bytes = if path.contains("\\x") {
        hex(path)
    } else {
        path.as_bytes().to_vec()
    };
    PathBuf::from(String::from_utf8(bytes).unwrap())
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(4)
        .map(|part| u8::from_str_radix(std::str::from_utf8(&part[2..]).unwrap(), 16).unwrap())
        .collect()
}

/// Every text in quotes; all of their bytes are written in hexadecimal.
fn quoted(rest: &str) -> Vec<Vec<u8>> {
    rest.split('"').skip(1).step_by(2).map(hex).collect()
}

/// The disk as the calls leave it: for each file what is safe and what is not yet.
#[derive(Clone, Default)]
struct Disk {
    files: Vec<File>,
    /// Names as programs see them, and as a power cut may leave them.
    names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
    /// Changes of names that no sync of the directory has made safe, in order.
    renamed: Vec<(PathBuf, Option<usize>)>,
    said: Vec<String>,
}

#[derive(Clone, Default)]
struct File {
    safe: Vec<u8>,
    pending: Vec<Change>,
    /// How many of the pending changes a sync under way will make safe.
    syncing: usize,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Length(length) => bytes.resize(*length, 0),
            Change::Write(at, part) => {
                if bytes.len() < at + part.len() {
                    bytes.resize(at + part.len(), 0);
                }
                bytes[*at..at + part.len()].copy_from_slice(part);
            }
        }
    }
}

impl Disk {
    fn of(before: &BTreeMap<PathBuf, Vec<u8>>) -> Disk {
        let mut disk = Disk::default();
        for (path, bytes) in before {
            disk.safe_names.insert(path.clone(), disk.files.len());
            disk.files.push(File {
                safe: bytes.clone(),
                ..File::default()
            });
        }
        disk.names = disk.safe_names.clone();
        disk
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Said(line) => self.said.push(line.clone()),
            Call::Create(path) => {
                if !self.names.contains_key(path) {
                    self.files.push(File::default());
                    self.name(path, Some(self.files.len() - 1));
                }
            }
            Call::Write(path, at, bytes) => self.change(path, Change::Write(*at, bytes.clone())),
            Call::Truncate(path, length) => self.change(path, Change::Length(*length)),
            Call::Rename(from, to) => {
                let file = self.names.get(from).copied();
                self.name(to, file);
                self.name(from, None);
            }
            Call::Remove(path) => self.name(path, None),
            Call::Sync(path) => {
                if let Some(file) = self.file(path) {
                    file.syncing = file.pending.len();
                }
            }
            Call::Synced(path) => {
                if let Some(file) = self.file(path) {
                    for change in file.pending.drain(..file.syncing) {
                        change.apply(&mut file.safe);
                    }
                    file.syncing = 0;
                } else {
                    self.sync_directory(path);
                }
            }
        }
    }

    fn name(&mut self, path: &Path, file: Option<usize>) {
        match file {
            Some(file) => drop(self.names.insert(path.to_owned(), file)),
            None => drop(self.names.remove(path)),
        }
        self.renamed.push((path.to_owned(), file));
    }

    fn file(&mut self, path: &Path) -> Option<&mut File> {
        self.names.get(path).copied().map(|file| &mut self.files[file])
    }

    fn change(&mut self, path: &Path, change: Change) {
        // A file that was removed while open has nothing to lose.
        if let Some(file) = self.file(path) {
            file.pending.push(change);
        }
    }

    fn sync_directory(&mut self, dir: &Path) {
        let renamed = std::mem::take(&mut self.renamed);
        for (path, file) in renamed {
            if path.parent() == Some(dir) {
                set(&mut self.safe_names, &path, file);
            } else {
                self.renamed.push((path, file));
            }
        }
    }

    /// The files as the power cut leaves them.
    fn image(&self, fate: Fate, random: &mut Random) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut names = self.safe_names.clone();
        let kept = match fate {
            Fate::Nothing => 0,
            Fate::Everything | Fate::Torn => self.renamed.len(),
            Fate::Sectors => random.below(self.renamed.len() + 1),
        };
        for (path, file) in &self.renamed[..kept] {
            set(&mut names, path, *file);
        }
        let file = |(path, file): (PathBuf, usize)| (path, self.files[file].image(fate, random));
        names.into_iter().map(file).collect()
    }
}

fn set(names: &mut BTreeMap<PathBuf, usize>, path: &Path, file: Option<usize>) {
    match file {
        Some(file) => drop(names.insert(path.to_owned(), file)),
        None => drop(names.remove(path)),
    }
}

/// What becomes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Nothing,
    Everything,
    /// Everything but the end of the last write.
    Torn,
    /// Some sectors of some writes, whatever came first.
    Sectors,
}

const FATES: [Fate; 4] = [Fate::Nothing, Fate::Everything, Fate::Torn, Fate::Sectors];

impl File {
    fn image(&self, fate: Fate, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.safe.clone();
        let last = self.pending.len().saturating_sub(1);
        for (n, change) in self.pending.iter().enumerate() {
            match (fate, change) {
                (Fate::Nothing, _) => {}
                (Fate::Torn, Change::Write(at, part)) if n == last => {
                    let page = [SECTOR, 4096][random.below(2)];
                    let kept = random.below(part.len() / page + 1) * page;
                    Change::Write(*at, part[..kept.min(part.len())].to_vec()).apply(&mut bytes);
                }
                (Fate::Everything | Fate::Torn, change) => change.apply(&mut bytes),
                (Fate::Sectors, Change::Length(_)) if random.below(2) == 0 => {}
                (Fate::Sectors, Change::Length(length)) => Change::Length(*length).apply(&mut bytes),
                (Fate::Sectors, Change::Write(at, part)) => {
                    let whole = random.below(3);
                    // Sectors of the disk, not of the write.
                    let mut from = 0;
                    while from < part.len() {
                        let to = (from + SECTOR - (at + from) % SECTOR).min(part.len());
                        if whole == 0 || whole == 1 && random.below(2) == 0 {
                            Change::Write(at + from, part[from..to].to_vec()).apply(&mut bytes);
                        }
                        from = to;
                    }
                }
            }
        }
        bytes
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

fn write_image(data: &Path, image: &BTreeMap<PathBuf, Vec<u8>>, target: &Path) {
    for (path, bytes) in image {
        let to = target.join(path.strip_prefix(data).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    fs::create_dir_all(target.join("blobs")).unwrap();
}

fn images() -> usize {
    let asked = std::env::var("BIHUAN_KILLS")
        .ok()
        .and_then(|n| n.parse::<usize>().ok());
    asked.map_or(160, |kills| kills * 4)
}

#[test]
fn whatever_a_power_cut_leaves_of_what_was_not_synced_nothing_acknowledged_is_lost() {
    let place = Place::new();
    drop(place.ledger());
    let Some(recording) = record(&place, 40) else {
        return;
    };
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let cuts = images() / FATES.len();
    let mut at: Vec<usize> = (0..cuts)
        .map(|_| random.below(recording.calls.len() + 1))
        .collect();
    at.push(recording.calls.len());
    at.sort_unstable();
    let mut disk = Disk::of(&recording.before);
    let (mut done, mut most) = (0, 0);
    for cut in at {
        for call in &recording.calls[done..cut] {
            disk.call(call);
        }
        done = cut;
        for fate in FATES {
            let target = tempfile::tempdir().unwrap();
            write_image(&place.data(), &disk.image(fate, &mut random), target.path());
            nothing_is_lost(target.path(), &disk.said, &format!("{fate:?} after {cut} calls"));
        }
        most = most.max(
            disk.said
                .iter()
                .filter(|line| line.starts_with("acknowledged"))
                .count(),
        );
    }
    assert_eq!(most, 40, "every group of the run was recorded as acknowledged");
}

/// A disk that says that it has synced and has not loses acknowledged entries; the suite must see that.
#[test]
fn the_images_of_a_disk_that_lies_about_its_syncs_are_found_out() {
    let place = Place::new();
    drop(place.ledger());
    let Some(recording) = record(&place, 6) else {
        return;
    };
    let mut disk = Disk::of(&recording.before);
    for call in recording
        .calls
        .iter()
        .filter(|call| !matches!(call, Call::Synced(_)))
    {
        disk.call(call);
    }
    let target = tempfile::tempdir().unwrap();
    let image = disk.image(Fate::Nothing, &mut Random(1));
    write_image(&place.data(), &image, target.path());
    assert!(
        Ledger::open(target.path()).is_ok(),
        "it starts, as an earlier state"
    );
    let lost = std::panic::catch_unwind(|| nothing_is_lost(target.path(), &disk.said, "a lying disk"));
    assert!(lost.is_err());
}
