//! `tui-client trust`: shows and forgets remembered server keys.

use std::io::{self, Write};

use clap::Subcommand;

use crate::net::Target;
use crate::net::address::{Address, DEFAULT_PORT};
use crate::net::trust::{TrustError, TrustStore};

/// What can be done with remembered keys.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// List the servers whose keys are remembered
    List,
    /// Forget the key of a server, so that its next key is accepted
    Forget {
        /// The server, as it was typed when its key was remembered
        #[arg(value_name = "HOST:PORT")]
        server: Address,
    },
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum TrustCommandError {
    /// There is nothing to forget.
    #[error("No key is remembered for {0}; `tui-client trust list` shows the servers.")]
    NotKnown(String),
    /// The file cannot be used.
    #[error(transparent)]
    Store(#[from] TrustError),
    /// The answer could not be written.
    #[error("The list cannot be written: {0}.")]
    Output(#[from] io::Error),
}

/// Runs one command. Answers go to `out`, one line each.
pub fn run(command: TrustCommand, store: &TrustStore, out: &mut impl Write) -> Result<(), TrustCommandError> {
    match command {
        TrustCommand::List => list(store, out),
        TrustCommand::Forget { server } => forget(server, store, out),
    }
}

fn list(store: &TrustStore, out: &mut impl Write) -> Result<(), TrustCommandError> {
    for (address, fingerprint) in store.list()? {
        writeln!(out, "{address} {fingerprint}")?;
    }
    Ok(())
}

fn forget(server: Address, store: &TrustStore, out: &mut impl Write) -> Result<(), TrustCommandError> {
    let port = server.port.unwrap_or(DEFAULT_PORT);
    let address = Target { host: server.host, port, fingerprint: None, tls: true }.address();
    if !store.forget(&address)? {
        return Err(TrustCommandError::NotKnown(address));
    }
    writeln!(out, "forgot {address}")?;
    Ok(())
}
