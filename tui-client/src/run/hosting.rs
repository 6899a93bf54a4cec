//! A server in this process, as the loop sees it: something that is started when the model wants it.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use crate::app::msg::Msg;

/// A server that runs in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// Where it is reached from here: `host:port`.
    pub server: String,
    /// What friends give their client as HOST.
    pub invite: String,
    /// The file with its log.
    pub log: String,
}

/// Starts a server when it is first waited for. From then on the connections that are opened must go there. The error is
/// a fragment.
pub struct StartHost(Pin<Box<dyn Future<Output = Result<Hosted, String>>>>);

impl StartHost {
    /// What to do when a server is wanted.
    pub fn new(start: impl Future<Output = Result<Hosted, String>> + 'static) -> Self {
        Self(Box::pin(start))
    }

    /// For a program without a server inside.
    pub(super) fn unable() -> Self {
        Self::new(ready(Err("this program was built without one".to_owned())))
    }

    /// Starts it, and says what the model is to be told.
    pub(super) async fn outcome(&mut self) -> Msg {
        match (&mut self.0).await {
            Ok(Hosted { server, invite, log }) => Msg::Hosting { server, invite, log },
            Err(why) => Msg::NotHosted { why },
        }
    }
}

impl fmt::Debug for StartHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartHost")
    }
}
