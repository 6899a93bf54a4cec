//! Why a connection ends, and who is told.

use std::io;
use std::time::Duration;

use shared::codec::CodecError;
use shared::error::Code;
use shared::message::{Reason, Refusal, ServerMessage};
use shared::time::seconds;
use shared::version::{PROTO_MAX, PROTO_MIN};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::chat::{Input, SessionId};
use crate::net::Event;

/// Why a connection ends. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Ending {
    /// The hub ended it, or is gone.
    #[error("done")]
    Asked,
    /// The client has closed it.
    #[error("closed by the client")]
    Left,
    /// The socket failed.
    #[error("connection lost: {0}")]
    Lost(io::Error),
    /// The client did not answer `ping`.
    #[error("no sign of life")]
    Silent,
    /// The client read nothing for too long.
    #[error("too slow")]
    TooSlow,
    /// A frame was begun and not ended.
    #[error("a frame took too long")]
    SlowFrame,
    /// No `hello` or no login in time.
    #[error("no login in time")]
    LoginTimeout,
    /// Bytes that are no frame.
    #[error("protocol error: {0}")]
    Broken(CodecError),
    /// The first message was not `hello`.
    #[error("protocol error: no hello")]
    Unexpected,
    /// Too many logins from its place were refused; it has to wait so long.
    #[error("too many refused logins from there, for another {} s", seconds(*.0))]
    Penalty(Duration),
    /// The client speaks the protocols from the first to the second, and none of them is ours.
    #[error("no common protocol: the client speaks {0} to {1}")]
    Version(u16, u16),
}

impl Ending {
    /// What others are told. Where the hub has ended the session, the rules have said why, and this is not used.
    pub fn reason(&self) -> Reason {
        match self {
            Self::TooSlow => Reason::TOO_SLOW,
            Self::LoginTimeout => Reason::LOGIN_TIMEOUT,
            _ => Reason::CONNECTION_LOST,
        }
    }

    /// What the client is told.
    pub fn last_words(&self) -> Option<ServerMessage> {
        let error = |code, text: String| Some(ServerMessage::Error(Refusal::new(None, code, text)));
        match self {
            Self::Asked | Self::Left | Self::Lost(_) | Self::Silent | Self::TooSlow => None,
            Self::LoginTimeout => Some(ServerMessage::Bye { reason: Reason::LOGIN_TIMEOUT, retry_ms: None }),
            Self::SlowFrame => error(Code::PROTOCOL, "A frame took too long to arrive.".to_owned()),
            Self::Broken(CodecError::TooLarge { length, limit }) => {
                let text = format!("A frame has at most {limit} bytes here; this one would have {length}.");
                error(Code::FRAME_TOO_LARGE, text)
            }
            Self::Broken(fault) => error(Code::PROTOCOL, format!("What arrived is not this protocol: {fault}.")),
            Self::Unexpected => error(Code::NOT_NOW, "The first message has to be hello.".to_owned()),
            Self::Penalty(wait) => Some(refuse_for(*wait)),
            Self::Version(min, max) => Some(refuse_version(*min, *max)),
        }
    }

    /// Whether there is any use in writing what is left.
    pub fn can_be_heard(&self) -> bool {
        !matches!(self, Self::Left | Self::Lost(_) | Self::Silent | Self::TooSlow)
    }
}

fn refuse_for(wait: Duration) -> ServerMessage {
    let text = format!("Too many logins from your address were refused. Try again in {} seconds.", seconds(wait));
    ServerMessage::Refuse { code: Code::BUSY, text }
}

fn refuse_version(min: u16, max: u16) -> ServerMessage {
    let older = if max < PROTO_MIN { "client" } else { "server" };
    let text = format!(
        "This server speaks protocol {PROTO_MIN} to {PROTO_MAX}, this client {min} to {max}. Update the {older}."
    );
    ServerMessage::Refuse { code: Code::VERSION, text }
}

/// Tells the hub that a session has ended: once, and also when the connection's task fails.
#[derive(Debug)]
pub struct Farewell {
    events: mpsc::Sender<Event>,
    session: SessionId,
    is_said: bool,
}

impl Farewell {
    /// For a session that the hub was told of.
    pub fn new(events: mpsc::Sender<Event>, session: SessionId) -> Self {
        Self { events, session, is_said: false }
    }

    /// Tells it.
    pub async fn say(mut self, reason: Reason) {
        self.is_said = true;
        let session = self.session;
        // An error means that the hub has ended before us and needs to know nothing any more.
        let _ = self.events.send(Event::Input(Input::SessionClosed { session, reason })).await;
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        if !self.is_said {
            let (session, reason) = (self.session, Reason::CONNECTION_LOST);
            let told = self.events.try_send(Event::Input(Input::SessionClosed { session, reason }));
            // A hub with too much to do just now has to know all the same: the user would stay online for ever.
            if let (Err(TrySendError::Full(event)), Ok(runtime)) = (told, Handle::try_current()) {
                let events = self.events.clone();
                runtime.spawn(async move { events.send(event).await });
            }
        }
    }
}
