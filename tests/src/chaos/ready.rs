//! A server with very much that waits is ready soon.

use std::time::{Duration, Instant};

use super::{Broken, Outcome, Stage};
use crate::kit::Honest;

/// How long a start may take.
const WITHIN: Duration = Duration::from_secs(2);

/// Messages that may wait for one user.
const INBOX: usize = 900;

/// Starts a server for which so many messages wait, after a stop and after a crash.
pub async fn run(messages: usize) -> Outcome {
    let senders = 8;
    let mut stage = Stage::new(senders + messages.div_ceil(INBOX));
    let all: Vec<Honest> = (0..senders).map(|number| Honest::start(stage.plan(number))).collect();
    stage.until("the senders are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    let (stage_ref, users) = (&stage, &stage.users);
    let work = all.iter().enumerate().map(|(first, client)| async move {
        for number in (first..messages).step_by(senders) {
            client.say(Some(&users[senders + number / INBOX]), format!("message {number}")).await;
        }
        stage_ref.until("everything is stored", || client.waiting() == 0).await
    });
    futures_util::future::try_join_all(work).await?;
    for client in all {
        client.leave().await;
    }
    let timed = |stage: &mut Stage| {
        tokio::task::block_in_place(|| {
            let start = Instant::now();
            stage.server.launch();
            start.elapsed()
        })
    };
    tokio::task::block_in_place(|| stage.server.stop());
    let after_stop = timed(&mut stage);
    tokio::task::block_in_place(|| stage.server.kill());
    let after_crash = timed(&mut stage);
    let figures = format!(
        "with {messages} waiting messages ready {after_stop:.2?} after a stop and {after_crash:.2?} after a crash"
    );
    if after_stop.max(after_crash) <= WITHIN { Ok(figures) } else { Err(Broken::new(figures)) }
}
