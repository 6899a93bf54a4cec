//! The message was stored and its acknowledgement never arrives. The client sends it again; it is stored and shown once.

use super::{Outcome, Stage};
use crate::kit::{Honest, HonestPlan, Proxy, Record};

/// Loses `rounds` acknowledgements.
pub async fn run(rounds: usize) -> Outcome {
    let stage = Stage::new(2);
    let proxy = Proxy::start(stage.server.port()).await.map_err(|error| super::Broken::new(error.to_string()))?;
    let sender = Honest::start(HonestPlan { port: proxy.port(), ..stage.plan(0) });
    let reader = Honest::start(stage.plan(1));
    let all = [sender, reader];
    stage.until("both are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    for round in 1..=rounds {
        let to = (round % 3 > 0).then_some(all[1].user.as_str());
        let text = format!("round {round}");
        proxy.swallow();
        all[0].say(to, text.clone()).await;
        let was_shown = |record: &Record| matches!(record, Record::Shown { text: shown, .. } if *shown == text);
        stage.until("the reader has it", || stage.history().count(was_shown) > 0).await?;
        let unanswered = all[0].waiting();
        proxy.cut();
        if unanswered != 1 {
            return Err(super::Broken::new(format!("round {round}: the acknowledgement got through")));
        }
        stage.settle(&all).await?;
        stage.forget();
    }
    Ok(format!("{rounds} acknowledgements lost after the commit: each text stored once and shown once"))
}
