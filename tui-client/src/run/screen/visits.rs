//! Who logged in where: the login form begins with it, and it is remembered for the next start. Nothing waits for the disk,
//! nor for another client that writes.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::ScreenOptions;
use crate::memory::{Servers, ServersError};
use crate::tui::state::{Field, Form};

/// How long the writing may hold up the end. The system waits not much longer.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// The servers of all logins, and the writing of the newest.
pub(super) struct Visits {
    servers: Servers,
    writing: Option<(JoinHandle<()>, oneshot::Receiver<ServersError>)>,
}

impl Visits {
    /// Nothing is written before somebody logs in.
    pub fn new(servers: Servers) -> Self {
        Self { servers, writing: None }
    }

    /// Somebody has logged in. Whoever does so twice at once is remembered twice, one after the other by the file's lock.
    pub fn add(&mut self, server: &str, name: &str) {
        let (servers, server, name) = (self.servers.clone(), server.to_owned(), name.to_owned());
        let (tx, failed) = oneshot::channel();
        let task = spawn_blocking(move || {
            if let Err(error) = servers.remember(&server, &name) {
                // The screen may be gone.
                let _ = tx.send(error);
            }
        });
        self.writing = Some((task, failed));
    }

    /// Why nothing is remembered any more, once.
    pub fn failure(&mut self) -> Option<ServersError> {
        let (_, failed) = self.writing.as_mut()?;
        let failure = failed.try_recv().ok()?;
        *self = Self::new(Servers::in_folder(None));
        Some(failure)
    }

    /// Waits until everything is written, or for as long as the end may take.
    pub async fn finish(&mut self) {
        if let Some((task, _)) = self.writing.take() {
            // A disk that takes longer has what was written before.
            let _ = timeout(LAST_WRITE, task).await;
        }
    }
}

/// The login, begun with what was given, or with the server and the account used last.
pub(super) fn login(options: &ScreenOptions) -> Form {
    let mut form = Form::new(options.asks_server);
    let address = options.server.target().address();
    let visited = || options.visited.iter().map(|visited| &visited.server);
    let seen = options.servers.iter().filter(|server| visited().all(|visited| visited != *server));
    for server in seen.chain(visited()).filter(|server| **server != address) {
        form.server.replace(server);
        form.server.submit();
    }
    form.server.replace(&address);
    let last = options.visited.last().filter(|last| options.asks_server && last.server == address);
    let name = options.name.as_ref().or(last.map(|last| &last.name));
    form.name.replace(name.map_or("", String::as_str));
    if name.is_some() && (!options.asks_server || last.is_some()) {
        form.focus = Field::Password;
    }
    form.visited = options.visited.iter().map(|visited| (visited.server.clone(), visited.name.clone())).collect();
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_login_is_written_by_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let servers = Servers::in_folder(Some(folder.path().to_owned()));
        let mut visits = Visits::new(servers.clone());
        visits.add("chat.example:7300", "hans");
        visits.finish().await;
        assert_eq!(servers.all().expect("it was written").len(), 1);
        assert!(visits.failure().is_none());
    }

    #[tokio::test]
    async fn a_failure_is_told_once_and_nothing_is_written_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("servers"), "what is this\n").expect("a file");
        let mut visits = Visits::new(Servers::in_folder(Some(folder.path().to_owned())));
        visits.add("chat.example:7300", "hans");
        let failure = loop {
            if let Some(failure) = visits.failure() {
                break failure;
            }
            tokio::task::yield_now().await;
        };
        assert!(failure.to_string().contains("line 1"), "{failure}");
        visits.add("chat.example:7300", "hans");
        visits.finish().await;
        assert!(visits.failure().is_none());
    }
}
