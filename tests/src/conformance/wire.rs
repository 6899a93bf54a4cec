//! The connections of a case: TCP, TLS, and frames whose bodies are values.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::value::Value;
use crate::{DEADLINE, any_key};

/// The largest frame body of a server, in bytes.
const FRAME: usize = 65536;

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// One connection.
pub struct Wire {
    stream: Stream,
    unread: Vec<u8>,
}

impl Wire {
    /// Connects without TLS.
    pub fn plain(server: SocketAddr) -> Result<Self, String> {
        Ok(Self { stream: Stream::Plain(socket(server)?), unread: Vec::new() })
    }

    /// Connects with TLS. Which key the server has does not matter here.
    pub fn tls(server: SocketAddr) -> Result<Self, String> {
        let name = ServerName::from(server.ip());
        let session = ClientConnection::new(any_key::client_config(), name).map_err(|error| error.to_string())?;
        let mut stream = StreamOwned::new(session, socket(server)?);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|error| format!("no TLS 1.3: {error}"))?;
        }
        Ok(Self { stream: Stream::Tls(Box::new(stream)), unread: Vec::new() })
    }

    /// Sends bytes. That the other side has closed already is no error: it may be what the case is about.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = match &mut self.stream {
            Stream::Plain(socket) => socket.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
    }

    /// Sends a frame with this body.
    pub fn send_frame(&mut self, body: &[u8]) {
        self.send(&frame(body));
    }

    /// The next message, or `None` at the end of the connection. What the server says must be valid, and come before `end`.
    pub fn receive(&mut self, end: Instant) -> Result<Option<Value>, String> {
        loop {
            if let Some(body) = self.take_body()? {
                return Value::decode(&body).map(Some);
            }
            if Instant::now() > end {
                return Err(format!("nothing of this came in {DEADLINE:?}"));
            }
            let mut chunk = [0; 16 * 1024];
            let read = match &mut self.stream {
                Stream::Plain(socket) => socket.read(&mut chunk),
                Stream::Tls(stream) => stream.read(&mut chunk),
            };
            match read {
                Ok(0) => return self.ended(),
                Ok(count) => self.unread.extend_from_slice(&chunk[..count]),
                Err(error) if is_closed(error.kind()) => return self.ended(),
                Err(error) => return Err(format!("nothing came: {error}")),
            }
        }
    }

    fn ended(&self) -> Result<Option<Value>, String> {
        if self.unread.is_empty() { Ok(None) } else { Err("the connection ended within a frame".to_owned()) }
    }

    fn take_body(&mut self) -> Result<Option<Vec<u8>>, String> {
        let Some((header, rest)) = self.unread.split_first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
        if length == 0 || length > FRAME {
            return Err(format!("a frame of {length} bytes"));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let body = rest[..length].to_vec();
        self.unread.drain(..4 + length);
        Ok(Some(body))
    }
}

/// A body with its length before it.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("the frames of a case are small");
    [&length.to_be_bytes(), body].concat()
}

fn socket(server: SocketAddr) -> Result<TcpStream, String> {
    let socket = TcpStream::connect(server).map_err(|error| format!("{server} takes no connection: {error}"))?;
    let set = socket.set_nodelay(true).and_then(|()| socket.set_read_timeout(Some(DEADLINE)));
    set.map_err(|error| error.to_string())?;
    Ok(socket)
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}
