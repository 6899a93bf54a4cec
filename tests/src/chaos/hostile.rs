//! Strangers by the thousand hold connections open, say nothing, say nonsense, and guess passwords. Whoever is logged in
//! notices nothing, and the memory comes back.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shared::codec;
use shared::id::RequestId;
use shared::message::ClientMessage;
use shared::version::{PROTO_MAX, PROTO_MIN};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use super::{Broken, Outcome, Stage, percentile, resident};
use crate::any_key;
use crate::kit::{Honest, Seed};

/// The longest p99 of those who are logged in.
const P99: Duration = Duration::from_millis(250);

/// How long a stranger who does not log in may hold a connection: 10 s for TLS, 10 s for `hello`, 4 s for the end.
const HELD: Duration = Duration::from_secs(24);

/// What a stranger does.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Silent,
    OneByteAtATime,
    HalfOfTls,
    Garbage,
    TlsAndSilence,
    HugeFrame,
    Guesses,
}

const MANNERS: [Manner; 7] = [
    Manner::Silent,
    Manner::OneByteAtATime,
    Manner::HalfOfTls,
    Manner::Garbage,
    Manner::TlsAndSilence,
    Manner::HugeFrame,
    Manner::Guesses,
];

/// Attacks a server with `people` users twice, with so many strangers each time.
pub async fn run(strangers: usize, people: usize, seed: u64) -> Outcome {
    let stage = Stage::new(people);
    let all = stage.clients(&[]).await?;
    let id = stage.server.id();
    let mut seed = Seed::new(seed);
    let fresh = resident(id);
    let first = attack(&stage, &all, strangers, seed.split()).await?;
    let before = resident(id);
    let second = attack(&stage, &all, strangers, seed.split()).await?;
    let after = resident(id);
    stage.settle(&all).await?;
    let logins: usize = all.iter().map(Honest::logins).sum();
    let figures = format!(
        "{strangers} strangers twice against {people} users: p99 of the users {:.1?} and {:.1?}, {} users lost their \
         connection, {} and {} strangers were held too long; memory {fresh} KiB before, {before} KiB after the first attack, \
         {after} KiB after the second",
        first.p99,
        second.p99,
        logins - people,
        first.held,
        second.held,
    );
    let has_memory = after <= before + (before / 20).max(8 * 1024);
    let is_fast = first.p99.max(second.p99) <= P99;
    if has_memory && is_fast && logins == people && first.held + second.held == 0 {
        Ok(figures)
    } else {
        Err(Broken::new(figures))
    }
}

struct Attack {
    p99: Duration,
    held: usize,
}

