//! Messages that waited are handed over, and the connection is cut after a certain byte; again for every byte. Nothing is
//! lost, and nothing is shown twice.

use super::{Broken, Outcome, Stage, cannot};
use crate::kit::{Honest, HonestPlan, Proxy, Treatment};

/// Servers with a sender and a reader that share the work: while one waits for its disk, others go on.
const LANES: u64 = 4;

/// What one lane did.
struct Lane {
    whole: u64,
    cuts: usize,
    again: usize,
}

/// Cuts a replay of `messages` after every `step`th byte.
pub async fn run(messages: usize, step: u64) -> Outcome {
    let lanes: Vec<_> = (0..LANES).map(|lane| tokio::spawn(cut(messages, lane * step, LANES * step))).collect();
    let (mut whole, mut cuts, mut again) = (0, 0, 0);
    for lane in lanes {
        let lane = lane.await.map_err(|error| cannot("a lane failed")(&error))??;
        whole = whole.max(lane.whole);
        cuts += lane.cuts;
        again += lane.again;
    }
    Ok(format!(
        "a replay of {messages} messages ({whole} bytes) cut at {cuts} places, every {step} bytes: 0 lost, 0 twice; {again} came \
         again and were known; in the end nothing waited"
    ))
}

async fn cut(messages: usize, first: u64, step: u64) -> Result<Lane, Broken> {
    let stage = Stage::new(2);
    let proxy = Proxy::start(stage.server.port()).await.map_err(|error| cannot("no proxy")(&error))?;
    let sender = Honest::start(stage.plan(0));
    let reader = Honest::start(HonestPlan { port: proxy.port(), ..stage.plan(1) });
    let all = [sender, reader];
    stage.until("both are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    // How much the whole replay is, TLS and greeting included.
    replay(&stage, &all, messages, "whole").await?;
    let whole = proxy.bytes_to_client();
    let (mut cuts, mut again, mut cut) = (0, 0, first);
    while cut < whole {
        proxy.treat_next(Treatment::CutAfter(cut));
        again += replay(&stage, &all, messages, &cut.to_string())
            .await
            .map_err(|broken| Broken { what: format!("cut after byte {cut} of {whole}: {broken}"), ..broken })?;
        cuts += 1;
        cut += step;
    }
    // Everything was shown and said to be, so nothing waits for the next login.
    all[1].away().await;
    let logins = all[1].logins();
    all[1].back().await;
    stage.until("the reader is back", || all[1].logins() > logins).await?;
    match all[1].stored() {
        0 => Ok(Lane { whole, cuts, again }),
        stored => Err(Broken::new(format!("{stored} messages still wait that were shown and acknowledged"))),
    }
}

/// The reader goes, is written to, and comes back. Returns how many messages came again.
async fn replay(stage: &Stage, all: &[Honest; 2], messages: usize, run: &str) -> Result<usize, Broken> {
    all[1].away().await;
    for number in 0..messages {
        all[0].say(Some(&all[1].user), format!("{run} {number}")).await;
    }
    stage.until("everything is stored", || all[0].waiting() == 0).await?;
    all[1].back().await;
    Ok(stage.settle(all).await?.again)
}
