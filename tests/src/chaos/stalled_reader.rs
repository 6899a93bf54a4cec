//! One of many stops reading. The others notice nothing, and it gets what was stored for it at its next login.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage, percentile};
use crate::kit::Honest;

/// How much more the p99 of the others may be, in hundredths.
const MOST: u128 = 120;

/// The length of a line: 200 of them are more than a session may owe and more than the kernel takes for it, so that the
/// stalled reader fills every buffer on its way.
const LINE: usize = 8000;

/// After so many lines every buffer is full.
const FILLS: u64 = 200;

/// Among so many lines one is said to the stalled reader alone.
const DIRECT_EVERY: usize = 4;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Reads,
    Stalls,
}

/// Compares `runs` pairs of runs with and without a stalled reader among so many clients.
pub async fn run(clients: usize, broadcasts: usize, runs: usize) -> Outcome {
    let stage = Stage::new(clients);
    let all = stage.clients(&[]).await?;
    stage.history().leave_out(&all[clients - 1].user);
    round(&stage, &all, broadcasts / 4, (0, Reader::Reads)).await?;
    let (mut reads, mut stalls) = (Vec::new(), Vec::new());
    for run in 1..=runs {
        // Alternating, so that what else the machine does falls on both.
        let order = if run % 2 == 0 { [Reader::Reads, Reader::Stalls] } else { [Reader::Stalls, Reader::Reads] };
        for reader in order {
            let p99 = round(&stage, &all, broadcasts, (run, reader)).await?;
            if reader == Reader::Reads { &mut reads } else { &mut stalls }.push(p99);
        }
    }
    let (without, with) = (percentile(&mut reads, 50), percentile(&mut stalls, 50));
    let figures = format!(
        "1 stalled reader among {clients}, {broadcasts} lines of {LINE} bytes: p99 of the others {with:.1?}, without it \
         {without:.1?} (medians of {runs} runs each); it got {} direct messages of each run at its next login",
        broadcasts / DIRECT_EVERY
    );
    let bearable = without.as_micros() * MOST / 100;
    if with.as_micros() <= bearable { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// One run with a stalled reader among so many clients: what it should get, it gets.
pub async fn once(clients: usize, broadcasts: usize) -> Outcome {
    let stage = Stage::new(clients);
    let all = stage.clients(&[]).await?;
    stage.history().leave_out(&all[clients - 1].user);
    let p99 = round(&stage, &all, broadcasts, (1, Reader::Stalls)).await?;
    Ok(format!("1 stalled reader among {clients}, {broadcasts} lines: p99 of the others {p99:.1?}"))
}

/// How long a reader may take nothing until its connection is closed, and how much later that may be seen.
const CLOSED_AFTER: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// One of so many clients reads nothing until the server closes its connection. Then it comes back by itself, and gets
/// everything that was for it alone.
pub async fn cut(clients: usize) -> Outcome {
    let stage = Stage::new(clients);
    let all = stage.clients(&[]).await?;
    let [talks, .., stalls] = &all[..] else { return Err(Broken::new("three clients are needed")) };
    stage.history().leave_out(&stalls.user);
    stalls.stall();
    let filler = "x".repeat(LINE);
    let (mut directs, mut full) = (0, None);
    let is_closed =
        || stage.server.log().lines().any(|line| line.contains(" closed connection ") && line.ends_with(": too slow"));
    let start = Instant::now();
    for number in 0_u64.. {
        if is_closed() {
            break;
        }
        if start.elapsed() > CLOSED_AFTER.0 * 3 {
            return Err(Broken::new(format!("who reads nothing is still connected after {:?}", start.elapsed())));
        }
        talks.say(None, format!("{number} {filler}")[..LINE].to_owned()).await;
        talks.say(Some(&stalls.user), format!("{number} for you alone")).await;
        directs += 1;
        stage.until("it is stored", || talks.waiting() == 0).await?;
        if number == FILLS {
            full = Some(start.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(if full.is_some() { 100 } else { 0 })).await;
    }
    let (took, full) = (start.elapsed(), full.unwrap_or_default());
    stalls.read();
    stage.settle(&all).await?;
    let figures = format!(
        "a reader of {clients} who took nothing was disconnected {took:.1?} after it stopped, {:.1?} after so much was \
         said that no buffer holds it, and got all {directs} direct messages when it came back",
        took.saturating_sub(full)
    );
    let (least, more) = CLOSED_AFTER;
    if took >= least && took <= full + least + more { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// One line after the other to everybody, and the p99 of its way.
async fn round(
    stage: &Stage,
    all: &[Honest],
    broadcasts: usize,
    (run, reader): (usize, Reader),
) -> Result<Duration, Broken> {
    let [talks, .., stalls] = all else { return Err(Broken::new("three clients are needed")) };
    if reader == Reader::Stalls {
        stalls.stall();
    }
    let filler = "x".repeat(LINE);
    for number in 0..broadcasts {
        let text = format!("{run} {reader:?} {number} {filler}");
        talks.say(None, text[..LINE].to_owned()).await;
        if number % DIRECT_EVERY == 0 {
            talks.say(Some(&stalls.user), format!("{run} {reader:?} {number} for you alone")).await;
        }
        let wanted = (all.len() - 2) * (number + 1);
        let is_shown = || stage.history().counts().shown_to_others >= wanted;
        stage.until("the line is shown to everybody else", is_shown).await?;
    }
    let p99 = percentile(&mut stage.history().delays(), 99);
    if reader == Reader::Stalls {
        stalls.away().await;
        stalls.read();
        stalls.back().await;
    }
    stage.settle(all).await?;
    Ok(p99)
}
