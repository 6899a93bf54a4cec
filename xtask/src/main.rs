//! Developers' commands: `cargo xtask COMMAND`.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  screenshots [FOLDER]            pictures of the real programs, into screenshots/
  picture FILE SIZE PNG [light]   draw the bytes that a program wrote, on a terminal of SIZE (120x34)
  specimen FOLDER [SIZE]          draw the parts of the full screen in every theme
  screens FOLDER [SIZE]           draw every screen with a sample conversation in every theme
  chaos [SCENARIO...] [--seed N] [--rounds N]
                                  bad days for a release build of the server, in minutes
  soak [SCENARIO...] [--seed N] [--rounds N] [--for 30m]
                                  the same with the full figures, in hours
  conformance [--addr HOST:PORT --credentials FILE] [WORDS]
                                  what docs/protocol.md says, against this server or one that runs
  faults [--seed N]               builds faults into a server and shows that the scenarios find them
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            let _ = io::stderr().write_all(USAGE.as_bytes());
            ExitCode::from(2)
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `false` if the words are no command.
fn run(words: &[&str]) -> Result<bool> {
    match words {
        ["screenshots"] => screenshots("screenshots")?,
        ["screenshots", folder] => screenshots(folder)?,
        ["picture", file, size, png] => picture(file, size, png, false)?,
        ["picture", file, size, png, "light"] => picture(file, size, png, true)?,
        ["specimen", folder] => specimen(folder, "120x34")?,
        ["specimen", folder, size] => specimen(folder, size)?,
        ["screens", folder] => screens(folder, "120x34")?,
        ["screens", folder, size] => screens(folder, size)?,
        ["chaos", rest @ ..] => chaos(rest, false)?,
        ["conformance", rest @ ..] => conformance(rest)?,
        ["faults", rest @ ..] => faults(rest)?,
        // Called by the scenario `hostile` only.
        ["crowd", rest @ ..] => crowd(rest)?,
        ["soak", rest @ ..] => chaos(rest, true)?,
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(feature = "pictures")]
fn picture(file: &str, size: &str, png: &str, light: bool) -> Result<()> {
    use anyhow::Context;
    use xtask::picture::{DARK, LIGHT, Picture, Renderer, Size, screen};

    let bytes = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
    let screen = screen(&bytes, Size::parse(size)?);
    let picture = Picture::of(&screen, "tern", if light { &LIGHT } else { &DARK });
    let png = std::path::Path::new(png);
    std::fs::write(png, Renderer::new()?.png(&picture)?).with_context(|| format!("cannot write {}", png.display()))?;
    std::fs::write(png.with_extension("txt"), picture.text)?;
    Ok(())
}

#[cfg(feature = "pictures")]
fn screenshots(folder: &str) -> Result<()> {
    xtask::screenshots::write(std::path::Path::new(folder))
}

#[cfg(not(feature = "pictures"))]
fn screenshots(_folder: &str) -> Result<()> {
    anyhow::bail!("built without pictures; use `cargo xtask`, which has them")
}

#[cfg(feature = "chaos")]
fn chaos(words: &[&str], is_long: bool) -> Result<()> {
    xtask::chaos::run(words, is_long)
}

#[cfg(feature = "chaos")]
fn conformance(words: &[&str]) -> Result<()> {
    xtask::conformance::run(words)
}

#[cfg(not(feature = "chaos"))]
fn conformance(words: &[&str]) -> Result<()> {
    chaos(words, false)
}

#[cfg(feature = "chaos")]
fn crowd(words: &[&str]) -> Result<()> {
    xtask::chaos::crowd(words)
}

#[cfg(not(feature = "chaos"))]
fn crowd(words: &[&str]) -> Result<()> {
    chaos(words, false)
}

#[cfg(feature = "chaos")]
fn faults(words: &[&str]) -> Result<()> {
    xtask::chaos::faults(words)
}

#[cfg(not(feature = "chaos"))]
fn faults(words: &[&str]) -> Result<()> {
    chaos(words, false)
}

#[cfg(not(feature = "chaos"))]
fn chaos(_words: &[&str], _is_long: bool) -> Result<()> {
    anyhow::bail!("built without the scenarios; use `cargo xtask`, which has them")
}

#[cfg(feature = "pictures")]
fn specimen(folder: &str, size: &str) -> Result<()> {
    xtask::specimen::write(std::path::Path::new(folder), xtask::picture::Size::parse(size)?)
}

#[cfg(feature = "pictures")]
fn screens(folder: &str, size: &str) -> Result<()> {
    xtask::screens::write(std::path::Path::new(folder), xtask::picture::Size::parse(size)?)
}

#[cfg(not(feature = "pictures"))]
fn screens(_folder: &str, _size: &str) -> Result<()> {
    anyhow::bail!("built without pictures; use `cargo xtask`, which has them")
}

#[cfg(not(feature = "pictures"))]
fn picture(_file: &str, _size: &str, _png: &str, _light: bool) -> Result<()> {
    anyhow::bail!("built without pictures; use `cargo xtask`, which has them")
}

#[cfg(not(feature = "pictures"))]
fn specimen(_folder: &str, _size: &str) -> Result<()> {
    anyhow::bail!("built without pictures; use `cargo xtask`, which has them")
}
