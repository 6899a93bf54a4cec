//! The server is asked to stop in the middle of everything, with sessions that have much to read yet: everybody is told, it
//! ends in order and in time, and nothing that was acknowledged is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Broken, Outcome, Stage, chatter};
use crate::Exit;
use crate::kit::{Honest, Seed};

/// How long a stop may take.
const WITHIN: Duration = Duration::from_secs(10);

/// One client of so many reads nothing until the stop, so that its queue is full.
const ONE_STALLS_OF: usize = 10;

/// Lines that fill the queue of a session, which holds 256 KiB, and the kernel's buffers before it.
const LINES: usize = 200;

/// Their length.
const LINE: usize = 8000;

/// What everybody has said before the stop.
const SAID: usize = 5;

/// Stops a server under so many clients.
pub async fn run(clients: usize, seed: u64) -> Outcome {
    let mut stage = Stage::new(clients);
    let mut seed = Seed::new(seed);
    let all = stage.clients(&[]).await?;
    let stalled: Vec<&Honest> = all.iter().skip(1).step_by(ONE_STALLS_OF).collect();
    fill_queues(&stage, &all, &stalled).await?;
    let stop = AtomicBool::new(false);
    let users = stage.users.clone();
    let talk = futures_util::future::join_all(all.iter().map(|client| chatter(client, &users, seed.split(), &stop)));
    let bring_down = async {
        let enough = LINES + clients * SAID;
        stage.until("there is something to lose", || stage.history().counts().acknowledged >= enough).await?;
        let start = Instant::now();
        stage.server.signal(Signal::TERM);
        for client in &stalled {
            client.read();
        }
        let exit = tokio::task::block_in_place(|| stage.server.wait());
        let took = start.elapsed();
        stop.store(true, Ordering::SeqCst);
        stage.until("everybody is told", || all.iter().all(|client| client.going_away() > 0)).await?;
        tokio::task::block_in_place(|| stage.server.launch());
        Ok::<_, Broken>((exit, took))
    };
    let (_, ended) = futures_util::future::join(talk, bring_down).await;
    let (exit, took) = ended?;
    let counts = stage.settle(&all).await?;
    let figures = format!(
        "stopped under {clients} talking clients, {} of them with full queues, in {took:.2?} ({exit:?}): everybody was told, \
         {} texts acknowledged and shown {} times, 0 lost, 0 twice",
        stalled.len(),
        counts.acknowledged,
        counts.shown
    );
    if exit == Exit::Code(0) && took <= WITHIN { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// Says more than fits into the queues of those who do not read.
async fn fill_queues(stage: &Stage, all: &[Honest], stalled: &[&Honest]) -> Result<(), Broken> {
    for client in stalled {
        client.stall();
    }
    let filler = "x".repeat(LINE);
    for number in 0..LINES {
        let text = format!("{number} {filler}");
        all[0].say(None, text[..LINE].to_owned()).await;
    }
    let readers = all.len() - stalled.len() - 1;
    stage.until("the others have read it", || stage.history().counts().shown >= LINES * readers).await
}
