//! The server is asked to stop in the middle of everything: everybody is told, it ends in order and in time, and nothing
//! that was acknowledged is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Broken, Outcome, Stage, chatter};
use crate::Exit;
use crate::kit::{Honest, Record, Seed};

/// How long a stop may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Stops a server under so many clients.
pub async fn run(clients: usize, seed: u64) -> Outcome {
    let mut stage = Stage::new(clients);
    let mut seed = Seed::new(seed);
    let all = stage.clients(&[]).await?;
    let stop = AtomicBool::new(false);
    let users = stage.users.clone();
    let talk = futures_util::future::join_all(all.iter().map(|client| chatter(client, &users, seed.split(), &stop)));
    let bring_down = async {
        let enough = clients * 20;
        let acknowledged = |record: &Record| matches!(record, Record::Acknowledged { .. });
        stage.until("there is something to lose", || stage.history().count(acknowledged) >= enough).await?;
        let start = Instant::now();
        stage.server.signal(Signal::TERM);
        let exit = tokio::task::block_in_place(|| stage.server.wait());
        let took = start.elapsed();
        stop.store(true, Ordering::SeqCst);
        let told = all.iter().map(Honest::going_away).sum::<usize>();
        tokio::task::block_in_place(|| stage.server.launch());
        Ok::<_, Broken>((exit, took, told))
    };
    let (_, ended) = futures_util::future::join(talk, bring_down).await;
    let (exit, took, told) = ended?;
    stage.settle(&all).await?;
    let figures =
        format!("stopped under {clients} talking clients in {took:.2?} ({exit:?}), {told} were told, 0 lost, 0 twice");
    if exit == Exit::Code(0) && took <= WITHIN && told >= clients { Ok(figures) } else { Err(Broken::new(figures)) }
}
