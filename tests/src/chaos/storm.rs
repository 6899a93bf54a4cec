//! The server dies with everybody logged in, and starts again: everybody is back soon, without a password.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage};
use crate::kit::Honest;

/// How long everybody may take.
const WITHIN: Duration = Duration::from_secs(30);

/// Users who say something before the crash: what stands on the disk after it makes the logins before it durable, too.
const SPEAKERS: usize = 10;

/// Kills the server under so many clients.
pub async fn run(clients: usize) -> Outcome {
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
    stage.until("everybody is back", || all.iter().all(|client| client.logins() > 1)).await?;
    let took = start.elapsed();
    let checked = passwords(&all) - before;
    for client in all.iter().take(SPEAKERS) {
        client.say(None, format!("{} is back", client.user)).await;
    }
    stage.settle(&all).await?;
    let figures = format!("{clients} clients back {took:.2?} after the start, with {checked} password checks");
    if took <= WITHIN && checked == 0 { Ok(figures) } else { Err(Broken::new(figures)) }
}
