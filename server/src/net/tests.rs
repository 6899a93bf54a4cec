//! What a client and the hub see of a connection. The hub is a channel here, the client a peer that speaks frames.

use std::time::Duration;

use bytes::BytesMut;
use shared::codec;
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, Reason, ServerMessage, Welcome};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::admission::Gate;
use super::greet::{Office, Origin};
use super::*;
use crate::chat::Request;

mod conversation;
mod deadlines;
mod patience;
mod sockets;

/// Longer than any test takes on a busy machine; with paused time, longer than any deadline.
const LONG: Duration = Duration::from_mins(10);

const LOOPBACK: &str = "127.0.0.1";
const ELSEWHERE: &str = "192.0.2.7";

fn settings() -> Settings {
    Settings {
        tls: None,
        names: Policy::Plain,
        register: true,
        limits: Limits::On,
        connections: 1_000,
        outbox_bytes: OUTBOX_BYTES,
        budget: Budget::new(TOTAL_OUTBOX_BYTES),
    }
}

/// A client that says and hears whatever a test wants.
struct Peer<S> {
    stream: S,
    read: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    fn new(stream: S) -> Self {
        Self { stream, read: BytesMut::new() }
    }

    async fn say(&mut self, message: &ClientMessage) {
        self.say_bytes(&codec::encode(message)).await;
    }

    async fn say_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Says a frame with this body.
    async fn say_body(&mut self, body: &[u8]) {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        self.say_bytes(&[&length, body].concat()).await;
    }

    /// The next message, or `None` at the end of the connection.
    async fn hear(&mut self) -> Option<ServerMessage> {
        timeout(LONG, async {
            loop {
                if let Some(body) = codec::take_frame(&mut self.read, FRAME_AFTER_LOGIN).unwrap() {
                    return Some(codec::decode(&body).unwrap());
                }
                if self.stream.read_buf(&mut self.read).await.unwrap_or(0) == 0 {
                    assert!(self.read.is_empty(), "the last frame is whole");
                    return None;
                }
            }
        })
        .await
        .expect("the server says something or ends the connection")
    }

    async fn greet(&mut self) -> Welcome {
        self.say(&hello(1, 1)).await;
        match self.hear().await {
            Some(ServerMessage::Welcome(welcome)) => welcome,
            other => panic!("no welcome but {other:?}"),
        }
    }

    /// The error that ends the connection: its code.
    async fn hear_fatal(&mut self) -> String {
        let code = match self.hear().await {
            Some(ServerMessage::Error(refusal)) => {
                assert_eq!(refusal.re, None);
                refusal.code
            }
            Some(ServerMessage::Refuse { code, .. }) => code,
            other => panic!("no error but {other:?}"),
        };
        assert_eq!(self.hear().await, None, "the connection ends");
        code.as_str().to_owned()
    }
}

fn hello(proto_min: u16, proto_max: u16) -> ClientMessage {
    ClientMessage::Hello { proto_min, proto_max, client: "test".to_owned(), caps: String::new() }
}

fn who(id: u64) -> ClientMessage {
    ClientMessage::Who { id: shared::id::RequestId(id) }
}

/// The hub's end of all connections.
struct FakeHub(mpsc::Receiver<Event>);

impl FakeHub {
    async fn next(&mut self) -> Event {
        timeout(LONG, self.0.recv()).await.expect("something is told").expect("connections can tell it")
    }

    async fn opened(&mut self) -> Outbox {
        match self.next().await {
            Event::Opened { outbox, .. } => outbox,
            other => panic!("not opened but {other:?}"),
        }
    }

    async fn asked(&mut self) -> Request {
        match self.next().await {
            Event::Input(Input::Asked { request, .. }) => request,
            other => panic!("not asked but {other:?}"),
        }
    }

    /// The number of the `who` that is asked next.
    async fn asked_who(&mut self) -> u64 {
        match self.asked().await {
            Request::Who { id } => id.0,
            other => panic!("not who but {other:?}"),
        }
    }

    async fn closed(&mut self) -> Reason {
        match self.next().await {
            Event::Input(Input::SessionClosed { reason, .. }) => reason,
            other => panic!("not closed but {other:?}"),
        }
    }

    /// Nothing more is told: every connection has ended, or says nothing for as long as the clock can stand still.
    async fn is_quiet(&mut self) -> bool {
        tokio::task::yield_now().await;
        self.0.try_recv().is_err()
    }
}

/// A connection without a socket, so that time can be driven: `room` bytes fit between the two.
fn connect_with(settings: Settings, from: &str, room: usize, queue: usize) -> (Peer<DuplexStream>, FakeHub) {
    let (events, hub) = mpsc::channel(queue);
    let (keep_running, stopped) = watch::channel(false);
    let (near, far) = tokio::io::duplex(room);
    let address = SocketAddr::new(from.parse().unwrap(), 5000);
    let pass = Gate::new(settings.limits, 10).admit(address.ip(), tokio::time::Instant::now(), 99).unwrap();
    let office = Office::new(settings, events, stopped);
    tokio::spawn(async move {
        office.converse(far, Origin { address, pass }).await;
        drop(keep_running);
    });
    (Peer::new(near), FakeHub(hub))
}

fn connect(from: &str) -> (Peer<DuplexStream>, FakeHub) {
    connect_with(settings(), from, 1024 * 1024, 100)
}

/// A greeted connection.
async fn greeted(from: &str) -> (Peer<DuplexStream>, FakeHub, Outbox) {
    let (mut peer, mut hub) = connect(from);
    peer.greet().await;
    let outbox = hub.opened().await;
    (peer, hub, outbox)
}

fn offer(outbox: &Outbox, message: &ServerMessage) -> Offer {
    let offer = outbox.offer(&codec::encode(message));
    outbox.wake();
    offer
}

fn notice(text: &str) -> ServerMessage {
    ServerMessage::Notice { text: text.to_owned() }
}
