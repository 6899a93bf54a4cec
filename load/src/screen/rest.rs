//! Doing nothing, and ending.

use std::time::Duration;

use crate::figures::{Times, line};

use super::console::Console;
use super::{Stage, costs};

/// After the start everything has come to rest.
const REST: Duration = Duration::from_millis(500);

/// Hang-ups of each kind.
const ENDS: usize = 10;

/// Lines of a flood that goes on while the program ends.
const ENDLESS: u64 = 100_000_000;

/// Something the program writes, whatever it shows.
const NUDGE: &str = "Q";

pub(super) fn idle(stage: &Stage, seconds: u64) -> anyhow::Result<()> {
    let span = Duration::from_secs(seconds);
    let mut login = stage.login()?;
    let (mut lobby, session) = stage.lobby(&[])?;
    login.until_quiet(REST);
    lobby.until_quiet(REST);
    let before = (costs::sleeps(login.id())?, costs::sleeps(lobby.id())?, session.pings());
    let written = (login.written(), lobby.written());
    std::thread::sleep(span);
    let after = (costs::sleeps(login.id())?, costs::sleeps(lobby.id())?, session.pings());
    login.pass(Duration::ZERO);
    lobby.pass(Duration::ZERO);
    let tell = |what: &str, wakes: u64, bytes: u64, pings: u64| {
        line(what, &format!("{wakes} wake-ups, {bytes} bytes written, {pings} heartbeats"));
    };
    tell(&format!("{seconds} s of nothing, login"), after.0 - before.0, login.written() - written.0, 0);
    let pings = after.2 - before.2;
    tell(&format!("{seconds} s of nothing, lobby"), after.1 - before.1, lobby.written() - written.1, pings);
    Ok(())
}

pub(super) fn hang_up(stage: &Stage) -> anyhow::Result<()> {
    for (what, in_a_flood, closes) in [
        ("SIGHUP to the end", false, false),
        ("SIGHUP to the end, in a flood", true, false),
        ("terminal closed to the end", false, true),
        ("terminal closed to the end, in a flood", true, true),
    ] {
        let mut times = Times::default();
        for _ in 0..ENDS {
            times.add(one_end(stage, in_a_flood, closes)?);
        }
        times.print(what);
    }
    Ok(())
}

fn one_end(stage: &Stage, in_a_flood: bool, closes: bool) -> anyhow::Result<Duration> {
    let (mut client, session) = stage.lobby(&[])?;
    client.until_quiet(REST / 10);
    if in_a_flood {
        // It ends with the client, by an error.
        std::thread::spawn(move || session.flood(ENDLESS, 80, ""));
        client.pass(REST / 5);
    }
    let end = |client: Console| if closes { client.hang_up_by_closing(NUDGE) } else { client.hang_up_by_signal() };
    end(client)
}
