//! The program `server`: reads what it is told, serves until it is asked to stop, and says in one line what went wrong.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use server::cli::{Cli, Command, PasswdArgs, ServeArgs};
use server::config::ConfigError;
use server::hub::HubError;
use server::logging::{self, LoggingError};
use server::{Config, Server, admin};

/// It could not start, or not do what it was told.
const REFUSED: u8 = 1;

/// What was typed is wrong; clap uses the same code.
const USAGE: u8 = 2;

/// The server has failed while it ran: `EX_SOFTWARE` of sysexits.h. Whoever watches over it should start it again.
const FAILED: u8 = 70;

/// How long the end may take altogether. What was acknowledged is on the disk long before; a disk that hangs must not
/// keep a machine from shutting down.
const STOP: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => serve(cli.serve),
        Some(Command::Config(told)) => describe(told),
        Some(Command::Passwd(told)) => passwd(&told),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::last_words(&format!("server: {}\n", logging::one_line(&*error)));
            ExitCode::from(exit_code(&*error))
        }
    }
}

type Done = Result<(), Box<dyn Error + Send + Sync>>;

fn serve(told: ServeArgs) -> Done {
    let (options, file) = told.into_layer();
    let config = Config::load(options, file)?;
    let log = logging::begin(&config.log)?;
    // One worker for each core, which is what the builder does by itself.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(run(config));
    drop(log);
    match ended? {
        Ended::InOrder => Ok(()),
        // The runtime would wait for them.
        Ended::AtOnce(code) => std::process::exit(code),
    }
}

/// How a server that could start came to its end.
enum Ended {
    InOrder,
    /// With this exit code, and without the threads that are still reading or writing files: what they have not told as
    /// stored may be lost, as in a crash.
    AtOnce(i32),
}

/// Serves until a signal asks to stop. A second signal does not wait for anybody.
async fn run(config: Config) -> Result<Ended, Box<dyn Error + Send + Sync>> {
    let mut signals = Signals::listen()?;
    std::panic::set_hook(Box::new(|panic| {
        let said = panic.payload_as_str().unwrap_or("something failed");
        tracing::error!("a bug: {said}{}", panic.location().map(|place| format!(" at {place}")).unwrap_or_default());
    }));
    let data = std::path::absolute(&config.data).unwrap_or_else(|_| config.data.clone());
    let server = tokio::select! {
        server = Server::new(config) => server?,
        signal = signals.next() => {
            tracing::info!("{signal}: stopped before it was ready");
            return Ok(Ended::AtOnce(0));
        }
    };
    let has_samples = server.has_sample_passwords();
    let mut running = server.listen();
    let address = running.local_addr();
    tracing::info!("listening on {address}{}", if address.ip().is_unspecified() { " (all interfaces)" } else { "" });
    tracing::info!("data folder: {}", data.display());
    if let Some(fingerprint) = running.fingerprint() {
        tracing::info!("fingerprint: {fingerprint}");
    }
    if let Some(invite) = running.invite() {
        tracing::info!("friends connect with: tui-client '{invite}'");
    } else {
        tracing::warn!("without TLS, for this machine only: everybody on the way can read everything");
    }
    if has_samples {
        tracing::warn!(
            "the sample passwords, which everybody can read in the repository, work from this machine only until they are \
             changed: server passwd NAME"
        );
    }
    tokio::select! {
        signal = signals.next() => tracing::info!("{signal}: stopping"),
        error = running.failed() => return Err(error.into()),
    }
    tokio::select! {
        ended = running.shutdown() => ended?,
        signal = signals.next() => {
            tracing::warn!("{signal}: not waiting any longer");
            return Ok(Ended::AtOnce(1));
        }
        () = tokio::time::sleep(STOP) => {
            tracing::error!("the disk was not done in {} s: not waiting any longer", STOP.as_secs());
            return Ok(Ended::AtOnce(1));
        }
    }
    tracing::info!("stopped");
    Ok(Ended::InOrder)
}

fn describe(told: ServeArgs) -> Done {
    let (options, file) = told.into_layer();
    tell(&mut io::stdout(), &Config::load(options, file)?.describe());
    Ok(())
}

fn passwd(told: &PasswdArgs) -> Done {
    let (options, file) = told.to_layer();
    let data = Config::load(options, file)?.data;
    let said = admin::passwd(&data, &told.name, server::clock::wall())?;
    tell(&mut io::stdout(), &format!("{said}\n"));
    Ok(())
}

fn exit_code(error: &(dyn Error + 'static)) -> u8 {
    let is_directives = matches!(error.downcast_ref(), Some(LoggingError::Directives { .. }));
    if is_directives || error.downcast_ref().is_some_and(ConfigError::is_usage) {
        USAGE
    } else if error.is::<HubError>() {
        FAILED
    } else {
        REFUSED
    }
}

/// Writes, and does not mind a reader that has gone.
fn tell(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// The signals that ask to stop. They are caught from the start, so that none comes too early to be heard.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Caught so that a file that may not grow is an error of writing, not the sudden end of the program.
    _file_size: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _file_size: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupted",
            _ = self.terminate.recv() => "asked to end",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        // Without a console there is nobody to interrupt.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "interrupted"
    }
}

#[cfg(test)]
mod tests {
    use server::run::StartError;
    use server::store::StoreError;

    use super::*;

    #[tokio::test]
    async fn whoever_starts_servers_again_can_tell_a_failure_from_a_mistake() {
        let task = tokio::spawn(async { panic!("a bug, made by this test") });
        let panicked: tokio::task::JoinError = task.await.map(|()| "it ended").unwrap_err();
        assert_eq!(exit_code(&HubError::Failed(panicked)), 70);
        assert_eq!(exit_code(&HubError::Store(StoreError::InUse)), 70);
        let unusable = StartError::Store { data: "data".into(), source: StoreError::InUse };
        assert_eq!(exit_code(&unusable), 1);
        assert_eq!(exit_code(&ConfigError::NoTls), 2);
    }
}
