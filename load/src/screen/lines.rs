//! A flood of lines, and a long history.

use std::time::{Duration, Instant};

use crate::child::usage_of;
use crate::figures::{Times, float, line};

use super::console::{COLUMNS, Console, FRAME_END, ROWS};
use super::script::Session;
use super::{Stage, tell_memory};

/// Lines of the flood and of the history.
const MANY: u64 = 100_000;

/// Lines of a very long history.
const MILLION: u64 = 1_000_000;

/// Bytes of a line.
const LENGTH: usize = 80;

/// The last line: capitals are nowhere else, so it is written in one piece.
const LAST: &str = "THIS-IS-THE-LAST-LINE";

/// Floods to take the median of.
const FLOODS: usize = 5;

/// After the flood everything has come to rest.
const REST: Duration = Duration::from_millis(100);

const PAGE_UP: &str = "\x1b[5~";

pub(super) fn flood(stage: &Stage) -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..FLOODS {
        let (mut client, session) = stage.lobby(&[])?;
        client.until_quiet(REST);
        let (before, written, begin) = (usage_of(&client.id().to_string())?, client.written(), Instant::now());
        fill(&mut client, &session, MANY)?;
        let took = begin.elapsed().as_secs_f64();
        client.until_quiet(REST);
        let cpu = usage_of(&client.id().to_string())?.cpu - before.cpu;
        runs.push((took, cpu, float(client.written() - written) / 1e6));
    }
    let mut median = |figure: fn(&(f64, f64, f64)) -> f64, unit: &str| {
        runs.sort_by(|one, other| figure(one).total_cmp(&figure(other)));
        let (least, half, most) = (&runs[0], &runs[FLOODS / 2], &runs[FLOODS - 1]);
        format!("{:.2} {unit}, {:.2} to {:.2} ({FLOODS} measured)", figure(half), figure(least), figure(most))
    };
    line("100,000 lines until the last is shown", &median(|run| run.0, "s"));
    line("  processor time of the client for them", &median(|run| run.1, "s"));
    line("  written to the terminal for them", &median(|run| run.2, "MB"));
    Ok(())
}

pub(super) fn history(stage: &Stage, repeat: u32) -> anyhow::Result<()> {
    let (mut client, session) = stage.lobby(&[])?;
    client.until_quiet(REST);
    tell_memory("memory with 100 lines", client.id())?;
    fill(&mut client, &session, MANY)?;
    client.until_quiet(REST);
    tell_memory("memory with 100,000 lines", client.id())?;
    pages_up(&mut client, repeat * 10, "100,000 lines")?;
    let mut resize = Times::default();
    for number in 0..repeat {
        let begin = Instant::now();
        client.resize(ROWS, COLUMNS - 1 - u16::try_from(number % 2)?)?;
        resize.add(client.until(FRAME_END)? - begin);
        client.pass(GAP);
    }
    resize.print("resize with 100,000 lines, scrolled up");
    Ok(())
}

/// Between two keys.
const GAP: Duration = Duration::from_millis(19);

pub(super) fn million(stage: &Stage) -> anyhow::Result<()> {
    let (mut client, session) = stage.lobby(&["--scrollback", "1000000"])?;
    let begin = Instant::now();
    fill(&mut client, &session, MILLION)?;
    line("1,000,000 lines until the last is shown", &format!("{:.2} s", begin.elapsed().as_secs_f64()));
    client.until_quiet(REST);
    tell_memory("memory with 1,000,000 lines", client.id())?;
    pages_up(&mut client, 100, "1,000,000 lines")
}

/// As somebody who reads, and as somebody who looks for something and holds the key down.
fn pages_up(client: &mut Console, pages: u32, lines: &str) -> anyhow::Result<()> {
    for (how, gap) in [("", GAP), (", key held", Duration::ZERO)] {
        let mut up = Times::default();
        for _ in 0..pages {
            let begin = Instant::now();
            client.press(PAGE_UP)?;
            up.add(client.until(FRAME_END)? - begin);
            client.pass(gap);
        }
        up.print(&format!("page up with {lines}{how}"));
    }
    Ok(())
}

/// Floods the client, and waits until the last line is on the screen.
fn fill(client: &mut Console, session: &Session, lines: u64) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let speaker = scope.spawn(|| session.flood(lines, LENGTH, LAST));
        client.until(LAST.as_bytes())?;
        speaker.join().map_err(|_| anyhow::anyhow!("the script failed"))?
    })
}
