//! Judges the key of a server, or of another client, during the TLS handshake.
//!
//! The identity is the SHA-256 of the public key, so a new certificate for the same key is the same server. Names and
//! dates in the certificate mean nothing here: nobody vouches for them. What must hold is that the server *owns* the
//! key, hence the signature over the handshake is verified like in any other TLS client; without that, a copy of the
//! public certificate would do.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, Resumption};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme};
use sha2::{Digest as _, Sha256};

use super::Fingerprint;

/// What the handshake showed, for whoever started it: rustls itself passes on only that a key was refused.
pub(super) type Shown = Arc<OnceLock<Fingerprint>>;

/// Accepts who owns the key that is expected, or any key when nothing is expected.
#[derive(Debug)]
pub(crate) struct PinVerifier {
    expected: Vec<Fingerprint>,
    shown: Shown,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinVerifier {
    /// Accepts the owner of this key and nobody else.
    pub(crate) fn owner_of(key: Fingerprint, provider: &CryptoProvider) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { expected: vec![key], shown: Shown::default(), algorithms }
    }

    /// Whether a certificate holds the key that is expected. That the other side owns it is the signature's to show.
    pub(crate) fn check(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let found = fingerprint(certificate)?;
        // Set once: with a server a verifier serves one handshake; with another client nobody looks at it.
        let _ = self.shown.set(found);
        if self.expected.iter().all(|expected| *expected == found) {
            Ok(())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }
}

/// The TLS settings of one connection: TLS 1.3 only, one named provider, no tickets, no name sent in clear.
///
/// Every fingerprint in `expected` must be the server's; what it has is left in `shown`.
pub(super) fn client_config(expected: Vec<Fingerprint>, shown: Shown) -> ClientConfig {
    let provider: CryptoProvider = aws_lc_rs::default_provider();
    let algorithms = provider.signature_verification_algorithms;
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider has cipher suites for TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinVerifier { expected, shown, algorithms }))
        .with_no_client_auth();
    config.alpn_protocols = vec![shared::version::ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config
}

/// The fingerprint of the key in a certificate.
fn fingerprint(certificate: &CertificateDer<'_>) -> Result<Fingerprint, Error> {
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(Fingerprint(Sha256::digest(key.as_ref()).into()))
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
