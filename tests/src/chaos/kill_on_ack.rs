//! The server is killed at the very moment at which a client has read an acknowledgement. Nothing that was acknowledged may
//! be lost, nothing shown twice, nothing out of order.
//!
//! Killing at random moments finds a server that acknowledges too early in one round of twenty; killing on the
//! acknowledgement finds it in nine of ten.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Notify;

use super::{Broken, Outcome, Stage, chatter};
use crate::kit::{Honest, Seed, Trigger};

/// Rounds between two looks at the whole database, which grows: the look takes as long as a round.
const CHECK_EVERY: usize = 25;

/// Kills the server `rounds` times.
pub async fn run(rounds: usize, clients: usize, seed: u64) -> Outcome {
    let mut stage = Stage::new(clients);
    let mut seed = Seed::new(seed);
    let (process, fired) = (Arc::new(AtomicI32::new(stage.server.id())), Arc::new(Notify::new()));
    let triggers: Vec<Arc<Trigger>> = (0..clients).map(|_| Arc::new(killer(&process, &fired))).collect();
    let all = stage.clients(&triggers).await?;
    let (mut texts, mut shown, mut again) = (0, 0, 0);
    for round in 1..=rounds {
        process.store(stage.server.id(), Ordering::SeqCst);
        triggers[seed.between(0, clients)].arm(seed.between(20, 300));
        let (stop, users) = (AtomicBool::new(false), stage.users.clone());
        let talk =
            futures_util::future::join_all(all.iter().map(|client| chatter(client, &users, seed.split(), &stop)));
        // Clients that wait for the dead server take no more texts until it is back.
        let restart = async {
            let fired = tokio::time::timeout(Duration::from_secs(60), fired.notified()).await;
            stop.store(true, Ordering::SeqCst);
            fired
                .map_err(|_| Broken::new(format!("round {round}: nobody read enough acknowledgements in a minute")))?;
            stage.crash();
            Ok(())
        };
        futures_util::future::join(talk, restart).await.1?;
        let counts =
            stage.settle(&all).await.map_err(|broken| Broken { what: format!("round {round}: {broken}"), ..broken })?;
        if round % CHECK_EVERY == 0 || round == rounds {
            stage.check_database()?;
        }
        texts += counts.acknowledged;
        shown += counts.shown;
        again += counts.again;
    }
    let passwords: usize = all.iter().map(Honest::passwords).sum();
    Ok(format!(
        "{rounds} kills on a read acknowledgement, {texts} acknowledged texts of {clients} clients, shown {shown} times: 0 \
         lost, 0 twice, 0 out of order, {again} came again and were known; the database is whole; {passwords} password \
         checks in all"
    ))
}

fn killer(process: &Arc<AtomicI32>, fired: &Arc<Notify>) -> Trigger {
    let (process, fired) = (Arc::clone(process), Arc::clone(fired));
    Trigger::new(move || {
        if let Some(id) = Pid::from_raw(process.load(Ordering::SeqCst)) {
            // It may have been killed by another trigger a moment ago; it is not collected before the next start.
            let _ = kill_process(id, Signal::KILL);
        }
        fired.notify_one();
    })
}
