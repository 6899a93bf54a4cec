//! The server dies with everybody logged in, and starts again: everybody is back soon, without a password, and those who
//! are back already can talk meanwhile. The clients try again after a third of a second at most: all at once, where the
//! client of people waits longer and longer.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage, percentile};
use crate::kit::Honest;

/// How long everybody may take.
const WITHIN: Duration = Duration::from_secs(30);

/// How long one of them waits between two texts.
const PAUSE: Duration = Duration::from_millis(5);

/// Users who say something before the crash: what stands on the disk after it makes the logins before it durable, too.
const SPEAKERS: usize = 10;

/// Kills the server under so many clients. What is said while they come back takes no longer than `most`, if there is such
/// a limit.
pub async fn run(clients: usize, most: Option<Duration>) -> Outcome {
    let mut stage = Stage::new(clients);
    let all = stage.clients(&[]).await?;
    // The row of a login is on the disk soon after the login; what was said after it is on the disk after it.
    for client in all.iter().take(SPEAKERS) {
        client.say(None, format!("{} is here", client.user)).await;
    }
    stage.settle(&all).await?;
    let passwords = |all: &[Honest]| all.iter().map(Honest::passwords).sum::<usize>();
    let before = passwords(&all);
    tokio::task::block_in_place(|| stage.server.kill());
    let start = Instant::now();
    tokio::task::block_in_place(|| stage.server.launch());
    let are_back = || all.iter().all(|client| client.logins() > 1);
    let coming = stage.until("everybody is back", are_back);
    let pairs = all.iter().zip(all.iter().skip(1)).take(SPEAKERS);
    let talking = futures_util::future::join_all(pairs.map(|(client, to)| talk(client, to, are_back)));
    let (back, said) = futures_util::future::join(async { coming.await.map(|()| start.elapsed()) }, talking).await;
    let (took, said) = (back?, said.iter().sum::<usize>());
    let checked = passwords(&all) - before;
    stage.complete(&all).await?;
    let p99 = percentile(&mut stage.history().delays(), 99);
    for client in all.iter().take(SPEAKERS) {
        client.say(None, format!("{} is back", client.user)).await;
    }
    stage.settle(&all).await?;
    let figures = format!(
        "{clients} clients back {took:.2?} after the start, with {checked} password checks; p99 of {said} texts said \
         meanwhile by those who were back {p99:.1?}"
    );
    let is_quick = most.is_none_or(|most| said > 0 && p99 <= most);
    if took <= WITHIN && checked == 0 && is_quick { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// Somebody who is back talks to another one who is, until all are. Returns how many texts that were.
async fn talk(client: &Honest, to: &Honest, is_over: impl Fn() -> bool) -> usize {
    let mut said = 0;
    while !is_over() {
        if client.logins() > 1 && to.logins() > 1 {
            client.say(Some(&to.user), format!("{} {said} meanwhile", client.user)).await;
            said += 1;
        }
        tokio::time::sleep(PAUSE).await;
    }
    said
}
