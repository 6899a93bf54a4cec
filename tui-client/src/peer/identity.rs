//! The key of this client, by which other clients know it.
//!
//! It is made once and kept; the certificate is only its wrapping and is made anew in every run. Other clients remember
//! the SHA-256 of the public key, so neither dates nor names in the certificate mean anything.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use shared::id::DeviceKey;

/// The name of the key's file inside the state folder.
const FILE: &str = "device.key";

/// The key of this client, with its certificate.
pub struct Identity {
    pair: KeyPair,
    certificate: CertificateDer<'static>,
}

/// Why there is no key. The text is a fragment.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file cannot be read or written.
    #[error("its device key {path} cannot be used: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no usable key. It is never overwritten: other clients know the key that was in it.
    #[error(
        "its device key {path} is damaged: restore it, or delete it to get a new one, which others will be warned of"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// The key cannot be made.
    #[error("no device key can be made: {0}")]
    Make(#[from] rcgen::Error),
}

impl Identity {
    /// Makes a key that is not kept.
    pub fn make() -> Result<Self, IdentityError> {
        Self::of(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?)
    }

    /// Reads the key from the state folder, or makes one and keeps it there, readable by its owner only. Clients that
    /// start at the same time end with the same key.
    pub fn load_or_make(folder: &Path) -> Result<Self, IdentityError> {
        let path = folder.join(FILE);
        let failed = |source| IdentityError::File { path: path.clone(), source };
        match std::fs::read_to_string(&path) {
            Ok(pem) => return Self::parse(&pem, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let made = Self::make()?;
        if keep(folder, &path, &made.pair.serialize_pem()).map_err(failed)? {
            return Ok(made);
        }
        // Another client was quicker.
        let pem = std::fs::read_to_string(&path).map_err(failed)?;
        Self::parse(&pem, path)
    }

    fn parse(pem: &str, path: PathBuf) -> Result<Self, IdentityError> {
        KeyPair::from_pem(pem).map_err(|_| IdentityError::Damaged { path }).and_then(Self::of)
    }

    fn of(pair: KeyPair) -> Result<Self, IdentityError> {
        let certificate = CertificateParams::new(vec!["tern.invalid".to_owned()])?.self_signed(&pair)?;
        Ok(Self { certificate: certificate.into(), pair })
    }

    /// What other clients know this one by.
    pub fn key(&self) -> DeviceKey {
        DeviceKey(Sha256::digest(self.pair.subject_public_key_info()).into())
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pair.serialize_der()))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({:?})", self.key())
    }
}

/// Puts a key where none is, whole and durable, and says whether it was put: a name for a finished file is given by a
/// hard link, which replaces nothing.
fn keep(folder: &Path, path: &Path, pem: &str) -> io::Result<bool> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = folder.join(format!("{FILE}.{}", uuid::Uuid::now_v7().simple()));
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft)?;
    let linked =
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
            match std::fs::hard_link(&draft, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                linked => linked.map(|()| true),
            }
        });
    std::fs::remove_file(&draft)?;
    File::open(folder)?.sync_all()?;
    linked
}
