//! A client made of bytes: as polite or as rude as a test wants.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Instant;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use shared::codec;
use shared::id::{ClientId, RequestId};
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, Kind, ServerMessage};
use shared::version::{PROTO_MAX, PROTO_MIN};

use crate::{DEADLINE, any_key, password_of};

/// A TCP connection without TLS.
#[derive(Debug)]
pub struct RawSocket {
    socket: TcpStream,
}

/// A connection over TLS that trusts any key.
#[derive(Debug)]
pub struct RawClient {
    stream: StreamOwned<ClientConnection, TcpStream>,
    unread: BytesMut,
    requests: u64,
    texts: u64,
}

impl RawSocket {
    /// Connects to a port of this machine.
    pub fn connect(port: u16) -> Self {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server takes connections");
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline above zero is valid");
        socket.set_nodelay(true).expect("a connected socket takes the option");
        Self { socket }
    }

    /// Sends bytes. That the other side has closed already is no error: it may be what the test is about.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }

    /// Everything until the other side closes.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        match self.socket.read_to_end(&mut all) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server does not close: {error}; it said {:?}", String::from_utf8_lossy(&all)),
        }
        all
    }
}

impl RawClient {
    /// Connects, with TLS and the first exchange.
    pub fn connect(port: u16) -> Self {
        let mut client = Self::connect_silent(port);
        client.say(&ClientMessage::Hello {
            proto_min: PROTO_MIN,
            proto_max: PROTO_MAX,
            client: "e2e".to_owned(),
            caps: String::new(),
        });
        match client.receive() {
            Some(ServerMessage::Welcome(_)) => client,
            other => panic!("no welcome but {other:?}"),
        }
    }

    /// Connects with TLS and says nothing.
    pub fn connect_silent(port: u16) -> Self {
        let socket = RawSocket::connect(port).socket;
        let mut stream = StreamOwned::new(connection(), socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).expect("the server speaks TLS 1.3");
        }
        Self { stream, unread: BytesMut::new(), requests: 0, texts: 0 }
    }

    /// Logs in as a sample user and waits until everything that waited has come.
    pub fn login(&mut self, user: &str) {
        self.login_with(user, password_of(user));
    }

    /// The same as any user.
    pub fn login_with(&mut self, user: &str, password: &str) {
        let (id, name, password) = (self.request(), user.to_owned(), password.to_owned());
        self.say(&ClientMessage::Login { id, name, password, device: None, remember: false });
        self.expect("ready", |message| matches!(message, ServerMessage::Ready { .. }));
    }

    /// A request id that was not used before.
    pub fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Sends a text, `#lobby` or `@name`, and returns the request's id.
    pub fn text(&mut self, to: &str, text: &str) -> RequestId {
        let id = self.request();
        self.texts += 1;
        let cid = self.client_id(self.texts);
        self.say(&ClientMessage::Send { id, cid, to: to.to_owned(), text: text.to_owned(), kind: Kind::TEXT });
        id
    }

    /// A message id that is unique to this connection's socket and number.
    pub fn client_id(&self, number: u64) -> ClientId {
        let port = self.stream.sock.local_addr().expect("a connected socket has an address").port();
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&port.to_be_bytes());
        bytes[2..6].copy_from_slice(&std::process::id().to_be_bytes());
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        ClientId(bytes)
    }

    /// Logs out and waits for the end of the connection.
    pub fn logout(mut self) {
        let id = self.request();
        self.say(&ClientMessage::Logout { id });
        self.to_end();
    }

    /// Checks that the server still answers this connection.
    pub fn assert_alive(&mut self) {
        self.requests += 1;
        let n = self.requests;
        self.say(&ClientMessage::Ping { n });
        self.expect("the answer to a ping", |message| *message == ServerMessage::Pong { n });
    }

    /// Sends a message.
    pub fn say(&mut self, message: &ClientMessage) {
        self.send(&codec::encode(message));
    }

    /// Sends bytes inside TLS. That the other side has closed already is no error: it may be what the test is about.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).and_then(|()| self.stream.flush());
    }

    /// Sends a frame with this body and an honest length.
    pub fn send_body(&mut self, body: &[u8]) {
        let length = u32::try_from(body.len()).expect("a test's frame is small");
        let mut frame = length.to_be_bytes().to_vec();
        frame.extend_from_slice(body);
        self.send(&frame);
    }

    /// The next message, or `None` when the server has closed the connection. Pings are answered on the way.
    pub fn receive(&mut self) -> Option<ServerMessage> {
        // A server that lives pings for ever, also where what is waited for never comes.
        let end = Instant::now() + DEADLINE;
        loop {
            match codec::decode(&self.body_until(end)?).expect("the server's frames are valid") {
                ServerMessage::Ping { n } => self.say(&ClientMessage::Pong { n }),
                message => return Some(message),
            }
        }
    }

    /// The body of the next frame, as it came, or `None` when the server has closed the connection.
    pub fn next_body(&mut self) -> Option<BytesMut> {
        self.body_until(Instant::now() + DEADLINE)
    }

    fn body_until(&mut self, end: Instant) -> Option<BytesMut> {
        loop {
            let frame = codec::take_frame(&mut self.unread, FRAME_AFTER_LOGIN);
            if let Some(body) = frame.expect("the server's frames are within the limit") {
                return Some(body);
            }
            assert!(Instant::now() < end, "no frame from the server in {DEADLINE:?}");
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.unread.extend_from_slice(&chunk[..count]),
                Err(error) if is_closed(error.kind()) => return None,
                Err(error) => panic!("no frame from the server: {error}"),
            }
        }
    }

    /// Reads on until a message fits, and returns it.
    pub fn expect(&mut self, what: &str, mut fits: impl FnMut(&ServerMessage) -> bool) -> ServerMessage {
        let mut seen = Vec::new();
        while let Some(message) = self.receive() {
            if fits(&message) {
                return message;
            }
            seen.push(message);
        }
        panic!("the connection closed before {what}; there came {seen:#?}")
    }

    /// Reads on to the end of the connection and returns what came.
    pub fn to_end(&mut self) -> Vec<ServerMessage> {
        std::iter::from_fn(|| self.receive()).collect()
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

fn connection() -> ClientConnection {
    let name = ServerName::try_from("tern").expect("a word is a valid name");
    ClientConnection::new(any_key::client_config(), name).expect("the configuration is complete")
}
