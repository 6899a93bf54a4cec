//! The other end of TLS: a key made for one test, and a server of one connection that says whatever a test wants.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use bytes::BytesMut;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData as _};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use shared::codec;
use shared::id::DeviceKey;
use shared::limits::PEER_FRAME;

use crate::DEADLINE;

/// A key, and TLS 1.3 that shows it.
#[derive(Clone, Debug)]
pub struct OwnKey {
    /// What others know it by.
    pub key: DeviceKey,
    /// TLS that shows it and asks the other side for nothing.
    pub config: Arc<ServerConfig>,
}

impl OwnKey {
    /// Makes one, for this protocol.
    pub fn make(alpn: &[u8]) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key can be made");
        let params = CertificateParams::new(vec!["tern.invalid".to_owned()]).expect("the name is valid");
        let certificate = params.self_signed(&pair).expect("a certificate can be made");
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the provider has TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], private)
            .expect("the key fits the certificate");
        config.alpn_protocols = vec![alpn.to_vec()];
        let key = DeviceKey(Sha256::digest(pair.subject_public_key_info()).into());
        Self { key, config: Arc::new(config) }
    }

    /// Takes the part of the server on this connection.
    pub fn serve(&self, socket: TcpStream) -> RawHost {
        socket.set_read_timeout(Some(DEADLINE)).expect("a deadline above zero is valid");
        let connection = ServerConnection::new(Arc::clone(&self.config)).expect("the configuration is complete");
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).expect("the client speaks TLS 1.3");
        }
        RawHost { stream, unread: BytesMut::new() }
    }
}

/// The server's end of one connection, as polite or as rude as a test wants.
#[derive(Debug)]
pub struct RawHost {
    stream: StreamOwned<ServerConnection, TcpStream>,
    unread: BytesMut,
}

impl RawHost {
    /// Sends a message. That the other side has closed already is no error: it may be what the test is about.
    pub fn say(&mut self, message: &impl Serialize) {
        let _ = self.stream.write_all(&codec::encode(message)).and_then(|()| self.stream.flush());
    }

    /// The next message, or `None` when the client has closed the connection.
    pub fn hear<M: DeserializeOwned>(&mut self) -> Option<M> {
        loop {
            let frame = codec::take_frame(&mut self.unread, PEER_FRAME).expect("the client's frames are valid");
            if let Some(body) = frame {
                return Some(codec::decode(&body).expect("the client's frames are valid"));
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk) {
                Ok(count @ 1..) => self.unread.extend_from_slice(&chunk[..count]),
                Ok(0) => return None,
                // A client that is ended closes nothing in order.
                Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return None,
                Err(error) => panic!("no frame from the client: {error}"),
            }
        }
    }
}
