//! Other chat programs for the terminal beside ours, where they are installed.

use std::path::Path;
use std::time::Duration;

use crate::figures::{Times, line};

use super::console::Console;
use super::{keys, tell_memory};

/// Programs, each with arguments that let it start alone.
const PEERS: [(&str, &[&str]); 2] = [("irssi", &["--noconnect"]), ("weechat", &["--no-connect"])];

/// When nothing has come for this long, everything is on the screen.
const SETTLED: Duration = Duration::from_millis(200);

/// Starts of each.
const STARTS: usize = 10;

pub(super) fn measure(presses: u32) -> anyhow::Result<()> {
    let installed = || PEERS.into_iter().filter(|(program, _)| is_installed(program));
    if installed().next().is_none() {
        line("other programs", "neither irssi nor weechat is installed");
    }
    for (program, arguments) in installed() {
        let mut start = Times::default();
        for _ in 0..STARTS {
            let mut console = Console::start(program, arguments, &[])?;
            let begun = console.begun;
            start.add(console.until_quiet(SETTLED) - begun);
        }
        start.print(&format!("{program}: start to full paint"));
        let mut console = Console::start(program, arguments, &[])?;
        console.until_quiet(SETTLED);
        keys::press_all(&mut console, presses)?.print(&format!("{program}: key to echo, idle"));
        tell_memory(&format!("{program}: memory, empty"), console.id())?;
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}
