//! Messages that waited are handed over, and the connection is cut after a certain byte; again for every byte. Nothing is
//! lost, and nothing is shown twice.

use super::{Broken, Outcome, Stage};
use crate::kit::{Honest, HonestPlan, Proxy, Record, Treatment};

/// Cuts a replay of `messages` after every `step`th byte.
pub async fn run(messages: usize, step: u64) -> Outcome {
    let stage = Stage::new(2);
    let proxy = Proxy::start(stage.server.port()).await.map_err(|error| Broken::new(error.to_string()))?;
    let sender = Honest::start(stage.plan(0));
    let reader = Honest::start(HonestPlan { port: proxy.port(), ..stage.plan(1) });
    let all = [sender, reader];
    stage.until("both are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    // How much the whole replay is, TLS and greeting included.
    replay(&stage, &all, messages, "whole").await?;
    let whole = proxy.bytes_to_client();
    let (mut cuts, mut again, mut cut) = (0_u64, 0, 0);
    while cut < whole {
        proxy.treat_next(Treatment::CutAfter(cut));
        replay(&stage, &all, messages, &cut.to_string())
            .await
            .map_err(|broken| Broken { what: format!("cut after byte {cut} of {whole}: {broken}"), ..broken })?;
        again += stage.history().count(|record| matches!(record, Record::CameAgain { .. }));
        stage.forget();
        cuts += 1;
        cut += step;
    }
    Ok(format!(
        "a replay of {messages} messages ({whole} bytes) cut at {cuts} places, every {step} bytes: 0 lost, 0 twice; {again} came \
         again and were known"
    ))
}

/// The reader goes, is written to, and comes back.
async fn replay(stage: &Stage, all: &[Honest; 2], messages: usize, run: &str) -> Result<(), Broken> {
    all[1].away().await;
    for number in 0..messages {
        all[0].say(Some(&all[1].user), format!("{run} {number}")).await;
    }
    stage.until("everything is stored", || all[0].waiting() == 0).await?;
    all[1].back().await;
    stage.settle(all).await
}
