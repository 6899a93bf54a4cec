//! Networks as they are: slow, late, cut in the middle of a frame, and dead without a word. Everything that was said arrives
//! once and in order, over however many connections.

use std::time::Duration;

use super::{Broken, Outcome, Stage, cannot};
use crate::kit::{Honest, HonestPlan, Proxy, Seed, Treatment};

/// Texts that each of the two says under each treatment.
const TEXTS: usize = 20;

/// Treatments that end a connection do so after at most so many bytes: some in the handshake, some in the talk.
const MOST: usize = 6_000;

/// The latest and the slowest network: what a packet takes, and how many bytes pass in a second.
const WORST: (Duration, u64) = (Duration::from_secs(2), 1024);

/// How long it takes until both sides have noticed a dead connection, and for whom that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dead {
    /// Connections die without a word, which takes 35 seconds to notice.
    Too,
    /// They do not.
    No,
}

/// Gives two users `rounds` networks.
pub async fn run(rounds: usize, dead: Dead, seed: u64) -> Outcome {
    let stage = Stage::new(2);
    let mut seed = Seed::new(seed);
    let first = Proxy::start(stage.server.port()).await.map_err(|error| cannot("no proxy")(&error))?;
    let second = Proxy::start(stage.server.port()).await.map_err(|error| cannot("no proxy")(&error))?;
    let all = [
        Honest::start(HonestPlan { port: first.port(), ..stage.plan(0) }),
        Honest::start(HonestPlan { port: second.port(), ..stage.plan(1) }),
    ];
    stage.until("both are logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    let mut again = 0;
    for round in 1..=rounds {
        let treatments = [treatment(&mut seed, dead), treatment(&mut seed, dead)];
        for ((client, proxy), treatment) in all.iter().zip([&first, &second]).zip(treatments) {
            client.away().await;
            proxy.treat_next(treatment);
            client.back().await;
        }
        for number in 0..TEXTS {
            for (client, other) in [(&all[0], &all[1]), (&all[1], &all[0])] {
                let to = (seed.between(0, 4) > 0).then_some(other.user.as_str());
                client.say(to, format!("{} {round} {number}", client.user)).await;
            }
        }
        let told = |broken: Broken| Broken { what: format!("round {round}, {treatments:?}: {broken}"), ..broken };
        again += stage.settle(&all).await.map_err(told)?.again;
    }
    let logins: usize = all.iter().map(Honest::logins).sum();
    Ok(format!(
        "{rounds} networks for two users ({logins} connections, dead ones {dead:?}): {} texts, 0 lost, 0 twice, 0 out of \
         order, {again} came again and were known",
        rounds * TEXTS * 2
    ))
}

fn treatment(seed: &mut Seed, dead: Dead) -> Treatment {
    let bytes = u64::try_from(seed.between(0, MOST)).unwrap_or(0);
    match (seed.between(0, 8), dead) {
        (0, _) => Treatment::Pass,
        (6, Dead::Too) => Treatment::Delay(WORST.0),
        (7, Dead::Too) => Treatment::Throttle(WORST.1),
        (1, _) => Treatment::CutAfter(bytes),
        (2, _) => Treatment::ResetAfter(bytes),
        (3, _) => Treatment::Delay(Duration::from_millis(bytes / 20)),
        (4, _) | (_, Dead::No) => Treatment::Throttle(20_000 + bytes),
        (_, Dead::Too) if bytes % 2 == 0 => Treatment::StallAfter(bytes),
        (_, Dead::Too) => Treatment::SwallowAfter(bytes),
    }
}
