//! A tenth of all stop reading. What the server keeps for them is bounded, and the others notice nothing.

use std::time::Duration;

use super::{Broken, Outcome, Stage, percentile, resident};
use crate::kit::Honest;

/// How much memory a stalled reader may cost, in KiB.
const EACH: u64 = 512;

/// The length of a line: 200 of them are more than a session may owe and more than the kernel takes for it.
const LINE: usize = 8000;

/// What is compared, as the lines begin.
const ALL_READ: &str = "all read";
const SOME_STALL: &str = "some stall";

/// Compares `broadcasts` lines to everybody with as many while `stalled` of the clients read nothing.
pub async fn run(clients: usize, stalled: usize, broadcasts: usize) -> Outcome {
    let stage = Stage::new(clients);
    let all = stage.clients(&[]).await?;
    let (_, stalls) = all.split_at(clients - stalled);
    for client in stalls {
        stage.history().leave_out(&client.user);
    }
    let (without, before) = say(&stage, &all, stalled, broadcasts, ALL_READ).await?;
    stalls.iter().for_each(Honest::stall);
    let (with, peak) = say(&stage, &all, stalled, broadcasts, SOME_STALL).await?;
    for client in stalls {
        client.away().await;
        client.read();
        client.back().await;
    }
    stage.settle(&all).await?;
    let grown = peak.saturating_sub(before);
    let each = grown / u64::try_from(stalled).unwrap_or(u64::MAX);
    let figures = format!(
        "{stalled} stalled readers among {clients}, {broadcasts} lines of {LINE} bytes: memory at most {before} KiB while all \
         read, {peak} KiB while they stall: {each} KiB each; p99 of the others {with:.1?}, without them {without:.1?}"
    );
    if each <= EACH { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// One line after the other to everybody. Returns the p99 of its way to those who read throughout, and the most memory
/// that the server had, in KiB.
async fn say(
    stage: &Stage,
    all: &[Honest],
    stalled: usize,
    broadcasts: usize,
    run: &str,
) -> Result<(Duration, u64), Broken> {
    let filler = "x".repeat(LINE);
    let mut peak = 0;
    for number in 0..broadcasts {
        let text = format!("{run} {number} {filler}");
        all[0].say(None, text[..LINE].to_owned()).await;
        let wanted = (all.len() - 1 - stalled) * (number + 1);
        let is_shown = || stage.history().counts().shown_to_others >= wanted;
        stage.until("the line is shown to everybody who reads", is_shown).await?;
        peak = peak.max(resident(stage.server.id()));
    }
    let p99 = percentile(&mut stage.history().delays(), 99);
    // Those who stall cannot be asked whether they have everything.
    if run == ALL_READ {
        stage.settle(all).await?;
    }
    Ok((p99, peak))
}
