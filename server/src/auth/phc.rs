//! Argon2 hashes in the PHC string format: making, checking and judging them. Nothing here waits or remembers.

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::record::Phc;

/// The cost of one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The least that OWASP's password storage cheat sheet allows for argon2id: 19 MiB, 2 passes, 1 lane. About 45 ms.
    pub const DEFAULT: Self = Self { memory: 19_456, passes: 2, lanes: 1 };

    /// The most that a hash from outside may ask for, so that one line of a file cannot stop the server at each login:
    /// about 3 s and 256 MiB.
    pub const MOST: Self = Self { memory: 256 * 1024, passes: 16, lanes: 16 };

    /// Memory times passes: what an attacker pays for one guess.
    fn work(self) -> u64 {
        u64::from(self.memory) * u64::from(self.passes)
    }

    fn fits(self, most: Self) -> bool {
        self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes
    }
}

/// Why a hash cannot be made or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhcError {
    /// Not an argon2 hash in the PHC string format, with salt and output.
    #[error("not a valid argon2 hash")]
    Malformed,
    /// Over [`Cost::MOST`].
    #[error("an argon2 hash that costs too much (at most m=262144, t=16, p=16)")]
    TooCostly,
    /// The system gives no random bytes or no memory.
    #[error("the password cannot be hashed")]
    Hash,
}

/// Hashes a password with a fresh salt.
pub fn hash(password: &SecretString, cost: Cost) -> Result<Phc, PhcError> {
    let params = Params::new(cost.memory, cost.passes, cost.lanes, None).map_err(|_| PhcError::Hash)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.expose_secret().as_bytes())
        .map(|hash| Phc(hash.to_string()))
        .map_err(|_| PhcError::Hash)
}

/// Whether this is the password of that hash. The outputs are compared in constant time.
pub fn verify(password: &SecretString, hash: &Phc) -> Result<bool, PhcError> {
    let parsed = PasswordHash::new(&hash.0).map_err(|_| PhcError::Malformed)?;
    match Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_) => Err(PhcError::Malformed),
    }
}

/// Takes a hash from outside, if it can be checked later.
pub fn accept(text: &str) -> Result<Phc, PhcError> {
    if cost_of(text)?.1.fits(Cost::MOST) { Ok(Phc(text.to_owned())) } else { Err(PhcError::TooCostly) }
}

/// Whether a hash is cheaper to guess than new ones are.
pub fn is_weaker(hash: &Phc, than: Cost) -> bool {
    cost_of(&hash.0).is_ok_and(|(algorithm, cost)| algorithm != Algorithm::Argon2id || cost.work() < than.work())
}

fn cost_of(text: &str) -> Result<(Algorithm, Cost), PhcError> {
    let parsed = PasswordHash::new(text).map_err(|_| PhcError::Malformed)?;
    let algorithm = Algorithm::try_from(parsed.algorithm.as_str()).map_err(|_| PhcError::Malformed)?;
    let params = Params::try_from(&parsed).map_err(|_| PhcError::Malformed)?;
    let known_version = parsed.version.is_none_or(|version| Version::try_from(version).is_ok());
    if !known_version || parsed.salt.is_none() || parsed.hash.is_none() {
        return Err(PhcError::Malformed);
    }
    let cost = Cost { memory: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
    Ok((algorithm, cost))
}
