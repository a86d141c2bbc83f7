//! Pages over HTTP: 32 clients, each with a session and a connection of its own, read desk, ledger and case in turn from
//! `bihuan serve` on the same processors; beside them, in the same run, the sign-in page, which needs nothing of the cases.
//! Then a thousand event streams stay open: what they cost the server, and how soon all of them are told of a change.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bihuan_domain::id::CaseId;
use bihuan_sim::workload::{Office, UNITS};
use serde_json::{Value, json};

use super::client::{Client, at, command, connected, fault, get};
use super::demo::resident_kib;
use super::{engine, hundredths, per_second, scratch, seed};
use crate::term::Term;
use crate::trouble::Trouble;

/// Clients at once.
const CLIENTS: usize = 32;

/// One client in so many is the supervision clerk, who sees everything; the others are clerks of departments.
const CLERK: usize = 8;

/// Requests of each kind, for each that the in-process pages are asked for.
const PAGES: usize = 4;

/// Ledgers that are read in turn: the first page in every order, some filters, pages further on.
const LEDGERS: [&str; 8] = [
    "/ledgers/key-task",
    "/ledgers/key-task?page=3",
    "/ledgers/key-task?sort=newest",
    "/ledgers/key-task?sort=number&page=20",
    "/ledgers/key-task?sort=title",
    "/ledgers/key-task?open=yes&colour=green&sort=owner",
    "/ledgers/all",
    "/ledgers/all?open=yes&page=10",
];

/// How long a server without work is looked at before it is called idle.
const IDLE: Duration = Duration::from_secs(2);

/// Looks after which a server that is still busy is measured all the same.
const LOOKS: usize = 150;

/// A case with the department that owns it.
type Owned = (CaseId, usize);

/// Measures over `cases`. Where `keep` names a directory the office stays there, and one that stands there already is read as
/// it is, however many cases it has.
pub(super) fn http(
    cases: usize,
    requests: usize,
    streams: usize,
    keep: Option<&Path>,
    term: &Term,
) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let place = keep.unwrap_or(dir.path()).join("office");
    let stands = place.join("ledger.sqlite").is_file();
    let (mut office, opened) = if stands {
        Office::again(&place, seed())?
    } else {
        let mut office = Office::of_units_hastily(&place, 29, UNITS)?;
        let opened = engine::open(&mut office, cases, term)?;
        (office, opened)
    };
    let cases = opened.len();
    let rounds = requests.saturating_mul(PAGES).div_ceil(CLIENTS);
    let mut clients = Vec::with_capacity(CLIENTS);
    for n in 0..CLIENTS {
        clients.push(Reader::signed_in(&office, n, &opened, rounds)?);
    }
    let change = change(&mut office, &opened, stands)?;
    drop(office);

    let server = Server::over(&place)?;
    server.settle();
    let first = first(server.address, &clients)?;
    let (reference, reference_took) = together(&clients, |client| {
        let mut line = Client::connect(server.address)?;
        let mut times = Times::new();
        let page = get("/sign-in", "");
        for _ in 0..client.rounds.len() {
            times
                .entry("sign_in")
                .or_default()
                .push(line.ask("/sign-in", &page)?);
        }
        Ok(times)
    })?;
    let (pages, took) = together(&clients, |client| client.reads(server.address))?;
    let rate = per_second(pages.values().map(Vec::len).sum(), took);
    let reference_rate = per_second(reference.values().map(Vec::len).sum(), reference_took);
    server.settle();
    let resident = server.kib()?;
    let open = Streams::open(streams, server.address, &clients)?;
    server.settle();
    let with_streams = server.kib()?;
    let told = open.told_of(&change, server.address)?;
    drop(server);

    let mut pages = said(pages);
    pages.extend(said(reference));
    let megabytes = |kib: u128| hundredths(kib.saturating_mul(1024 * 100) / 1_000_000);
    let cost = megabytes(with_streams.saturating_sub(resident));
    term.say(
        "cli.bench_line_http",
        &[
            ("cases", &cases),
            ("clients", &CLIENTS),
            ("rate", &rate),
            ("reference", &reference_rate),
        ],
    );
    for (kind, (p50, p99)) in &pages {
        term.say(
            "cli.bench_line_kind",
            &[("kind", kind), ("p50", p50), ("p99", p99)],
        );
    }
    term.say(
        "cli.bench_line_streams",
        &[
            ("n", &streams),
            ("mb", &cost),
            ("resident", &megabytes(resident)),
            ("told", &hundredths(told / 10)),
        ],
    );
    let pages: serde_json::Map<String, Value> = pages
        .into_iter()
        .map(|(kind, (p50, p99))| (kind.to_owned(), json!({ "p50_ms": p50, "p99_ms": p99 })))
        .collect();
    Ok(json!({
        "cases": cases, "clients": CLIENTS, "requests_of_a_kind": rounds.saturating_mul(CLIENTS),
        "per_second": rate.to_string(), "sign_in_per_second": reference_rate.to_string(), "pages": pages,
        "first_ms": first, "resident_mb": megabytes(resident),
        "streams": { "n": streams, "cost_mb": cost, "told_ms": hundredths(told / 10) },
    }))
}

