//! Signals that people and systems send to programs.

use std::future::pending;
use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// An end in order: the system stops, or the terminal is gone.
    End,
    /// Ctrl-Z.
    Suspend,
}

/// The signals that are listened to.
#[derive(Debug)]
pub struct Signals {
    interrupt: Stream,
    terminate: Stream,
    hang_up: Stream,
    suspend: Option<Stream>,
}

impl Signals {
    /// Listens from here on; to Ctrl-Z only where there is a terminal to give back. From then on no signal ends the
    /// process by itself any more.
    pub fn listen(has_terminal: bool) -> io::Result<Self> {
        let suspend = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            suspend: if has_terminal { Some(signal(suspend)?) } else { None },
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::End,
            _ = self.hang_up.recv() => Signal::End,
            () = received(self.suspend.as_mut()) => Signal::Suspend,
        }
    }
}

async fn received(stream: Option<&mut Stream>) {
    match stream {
        Some(stream) => {
            stream.recv().await;
        }
        None => pending().await,
    }
}

/// Stops this process as Ctrl-Z does, until it is continued.
pub(super) fn stop_here() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}
