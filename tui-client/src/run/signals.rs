//! Signals that people and systems send to programs.

use std::future::pending;
use std::io;
use std::time::Duration;

use crate::app::exit::Exit;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// An end in order: the system stops.
    End,
    /// The terminal is gone.
    HangUp,
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
            _ = self.hang_up.recv() => Signal::HangUp,
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

/// Asks the whole job to stop, this program included, as Ctrl-Z in a cooked terminal does.
pub(super) fn stop_this_job() {
    // Without job control there is nobody to ask, and nothing to stop for.
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// Stops this process until it is continued. Called on the main thread, which the kernel prefers for a signal to the
/// process: it stops here, and not a little later.
pub(super) fn stop_here() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
}

/// How long an orderly end may take once the system asks for it.
const ORDERLY: Duration = Duration::from_secs(2);

/// The same where the terminal is gone: there is less to do then.
const ORDERLY_HUNG_UP: Duration = Duration::from_millis(250);

/// Ends the program when the system wants that and it does not come about in order: a terminal that takes nothing
/// blocks whoever writes to it.
pub(super) async fn leave_anyway() {
    let (Ok(mut terminate), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        return;
    };
    let within = tokio::select! {
        _ = terminate.recv() => ORDERLY,
        _ = hang_up.recv() => ORDERLY_HUNG_UP,
    };
    tokio::time::sleep(within).await;
    // Without a write: the modes that are escapes end with the terminal that does not read them.
    let _ = crossterm::terminal::disable_raw_mode();
    std::process::exit(i32::from(Exit::Unreachable.code()));
}
