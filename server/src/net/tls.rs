//! The server's key, and TLS 1.3 with it.
//!
//! The key is made on first start and kept; the certificate is only its wrapping and is made anew at each start. Clients
//! remember the SHA-256 of the public key, so neither dates nor names in the certificate mean anything.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

/// The key's file in the data folder.
pub const KEY_FILE: &str = "server.key";

/// The most bytes that wait in the TLS layer of one connection: one full record.
pub const TLS_BUFFER: usize = 16 * 1024;

/// Why there is no TLS. The text fits after "cannot start: ".
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The key file cannot be read, made or written.
    #[error("cannot {what} the server's key {path}")]
    File {
        /// `read` or `write`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key file holds no usable key. It is never overwritten: clients know the key that was in it.
    #[error(
        "the server's key {path} is damaged; restore it from a backup, or delete it to get a new key, which every \
         client will refuse until it forgets the old one"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// The key cannot be made.
    #[error("cannot make the server's key")]
    Make(#[source] rcgen::Error),
    /// The TLS library refuses the key.
    #[error("cannot use the server's key")]
    Use(#[source] rustls::Error),
}

/// The server's key.
pub struct Identity {
    key: KeyPair,
}

impl Identity {
    /// Reads the key from the data folder, or makes one and keeps it there, readable by its owner only.
    pub fn load_or_make(folder: &Path) -> Result<Self, TlsError> {
        let path = folder.join(KEY_FILE);
        match std::fs::read_to_string(&path) {
            Ok(pem) => {
                let key = KeyPair::from_pem(&pem).map_err(|source| TlsError::Damaged { path, source })?;
                Ok(Self { key })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let identity = Self::make()?;
                write_new(folder, &path, &identity.key.serialize_pem()).map_err(|source| TlsError::File {
                    what: "write",
                    path,
                    source,
                })?;
                Ok(identity)
            }
            Err(source) => Err(TlsError::File { what: "read", path, source }),
        }
    }

    /// Makes a key that is not kept: for a server that forgets everything at its end.
    pub fn make() -> Result<Self, TlsError> {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(TlsError::Make)?;
        Ok(Self { key })
    }

    /// What clients remember: the SHA-256 of the public key (its SubjectPublicKeyInfo), as 64 hexadecimal digits.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.key.subject_public_key_info()).into())
    }

    /// TLS 1.3 with this key. No session tickets, which would make a client's connections linkable, and no early data,
    /// which can be replayed.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let certificate = CertificateParams::new(vec!["tern.invalid".to_owned()])
            .and_then(|parameters| parameters.self_signed(&self.key))
            .map_err(TlsError::Make)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsError::Use)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)
            .map_err(TlsError::Use)?;
        config.alpn_protocols = vec![shared::version::ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.fingerprint())
    }
}

/// A public key's SHA-256. Shown as `SHA256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The 64 hexadecimal digits alone, as in an invite `tern://HOST:PORT#DIGITS`.
    pub fn digits(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string never fails.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SHA256:{}", self.digits())
    }
}

/// Writes a file that must not exist yet, and makes it durable: a key that is lost in a power cut after clients have
/// seen it would lock them all out.
fn write_new(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let first = Identity::load_or_make(folder.path()).unwrap();
        let second = Identity::load_or_make(folder.path()).unwrap();
        assert_eq!(first.fingerprint(), second.fingerprint());
        assert_ne!(first.fingerprint(), Identity::make().unwrap().fingerprint());
        let shown = first.fingerprint().to_string();
        let digits = shown.strip_prefix("SHA256:").unwrap();
        assert_eq!(digits.len(), 64);
        assert!(digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Identity::load_or_make(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        for damaged in ["", "no key at all", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            fs::write(&path, damaged).unwrap();
            let error = Identity::load_or_make(folder.path()).unwrap_err();
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_not_written_through_a_dangling_link() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join(KEY_FILE)).unwrap();
        assert!(matches!(Identity::load_or_make(folder.path()), Err(TlsError::File { what: "write", .. })));
        assert!(!elsewhere.exists());
    }

    #[test]
    fn the_fingerprint_is_that_of_the_public_key_in_the_certificate() {
        let identity = Identity::make().unwrap();
        let certificate = CertificateParams::new(vec!["x".to_owned()]).unwrap().self_signed(&identity.key).unwrap();
        let parsed = rustls::server::ParsedCertificate::try_from(certificate.der()).unwrap();
        let expected: [u8; 32] = Sha256::digest(parsed.subject_public_key_info()).into();
        assert_eq!(identity.fingerprint(), Fingerprint(expected));
    }
}