/// How long answers took, in microseconds, by kind of page.
type Times = BTreeMap<&'static str, Vec<u128>>;

/// 50th and 99th percentile of each kind, in milliseconds.
fn said(times: Times) -> BTreeMap<&'static str, (String, String)> {
    let of = |mut times: Vec<u128>| {
        (
            hundredths(at(&mut times, 50) / 10),
            hundredths(at(&mut times, 99) / 10),
        )
    };
    times.into_iter().map(|(kind, times)| (kind, of(times))).collect()
}

/// Somebody who reads: his session, and what he opens, a desk, a ledger and a case to a round.
struct Reader {
    session: String,
    rounds: Vec<[(&'static str, String); 3]>,
}

impl Reader {
    fn signed_in(office: &Office, n: usize, opened: &[Owned], rounds: usize) -> Result<Reader, Trouble> {
        let (session, own) = match n.is_multiple_of(CLERK) {
            true => (office.sign_in("clerk")?, None),
            false => (office.sign_in_of(n % UNITS)?, Some(n % UNITS)),
        };
        let seen: Vec<CaseId> = opened
            .iter()
            .filter(|(_, owner)| own.is_none_or(|own| own == *owner))
            .map(|(case, _)| *case)
            .collect();
        // Cases from everywhere, others for each reader.
        let apart = seen.len().div_ceil(rounds.max(1)).max(1);
        let cases = seen.iter().skip(n).step_by(apart).chain(&seen).cycle();
        let ledgers = LEDGERS.iter().cycle().skip(n);
        let rounds = ledgers.zip(cases).take(rounds).map(|(ledger, case)| {
            [
                ("desk", "/".to_owned()),
                ("ledger", (*ledger).to_owned()),
                ("case", format!("/cases/{case}")),
            ]
        });
        Ok(Reader {
            session: format!("office.{session}"),
            rounds: rounds.collect(),
        })
    }

    fn reads(&self, address: SocketAddr) -> Result<Times, Trouble> {
        let mut line = Client::connect(address)?;
        let mut times = Times::new();
        for (kind, path) in self.rounds.iter().flatten() {
            let took = line.ask(path, &get(path, &self.session))?;
            times.entry(kind).or_default().push(took);
        }
        Ok(times)
    }
}

/// What the first desk, ledger and case after a start cost, in milliseconds: what is kept in memory is made then.
fn first(address: SocketAddr, clients: &[Reader]) -> Result<Value, Trouble> {
    let mut line = Client::connect(address)?;
    let mut times = serde_json::Map::new();
    for (reader, pages) in clients
        .iter()
        .filter_map(|reader| Some((reader, reader.rounds.first()?)))
        .take(1)
    {
        for (kind, path) in pages {
            let took = line.ask(path, &get(path, &reader.session))?;
            times.insert((*kind).to_owned(), hundredths(took / 10).into());
        }
    }
    Ok(Value::Object(times))
}

/// All clients at once: what they had, and how long it took them together.
fn together(
    clients: &[Reader],
    work: impl Fn(&Reader) -> Result<Times, Trouble> + Sync,
) -> Result<(Times, Duration), Trouble> {
    let started = Instant::now();
    let mut all = Times::new();
    std::thread::scope(|scope| {
        let running: Vec<_> = clients
            .iter()
            .map(|client| scope.spawn(|| work(client)))
            .collect();
        for thread in running {
            for (kind, times) in thread.join().map_err(|_| engine::stopped())?? {
                all.entry(kind).or_default().extend(times);
            }
        }
        Ok::<(), Trouble>(())
    })?;
    Ok((all, started.elapsed()))
}

/// A plan of the first case, or a report where it is planned, by which the streams are told that something is new.
fn change(office: &mut Office, opened: &[Owned], planned: bool) -> Result<Vec<u8>, Trouble> {
    let (case, owner) = opened.first().copied().ok_or_else(engine::stopped)?;
    let session = office.sign_in_of(owner)?;
    let (_, submission) = office.transition(case, owner, planned);
    command(&submission, &format!("office.{session}"))
}

/// Event streams that are open.
struct Streams(Vec<TcpStream>);

impl Streams {
    fn open(n: usize, address: SocketAddr, clients: &[Reader]) -> Result<Streams, Trouble> {
        let mut streams = Vec::with_capacity(n);
        for client in clients.iter().cycle().take(n) {
            let mut stream = connected(address)?;
            stream
                .write_all(&get("/api/v1/stream", &client.session))
                .map_err(fault)?;
            streams.push(stream);
        }
        let mut streams = Streams(streams);
        // The present size comes at once.
        streams.hear()?;
        Ok(streams)
    }

    /// Waits until every one was told of something.
    fn hear(&mut self) -> Result<(), Trouble> {
        for stream in &mut self.0 {
            let mut said: Vec<u8> = Vec::new();
            let mut piece = [0; 1024];
            while !said.windows(b"data:".len()).any(|seen| seen == b"data:") {
                let n = stream.read(&mut piece).map_err(fault)?;
                if n == 0 {
                    return Err(fault(std::io::ErrorKind::UnexpectedEof.into()));
                }
                said.extend(piece.iter().take(n));
            }
        }
        Ok(())
    }

    /// How long after it is sent a change has come to all of them, in microseconds.
    fn told_of(mut self, change: &[u8], address: SocketAddr) -> Result<u128, Trouble> {
        let mut line = Client::connect(address)?;
        let started = Instant::now();
        line.ask("/api/v1/commands", change)?;
        self.hear()?;
        Ok(started.elapsed().as_micros())
    }
}

/// `bihuan serve` as a process of its own.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn over(place: &Path) -> Result<Server, Trouble> {
        let program = std::env::current_exe().map_err(Trouble::file("bihuan".as_ref()))?;
        let mut child = Command::new(&program)
            .args(["serve", "--lang", "en", "--listen", "127.0.0.1:0", "--data"])
            .arg(place)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Trouble::file(&program))?;
        let address = child.stdout.take().and_then(|out| {
            let mut lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.find_map(|line| line.split_once("http://")?.1.split('/').next()?.parse().ok())
        });
        match address {
            Some(address) => Ok(Server { child, address }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                Err(Trouble::new("cli.bench_no_server"))
            }
        }
    }

    /// Waits until it has nothing left to do: after a start it writes down notices of all there is.
    fn settle(&self) {
        for _ in 0..LOOKS {
            let before = self.ticks();
            std::thread::sleep(IDLE);
            // A hundredth of a processor at most.
            if self.ticks().saturating_sub(before) <= IDLE.as_secs() {
                break;
            }
        }
    }

    /// Processor time it took, in hundredths of a second, where the system tells it (Linux).
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // After the name in brackets: state is the first, user and system time the twelfth and thirteenth.
        let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        times
            .skip(11)
            .take(2)
            .filter_map(|time| time.parse::<u64>().ok())
            .sum()
    }

    fn kib(&self) -> Result<u128, Trouble> {
        resident_kib(self.child.id()).ok_or_else(|| Trouble::new("cli.bench_no_server"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
