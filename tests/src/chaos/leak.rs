//! Connections come and go by the thousand; memory and open files come back.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage, cannot, resident};
use crate::kit::Honest;
use crate::{RawClient, RawSocket};

/// How much the memory may grow in a thousand cycles, in KiB.
const PER_THOUSAND: u64 = 1;

/// What memory may differ by without any reason that lies in us, in KiB.
const NOISE: u64 = 4 * 1024;

/// Of a hundred cycles, those that end before TLS and those that end after `hello`; the rest log in.
const PLAIN: usize = 60;
const GREETED: usize = 30;

/// Longer than a lost connection is waited for.
const GRACE: Duration = Duration::from_secs(15);

/// Connects and leaves `cycles` times, after a quarter of it to get warm.
pub async fn run(cycles: usize) -> Outcome {
    let stage = Stage::new(16);
    let id = stage.server.id();
    turn(&stage, cycles / 4).await?;
    let (memory, files) = (resident(id), open_files(id));
    turn(&stage, cycles).await?;
    let (memory_after, files_after) = (resident(id), open_files(id));
    let grown = memory_after.saturating_sub(memory);
    let allowed = (u64::try_from(cycles).unwrap_or(u64::MAX) / 1000 * PER_THOUSAND).max(NOISE);
    let figures = format!(
        "{cycles} connections, {} of them with TLS and {} with a login: memory {memory} KiB, then {memory_after} KiB; open \
         files {files}, then {files_after}",
        cycles * (100 - PLAIN) / 100,
        cycles * (100 - PLAIN - GREETED) / 100
    );
    if grown <= allowed && files_after <= files { Ok(figures) } else { Err(Broken::new(figures)) }
}

async fn turn(stage: &Stage, cycles: usize) -> Result<(), Broken> {
    let port = stage.server.port();
    for batch in 0..cycles / 100 {
        let visit = tokio::task::spawn_blocking(move || {
            (0..PLAIN).for_each(|_| drop(RawSocket::connect(port)));
            (0..GREETED).for_each(|_| drop(RawClient::connect(port)));
        });
        visit.await.map_err(|error| cannot("the visits failed")(&error))?;
        for number in 0..100 - PLAIN - GREETED {
            let client = Honest::start(stage.plan((batch * 10 + number) % 16));
            stage.until("it is logged in", || client.logins() > 0).await?;
            client.leave().await;
        }
    }
    // The last of them are taken for lost after the grace.
    let end = Instant::now() + GRACE;
    stage.until("the last connections are gone", || Instant::now() > end).await
}

fn open_files(id: i32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count)
}
