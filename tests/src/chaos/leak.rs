//! Connections come and go by the thousand; memory and open files come back.

use std::time::Duration;

use super::{Broken, Outcome, Stage, resident};
use crate::RawSocket;
use crate::kit::Honest;

/// How much the memory may grow in a thousand cycles, in KiB.
const PER_THOUSAND: u64 = 1;

/// Connects and leaves `cycles` times, a twentieth of it with a login, after as many to get warm.
pub async fn run(cycles: usize) -> Outcome {
    let stage = Stage::new(16);
    let id = stage.server.id();
    turn(&stage, cycles / 4).await?;
    let (memory, files) = (resident(id), open_files(id));
    turn(&stage, cycles).await?;
    let (memory_after, files_after) = (resident(id), open_files(id));
    let grown = memory_after.saturating_sub(memory);
    let allowed = (u64::try_from(cycles).unwrap_or(u64::MAX) / 1000 * PER_THOUSAND).max(4 * 1024);
    let figures = format!(
        "{cycles} connections and {} logins: memory {memory} KiB, then {memory_after} KiB; open files {files}, then {files_after}",
        cycles / 20
    );
    if grown <= allowed && files_after <= files { Ok(figures) } else { Err(Broken::new(figures)) }
}

async fn turn(stage: &Stage, cycles: usize) -> Result<(), Broken> {
    let port = stage.server.port();
    for batch in 0..cycles / 100 {
        let visit = tokio::task::spawn_blocking(move || (0..95).for_each(|_| drop(RawSocket::connect(port))));
        visit.await.map_err(|error| Broken::new(error.to_string()))?;
        for number in 0..5 {
            let client = Honest::start(stage.plan((batch * 5 + number) % 16));
            stage.until("it is logged in", || client.logins() > 0).await?;
            client.leave().await;
        }
        stage.forget();
    }
    // The last of them are taken for lost after the grace.
    let end = std::time::Instant::now() + Duration::from_secs(15);
    stage.until("the last connections are gone", || std::time::Instant::now() > end).await
}

fn open_files(id: i32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count)
}
