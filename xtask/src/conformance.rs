//! Holds a server against docs/protocol.md: `cargo xtask conformance`. `docs/conformance.md` describes the cases.

use std::io::{self, Write};
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use e2e::conformance::{self, Judged};

/// Plays the cases that have all of `words` but the options in their file or name. Fails when one does not hold.
pub fn run(words: &[&str]) -> Result<()> {
    let (mut server, mut credentials, mut wanted) = (None, None, Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            "--addr" => server = Some(*rest.next().context("--addr needs HOST:PORT")?),
            "--credentials" => credentials = Some(*rest.next().context("--credentials needs a file")?),
            other => wanted.push(other),
        }
    }
    let judged = match (server, credentials) {
        (None, None) => own()?,
        (Some(server), Some(file)) => running(server, file)?,
        _ => bail!("--addr and --credentials belong together"),
    };
    let report = conformance::run(judged, &wanted.join(" ")).map_err(anyhow::Error::msg)?;
    let mut out = io::stdout();
    for failure in report.failures.iter().chain(&report.log_faults) {
        writeln!(out, "FAILED  {failure}")?;
    }
    let failed = report.failures.len();
    writeln!(out, "{} cases hold, {failed} do not, {} were skipped", report.held, report.skipped)?;
    if !report.log_faults.is_empty() {
        bail!("{} faults of the log", report.log_faults.len());
    }
    if failed > 0 {
        bail!("{failed} cases do not hold");
    }
    Ok(())
}

/// The server of this repository, built as it stands.
fn own() -> Result<Judged> {
    if std::env::var_os("TERN_PROGRAMS").is_none() {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let target = std::path::absolute(target)?;
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut command = Command::new(cargo);
        command.args(["build", "--locked", "--package", "server", "--target-dir"]).arg(&target);
        if !command.status().context("cargo cannot be run")?.success() {
            bail!("the build failed");
        }
        e2e::use_programs_in(&target.join("debug"));
    }
    Ok(Judged::Own)
}

fn running(server: &str, file: &str) -> Result<Judged> {
    let mut addresses = server.to_socket_addrs().with_context(|| format!("{server} is no HOST:PORT"))?;
    let address = addresses.next().with_context(|| format!("{server} has no address"))?;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok(Judged::Running(address, conformance::accounts(&text)))
}
