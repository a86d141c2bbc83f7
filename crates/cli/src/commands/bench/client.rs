//! One client of a server on this machine: a connection that is kept, each request when the one before was answered.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use bihuan_engine::Submission;

use crate::trouble::Trouble;

/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Client {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
    /// Answers it had, by which a failed one is named.
    had: usize,
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> Result<Client, Trouble> {
        let stream = connected(address)?;
        let answers = BufReader::new(stream.try_clone().map_err(fault)?);
        Ok(Client {
            stream,
            answers,
            had: 0,
        })
    }

    /// Sends a request and reads its answer to the end: how long that took, in microseconds.
    pub(super) fn ask(&mut self, what: &str, request: &[u8]) -> Result<u128, Trouble> {
        let started = Instant::now();
        self.stream.write_all(request).map_err(fault)?;
        let status = answer(&mut self.answers).map_err(fault)?;
        let took = started.elapsed().as_micros();
        if !status.contains(" 20") {
            return Err(Trouble::new("cli.bench_status")
                .with("status", status.trim())
                .with("query", what)
                .with("n", self.had));
        }
        self.had = self.had.saturating_add(1);
        Ok(took)
    }
}

/// A connection that waits no longer than a client does.
pub(super) fn connected(address: SocketAddr) -> Result<TcpStream, Trouble> {
    let stream = TcpStream::connect(address).map_err(fault)?;
    stream.set_nodelay(true).map_err(fault)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(fault)?;
    Ok(stream)
}

/// Asking for a page as it goes over the line.
pub(super) fn get(path: &str, session: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: bihuan={session}\r\n\r\n").into_bytes()
}

/// A command as it goes over the line.
pub(super) fn command(submission: &Submission, session: &str) -> Result<Vec<u8>, Trouble> {
    let body =
        serde_json::to_string(submission).map_err(|error| Trouble::new("cli.plain").with("what", error))?;
    Ok(format!(
        "POST /api/v1/commands HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {session}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes())
}

/// Reads one answer; its first line.
fn answer(from: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut status = String::new();
    from.read_line(&mut status)?;
    let mut length = 0u64;
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut from.take(length), &mut std::io::sink())?;
    Ok(status)
}

/// What the system says of the connection.
pub(super) fn fault(error: std::io::Error) -> Trouble {
    Trouble::file(Path::new("127.0.0.1"))(error)
}

/// So many of a hundred took no longer.
pub(super) fn at(times: &mut [u128], percent: usize) -> u128 {
    times.sort_unstable();
    let place = times.len().saturating_mul(percent) / 100;
    let last = times.len().saturating_sub(1);
    times.get(place.min(last)).copied().unwrap_or(0)
}
