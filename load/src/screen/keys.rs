//! From a key to its echo.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::figures::Times;

use super::Stage;
use super::console::Console;

/// Between two keys: more than a frame, so that each finds the program asleep, and no multiple of one.
const GAP: Duration = Duration::from_millis(21);

/// Keys in a line before it is emptied.
const LINE: u32 = 40;

/// Typed. No text of the script and no sequence has it, so it is found at once.
const KEY: &str = "Q";

/// Empties the line: Ctrl-U.
const EMPTY: &str = "\x15";

/// Lines a second while keys are pressed.
const MURMUR: u32 = 200;

/// Bytes of such a line.
const LENGTH: usize = 80;

pub(super) fn measure(stage: &Stage, keys: u32) -> anyhow::Result<()> {
    // A terminal that is raw, so that it is the program which echoes and not the kernel.
    let mut cat = Console::start("sh", &["-c", "stty raw -echo; echo READY; exec cat"], &[])?;
    cat.until(b"READY")?;
    press_all(&mut cat, keys)?.print("key to echo, a bare cat");
    let (mut client, session) = stage.lobby(&[])?;
    client.until_quiet(GAP);
    press_all(&mut client, keys)?.print("key to echo, idle");
    let (stop, stopped) = channel();
    let (times, murmur) = std::thread::scope(|scope| {
        let murmur = scope.spawn(move || session.murmur(Duration::from_secs(1) / MURMUR, LENGTH, stopped));
        let times = press_all(&mut client, keys);
        // It may have ended by itself, with an error.
        let _ = stop.send(());
        (times, murmur.join())
    });
    times?.print(&format!("key to echo, {MURMUR} lines a second"));
    murmur.map_err(|_| anyhow::anyhow!("the script failed"))?
}

/// Presses one key after the other.
pub(super) fn press_all(console: &mut Console, keys: u32) -> anyhow::Result<Times> {
    let mut times = Times::default();
    for key in 1..=keys {
        console.pass(GAP);
        if key % LINE == 0 {
            console.press(EMPTY)?;
            console.pass(GAP);
        }
        let begin = Instant::now();
        console.press(KEY)?;
        times.add(console.until(KEY.as_bytes())? - begin);
    }
    Ok(times)
}
