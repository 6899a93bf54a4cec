//! A server with very much that waits is ready soon.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage};
use crate::kit::Honest;

/// How long a start may take.
const WITHIN: Duration = Duration::from_secs(2);

/// Messages that may wait for one user.
const INBOX: usize = 900;

/// Users who fill the inboxes.
const SENDERS: usize = 8;

/// How long a start took until the server listened, and until a user had logged in and got all that waited.
#[derive(Clone, Copy)]
struct Start {
    listens: Duration,
    serves: Duration,
}

/// Starts a server for which so many messages wait, after a stop and after a crash.
pub async fn run(messages: usize) -> Outcome {
    let mut stage = Stage::new(SENDERS + messages.div_ceil(INBOX));
    fill_inboxes(&stage, messages).await?;
    tokio::task::block_in_place(|| stage.server.stop());
    let after_stop = start(&mut stage, SENDERS).await?;
    tokio::task::block_in_place(|| stage.server.kill());
    let after_crash = start(&mut stage, SENDERS + 1).await?;
    let say = |Start { listens, serves }| format!("{listens:.2?}, and {serves:.2?} until a user had read all {INBOX}");
    let figures = format!(
        "with {messages} waiting messages ready after a stop in {}; after a crash in {}",
        say(after_stop),
        say(after_crash)
    );
    if after_stop.serves.max(after_crash.serves) <= WITHIN { Ok(figures) } else { Err(Broken::new(figures)) }
}

async fn fill_inboxes(stage: &Stage, messages: usize) -> Result<(), Broken> {
    let all: Vec<Honest> = (0..SENDERS).map(|number| Honest::start(stage.plan(number))).collect();
    stage.until("the senders are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    let users = &stage.users;
    let work = all.iter().enumerate().map(|(first, client)| async move {
        for number in (first..messages).step_by(SENDERS) {
            client.say(Some(&users[SENDERS + number / INBOX]), format!("message {number}")).await;
        }
        stage.until("everything is stored", || client.waiting() == 0).await
    });
    futures_util::future::try_join_all(work).await?;
    for client in all {
        client.leave().await;
    }
    Ok(())
}

async fn start(stage: &mut Stage, reader: usize) -> Result<Start, Broken> {
    let start = Instant::now();
    tokio::task::block_in_place(|| stage.server.launch());
    let listens = start.elapsed();
    let before = stage.history().counts().shown;
    let client = Honest::start(stage.plan(reader));
    stage.until("the user has read it", || stage.history().counts().shown >= before + INBOX).await?;
    let serves = start.elapsed();
    client.leave().await;
    Ok(Start { listens, serves })
}
