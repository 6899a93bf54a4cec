//! The program `tui-client`: reads the command line, then runs what the library holds.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use tui_client::cli::trust::{self, TrustCommand, TrustCommandError};
use tui_client::cli::{Args, Command, Face, Settings, Surroundings};
use tui_client::net::TrustStore;

fn main() -> ExitCode {
    let mut args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    match args.command.take() {
        Some(Command::Trust(command)) => change_trust(command),
        None => chat(args),
    }
}

fn chat(args: Args) -> ExitCode {
    let surroundings = Surroundings {
        variable: &|name| std::env::var_os(name),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout_is_terminal: io::stdout().is_terminal(),
    };
    match args.resolve(surroundings) {
        Ok(resolved) => {
            resolved.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
            run(resolved.settings)
        }
        Err(error) => usage(&Args::command().error(ErrorKind::ValueValidation, error)),
    }
}

fn run(settings: Settings) -> ExitCode {
    // One thread is enough for one person. The full screen blocks its thread while the terminal takes nothing, so what
    // runs beside it has another.
    let mut builder = match settings.face {
        Face::Screen => tokio::runtime::Builder::new_multi_thread(),
        Face::Plain | Face::Json => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let exit = runtime.block_on(tui_client::cli::start::chat(settings));
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
