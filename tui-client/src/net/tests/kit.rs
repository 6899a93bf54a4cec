//! Scripted servers, and a client that listens to its events.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sha2::{Digest as _, Sha256};
use shared::caps::Caps;
use shared::codec;
use shared::id::UnixMs;
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, ServerMessage, Welcome};
use shared::version::ALPN;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::given;
use crate::net::connect::Duplex;
use crate::net::{ConnectError, Fingerprint, Link, NetEvent, Target, Timing, Trust, TrustStore, spawn_with};

/// Long enough for a busy machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for something that must happen.
pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("this happens in time")
}

/// The key pair of a server.
pub(super) struct Identity(KeyPair);

impl Identity {
    pub(super) fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    /// Made from the key itself, not from a certificate.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.0.subject_public_key_info()).into())
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate_with(|_| ())
    }

    pub(super) fn certificate_with(&self, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["server.example".to_owned()]).unwrap();
        change(&mut params);
        params.self_signed(&self.0).unwrap().der().clone()
    }

    pub(super) fn tls(&self) -> Arc<ServerConfig> {
        self.tls_with(self.certificate(), &[ALPN])
    }

    /// A server that shows any certificate, also one that does not belong to its key.
    pub(super) fn tls_with(&self, certificate: CertificateDer<'static>, alpn: &[&[u8]]) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::try_from(self.0.serialize_der()).unwrap();
        let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
        let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }
}

/// A place where servers live one after another, so that one address can change its key.
pub(super) struct Place(Arc<TcpListener>);

impl Place {
    pub(super) async fn new() -> Self {
        Self(Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap()))
    }

    pub(super) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(super) fn target(&self) -> Target {
        Target { host: "127.0.0.1".into(), port: self.port(), fingerprint: None, tls: true }
    }

    pub(super) fn plain_target(&self) -> Target {
        Target { tls: false, ..self.target() }
    }

    /// Serves one connection by a script. An error is one of the handshake.
    pub(super) fn serve<T, F>(
        &self,
        tls: Option<Arc<ServerConfig>>,
        script: impl FnOnce(Peer) -> F + Send + 'static,
    ) -> JoinHandle<io::Result<T>>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send,
    {
        let listener = Arc::clone(&self.0);
        tokio::spawn(async move {
            let (socket, _) = listener.accept().await?;
            let stream: Box<dyn Duplex> = match tls {
                Some(config) => Box::new(TlsAcceptor::from(config).accept(socket).await?),
                None => Box::new(socket),
            };
            Ok(script(Peer { stream, read: BytesMut::new() }).await)
        })
    }
}

/// The server's end of a connection.
pub(super) struct Peer {
    pub(super) stream: Box<dyn Duplex>,
    read: BytesMut,
}

impl Peer {
    /// The next message; nothing when the client has closed the connection in the proper way.
    pub(super) async fn hear(&mut self) -> Option<ClientMessage> {
        loop {
            if let Some(frame) = codec::take_frame(&mut self.read, FRAME_AFTER_LOGIN).unwrap() {
                return Some(codec::decode(&frame).unwrap());
            }
            if soon(self.stream.read_buf(&mut self.read)).await.expect("the connection is closed properly") == 0 {
                return None;
            }
        }
    }

    pub(super) async fn say(&mut self, message: &ServerMessage) {
        self.say_bytes(&codec::encode(message)).await;
    }

    pub(super) async fn say_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub(super) async fn greet(&mut self) {
        let hello = self.hear().await;
        assert!(matches!(hello, Some(ClientMessage::Hello { proto_min: 1, proto_max: 1, .. })), "{hello:?}");
        self.say(&ServerMessage::Welcome(welcome())).await;
    }

    /// Greets, and stays until the client leaves.
    pub(super) async fn host(mut self) {
        self.greet().await;
        while self.hear().await.is_some() {}
    }
}

pub(super) fn welcome() -> Welcome {
    Welcome { server: "scripted".to_owned(), ..given::welcome(UnixMs(1)) }
}

pub(super) fn notice(text: &str) -> ServerMessage {
    ServerMessage::Notice { text: text.into() }
}

/// Deadlines that only a broken test reaches.
pub(super) fn calm() -> Timing {
    Timing { ping_after: PATIENCE, dead_after: 2 * PATIENCE, write_stall: PATIENCE, ..Timing::default() }
}

/// A store in a folder that goes away with it.
pub(super) struct Keys {
    pub(super) store: TrustStore,
    _folder: tempfile::TempDir,
}

impl Keys {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: TrustStore::in_folder(folder.path()), _folder: folder }
    }
}

/// A connection as the loop of the client sees it.
pub(super) struct Client {
    pub(super) link: Option<Link>,
    pub(super) events: mpsc::Receiver<(u64, NetEvent)>,
}

impl Client {
    pub(super) fn start(target: Target, keys: &Keys, timing: Timing, room: usize) -> Self {
        let (sender, events) = mpsc::channel(room);
        let link = Some(spawn_with(target, keys.store.clone(), Caps::default(), 7, sender, timing));
        Self { link, events }
    }

    /// Connects to a scripted server without TLS.
    pub(super) async fn connected(place: &Place, timing: Timing) -> Self {
        let mut client = Self::start(place.plain_target(), &Keys::new(), timing, 16);
        assert_eq!(client.trust().await, Trust::None);
        client
    }

    pub(super) async fn next(&mut self) -> NetEvent {
        let (generation, event) = soon(self.events.recv()).await.expect("the last event has not come yet");
        assert_eq!(generation, 7);
        event
    }

    pub(super) async fn trust(&mut self) -> Trust {
        match self.next().await {
            NetEvent::Connected { trust, welcome: said, .. } if said == welcome() => trust,
            other => panic!("not connected: {other:?}"),
        }
    }

    pub(super) async fn failure(&mut self) -> ConnectError {
        match self.next().await {
            NetEvent::Failed(error) => {
                assert!(soon(self.events.recv()).await.is_none(), "a failure is the last event");
                error
            }
            other => panic!("no failure: {other:?}"),
        }
    }

    pub(super) async fn notice(&mut self) -> String {
        match self.next().await {
            NetEvent::Message(ServerMessage::Notice { text }) => text,
            other => panic!("no notice: {other:?}"),
        }
    }

    pub(super) async fn lost(&mut self) -> String {
        match self.next().await {
            NetEvent::Lost(why) => {
                assert!(soon(self.events.recv()).await.is_none(), "the loss is the last event");
                why
            }
            other => panic!("not lost: {other:?}"),
        }
    }

    /// Hands a message over, waiting while the queue is full.
    pub(super) async fn send(&self, mut message: ClientMessage) {
        let link = self.link.as_ref().expect("the link is there");
        while let Err(refused) = link.send(message) {
            assert!(!link.frames.is_closed(), "the connection is gone");
            message = refused;
            tokio::task::yield_now().await;
        }
    }
}

/// What an attempt with these keys comes to.
pub(super) async fn verdict(target: Target, keys: &Keys) -> Result<Trust, ConnectError> {
    let mut client = Client::start(target, keys, calm(), 4);
    match client.next().await {
        NetEvent::Connected { trust, .. } => {
            client.link = None;
            client.lost().await;
            Ok(trust)
        }
        NetEvent::Failed(error) => Err(error),
        other => panic!("neither connected nor failed: {other:?}"),
    }
}
