//! For tests: what many of them begin with. Each test says only what is special about its own.

use std::time::Duration;

use jiff::tz::TimeZone;
use shared::id::{RequestId, UnixMs};
use shared::message::{ServerMessage, Welcome};

use crate::app::model::{AcceptPeers, Hosting, Linger, Settings};
use crate::tui::canvas::Drawing;
use crate::tui::state::Look;
use crate::tui::theme::{Depth, Shade, Theme, ThemeChoice};

/// A person before the full screen, who has a server and no wishes of their own.
pub(crate) fn settings() -> Settings {
    Settings {
        server: "127.0.0.1:4000".to_owned(),
        interactive: true,
        on_screen: true,
        can_switch: false,
        register: false,
        presence: true,
        history: 50,
        scrollback: 10_000,
        linger: Linger::For(Duration::ZERO),
        retry: None,
        hosting: Hosting::Never,
        accept_peers: AcceptPeers::Ask,
        typing: true,
    }
}

/// A dark terminal with all colours, in UTC.
pub(crate) fn look(choice: ThemeChoice) -> Look {
    let theme = Theme::new(choice.clone(), Depth::Rgb, Shade::Dark);
    Look { choice, theme, drawing: Drawing::default(), zone: TimeZone::UTC }
}

/// The greeting of a server whose clock says this.
pub(crate) fn welcome(time: UnixMs) -> Welcome {
    Welcome {
        proto: 1,
        server: "server 0.1.0".to_owned(),
        caps: String::new(),
        time,
        frame_max: 65_536,
        text_max: 8192,
        lines_max: 100,
        register: true,
    }
}

/// The server's yes to a login: nobody is logged out for inactivity, and there is nothing to say about the account.
pub(crate) fn logged_in(re: RequestId, name: &str) -> ServerMessage {
    logged_in_with(re, name, 0, "")
}

/// The same with a time without action, in milliseconds, after which the user is logged out, and with a notice.
pub(crate) fn logged_in_with(re: RequestId, name: &str, timeout_ms: u64, notice: &str) -> ServerMessage {
    let [name, notice] = [name, notice].map(str::to_owned);
    ServerMessage::LoggedIn { re, name, timeout_ms, notice, ticket: None, device: None, lobby: None }
}
