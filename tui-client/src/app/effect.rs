//! What the model wants done: commands for the driver, performed in their order.

use secrecy::SecretString;
use shared::id::{DeviceTicket, RequestId, Seq};
use shared::message::ClientMessage;
use shared::name::Name;

use super::command::Showing;
use super::exit::Exit;
use super::peer::PeerOrder;
use super::report::Report;

/// Something to do.
#[derive(Debug)]
pub enum Effect {
    /// Open a connection; the one before, if any, is given up and nothing more is heard of it.
    Connect,
    /// Start a server in this process, which is the one to connect to from now on. Answered by
    /// [`Msg::Hosting`](super::msg::Msg::Hosting) or [`Msg::NotHosted`](super::msg::Msg::NotHosted).
    Host,
    /// Give the connection up.
    Disconnect,
    /// Send a login or a registration. Passwords are effects of their own, so that they stay secret up to the frame.
    LogIn(LogIn),
    /// Keep a device ticket for this account of this server, for the next login.
    KeepTicket {
        /// The account.
        name: Name,
        /// The ticket.
        ticket: DeviceTicket,
    },
    /// Send the wish for another password.
    ChangePassword {
        /// The request.
        id: RequestId,
        /// The password now.
        old: SecretString,
        /// The password from now on.
        new: SecretString,
    },
    /// Send a message that holds no secret.
    Send(ClientMessage),
    /// Tell the server that everything up to here was shown. To be sent when everything reported before it has really
    /// been shown; until then the server delivers it again.
    Acknowledge {
        /// The conversation, as on the wire.
        conversation: String,
        /// The last one shown.
        seq: Seq,
    },
    /// Do something about private sessions.
    Peer(PeerOrder),
    /// Show an event.
    Report(Report),
    /// Show the chat in this way from here on: what is reported behind it belongs there.
    Switch(Showing),
    /// End the program.
    Quit(Exit),
}

/// A login or a registration.
#[derive(Debug)]
pub struct LogIn {
    /// The request.
    pub id: RequestId,
    /// The account.
    pub name: String,
    /// Its password.
    pub password: SecretString,
    /// Whether to make the account.
    pub register: bool,
}
