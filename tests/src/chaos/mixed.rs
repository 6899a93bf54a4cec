//! A long day: many users talk, their connections break, and the server is restarted now and then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage, chatter, resident};
use crate::kit::{Record, Seed};

/// How long people talk before everything is compared.
const ROUND: Duration = Duration::from_secs(10);

/// Rounds between two restarts: about ten minutes.
const RESTART_EVERY: usize = 60;

/// Talks for so long.
pub async fn run(clients: usize, span: Duration, seed: u64) -> Outcome {
    let mut stage = Stage::new(clients);
    let mut seed = Seed::new(seed);
    let all = stage.clients(&[]).await?;
    let end = Instant::now() + span;
    let (mut rounds, mut texts, mut restarts, mut cuts) = (0, 0, 0, 0);
    let mut memory = Vec::new();
    while Instant::now() < end {
        rounds += 1;
        let stop = AtomicBool::new(false);
        let over = Instant::now() + ROUND.min(end.saturating_duration_since(Instant::now()));
        let (users, seeds): (_, Vec<Seed>) = (stage.users.clone(), all.iter().map(|_| seed.split()).collect());
        let talk = futures_util::future::join_all(
            all.iter().zip(seeds).map(|(client, seed)| chatter(client, &users, seed, &stop)),
        );
        let breaks = async {
            while Instant::now() < over {
                let victim = &all[seed.between(0, clients)];
                victim.away().await;
                victim.back().await;
                cuts += 1;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            stop.store(true, Ordering::SeqCst);
        };
        futures_util::future::join(talk, breaks).await;
        if rounds % RESTART_EVERY == 0 {
            stage.crash();
            restarts += 1;
        }
        stage.settle(&all).await.map_err(|broken| Broken { what: format!("round {rounds}: {broken}"), ..broken })?;
        texts += stage.history().count(|record| matches!(record, Record::Acknowledged { .. }));
        stage.forget();
        memory.push(resident(stage.server.id()));
    }
    Ok(format!(
        "{clients} users for {span:?}: {texts} texts, {cuts} broken connections, {restarts} crashes, 0 lost, 0 twice, 0 out of \
         order; memory {} KiB after the first round, {} KiB after the last",
        memory.first().copied().unwrap_or(0),
        memory.last().copied().unwrap_or(0)
    ))
}
