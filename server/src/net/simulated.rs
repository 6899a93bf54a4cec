//! For tests: connections over streams that are no sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::admission::Gate;
use super::budget::Budget;
use super::greet::{self, Origin};
use super::{Event, Limits, OUTBOX_BYTES, Settings, TOTAL_OUTBOX_BYTES};
use crate::names::Policy;

/// Serves streams like the connections of a server without TLS and without limits.
#[derive(Clone, Debug)]
pub struct Office {
    office: Arc<greet::Office>,
    gate: Gate,
}

impl Office {
    /// For streams whose sessions speak to the hub behind `events`.
    pub fn simulated(events: mpsc::Sender<Event>, stopped: watch::Receiver<bool>) -> Self {
        let settings = Settings {
            tls: None,
            names: Policy::Plain,
            register: false,
            limits: Limits::Off,
            connections: 1000,
            outbox_bytes: OUTBOX_BYTES,
            budget: Budget::new(TOTAL_OUTBOX_BYTES),
        };
        let gate = Gate::new(settings.limits, settings.connections);
        Self { office: Arc::new(greet::Office::new(settings, events, stopped)), gate }
    }

    /// Serves one stream to its end.
    pub fn serve<S>(&self, stream: S, address: SocketAddr) -> impl Future<Output = ()> + Send + 'static
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (office, pass) = (Arc::clone(&self.office), self.gate.admit(address.ip(), Instant::now(), 0));
        async move {
            if let Ok(pass) = pass {
                office.converse(stream, Origin { address, pass }).await;
            }
        }
    }
}
