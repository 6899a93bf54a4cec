//! The baseline of fan-out: a process that copies every frame that comes in to every connection, coalesced, and does
//! nothing else: no TLS, no log, no rules. It is what the sockets of this machine allow.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use anyhow::Context;
use bytes::BytesMut;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::figures::complain;

/// A connection that has this much waiting does not get more until it has read some: bounded memory here too.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// Everything that waits to be copied, and to whom.
#[derive(Default)]
struct Shared {
    arrived: BytesMut,
    sockets: Vec<Outgoing>,
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
    let local = tokio::task::LocalSet::new();
    local.spawn_local(copy(Rc::clone(&shared), Rc::clone(&wake)));
    local
        .run_until(async move {
            loop {
                let (socket, _) = listener.accept().await?;
                socket.set_nodelay(true)?;
                let socket = Rc::new(socket);
                shared.borrow_mut().sockets.push(Outgoing { socket: Rc::clone(&socket), rest: BytesMut::new() });
                tokio::task::spawn_local(receive(socket, Rc::clone(&shared), Rc::clone(&wake)));
            }
        })
        .await
}

/// Takes in what one connection says.
async fn receive(socket: Rc<TcpStream>, shared: Rc<RefCell<Shared>>, wake: Rc<Notify>) {
    let mut buffer = vec![0; 64 * 1024];
    while socket.readable().await.is_ok() {
        match socket.try_read(&mut buffer) {
            Ok(0) => return,
            // Every write of the load generator is whole frames, and loopback hands them over whole below 64 KiB; a
            // torn one would be counted wrong, never crash.
            Ok(count) => shared.borrow_mut().arrived.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        }
        wake.notify_one();
    }
}

/// Copies what has arrived to everybody, one write a connection.
async fn copy(shared: Rc<RefCell<Shared>>, wake: Rc<Notify>) {
    loop {
        wake.notified().await;
        loop {
            let blocked = copy_once(&mut shared.borrow_mut());
            let Some(socket) = blocked else { break };
            // Everybody else has got theirs; wait until this one takes more, while new frames arrive.
            if socket.writable().await.is_err() {
                break;
            }
        }
    }
}

/// One round over all connections. Returns one that could not take everything.
fn copy_once(shared: &mut Shared) -> Option<Rc<TcpStream>> {
    let arrived = shared.arrived.split();
    let mut blocked = None;
    for outgoing in &mut shared.sockets {
        if outgoing.rest.is_empty() {
            let written = outgoing.socket.try_write(&arrived).unwrap_or(0);
            outgoing.rest.extend_from_slice(&arrived[written.min(arrived.len())..]);
        } else if outgoing.rest.len() < MOST_WAITING {
            outgoing.rest.extend_from_slice(&arrived);
            let written = outgoing.socket.try_write(&outgoing.rest).unwrap_or(0);
            let _ = outgoing.rest.split_to(written);
        }
        if !outgoing.rest.is_empty() {
            blocked = Some(Rc::clone(&outgoing.socket));
        }
    }
    blocked
}
