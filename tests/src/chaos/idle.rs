//! Many are logged in and say nothing: what each costs the server.

use super::{Broken, Outcome, Stage, resident};

/// How much memory a connection may cost, in KiB.
const EACH: u64 = 32;

/// Logs so many clients in, with TLS, and looks at the memory when everything is still.
pub async fn run(clients: usize) -> Outcome {
    let room = (clients + clients / 10).to_string();
    let stage = Stage::with(clients, |builder| builder.arg("--connections").arg(&room));
    let before = resident(stage.server.id());
    let all = stage.clients(&[]).await?;
    stage.settle(&all).await?;
    let after = resident(stage.server.id());
    let logins: usize = all.iter().map(crate::kit::Honest::logins).sum();
    let each = after.saturating_sub(before) / u64::try_from(clients).unwrap_or(u64::MAX);
    let figures = format!(
        "{clients} idle connections with TLS, {logins} logins: memory {before} KiB before them, {after} KiB with them: {each} \
         KiB each"
    );
    if each <= EACH && logins == clients { Ok(figures) } else { Err(Broken::new(figures)) }
}
