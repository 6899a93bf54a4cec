//! One of many stops reading. The others notice nothing, and it gets what was stored for it at its next login.

use std::time::Duration;

use super::{Broken, Outcome, Stage, percentile};
use crate::RawClient;
use crate::kit::{Honest, Record};

/// How much more the p99 of the others may be.
const MOST: f64 = 1.2;

/// Compares `runs` pairs of runs with and without a stalled reader among so many clients.
pub async fn run(clients: usize, broadcasts: usize, runs: usize) -> Outcome {
    let stage = Stage::new(clients);
    let all = stage.clients(&[]).await?;
    let (stalls, talks) = (stage.users.len() - 1, stage.users.len() - 2);
    let mut ratios = Vec::new();
    let (mut without, mut with) = (Duration::ZERO, Duration::ZERO);
    // The one that will stall is away: its place is taken by a client that does not read.
    all[stalls].away().await;
    let others = &all[..stalls];
    round(&stage, others, talks, broadcasts, "warm").await?;
    for run in 0..runs {
        without = round(&stage, others, talks, broadcasts, &format!("{run} without")).await?;
        let (port, user) = (stage.server.port(), stage.users[stalls].clone());
        let stalled = tokio::task::spawn_blocking(move || stall(port, &user)).await;
        let stalled = stalled.map_err(|error| Broken::new(format!("nobody stalls: {error}")))?;
        with = round(&stage, others, talks, broadcasts, &format!("{run} with")).await?;
        drop(stalled);
        ratios.push(with.as_secs_f64() / without.as_secs_f64());
    }
    // What was said to it alone is there when it reads again.
    for number in 0..50 {
        all[talks].say(Some(&stage.users[stalls]), format!("for you alone {number}")).await;
    }
    all[stalls].back().await;
    stage.until("everything is stored", || all[talks].waiting() == 0).await?;
    let direct = |record: &Record| matches!(record, Record::Shown { text, .. } if text.starts_with("for you alone"));
    stage.until("the reader has what was stored", || stage.history().count(direct) == 50).await?;
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    let figures = format!(
        "1 stalled reader among {clients}: p99 of the others {median:.2} times that without it (median of {runs} runs, the last \
         one {with:?} against {without:?})"
    );
    if median <= MOST { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// One line after the other to everybody, and the p99 of its way.
async fn round(
    stage: &Stage,
    others: &[Honest],
    talks: usize,
    broadcasts: usize,
    run: &str,
) -> Result<Duration, Broken> {
    stage.forget();
    for number in 0..broadcasts {
        // Large enough that what is owed to a stalled reader soon fills every buffer on the way.
        others[talks].say(None, format!("{run} {number} {}", "x".repeat(4000))).await;
        let shown = (number + 1) * (others.len() - 1);
        stage
            .until("the line is shown to everybody else", || {
                stage.history().count(|record| matches!(record, Record::Shown { .. })) >= shown
            })
            .await?;
    }
    Ok(percentile(&mut stage.history().delays(), 99))
}

/// Logs in and reads nothing any more.
fn stall(port: u16, user: &str) -> RawClient {
    let mut client = RawClient::connect(port);
    client.login_with(user, &format!("password of {user}"));
    client
}
