//! A long day: many users talk, their connections break, and the server is restarted now and then.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage, resident};
use crate::kit::{Honest, Seed};

/// How long people talk before everything is compared.
const ROUND: Duration = Duration::from_secs(10);

/// Rounds between two restarts: about ten minutes.
const RESTART_EVERY: usize = 60;

/// How long a user waits between two texts, at most: with 200 users some 200 texts a second.
const PAUSE: Duration = Duration::from_secs(2);

/// One text of so many is for everybody.
const LOBBY_EVERY: usize = 10;

/// How often a connection breaks.
const BREAK_EVERY: Duration = Duration::from_millis(200);

/// How much the memory may grow between two restarts, after the first minute, in KiB: or a fifth.
const GROWTH: u64 = 16 * 1024;

/// What was seen so far.
#[derive(Default)]
struct Day {
    texts: usize,
    cuts: usize,
    crashes: usize,
    /// The memory after each round since the last restart, in KiB.
    memory: Vec<u64>,
    /// The most growth between two restarts, from what to what.
    growth: (u64, u64),
}

impl Day {
    /// The server is about to be restarted, or the day is over.
    fn close(&mut self) {
        // The first minute warms caches.
        let warm = self.memory.get(6).or(self.memory.first()).copied().unwrap_or_default();
        let last = self.memory.last().copied().unwrap_or_default();
        if last.saturating_sub(warm) >= self.growth.1.saturating_sub(self.growth.0) {
            self.growth = (warm, last);
        }
        self.memory.clear();
    }
}

/// Talks for so long.
pub async fn run(clients: usize, span: Duration, seed: u64) -> Outcome {
    let mut stage = Stage::new(clients);
    let mut seed = Seed::new(seed);
    let all = stage.clients(&[]).await?;
    let (end, mut day) = (Instant::now() + span, Day::default());
    for round in 1_usize.. {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        day.cuts += talk(&all, &stage.users, ROUND.min(left), &mut seed).await;
        if round % RESTART_EVERY == 0 {
            day.close();
            stage.crash();
            day.crashes += 1;
        }
        let counts =
            stage.settle(&all).await.map_err(|broken| Broken { what: format!("round {round}: {broken}"), ..broken })?;
        day.texts += counts.acknowledged;
        day.memory.push(resident(stage.server.id()));
    }
    day.close();
    stage.check_database()?;
    let Day { texts, cuts, crashes, growth: (from, to), .. } = day;
    let figures = format!(
        "{clients} users for {span:?}: {texts} texts, {cuts} broken connections, {crashes} crashes, 0 lost, 0 twice, 0 out \
         of order; the database is whole; memory between two restarts at worst from {from} KiB to {to} KiB"
    );
    if to <= from + (from / 5).max(GROWTH) { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// Everybody talks at the pace of people, and connections break. Returns how many did.
async fn talk(all: &[Honest], users: &[String], span: Duration, seed: &mut Seed) -> usize {
    let end = tokio::time::Instant::now() + span;
    let people = all.iter().map(|client| {
        let mut seed = seed.split();
        async move {
            let (run, pause) = (seed.number(), u64::try_from(PAUSE.as_millis()).unwrap_or(1));
            for number in 0_u64.. {
                tokio::time::sleep(Duration::from_millis(seed.number() % pause)).await;
                if tokio::time::Instant::now() >= end {
                    return;
                }
                let to = &users[seed.between(0, users.len())];
                let is_direct = *to != client.user && seed.between(0, LOBBY_EVERY) > 0;
                client.say(is_direct.then_some(to.as_str()), format!("{} {run:x} {number}", client.user)).await;
            }
        }
    });
    let people = futures_util::future::join_all(people.collect::<Vec<_>>());
    let breaks = async {
        let mut cuts = 0;
        while tokio::time::Instant::now() < end {
            let victim = &all[seed.between(0, all.len())];
            victim.away().await;
            victim.back().await;
            cuts += 1;
            tokio::time::sleep(BREAK_EVERY).await;
        }
        cuts
    };
    futures_util::future::join(people, breaks).await.1
}
