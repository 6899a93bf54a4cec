//! Direct messages between pairs: how many a second are durable, how long that takes, and what a bare store reaches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use tokio::task::JoinSet;

use crate::Common;
use crate::child::{Program, name, own_usage};
use crate::client::{log_in_all, text_frame};
use crate::fanout::talk;
use crate::figures::{float, heading, line, per_second, warn_about_debug};
use crate::listen::{Listener, Proof, Room, Tally};
use crate::store;

/// One delivery in so many is decoded, measured and acknowledged as shown.
const SAMPLE: u64 = 16;

/// Options of `load direct`.
#[derive(Debug, Args)]
pub struct Options {
    /// Pairs of a sender and a receiver
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=4000))]
    pairs: u16,
    /// Messages under way at once in each pair
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,
    /// How long to measure, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    #[command(flatten)]
    common: Common,
}

/// Runs it.
pub async fn run(options: Options) -> anyhow::Result<()> {
    warn_about_debug();
    let (pairs, tls) = (usize::from(options.pairs), !options.common.no_tls);
    let server = Program::server(pairs * 2, tls)?;
    let mut senders = log_in_all(&server, pairs * 2, tls).await?;
    let receivers = senders.split_off(pairs);
    let how = if tls { "over TLS" } else { "without TLS" };
    heading(&format!("direct messages in {pairs} pairs {how}, {} under way in each", options.in_flight));
    let clock = Instant::now();
    // Nobody waits for a step: the clock ends it.
    let tally = Arc::new(Tally::new(u64::MAX, SAMPLE, clock));
    let (used, own) = (server.usage()?, own_usage()?);
    let mut tasks = JoinSet::new();
    for (pair, (sender, receiver)) in senders.into_iter().zip(receivers).enumerate() {
        for (connection, speaks) in [(sender, true), (receiver, false)] {
            let room = Arc::new(Room::new(usize::from(options.in_flight)));
            let queue = connection.writer.spawn();
            let (tally, own_room) = (Arc::clone(&tally), Arc::clone(&room));
            let listener = Listener { tally, room: own_room, queue: queue.clone(), proof: Proof::Sent, shows: !speaks };
            tasks.spawn(listener.run(connection.reader));
            if speaks {
                let to = format!("@{}", name(pairs + pair));
                let length = options.common.text;
                let frame = move |number| text_frame(pair, number, &to, length, clock);
                tasks.spawn(talk(u64::MAX, room, queue, frame));
            }
        }
    }
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let time = clock.elapsed();
    let (durable, delivered) = (tally.acknowledged(), tally.deliveries());
    let cpu = server.usage()?.cpu - used.cpu;
    let own = own_usage()?.cpu - own.cpu;
    let memory = server.memory()?;
    tasks.shutdown().await;
    drop(server);
    if durable == 0 {
        bail!("no message was acknowledged within {time:?}");
    }
    line("durable", &format!("{}  ({durable} in {:.2} s)", per_second(durable, time), time.as_secs_f64()));
    line("delivered", &per_second(delivered, time));
    line("CPU per million messages", &format!("{:.2} s", cpu / (float(durable) / 1e6)));
    line("CPU in all, and of this generator", &format!("{cpu:.2} s, {own:.2} s"));
    line("memory now, at most", &format!("{} KiB, {} KiB", memory.now, memory.peak));
    tally.heard().print("said to heard");
    tally.sent().print("said to acknowledged");
    if !options.common.no_baseline {
        let in_flight = pairs * usize::from(options.in_flight);
        store::measure(in_flight, options.common.text, Duration::from_secs(options.seconds))?;
    }
    Ok(())
}
