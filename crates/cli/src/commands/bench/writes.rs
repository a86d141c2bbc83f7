//! Transitions over HTTP: 64 clients, each with a session and a connection of its own, send reports to a server that runs on
//! the same processors; beside them the engine alone in the same run, and one client beside the disk's own wait.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use bihuan_domain::id::CaseId;
use bihuan_sim::workload::{Office, UNITS};
use bihuan_web::{App, Jurisdiction};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::client::{Client, at, command, fault};
use super::{IN_FLIGHT, engine, hundredths, per_second, ratio, scratch};
use crate::commands::serve;
use crate::term::Term;
use crate::trouble::Trouble;

/// Appends that are timed to learn how long the disk makes one wait.
const SYNCS: usize = 400;

/// Bytes of such an append: a page.
const PAGE: usize = 4_096;

pub(super) fn writes(single: usize, many: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let place = dir.path().join("office");
    let mut office = Office::found(&place, 23)?;
    let each = many.div_ceil(IN_FLIGHT);
    let cases = engine::open(&mut office, many.div_ceil(4).max(UNITS * 20), term)?;
    let plans = cases
        .iter()
        .map(|(case, owner)| office.transition(*case, *owner, false))
        .collect();
    engine::carry_out(&office, plans, IN_FLIGHT, &mut |_| {})?;
    let reports = cases
        .iter()
        .cycle()
        .take(many)
        .map(|(case, owner)| office.transition(*case, *owner, true))
        .collect();
    let alone = engine::carry_out(&office, reports, IN_FLIGHT, &mut |_| {})?;

    let mut clients = Vec::with_capacity(IN_FLIGHT);
    for n in 0..IN_FLIGHT {
        let unit = n % UNITS;
        let session = office.sign_in_of(unit)?;
        let own: Vec<CaseId> = cases
            .iter()
            .filter(|(_, owner)| *owner == unit)
            .map(|(case, _)| *case)
            .collect();
        let requests = (0..each.max(if n == 0 { single } else { 0 })).filter_map(|nth| {
            let case = own.get(nth.saturating_mul(7) % own.len().max(1))?;
            let (_, submission) = office.transition(*case, unit, true);
            Some(command(&submission, &format!("bench.{session}")))
        });
        clients.push(requests.collect::<Result<Vec<Vec<u8>>, Trouble>>()?);
    }
    let sync = waits(&place)?;
    // What was written before is no news; what is sent now is told as a server tells it, on the same processors.
    bihuan_engine::Notices::open(office.engine.ledger().dir())?.follow(&office.engine)?;
    let server = Server::start(&office)?;
    // One client; what it sends is not sent again.
    let first = clients.first_mut().map(std::mem::take).unwrap_or_default();
    let mut times = one(
        server.address,
        first.get(..single.min(first.len())).unwrap_or_default(),
    )?;
    let one_p50 = at(&mut times, 50);
    let started = Instant::now();
    let address = server.address;
    let mut times = std::thread::scope(|scope| -> Result<Vec<u128>, Trouble> {
        let running: Vec<_> = clients
            .iter()
            .skip(1)
            .map(|requests| scope.spawn(move || one(address, requests)))
            .collect();
        let mut times = Vec::with_capacity(many);
        for thread in running {
            times.extend(thread.join().map_err(|_| engine::stopped())??);
        }
        Ok(times)
    })?;
    let took = started.elapsed();
    server.stop()?;
    let (alone, http) = (per_second(many, alone), per_second(times.len(), took));
    let (p50, p99) = (at(&mut times, 50), at(&mut times, 99));
    let (share, waits) = (ratio(http, alone), ratio(one_p50, sync));
    let ms = |micros: u128| hundredths(micros / 10);
    term.say(
        "cli.bench_line_writes",
        &[
            ("clients", &(IN_FLIGHT - 1)),
            ("rate", &http),
            ("share", &share),
            ("engine", &alone),
            ("p50", &ms(p50)),
            ("p99", &ms(p99)),
            ("one", &ms(one_p50)),
            ("sync", &ms(sync)),
            ("waits", &waits),
        ],
    );
    Ok(json!({
        "clients": IN_FLIGHT - 1, "n": times.len(), "per_second": http.to_string(), "engine_per_second": alone.to_string(),
        "share": share, "p50_ms": ms(p50), "p99_ms": ms(p99), "one_p50_ms": ms(one_p50), "fdatasync_ms": ms(sync),
        "one_in_syncs": waits,
    }))
}

/// A server over an office, on a port of this machine.
struct Server {
    address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    end: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    fn start(office: &Office) -> Result<Server, Trouble> {
        let runtime = serve::runtime()?;
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        let jurisdiction = Jurisdiction {
            slug: "bench".to_owned(),
            engine: office.engine.clone(),
            accounts: office.accounts.clone(),
            notices: serve::followed(&office.engine)?,
            demo: None,
        };
        let app = App {
            jurisdictions: vec![jurisdiction],
        };
        let (end, ended) = oneshot::channel::<()>();
        let done = runtime.spawn(bihuan_web::serve(app, listener, async {
            let _ = ended.await;
        }));
        Ok(Server {
            address,
            runtime,
            end,
            done,
        })
    }

    fn stop(self) -> Result<(), Trouble> {
        let _ = self.end.send(());
        let served = self.runtime.block_on(self.done).map_err(|_| engine::stopped())?;
        served.map_err(fault)
    }
}

/// One client: how long each of its requests took, in microseconds.
fn one(address: SocketAddr, requests: &[Vec<u8>]) -> Result<Vec<u128>, Trouble> {
    let mut client = Client::connect(address)?;
    let asked = requests.iter();
    asked
        .map(|request| client.ask("/api/v1/commands", request))
        .collect()
}

/// How long the disk makes one wait for a page that is added to a file: the median, in microseconds.
fn waits(place: &Path) -> Result<u128, Trouble> {
    let path = place.join("sync.probe");
    let mut file = File::create(&path).map_err(Trouble::file(&path))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let started = Instant::now();
        file.write_all(&[7; PAGE])
            .and_then(|()| file.sync_data())
            .map_err(Trouble::file(&path))?;
        times.push(started.elapsed().as_micros());
    }
    std::fs::remove_file(&path).map_err(Trouble::file(&path))?;
    Ok(at(&mut times, 50))
}
