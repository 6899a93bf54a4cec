//! Lobby lines to everybody: deliveries a second, and what they cost the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use bytes::Bytes;
use clap::Args;
use shared::codec;
use shared::id::{Seq, UnixMs};
use shared::message::{Entry, Kind, LOBBY, ServerMessage};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Common;
use crate::child::{Program, name, own_usage};
use crate::client::{Connection, log_in_all, stamped, text_frame};
use crate::figures::{float, heading, line, per_second, warn_about_debug};
use crate::listen::{Listener, Proof, Room, Tally};

/// Users who talk; the others only listen.
const SPEAKERS: usize = 8;

/// Lines a speaker hands over in one write at most.
const BURST: u64 = 64;

/// One delivery in so many is decoded to measure it. A prime, so that it falls into no pattern.
const SAMPLE: u64 = 251;

/// Options of `load fanout`.
#[derive(Debug, Args)]
pub struct Options {
    /// Users in the lobby
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..))]
    users: u16,
    /// Lines to say, by all together
    #[arg(long, default_value_t = 20_000)]
    messages: u64,
    /// Lines under way at once, by all together
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,
    #[command(flatten)]
    common: Common,
}

/// Which side of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The real server.
    Tern,
    /// The bare copy, which copies what is said to the speaker too.
    Bare,
}

impl Side {
    /// How many hear what one of so many users says.
    pub fn hearers(self, users: u16) -> u64 {
        match self {
            Self::Tern => u64::from(users) - 1,
            Self::Bare => u64::from(users),
        }
    }

    /// A line as a client says it, or, for the bare copy, as everybody is to hear it.
    pub fn line(self, user: usize, number: u64, length: u16, clock: Instant) -> Bytes {
        match self {
            Self::Tern => text_frame(user, number, LOBBY, length, clock),
            Self::Bare => codec::encode(&ServerMessage::Message(Entry {
                conv: LOBBY.to_owned(),
                seq: Seq(number),
                at: UnixMs(0),
                from: name(user),
                text: stamped(length, clock),
                kind: Kind::TEXT,
                stored: false,
            })),
        }
    }
}

/// Runs it.
pub async fn run(options: Options) -> anyhow::Result<()> {
    warn_about_debug();
    let (users, tls) = (usize::from(options.users), !options.common.no_tls);
    let server = Program::server(users, tls)?;
    let begin = Instant::now();
    let connections = log_in_all(&server, users, tls).await?;
    let how = if tls { "over TLS" } else { "without TLS" };
    heading(&format!("fan-out to {users} users {how}, {} lines of {} bytes", options.messages, options.common.text));
    line("all logged in after", &format!("{:.2} s", begin.elapsed().as_secs_f64()));
    line("server memory, all idle", &format!("{} KiB", server.memory()?.now));
    measure(&options, Side::Tern, &server, connections).await?;
    drop(server);
    if !options.common.no_baseline {
        heading("bare copy to as many sockets: no TLS, no log, no rules");
        let bare = Program::bare()?;
        let connections = connect_bare(&bare, users).await?;
        measure(&options, Side::Bare, &bare, connections).await?;
    }
    Ok(())
}

/// Connections to the bare copy.
pub async fn connect_bare(bare: &Program, users: usize) -> anyhow::Result<Vec<Connection>> {
    let mut connections = Vec::new();
    for _ in 0..users {
        connections.push(Connection::open(bare.port, None).await?);
    }
    Ok(connections)
}

async fn measure(options: &Options, side: Side, program: &Program, all: Vec<Connection>) -> anyhow::Result<()> {
    let wanted = options.messages * side.hearers(options.users);
    let clock = Instant::now();
    let tally = Arc::new(Tally::new(wanted, SAMPLE, clock));
    let (used, own) = (program.usage()?, own_usage()?);
    let mut tasks = start(options, side, all, &tally, clock);
    let limit = Duration::from_secs(options.common.limit);
    let complete = tokio::time::timeout(limit, tally.step()).await;
    let time = clock.elapsed();
    let cpu = program.usage()?.cpu - used.cpu;
    let own = own_usage()?.cpu - own.cpu;
    let memory = program.memory()?;
    tasks.shutdown().await;
    let deliveries = tally.deliveries();
    line("deliveries", &format!("{}  ({deliveries} in {:.2} s)", per_second(deliveries, time), time.as_secs_f64()));
    line("lines", &per_second(options.messages, time));
    line("CPU per million deliveries", &format!("{:.3} s", cpu / (float(deliveries.max(1)) / 1e6)));
    line("CPU in all, and of this generator", &format!("{cpu:.2} s, {own:.2} s"));
    line("memory now, at most", &format!("{} KiB, {} KiB", memory.now, memory.peak));
    tally.heard().print("said to heard");
    tally.sent().print("said to acknowledged");
    if complete.is_err() {
        bail!("only {deliveries} of {wanted} deliveries came within {limit:?}");
    }
    Ok(())
}

/// Sets everybody listening, and the speakers talking.
fn start(options: &Options, side: Side, all: Vec<Connection>, tally: &Arc<Tally>, clock: Instant) -> JoinSet<()> {
    let speakers = SPEAKERS.min(all.len());
    let proof = match side {
        Side::Tern => Proof::Sent,
        Side::Bare => Proof::Echo(speakers as u64),
    };
    let mut tasks = JoinSet::new();
    for (user, connection) in all.into_iter().enumerate() {
        let room = Arc::new(Room::new((usize::from(options.in_flight) / speakers).max(1)));
        let queue = connection.writer.spawn();
        let listener =
            Listener { tally: Arc::clone(tally), room: Arc::clone(&room), queue: queue.clone(), proof, shows: false };
        tasks.spawn(listener.run(connection.reader));
        if user < speakers {
            let share = share(options.messages, speakers, user);
            let length = options.common.text;
            tasks.spawn(talk(share, room, queue, move |number| side.line(user, number, length, clock)));
        }
    }
    tasks
}

/// How many of `total` lines this one of the speakers says.
fn share(total: u64, speakers: usize, user: usize) -> u64 {
    let (speakers, user) = (speakers as u64, user as u64);
    total / speakers + u64::from(user < total % speakers)
}

/// Says `share` lines, as fast as there is room for them under way.
pub async fn talk(share: u64, room: Arc<Room>, queue: mpsc::Sender<Bytes>, frame: impl Fn(u64) -> Bytes) {
    let mut said = 0;
    while said < share {
        for _ in 0..room.take(BURST.min(share - said)).await {
            room.said();
            if queue.send(frame(said)).await.is_err() {
                return;
            }
            said += 1;
        }
    }
}
