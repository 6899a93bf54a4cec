//! How long a lobby line is under way: one at a time, or so many a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use tokio::task::JoinSet;

use crate::Common;
use crate::child::Program;
use crate::client::{Connection, log_in_all};
use crate::fanout::{Side, connect_bare};
use crate::figures::{heading, line, warn_about_debug};
use crate::listen::{Listener, Proof, Room, Tally};

/// Deliveries a second up to which every single one is measured; above, one in [`SAMPLE`].
const ALL_BELOW: u64 = 50_000;

/// A prime, so that it falls into no pattern.
const SAMPLE: u64 = 251;

/// Options of `load latency`.
#[derive(Debug, Args)]
pub struct Options {
    /// Users in the lobby
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..))]
    users: u16,
    /// Lines to say
    #[arg(long, default_value_t = 500)]
    messages: u64,
    /// Lines a second; 0 says the next one when everybody has the last one
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=100_000))]
    rate: u64,
    #[command(flatten)]
    common: Common,
}

/// Runs it.
pub async fn run(options: Options) -> anyhow::Result<()> {
    warn_about_debug();
    let (users, tls) = (usize::from(options.users), !options.common.no_tls);
    let server = Program::server(users, tls)?;
    let connections = log_in_all(&server, users, tls).await?;
    let how = if tls { "over TLS" } else { "without TLS" };
    let pace = match options.rate {
        0 => "one line at a time".to_owned(),
        rate => format!("{rate} lines a second"),
    };
    heading(&format!("{pace} to {users} users {how}"));
    measure(&options, Side::Tern, connections).await?;
    drop(server);
    if !options.common.no_baseline {
        heading("bare copy to as many sockets: no TLS, no log, no rules");
        let bare = Program::bare()?;
        let connections = connect_bare(&bare, users).await?;
        measure(&options, Side::Bare, connections).await?;
    }
    Ok(())
}

async fn measure(options: &Options, side: Side, all: Vec<Connection>) -> anyhow::Result<()> {
    let hearers = side.hearers(options.users);
    let clock = Instant::now();
    let step = if options.rate == 0 { hearers } else { hearers * options.messages };
    let sample = if options.rate * hearers < ALL_BELOW { 1 } else { SAMPLE };
    let tally = Arc::new(Tally::new(step, sample, clock));
    let proof = match side {
        Side::Tern => Proof::Sent,
        Side::Bare => Proof::Echo(1),
    };
    let speaker = Arc::new(Room::new(0));
    let mut tasks = JoinSet::new();
    let mut queues = Vec::new();
    for connection in all {
        let room = if queues.is_empty() { Arc::clone(&speaker) } else { Arc::new(Room::new(0)) };
        let queue = connection.writer.spawn();
        queues.push(queue.clone());
        tasks.spawn(Listener { tally: Arc::clone(&tally), room, queue, proof, shows: false }.run(connection.reader));
    }
    let talking = async {
        let mut ticks = tokio::time::interval(pause(options.rate));
        for number in 0..options.messages {
            if options.rate > 0 {
                ticks.tick().await;
            }
            speaker.said();
            if queues[0].send(side.line(0, number, options.common.text, clock)).await.is_err() {
                return;
            }
            if options.rate == 0 {
                tally.step().await;
            }
        }
        if options.rate > 0 {
            tally.step().await;
        }
    };
    let limit = Duration::from_secs(options.common.limit);
    let complete = tokio::time::timeout(limit, talking).await;
    tasks.shutdown().await;
    tally.heard().print("said to heard");
    if side == Side::Tern {
        tally.sent().print("said to acknowledged");
    }
    let (deliveries, wanted) = (tally.deliveries(), hearers * options.messages);
    line("deliveries", &deliveries.to_string());
    if complete.is_err() || deliveries < wanted {
        bail!("only {deliveries} of {wanted} deliveries came within {limit:?}");
    }
    Ok(())
}

/// The time between two lines. Without a rate nobody waits for it.
fn pause(rate: u64) -> Duration {
    Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(u32::MAX)
}
