//! The messages were stored and their acknowledgements never arrive. The client sends them again; each is stored and shown
//! once.

use super::{Broken, Outcome, Stage, cannot};
use crate::kit::{Honest, HonestPlan, Proxy, Seed};

/// The most texts whose acknowledgements are lost together.
const MOST: usize = 5;

/// Loses acknowledgements `rounds` times.
pub async fn run(rounds: usize, seed: u64) -> Outcome {
    let stage = Stage::new(2);
    let mut seed = Seed::new(seed);
    let proxy = Proxy::start(stage.server.port()).await.map_err(|error| cannot("no proxy")(&error))?;
    let sender = Honest::start(HonestPlan { port: proxy.port(), ..stage.plan(0) });
    let reader = Honest::start(stage.plan(1));
    let all = [sender, reader];
    stage.until("both are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    let mut texts = 0;
    for round in 1..=rounds {
        proxy.swallow();
        let wanted = seed.between(1, MOST + 1);
        for number in 0..wanted {
            let to = (seed.between(0, 3) > 0).then_some(all[1].user.as_str());
            all[0].say(to, format!("round {round}, {number}")).await;
        }
        // What somebody else has been shown was stored.
        stage.until("the reader has them", || stage.history().counts().shown == wanted).await?;
        let unanswered = all[0].waiting();
        proxy.cut();
        if unanswered != wanted {
            return Err(Broken::new(format!("round {round}: an acknowledgement got through")));
        }
        stage.settle(&all).await.map_err(|broken| Broken { what: format!("round {round}: {broken}"), ..broken })?;
        texts += wanted;
    }
    Ok(format!(
        "{rounds} times the acknowledgements were lost after the commit, of {texts} texts in all: each stored once and \
         shown once"
    ))
}
