//! The first moments of a connection: TLS or not, then `hello` and `welcome`.
//!
//! A client that speaks the wrong one of TLS and plain is answered in the language it speaks, so that it can tell its
//! user what is wrong.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::ready;
use std::time::Duration;

use shared::caps::Caps;
use shared::codec;
use shared::error::Code;
use shared::limits::{FRAME_AFTER_LOGIN, TEXT_BYTES, TEXT_LINES};
use shared::message::{ServerMessage, Welcome};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::admission::Pass;
use super::connection::Connection;
use super::tls::TLS_BUFFER;
use super::wire::Wire;
use super::{Event, Settings};
use crate::chat::SessionId;

/// How long the first byte may take, and how long everything from there to the end of the TLS handshake.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);

/// TLS handshakes at once; more wait, within their time. A handshake costs half a millisecond of processor and some 20 KiB; as many as there may be
/// connections that wait for a login, so that a few slow ones cannot hold up the others.
pub(super) const HANDSHAKES: usize = 256;

/// Handshakes that are worked on at this moment. Many that become ready at once would stand in front of everybody who is
/// logged in; so they take turns, and each turn is one step of the handshake, half a millisecond at most.
const TURNS: usize = 4;

/// The first byte of a TLS record that begins a handshake (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// A fatal TLS alert, `handshake_failure` (RFC 8446, 6), for a client that begins TLS where there is none.
const TLS_ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];

/// What all connections share.
#[derive(Debug)]
pub struct Office {
    settings: Settings,
    events: mpsc::Sender<Event>,
    stopped: watch::Receiver<bool>,
    handshakes: Semaphore,
    turns: Arc<Semaphore>,
    sessions: AtomicU64,
}

/// Where a connection comes from.
#[derive(Debug)]
pub struct Origin {
    /// The address; an IPv4 one is written as such even where the socket is IPv6.
    pub address: SocketAddr,
    /// Its right to be here.
    pub pass: Pass,
}

/// Why a connection ended before it was greeted.
#[derive(Debug, thiserror::Error)]
enum Ungreeted {
    #[error("it broke")]
    Socket(#[from] io::Error),
    #[error("it was too slow")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("it began TLS, which is off")]
    HasTls,
    #[error("it does not speak TLS")]
    NeedsTls,
    #[error("the server stops")]
    Stopped,
}

/// Works on something step by step, each step only when it is its turn.
async fn in_turns<F: Future>(turns: &Arc<Semaphore>, work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    let mut waiting = None;
    poll_fn(move |context| {
        let turn = waiting.get_or_insert_with(|| Box::pin(Arc::clone(turns).acquire_owned()));
        // The semaphore is never closed. The turn is given back at the end of the step.
        let _turn = ready!(turn.as_mut().poll(context));
        waiting = None;
        work.as_mut().poll(context)
    })
    .await
}

/// A socket on which frames can be exchanged.
enum Ready {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Office {
    /// Serves connections with these settings, until `stopped` is true.
    pub fn new(settings: Settings, events: mpsc::Sender<Event>, stopped: watch::Receiver<bool>) -> Self {
        let handshakes = Semaphore::new(HANDSHAKES);
        let turns = Arc::new(Semaphore::new(TURNS));
        Self { settings, events, stopped, handshakes, turns, sessions: AtomicU64::new(0) }
    }

    /// Whether connections are encrypted.
    pub fn has_tls(&self) -> bool {
        self.settings.tls.is_some()
    }

    /// Serves one connection to its end.
    pub async fn serve(self: Arc<Self>, stream: TcpStream, origin: Origin) {
        let address = origin.address.ip();
        // Boxed, so that what a handshake needs is given back with its end.
        let ready = tokio::select! {
            ready = Box::pin(self.prepare(stream)) => ready,
            () = self.until_stopped() => Err(Ungreeted::Stopped),
        };
        match ready {
            Ok(Ready::Plain(stream)) => Box::pin(self.converse(stream, origin)).await,
            Ok(Ready::Encrypted(stream)) => Box::pin(self.converse(stream, origin)).await,
            Err(error) => tracing::info!("closed connection from {address}: {error}"),
        }
    }

    /// Exchanges frames on a socket that is ready for them, to its end.
    pub async fn converse<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, origin: Origin) {
        let paced = !self.settings.limits.spare(origin.address.ip());
        let session = SessionId(self.sessions.fetch_add(1, Ordering::Relaxed) + 1);
        let (mut connection, outbox) =
            Connection::new(Wire::new(stream), session, origin, &self.settings, self.events.clone());
        if paced {
            connection.pace();
        }
        let greeted = tokio::select! {
            greeted = connection.greet(|proto| self.welcome(proto)) => greeted,
            () = self.until_stopped() => return,
        };
        match greeted {
            Ok(()) => connection.run(outbox).await,
            Err(ending) => connection.turn_away(ending).await,
        }
    }

    async fn until_stopped(&self) {
        // An error means that the sender is gone, and with it whoever would serve us.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }

    async fn prepare(&self, stream: TcpStream) -> Result<Ready, Ungreeted> {
        let mut first = [0];
        if timeout(HANDSHAKE, stream.peek(&mut first)).await?? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let begins_tls = first[0] == TLS_HANDSHAKE;
        match &self.settings.tls {
            None if begins_tls => {
                last_words(stream, &TLS_ALERT).await;
                Err(Ungreeted::HasTls)
            }
            None => Ok(Ready::Plain(stream)),
            Some(_) if !begins_tls => {
                last_words(stream, &needs_tls()).await;
                Err(Ungreeted::NeedsTls)
            }
            Some(config) => {
                let acceptor = TlsAcceptor::from(Arc::clone(config));
                let accept = async {
                    let _permit = self.handshakes.acquire().await;
                    let accept = acceptor.accept_with(stream, |session| session.set_buffer_limit(Some(TLS_BUFFER)));
                    in_turns(&self.turns, accept).await
                };
                Ok(Ready::Encrypted(Box::new(timeout(HANDSHAKE, accept).await??)))
            }
        }
    }

    fn welcome(&self, proto: u16) -> Welcome {
        let figure = |limit: usize| u32::try_from(limit).unwrap_or(u32::MAX);
        Welcome {
            proto,
            server: concat!("tern-server ", env!("CARGO_PKG_VERSION")).to_owned(),
            caps: Caps { typing: true }.write(),
            time: crate::clock::wall(),
            frame_max: figure(FRAME_AFTER_LOGIN),
            text_max: figure(TEXT_BYTES),
            lines_max: figure(TEXT_LINES),
            register: self.settings.register,
        }
    }
}

/// What a client that speaks no TLS reads: one frame, and readable even in a terminal.
fn needs_tls() -> bytes::Bytes {
    codec::encode(&ServerMessage::Refuse {
        code: Code::NEEDS_TLS,
        text: "This server needs TLS. Connect with tui-client, or with TLS 1.3.".to_owned(),
    })
}

async fn last_words(mut stream: TcpStream, words: &[u8]) {
    if let Ok(Ok(())) = timeout(HANDSHAKE, stream.write_all(words)).await {
        Wire::new(stream).close().await;
    }
}
