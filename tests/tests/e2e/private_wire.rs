//! What two clients say to each other can be read by nobody on the way, and the server hears nothing of it.
//!
//! On the way: every byte that a client hands to its sockets or takes from them is written down by `strace`. At the
//! server: the test stands in its place, decrypts what the clients say to it, and hands it on.

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use e2e::{DEADLINE, OwnKey, PlainBuilder, PlainClient, TestServer, Trace, any_key};
use rustls::pki_types::ServerName;
use shared::version::ALPN;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::private_sessions::open;

const SAID: &str = "text-said-Mq17xA";
const ANSWERED: &str = "text-answered-Bw40yC";
const FILE: &str = "file-name-Dz93kE.txt";
/// The file is made of nothing else, so that no piece of it is without.
const CONTENT: &str = "file-content-Fv28hG ";
const SECRETS: [&str; 4] = [SAID, ANSWERED, FILE, CONTENT];

/// What goes through the server: where this cannot be found, nothing was heard.
const OPENLY: &str = "text-openly-Hj65mJ";

/// More than one piece of a file is long.
const FILE_BYTES: usize = 300_000;

/// The folder of the file that is sent, and of the one that is received.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let held: String = CONTENT.chars().cycle().take(FILE_BYTES).collect();
        std::fs::write(folder.path().join(FILE), held).expect("it is written");
        Self(folder)
    }

    fn downloads(&self) -> PathBuf {
        self.0.path().join("downloads")
    }

    /// Both say something, hans sends the file, yoda says something through the server, and both go.
    fn talk(&self, mut hans: PlainClient, mut yoda: PlainClient) {
        open(&mut hans, &mut yoda, ("hans", "yoda"));
        hans.answers(&format!("private yoda {SAID}"), "ok private yoda delivered");
        yoda.expect(&format!("private from hans: {SAID}"));
        yoda.answers(&format!("private hans {ANSWERED}"), "ok private hans delivered");
        hans.expect(&format!("private from yoda: {ANSWERED}"));
        let path = self.0.path().join(FILE);
        hans.ok(&format!("send yoda {}", path.display()));
        yoda.expect_prefix("file offer ");
        yoda.ok("accept hans");
        yoda.expect(&format!("file received 1 from hans size {FILE_BYTES}: {FILE}"));
        let received = std::fs::read(self.downloads().join(FILE)).expect("it was received");
        assert!(received == std::fs::read(&path).expect("it is still there"), "another file has come");
        yoda.ok(&format!("message hans {OPENLY}"));
        hans.expect(&format!("message from yoda: {OPENLY}"));
        yoda.logout();
        hans.logout();
    }

    /// A client of yoda, who gets the file.
    fn yoda(&self, port: u16) -> PlainBuilder {
        let downloads = self.downloads();
        let client = PlainBuilder::new("127.0.0.1", port).sample("yoda");
        client.arg("--downloads").arg(downloads.to_str().expect("a plain path"))
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What went which way through one thing that a program has open: its name, and whether it came in.
type Streams = BTreeMap<(String, bool), Vec<u8>>;

/// All that a program has read and written, from what `strace -f -yy -xx` says of it.
fn streams(trace: &str) -> Streams {
    let mut streams = Streams::new();
    // A call that another thread interrupted in the trace is told in two lines.
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ').map(|(thread, call)| (thread, call.trim_start())) else {
            continue;
        };
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, begun);
            continue;
        }
        let whole = match call.split_once(" resumed>") {
            Some((_, rest)) if call.starts_with("<... ") => {
                unfinished.remove(thread).unwrap_or_default().to_owned() + rest
            }
            _ => call.to_owned(),
        };
        if let Some((name, is_input, bytes)) = moved(&whole) {
            streams.entry((name, is_input)).or_default().extend(bytes);
        }
    }
    streams
}

/// What one call has moved: through what, whether it came in, and the bytes.
fn moved(call: &str) -> Option<(String, bool, Vec<u8>)> {
    let (function, rest) = call.split_once('(')?;
    let is_input = match function {
        "read" | "readv" | "recvfrom" | "recvmsg" => true,
        "write" | "writev" | "pwrite64" | "sendto" | "sendmsg" => false,
        _ => return None,
    };
    let (arguments, result) = rest.rsplit_once(" = ").unwrap_or_else(|| panic!("a call without an end: {call}"));
    // A call that has failed or was interrupted by the end has no count.
    let count: usize = result.split(' ').next()?.parse().ok()?;
    // `3<TCP:[127.0.0.1:1->127.0.0.1:2]>, "\x68\x69", 2`
    let (_, named) = arguments.split_once('<')?;
    let (name, data) = named.split_once(">,")?;
    if name.starts_with("NETLINK") {
        // Questions to the system about its own addresses are told by their meaning.
        return None;
    }
    assert!(!data.contains("\"..."), "a call is not told whole: {function}");
    let mut bytes: Vec<u8> = data.split('"').skip(1).step_by(2).flat_map(unescape).collect();
    bytes.truncate(count);
    assert_eq!(bytes.len(), count, "a call is not understood: {call}");
    Some((name.to_owned(), is_input, bytes))
}

