//! TLS 1.3 between two clients: each proves to own the key that the server has handed over for it, and nobody else gets
//! in. Names and dates in certificates mean nothing; the signature over the handshake means everything, because a copy
//! of a certificate is easily had.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerifier as _};
use rustls::client::{ClientConfig, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use shared::id::DeviceKey;
use shared::version::PEER_ALPN;

use super::identity::Identity;
use crate::net::{Fingerprint, PinVerifier};

/// Accepts a client that owns one key: judged in the same way as a server.
#[derive(Debug)]
struct OwnerOf(PinVerifier);

impl ClientCertVerifier for OwnerOf {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.0.check(end_entity).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn owner_of(key: DeviceKey) -> (Arc<CryptoProvider>, PinVerifier) {
    let provider = aws_lc_rs::default_provider();
    let verifier = PinVerifier::owner_of(Fingerprint(key.0), &provider);
    (Arc::new(provider), verifier)
}

/// The settings of the side that has asked for the session.
pub(super) fn client_config(identity: &Identity, peer: DeviceKey) -> Result<Arc<ClientConfig>, Error> {
    let (provider, verifier) = owner_of(peer);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(vec![identity.certificate()], identity.private_key())?;
    config.alpn_protocols = vec![PEER_ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(Arc::new(config))
}

/// The settings of the side that was asked.
pub(super) fn server_config(identity: &Identity, peer: DeviceKey) -> Result<Arc<ServerConfig>, Error> {
    let (provider, verifier) = owner_of(peer);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(OwnerOf(verifier)))
        .with_single_cert(vec![identity.certificate()], identity.private_key())?;
    config.alpn_protocols = vec![PEER_ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}