async fn attack(stage: &Stage, all: &[Honest], strangers: usize, mut seed: Seed) -> Result<Attack, Broken> {
    stage.forget();
    let program = std::env::current_exe().map_err(|error| Broken::new(error.to_string()))?;
    let mut crowd = tokio::process::Command::new(program);
    crowd.args(["crowd", &stage.server.port().to_string(), &strangers.to_string()]);
    crowd.stdout(std::process::Stdio::piped()).kill_on_drop(true);
    let crowd = crowd.spawn().map_err(|error| Broken::new(format!("no crowd comes: {error}")))?;
    let over = AtomicBool::new(false);
    let talk = async {
        let mut number = 0_u64;
        let run = seed.number();
        while !over.load(Ordering::SeqCst) {
            let (from, to) = (seed.between(0, all.len()), seed.between(0, all.len()));
            if from != to {
                number += 1;
                all[from].say(Some(&all[to].user), format!("{run:x} {number}")).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let wait = async {
        let output = crowd.wait_with_output().await;
        over.store(true, Ordering::SeqCst);
        output
    };
    let ((), output) = futures_util::future::join(talk, wait).await;
    let output = output.map_err(|error| Broken::new(error.to_string()))?;
    let held = String::from_utf8_lossy(&output.stdout).trim().parse();
    let held = held.map_err(|_| Broken::new("the crowd does not say how many were held"))?;
    stage.until("everything is acknowledged", || all.iter().all(|client| client.waiting() == 0)).await?;
    Ok(Attack { p99: percentile(&mut stage.history().delays(), 99), held })
}

/// Strangers by the thousand, in a process of their own: what they cost themselves must not slow down those who are
/// measured. Returns how many were held for too long.
pub async fn crowd(port: u16, strangers: usize) -> usize {
    let held = Arc::new(AtomicUsize::new(0));
    let tls = any_key::client_config();
    let mut crowd = JoinSet::new();
    for number in 0..strangers {
        let (held, tls) = (Arc::clone(&held), Arc::clone(&tls));
        let manner = MANNERS[number % MANNERS.len()];
        // From 200 addresses, as from as many machines.
        let host = u8::try_from(number % 200).unwrap_or(0) + 1;
        crowd.spawn(async move {
            if !stranger(manner, port, host, tls, number).await {
                held.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    while crowd.join_next().await.is_some() {}
    held.load(Ordering::SeqCst)
}

/// Whether the server ended the connection in time.
async fn stranger(manner: Manner, port: u16, host: u8, tls: Arc<ClientConfig>, number: usize) -> bool {
    let start = Instant::now();
    let Ok(mut socket) = connect(port, host).await else { return true };
    let busy = async {
        match manner {
            Manner::Silent => until_closed(&mut socket).await,
            Manner::OneByteAtATime => {
                let (mut reader, mut writer) = socket.split();
                let drip = async {
                    for byte in [0x16, 0x03, 0x01, 0x02] {
                        if writer.write_all(&[byte]).await.is_err() {
                            return;
                        }
                        tokio::time::sleep(Duration::from_secs(10)).await;
                    }
                };
                tokio::select! {
                    () = until_closed(&mut reader) => {}
                    () = drip => {}
                }
            }
            Manner::HalfOfTls => {
                let _ = socket.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]).await;
                until_closed(&mut socket).await;
            }
            Manner::Garbage => {
                let _ = socket.write_all(&[b'?'; 4096]).await;
                until_closed(&mut socket).await;
            }
            Manner::TlsAndSilence | Manner::HugeFrame | Manner::Guesses => {
                inside_tls(manner, socket, tls, number).await;
            }
        }
    };
    let _ = tokio::time::timeout(HELD + Duration::from_secs(5), busy).await;
    start.elapsed() <= HELD
}

async fn connect(port: u16, host: u8) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 1, host), 0)))?;
    socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

async fn inside_tls(manner: Manner, socket: TcpStream, tls: Arc<ClientConfig>, number: usize) {
    let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
    let Ok(mut stream) = TlsConnector::from(tls).connect(name, socket).await else { return };
    match manner {
        Manner::HugeFrame => {
            let _ = stream.write_all(&[0xff, 0xff, 0xff, 0xff, 0x81]).await;
        }
        Manner::Guesses => {
            let hello = ClientMessage::Hello {
                proto_min: PROTO_MIN,
                proto_max: PROTO_MAX,
                client: "stranger".to_owned(),
                caps: String::new(),
            };
            let _ = stream.write_all(&codec::encode(&hello)).await;
            for guess in 0..10 {
                let (name, password) = (format!("u{}", 100_000 + number), format!("guess {guess}"));
                let login =
                    ClientMessage::Login { id: RequestId(guess), name, password, device: None, remember: false };
                let _ = stream.write_all(&codec::encode(&login)).await;
            }
            // Who is refused often enough is closed; who says nothing more has a login deadline, longer than this test.
            let _ = tokio::time::timeout(Duration::from_secs(10), until_closed(&mut stream)).await;
            return;
        }
        _ => {}
    }
    let _ = stream.flush().await;
    until_closed(&mut stream).await;
}

async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}
