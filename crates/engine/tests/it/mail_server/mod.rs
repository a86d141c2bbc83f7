//! A mail server inside the test: it speaks as it is told to and keeps what it hears. Its certificate and key belong to an
//! authority that nobody trusts but these tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How the server begins.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Begins {
    Tls,
    Starttls,
    /// As STARTTLS, with words of somebody else behind the answer.
    Injected,
    /// Offers no lock.
    Plain,
}

/// What the server says otherwise than usual: to a command that begins so, this.
type Otherwise = Arc<Mutex<Vec<(&'static str, &'static str)>>>;

pub(crate) struct Server {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    letters: Arc<Mutex<Vec<String>>>,
    otherwise: Otherwise,
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/mail_server")
        .join(name)
}

/// The authority that signed the server's certificate.
pub(crate) fn authority() -> PathBuf {
    file("authority.pem")
}

fn tls() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(file("certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

impl Server {
    pub(crate) fn new(begins: Begins) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Server {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            letters: Arc::default(),
            otherwise: Arc::default(),
        };
        let (heard, letters, otherwise) = (
            server.heard.clone(),
            server.letters.clone(),
            server.otherwise.clone(),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away in the middle is part of the test.
                let _ = talk(stream.unwrap(), begins, &heard, &letters, &otherwise);
            }
        });
        server
    }

    pub(crate) fn says(&self, otherwise: &[(&'static str, &'static str)]) {
        *self.otherwise.lock().unwrap() = otherwise.to_vec();
    }

    /// The commands, newest last.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// The letters as they came, dots taken back.
    pub(crate) fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }

    /// The text of a letter.
    pub(crate) fn text(&self, n: usize) -> String {
        let letter = self.letters()[n].clone();
        let (_, body) = letter.split_once("\r\n\r\n").unwrap();
        String::from_utf8(STANDARD.decode(body.replace("\r\n", "")).unwrap()).unwrap()
    }
}

fn talk(
    stream: TcpStream,
    begins: Begins,
    heard: &Mutex<Vec<String>>,
    letters: &Mutex<Vec<String>>,
    otherwise: &Otherwise,
) -> std::io::Result<()> {
    let lock = |stream: TcpStream| -> Box<dyn Both> {
        Box::new(StreamOwned::new(ServerConnection::new(tls()).unwrap(), stream))
    };
    let raw = stream.try_clone()?;
    let mut locked = begins == Begins::Tls;
    let first: Box<dyn Both> = if locked { lock(stream) } else { Box::new(stream) };
    let mut line = BufReader::new(first);
    let say = |line: &mut BufReader<Box<dyn Both>>, text: &str| -> std::io::Result<()> {
        line.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
        line.get_mut().flush()
    };
    let other = |command: &str| {
        let all = otherwise.lock().unwrap();
        all.iter()
            .find(|(start, _)| command.starts_with(start))
            .map(|(_, answer)| *answer)
    };
    say(&mut line, other("").unwrap_or("220 mail.example ESMTP"))?;
    loop {
        let mut command = String::new();
        if line.read_line(&mut command)? == 0 {
            return Ok(());
        }
        let command = command.trim_end().to_owned();
        heard.lock().unwrap().push(command.clone());
        if let Some(answer) = other(&command) {
            say(&mut line, answer)?;
            continue;
        }
        match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" if !locked && matches!(begins, Begins::Starttls | Begins::Injected) => {
                say(&mut line, "250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME")?;
            }
            "EHLO" => say(
                &mut line,
                "250-mail.example\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME",
            )?,
            "STARTTLS" if begins == Begins::Injected => say(&mut line, "220 go\r\n250 injected")?,
            "STARTTLS" => {
                say(&mut line, "220 go")?;
                line = BufReader::new(lock(raw.try_clone()?));
                locked = true;
            }
            "AUTH" if command == "AUTH LOGIN" => {
                for prompt in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                    say(&mut line, prompt)?;
                    let mut answer = String::new();
                    line.read_line(&mut answer)?;
                    heard.lock().unwrap().push(answer.trim_end().to_owned());
                }
                say(&mut line, "235 2.7.0 in")?;
            }
            "AUTH" => say(&mut line, "235 2.7.0 in")?,
            "DATA" => {
                say(&mut line, "354 go on")?;
                let mut letter = String::new();
                loop {
                    let mut text = String::new();
                    line.read_line(&mut text)?;
                    if text == ".\r\n" {
                        break;
                    }
                    letter.push_str(text.strip_prefix('.').unwrap_or(&text));
                }
                match other("taken") {
                    Some(answer) => say(&mut line, answer)?,
                    None => {
                        letters.lock().unwrap().push(letter);
                        say(&mut line, "250 2.0.0 taken")?;
                    }
                }
            }
            "QUIT" => return say(&mut line, "221 bye"),
            _ => say(&mut line, "250 2.1.0 fine")?,
        }
    }
}
