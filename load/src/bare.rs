//! The baseline of fan-out: a process that copies every frame that comes in to every connection, coalesced, and does
//! nothing else: no TLS, no log, no rules. It is what the sockets of this machine allow.
//!
//! Its memory is bounded by the load generator, which has only so many lines under way.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use anyhow::Context;
use bytes::{Buf, BytesMut};
use shared::limits::HEADER;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::figures::complain;

/// Room for what one read takes in.
const READ: usize = 64 * 1024;

/// Everything that waits to be copied, and to whom.
#[derive(Default)]
struct Shared {
    arrived: BytesMut,
    outgoing: Vec<Outgoing>,
}

struct Outgoing {
    socket: Rc<TcpStream>,
    rest: BytesMut,
}

/// Serves until it is killed.
pub async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
    complain(&format!("listening on {}", listener.local_addr()?));
    let shared = Rc::new(RefCell::new(Shared::default()));
    let wake = Rc::new(Notify::new());
    let accept = async move {
        tokio::task::spawn_local(copy(Rc::clone(&shared), Rc::clone(&wake)));
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            let socket = Rc::new(socket);
            let outgoing = Outgoing { socket: Rc::clone(&socket), rest: BytesMut::new() };
            shared.borrow_mut().outgoing.push(outgoing);
            tokio::task::spawn_local(receive(socket, Rc::clone(&shared), Rc::clone(&wake)));
        }
    };
    tokio::task::LocalSet::new().run_until(accept).await
}

/// Takes in what one connection says, whole frames only: those of others come between.
async fn receive(socket: Rc<TcpStream>, shared: Rc<RefCell<Shared>>, wake: Rc<Notify>) {
    let mut buffer = vec![0; READ];
    let mut unread = BytesMut::new();
    while socket.readable().await.is_ok() {
        match socket.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => unread.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        }
        let whole = whole_frames(&unread);
        shared.borrow_mut().arrived.extend_from_slice(&unread[..whole]);
        unread.advance(whole);
        wake.notify_one();
    }
}

/// How many bytes at the start are whole frames.
fn whole_frames(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(prefix) = bytes[end..].first_chunk::<HEADER>() {
        let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
        match end.checked_add(HEADER).and_then(|start| start.checked_add(length)) {
            Some(next) if next <= bytes.len() => end = next,
            _ => break,
        }
    }
    end
}

/// Copies what has arrived to everybody, one write a connection.
async fn copy(shared: Rc<RefCell<Shared>>, wake: Rc<Notify>) {
    loop {
        let blocked = copy_once(&mut shared.borrow_mut());
        match blocked {
            // The others do not wait for the one that does not read.
            Some(socket) => tokio::select! {
                _ = socket.writable() => {}
                () = wake.notified() => {}
            },
            None => wake.notified().await,
        }
    }
}

/// One round over all connections. Returns one that could not take everything.
fn copy_once(shared: &mut Shared) -> Option<Rc<TcpStream>> {
    let arrived = shared.arrived.split();
    let mut blocked = None;
    for Outgoing { socket, rest } in &mut shared.outgoing {
        let written = if rest.is_empty() {
            let written = write(socket, &arrived);
            rest.extend_from_slice(&arrived[written..]);
            0
        } else {
            rest.extend_from_slice(&arrived);
            write(socket, rest)
        };
        rest.advance(written);
        if !rest.is_empty() {
            blocked = Some(Rc::clone(socket));
        }
    }
    blocked
}

/// How many bytes the socket takes now. One that is broken takes none.
fn write(socket: &TcpStream, bytes: &[u8]) -> usize {
    if bytes.is_empty() { 0 } else { socket.try_write(bytes).unwrap_or(0) }
}
