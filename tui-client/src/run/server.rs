//! Where connections go.

use std::sync::{Arc, Mutex, PoisonError};

use crate::net::Target;
use crate::net::address::{Address, DEFAULT_PORT};

/// The server that is dialled: the login may name another one.
#[derive(Clone, Debug)]
pub struct Server(Arc<Mutex<Target>>);

impl Server {
    /// Begins with this one.
    pub fn new(target: Target) -> Self {
        Self(Arc::new(Mutex::new(target)))
    }

    /// The one that is meant now.
    pub fn target(&self) -> Target {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on another one is meant.
    pub fn set(&self, target: Target) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Takes what was typed. Answers the address when it is another one than before.
    pub(super) fn name(&self, typed: &str) -> Result<Option<String>, String> {
        let mut target = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if typed == target.address() {
            return Ok(None);
        }
        let address: Address = typed.parse().map_err(|error| format!("The address of the server: {error}."))?;
        let port = address.port.unwrap_or(DEFAULT_PORT);
        let named = Target { host: address.host, port, fingerprint: address.fingerprint, tls: target.tls };
        if named == *target {
            return Ok(None);
        }
        *target = named;
        Ok(Some(target.address()))
    }
}
