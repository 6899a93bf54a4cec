//! From the start of the program to everything on the screen.

use crate::figures::Times;

use super::Stage;
use super::console::{Console, FRAME_END};

/// The floor is a program that writes one line and nothing else: what a start costs by itself.
pub(super) fn measure(stage: &Stage, repeat: u32) -> anyhow::Result<()> {
    let (mut floor, mut first, mut login, mut lobby) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    for _ in 0..repeat {
        let mut console = Console::start("echo", &["STARTED"], &[])?;
        floor.add(console.until(b"STARTED")? - console.begun);
    }
    for _ in 0..repeat {
        let mut console = Console::start(&stage.client, &["--tui", "--no-tls", &stage.server.address()], &[])?;
        first.add(console.until(FRAME_END)? - console.begun);
        let mut console = stage.login()?;
        let began = console.begun;
        login.add(console.until_quiet(SETTLED) - began);
    }
    for _ in 0..repeat {
        let (mut console, _) = stage.lobby(&[])?;
        let began = console.begun;
        lobby.add(console.until_quiet(SETTLED) - began);
    }
    floor.print("start of a program that says one word");
    first.print("start to the first frame of the login");
    login.print("start to the whole login");
    lobby.print("start to the whole lobby, logged in");
    Ok(())
}

/// When nothing has come for this long, everything is on the screen.
const SETTLED: std::time::Duration = std::time::Duration::from_millis(40);
