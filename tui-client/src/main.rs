//! The program `tui-client`: reads the command line, then runs what the library holds.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use tokio::runtime::Builder;
use tui_client::app::exit::Exit;
use tui_client::cli::trust::{self, TrustCommand, TrustCommandError};
#[cfg(feature = "host")]
use tui_client::cli::try_out::{self, TryArgs};
use tui_client::cli::{Args, Command, Face, Settings, SettingsError, Surroundings, start};
use tui_client::net::TrustStore;

fn main() -> ExitCode {
    let mut args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    match args.command.take() {
        Some(Command::Trust(command)) => change_trust(command),
        Some(Command::Keys(args)) => report(args.keys(surroundings())),
        Some(Command::Config(args)) => report(args.settings(surroundings())),
        #[cfg(feature = "host")]
        Some(Command::Try(args)) => look_around(args),
        None => chat(args),
    }
}

fn surroundings() -> Surroundings<'static> {
    Surroundings {
        variable: &|name| std::env::var_os(name),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout_is_terminal: io::stdout().is_terminal(),
    }
}

#[cfg(feature = "host")]
fn look_around(args: TryArgs) -> ExitCode {
    match args.resolve(surroundings()) {
        Ok(settings) => run(ThreadsFor::Company, try_out::run(settings)),
        Err(error) => usage(&Args::command().error(ErrorKind::ValueValidation, error)),
    }
}

fn chat(args: Args) -> ExitCode {
    match args.resolve(surroundings()) {
        Ok(resolved) => {
            resolved.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
            run(ThreadsFor::settings(&resolved.settings), start::chat(resolved.settings))
        }
        Err(error) => usage(&Args::command().error(ErrorKind::ValueValidation, error)),
    }
}

/// How many threads a run needs.
#[derive(Clone, Copy)]
enum ThreadsFor {
    /// One is enough, and what runs beside the loop ends with it.
    OnePerson,
    /// The full screen blocks its thread while the terminal takes nothing: the connection, on the other one, may not wait
    /// for that.
    Screen,
    /// With a server in this process.
    Company,
}

impl ThreadsFor {
    fn settings(settings: &Settings) -> Self {
        let may_draw = settings.face == Face::Screen || settings.can_switch;
        match (start::may_host(settings), may_draw) {
            (true, _) => Self::Company,
            (false, true) => Self::Screen,
            (false, false) => Self::OnePerson,
        }
    }
}

fn run(threads: ThreadsFor, chat: impl Future<Output = io::Result<Exit>>) -> ExitCode {
    let mut builder = match threads {
        ThreadsFor::OnePerson => Builder::new_current_thread(),
        ThreadsFor::Screen | ThreadsFor::Company => Builder::new_multi_thread(),
    };
    if matches!(threads, ThreadsFor::Screen) {
        builder.worker_threads(1);
    }
    // A thread that has read a file waits for the next one without waking up to end itself.
    builder.thread_keep_alive(Duration::from_hours(1));
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let exit = match threads {
        ThreadsFor::OnePerson => runtime.block_on(chat),
        ThreadsFor::Screen | ThreadsFor::Company => {
            let _inside = runtime.enter();
            tui_client::run::block_on(chat).flatten()
        }
    };
    // A thread may still wait for a line that nobody will type.
    runtime.shutdown_background();
    exit.map_or_else(|error| fail(&error), |exit| ExitCode::from(exit.code()))
}

fn change_trust(command: TrustCommand) -> ExitCode {
    let store = match TrustStore::standard() {
        Ok(store) => store,
        Err(sentence) => return fail(&sentence),
    };
    match trust::run(command, &store, &mut io::stdout().lock()) {
        // Whoever reads the list has seen enough.
        Err(TrustCommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail(&error),
        Ok(()) => ExitCode::SUCCESS,
    }
}

/// Prints what was asked for. Whoever reads it may stop early.
fn report(text: Result<String, SettingsError>) -> ExitCode {
    match text {
        Ok(text) => match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(&error),
            _ => ExitCode::SUCCESS,
        },
        Err(error) => usage(&Args::command().error(ErrorKind::ValueValidation, error)),
    }
}

/// Prints an error of the command line, or the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Ends with what went wrong on this machine.
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    say(&format!("error: {error}"));
    ExitCode::FAILURE
}

/// A line on stderr. Where nobody can read it, nobody misses it.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
