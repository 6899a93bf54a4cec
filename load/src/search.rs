//! How long a search takes among many lines of the lobby, right after they were said and when the index has them.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use e2e::any_key;
use shared::codec;
use shared::id::{ClientId, RequestId};
use shared::message::{ClientMessage, Kind, Mark, ServerMessage};

use crate::Common;
use crate::child::Program;
use crate::client::{Connection, pong};
use crate::figures::{Times, heading, line, warn_about_debug};

/// Lines under way at once while the lobby is filled.
const UNDER_WAY: u64 = 512;

/// Hits that are wanted, as by the client's command.
const WANTED: usize = 20;

/// What is looked for: a name for it, and the words.
const QUESTIONS: [(&str, &str); 9] = [
    ("a common word, in every line", "common"),
    ("two words, in every second line", "even common"),
    ("a rare word, in one of 10,000 lines", "needle"),
    ("a word that nobody said", "haystack"),
    ("a phrase of frequent parts that nobody said", "\"common even common\""),
    ("three Chinese characters, in one of 1,000", "机器人"),
    ("two Chinese characters, in one of 1,000", "机器"),
    ("two letters, in every line", "co"),
    ("two letters that nobody said", "qz"),
];

/// Options of `load search`.
#[derive(Debug, Args)]
pub struct Options {
    /// Lines in the lobby
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..))]
    lines: u64,
    /// How often each question is asked
    #[arg(long, default_value_t = 50)]
    times: u32,
    /// Seconds that the index is given to take everything in
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    settle: u64,
    #[command(flatten)]
    common: Common,
}

/// Runs it.
pub async fn run(options: Options) -> anyhow::Result<()> {
    warn_about_debug();
    let server = Program::server(1, !options.common.no_tls)?;
    let tls = (!options.common.no_tls).then(any_key::client_config);
    let mut user = User { connection: Connection::log_in(server.port, tls, 0).await?, last: 1 };
    let begun = Instant::now();
    user.fill(options.lines, options.common.text).await?;
    heading(&format!(
        "{} lines said and durable in {:.1} s; asked at once",
        options.lines,
        begun.elapsed().as_secs_f64()
    ));
    user.ask_all(options.times.min(5)).await?;
    tokio::time::sleep(Duration::from_secs(options.settle)).await;
    let (usage, memory) = (server.usage()?, server.memory()?);
    heading(&format!("the same, {} s later", options.settle));
    user.ask_all(options.times).await?;
    line("server CPU so far, and memory", &format!("{:.1} s, {} MiB", usage.cpu, memory.now / 1024));
    Ok(())
}

/// A line of the lobby, of this length at least.
fn text(number: u64, length: u16) -> String {
    let parity = if number.is_multiple_of(2) { "even" } else { "odd" };
    let mut text = format!("common {parity} {number}");
    if number % 10_000 == 77 {
        text.push_str(" needle");
    }
    if number % 1000 == 78 {
        text.push_str(" 机器人");
    }
    let mut word = number;
    while text.len() < usize::from(length) {
        // Words that look like words, a few thousand of them.
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let syllable = ["ba", "ne", "ti", "lo", "mu", "sar", "den", "vik"][usize::try_from(word >> 61).unwrap_or(0)];
        text.push_str(if word & (1 << 40) == 0 { " " } else { "" });
        text.push_str(syllable);
    }
    text
}

struct User {
    connection: Connection,
    last: u64,
}

impl User {
    fn id(&mut self) -> RequestId {
        self.last += 1;
        RequestId(self.last)
    }

    async fn fill(&mut self, lines: u64, length: u16) -> anyhow::Result<()> {
        let (mut said, mut stored) = (0, 0);
        while stored < lines {
            let mut frames = Vec::new();
            while said < lines && said - stored < UNDER_WAY {
                let mut cid = [0; 16];
                cid[8..].copy_from_slice(&said.to_be_bytes());
                let (id, cid, text) = (self.id(), ClientId(cid), text(said, length));
                let send = ClientMessage::Send { id, cid, to: "#lobby".to_owned(), text, kind: Kind::TEXT };
                frames.extend_from_slice(&codec::encode(&send));
                said += 1;
            }
            self.connection.writer.send(&frames).await?;
            self.hear(|message| {
                stored += u64::from(matches!(message, ServerMessage::Sent { .. }));
            })
            .await?;
        }
        Ok(())
    }

    /// Reads once and hands over what was said; answers pings.
    async fn hear(&mut self, mut take: impl FnMut(ServerMessage)) -> anyhow::Result<()> {
        let mut pongs: Vec<Bytes> = Vec::new();
        let is_open = self.connection.reader.read(|body| {
            pongs.extend(pong(body));
            if let Ok(message) = codec::decode(body) {
                take(message);
            }
        });
        if !is_open.await? {
            bail!("the server closed the connection");
        }
        for pong in pongs {
            self.connection.writer.send(&pong).await?;
        }
        Ok(())
    }

    async fn ask_all(&mut self, times: u32) -> anyhow::Result<()> {
        for (what, words) in QUESTIONS {
            let (mut each, mut all, mut answers, mut hits) = (Times::default(), Times::default(), 0, 0);
            for _ in 0..times {
                let begun = Instant::now();
                (answers, hits) = self.search(words, &mut each).await?;
                all.add(begun.elapsed());
            }
            all.print(what);
            each.print(&format!("    {hits} found in {answers} answers, each"));
        }
        Ok(())
    }

    /// Asks until there are as many hits as wanted or there is nothing more. Returns how many answers it took, and the
    /// hits.
    async fn search(&mut self, words: &str, each: &mut Times) -> anyhow::Result<(u32, usize)> {
        let (mut answers, mut hits, mut start) = (0, 0, None::<Mark>);
        loop {
            let id = self.id();
            let limit = u16::try_from(WANTED - hits).context("a page")?;
            let search = ClientMessage::Search { id, words: words.to_owned(), conv: None, start, limit };
            let begun = Instant::now();
            self.connection.writer.send(&codec::encode(&search)).await?;
            let mut page = None;
            while page.is_none() {
                self.hear(|message| match message {
                    ServerMessage::Found { re, messages, next } if re == id => page = Some(Ok((messages.len(), next))),
                    ServerMessage::Error(refusal) => page = Some(Err(refusal.text)),
                    _ => {}
                })
                .await?;
            }
            each.add(begun.elapsed());
            let (found, next) = page.context("an answer")?.map_err(anyhow::Error::msg)?;
            answers += 1;
            hits += found;
            start = next;
            if hits >= WANTED || start.is_none() {
                return Ok((answers, hits));
            }
        }
    }
}