/// The bytes of `\x68\x69`.
fn unescape(text: &str) -> impl Iterator<Item = u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).expect("all bytes are told in hexadecimal"))
}

#[test]
fn nobody_on_the_way_can_read_what_two_clients_say() {
    if !Trace::is_possible() {
        eprintln!("skipped: nobody_on_the_way_can_read_what_two_clients_say needs strace");
        return;
    }
    let server = TestServer::start();
    let folder = Folder::new();
    let trace = Trace::collect();
    // Every byte (-s) in hexadecimal (-xx), and the two ends of each socket (-yy).
    let watch = trace.command(&["-yy", "-xx", "-s", "4000000", "-e", "trace=network,read,write,readv,writev,pwrite64"]);
    folder.talk(server.login("hans"), folder.yoda(server.port()).under(&watch).start_logged_in());
    let streams = streams(&trace.to_end());
    let is_on_the_way = |name: &str| name.starts_with("TCP") || name.starts_with("UDP");
    let (sockets, others): (Streams, Streams) = streams.into_iter().partition(|((name, _), _)| is_on_the_way(name));
    // What is read on standard input and written on standard output and to the disk is what was said.
    for secret in SECRETS {
        assert!(others.values().any(|bytes| holds(bytes, secret)), "{secret} was not seen where it must be");
    }
    let direct = sockets.iter().find(|((_, is_input), bytes)| *is_input && bytes.len() > FILE_BYTES);
    let names: Vec<_> = sockets.keys().collect();
    let ((direct, _), _) = direct.unwrap_or_else(|| panic!("the file came through none of {names:?}"));
    assert!(!direct.ends_with(&format!(":{}]", server.port())), "the file came through the server: {direct}");
    for ((name, _), bytes) in &sockets {
        for secret in SECRETS {
            assert!(!holds(bytes, secret), "{secret} can be read in {name}");
        }
    }
}

/// What one connection of a client carried: from the client, and to it.
type Heard = [Vec<u8>; 2];

/// Stands in the place of a server, and hears what it hears: a client trusts the key that it sees first.
struct Ear {
    port: u16,
    connections: Arc<Mutex<Vec<JoinHandle<Heard>>>>,
    runtime: Runtime,
}

impl Ear {
    fn before(server: &TestServer) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("it listens");
        let port = listener.local_addr().expect("it listens").port();
        let connections: Arc<Mutex<Vec<JoinHandle<Heard>>>> = Arc::default();
        let (kept, behind) = (Arc::clone(&connections), SocketAddr::from((Ipv4Addr::LOCALHOST, server.port())));
        let acceptor = TlsAcceptor::from(OwnKey::make(ALPN).config);
        runtime.spawn(async move {
            loop {
                let (client, _) = listener.accept().await.expect("it listens");
                let heard = tokio::spawn(hear(acceptor.clone(), client, behind));
                kept.lock().expect("nobody panics with it").push(heard);
            }
        });
        Self { port, connections, runtime }
    }

    /// Waits for the end of all connections, and answers what they carried.
    fn heard(self) -> Vec<Heard> {
        let connections = std::mem::take(&mut *self.connections.lock().expect("nobody panics with it"));
        self.runtime.block_on(async {
            let mut all = Vec::new();
            for connection in connections {
                let heard = tokio::time::timeout(DEADLINE, connection).await.expect("the connection ends");
                all.push(heard.expect("it is passed on"));
            }
            all
        })
    }
}

async fn hear(acceptor: TlsAcceptor, client: TcpStream, behind: SocketAddr) -> Heard {
    let client = acceptor.accept(client).await.expect("the client speaks TLS");
    let server = TcpStream::connect(behind).await.expect("the server takes connections");
    let connector = TlsConnector::from(any_key::client_config());
    let server = connector.connect(ServerName::from(behind.ip()), server).await.expect("the server speaks TLS");
    let ((from_client, to_client), (from_server, to_server)) = (tokio::io::split(client), tokio::io::split(server));
    let (asked, answered) = tokio::join!(pass(from_client, to_server), pass(from_server, to_client));
    [asked, answered]
}

/// Passes on what comes, to its end, and answers what that was.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> Vec<u8> {
    let mut passed = Vec::new();
    // A connection that breaks is at its end, too.
    while let Ok(count @ 1..) = from.read_buf(&mut passed).await {
        let new = passed.len() - count;
        if to.write_all(&passed[new..]).await.is_err() || to.flush().await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
    passed
}

#[test]
fn the_server_hears_nothing_of_what_two_clients_say() {
    let server = TestServer::start();
    let ear = Ear::before(&server);
    let folder = Folder::new();
    let hans = PlainBuilder::new("127.0.0.1", ear.port).sample("hans").start_logged_in();
    folder.talk(hans, folder.yoda(ear.port).start_logged_in());
    let heard = ear.heard();
    let directions: Vec<&Vec<u8>> = heard.iter().flatten().collect();
    let times = directions.iter().filter(|bytes| holds(bytes, OPENLY)).count();
    assert!(times >= 2, "what yoda says through the server and hans hears of it was heard {times} times");
    for secret in SECRETS {
        assert!(!directions.iter().any(|bytes| holds(bytes, secret)), "{secret} reached the server");
    }
}
