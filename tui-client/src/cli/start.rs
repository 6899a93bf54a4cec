//! From settings to a running chat: what the command line says, in the words of the model and of the faces.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use shared::caps::Caps;

use super::{Face, Linger, Settings, is_this_machine};
use crate::app::command::Showing;
use crate::app::exit::Exit;
use crate::app::model::{self, Hosting};
#[cfg(feature = "host")]
use crate::host::Host;
use crate::memory::{Memory, Visited};
use crate::net::address::Address;
use crate::net::{self, Target, TrustStore};
use crate::plain::Voice;
use crate::run::{self, LineOptions, Options, ScreenOptions, Server, Signals, StartHost};
use crate::tui::canvas::Drawing;
use crate::tui::glyphs::{ASCII, Glyphs};
use crate::tui::state::Look;
use crate::tui::terminal::{self, Channel, Modes, Questions};
use crate::tui::theme::{self, Depth, Environment, Theme, ThemeChoice};

/// Older lines that somebody at a terminal sees after login: a screen without the prompt.
const HISTORY_AT_TERMINAL: u16 = 20;

/// Older lines that the full screen loads after login: a large screen, and something to scroll to.
const HISTORY_ON_SCREEN: u16 = 100;

/// Runs the chat until it ends. Must be called inside a Tokio runtime.
///
/// # Errors
///
/// When this system refuses signals, or when a server that was started here has failed.
pub async fn chat(settings: Settings) -> io::Result<Exit> {
    let signals = Signals::listen(listens_to_suspend(&settings))?;
    chat_with(settings, signals).await
}

/// Whether somebody may want to stop the program for a while: there is a terminal to give back then.
pub(super) fn listens_to_suspend(settings: &Settings) -> bool {
    settings.stdin_is_terminal
}

/// [`chat`], with signals that were listened to before.
pub(super) async fn chat_with(mut settings: Settings, signals: Signals) -> io::Result<Exit> {
    let memory = Memory::in_folder(settings.peers.state.clone().filter(|_| settings.drafts));
    let is_at_terminal = settings.face == Face::Screen || settings.can_switch;
    let visited = if settings.face == Face::Screen { visited(&memory, &mut settings) } else { Vec::new() };
    let way = Way::to(settings.target.clone(), settings.trust.clone());
    #[cfg(feature = "host")]
    let host = Some(way.host(settings.target.port));
    #[cfg(not(feature = "host"))]
    let host = None;
    let caps = caps(&settings);
    let exit = if is_at_terminal {
        let first = if settings.face == Face::Screen { Showing::Screen } else { Showing::Lines };
        let screen = screen_options(&settings, way.server.clone(), memory, visited);
        let (options, lines) = options(settings, host);
        run::terminal(options, first, screen, lines, signals, way.dial(caps)).await
    } else {
        let (options, lines) = options(settings, host);
        Ok(run::lines(options, lines, signals, way.dial(caps)).await)
    };
    #[cfg(feature = "host")]
    way.end().await?;
    exit
}

/// Where somebody has logged in before. Who names no server means the last one.
fn visited(memory: &Memory, settings: &mut Settings) -> Vec<Visited> {
    let visited = memory.servers.all().unwrap_or_else(|error| {
        settings.notes.push(error.to_string());
        Vec::new()
    });
    let last = visited.last().and_then(|last| last.server.parse::<Address>().ok());
    if let Some(Address { host, port: Some(port), .. }) = last.filter(|_| !settings.server_is_named) {
        settings.target = Target { host, port, ..settings.target.clone() };
    }
    visited
}

/// Whether a server may run in this process, which then needs a thread besides that of the face.
pub fn may_host(settings: &Settings) -> bool {
    matches!(hosting(settings), Hosting::Asked | Hosting::Now)
}

/// Who names a server means that one: only where this machine's is missing, another one takes its place.
fn hosting(settings: &Settings) -> Hosting {
    let Target { host, fingerprint, tls, .. } = &settings.target;
    let is_any_server_here = is_this_machine(host) && fingerprint.is_none() && *tls;
    match (cfg!(feature = "host"), settings.host) {
        (false, _) => Hosting::Never,
        (true, true) => Hosting::Now,
        (true, false) if is_any_server_here && is_interactive(settings) => Hosting::Asked,
        (true, false) => Hosting::Named,
    }
}

/// What the server is told that this client can do: only the full screen shows who is typing, as soon as its user wants it.
fn caps(settings: &Settings) -> Caps {
    Caps { typing: settings.face == Face::Screen }
}

fn is_interactive(settings: &Settings) -> bool {
    settings.stdin_is_terminal && settings.execute.is_empty()
}

/// Where connections go. The login's address field and a server that is started in this process change it.
#[derive(Clone)]
struct Way {
    server: Server,
    trust: Rc<RefCell<TrustStore>>,
    #[cfg(feature = "host")]
    host: Rc<RefCell<Option<Host>>>,
}

impl Way {
    fn to(target: Target, trust: TrustStore) -> Self {
        Self {
            server: Server::new(target),
            trust: Rc::new(RefCell::new(trust)),
            #[cfg(feature = "host")]
            host: Rc::default(),
        }
    }

    /// Opens connections.
    fn dial(
        &self,
        caps: Caps,
    ) -> impl FnMut(u64, tokio::sync::mpsc::Sender<(u64, net::NetEvent)>) -> net::Link + use<> {
        let way = self.clone();
        move |generation, events| net::spawn(way.server.target(), way.trust.borrow().clone(), caps, generation, events)
    }

    /// How to start a server that connections go to from then on.
    #[cfg(feature = "host")]
    fn host(&self, port: u16) -> StartHost {
        let way = self.clone();
        StartHost::new(async move {
            let host = Host::start(port).await.map_err(|error| error.to_string())?;
            let hosted = host.hosted();
            way.server.set(host.target());
            *way.trust.borrow_mut() = TrustStore::forgetful();
            *way.host.borrow_mut() = Some(host);
            Ok(hosted)
        })
    }

    /// Ends the server that was started here, if any.
    #[cfg(feature = "host")]
    async fn end(self) -> io::Result<()> {
        let host = self.host.borrow_mut().take();
        match host {
            Some(host) => host.stop().await.map_err(io::Error::other),
            None => Ok(()),
        }
    }
}

/// What the terminal and its user want of the full screen.
fn screen_options(settings: &Settings, server: Server, memory: Memory, visited: Vec<Visited>) -> ScreenOptions {
    let text = |name: &str| std::env::var(name).ok();
    let [no_color, colorterm, term, colorfgbg] = ["NO_COLOR", "COLORTERM", "TERM", "COLORFGBG"].map(text);
    let environment = Environment {
        no_color: no_color.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
        colorfgbg: colorfgbg.as_deref(),
    };
    let (depth, shade) = (theme::depth(environment), theme::shade_of_environment(environment).unwrap_or_default());
    let [all, ctype, lang] = ["LC_ALL", "LC_CTYPE", "LANG"].map(text);
    let glyphs = Glyphs::for_locale([all.as_deref(), ctype.as_deref(), lang.as_deref()]);
    // A file that cannot be read is told about when a server is connected to.
    let mut servers: Vec<String> = settings.trust.list().unwrap_or_default().into_iter().map(|known| known.0).collect();
    servers.reverse();
    ScreenOptions {
        look: Look {
            choice: settings.theme.clone(),
            // It was looked for before; what is gone since then is as if nothing was chosen.
            theme: Theme::choose(&settings.theme, &settings.themes, depth, shade)
                .unwrap_or_else(|_| Theme::new(ThemeChoice::Auto, depth, shade)),
            drawing: Drawing { glyphs, links: term.as_deref() != Some("linux"), ..Drawing::default() },
            zone: run::local_zone(),
        },
        shade,
        themes: settings.themes.clone(),
        asking: asking(term.as_deref()).map(|limit| Questions { limit, has_utf8: glyphs != &ASCII }),
        channel: Channel::of(text),
        modes: Modes { in_tmux: std::env::var_os("TMUX").is_some(), without_colour: depth == Depth::None },
        mouse: settings.mouse,
        values: settings.values.clone(),
        keys: settings.keys.clone(),
        config_file: settings.config_file.clone(),
        asks_server: !settings.server_is_named,
        name: settings.user.clone(),
        servers,
        visited,
        memory,
        server,
    }
}

/// How long the terminal may take to answer what it is asked at the start. Nothing for one that cannot be asked. Tests
/// of builds for developers give slow machines more time.
fn asking(term: Option<&str>) -> Option<Duration> {
    if matches!(term, None | Some("" | "dumb" | "linux")) {
        return None;
    }
    let given = std::env::var("TERN_PROBE_MS").ok().filter(|_| cfg!(debug_assertions));
    Some(given.and_then(|ms| ms.parse().ok()).map_or(terminal::LIMIT, Duration::from_millis))
}

/// Who cannot ask gets nothing that was not asked for: older lines and presence come by themselves only where somebody
/// types.
fn options(settings: Settings, host: Option<StartHost>) -> (Options, LineOptions) {
    let (is_interactive, hosting) = (is_interactive(&settings), hosting(&settings));
    let history = match settings.face {
        Face::Screen => HISTORY_ON_SCREEN,
        _ if is_interactive => HISTORY_AT_TERMINAL,
        _ => 0,
    };
    let model = model::Settings {
        server: settings.target.address(),
        interactive: is_interactive,
        on_screen: settings.face == Face::Screen,
        can_switch: settings.can_switch,
        register: settings.register,
        presence: settings.presence || is_interactive,
        history: settings.history.unwrap_or(history),
        scrollback: settings.scrollback,
        linger: match settings.linger {
            None => model::Linger::For(Duration::ZERO),
            Some(Linger::Seconds(seconds)) => model::Linger::For(Duration::from_secs(seconds)),
            Some(Linger::Forever) => model::Linger::Forever,
        },
        retry: settings.retry.map(Duration::from_secs),
        hosting,
        accept_peers: settings.accept,
        typing: settings.typing && settings.face == Face::Screen,
    };
    let lines = LineOptions {
        voice: match settings.face {
            // The full screen says nothing in lines.
            Face::Plain | Face::Screen => Voice::Plain,
            Face::Json => Voice::Json,
        },
        commands: Some(settings.execute).filter(|commands| !commands.is_empty()),
        hold: settings.hold,
    };
    let Settings { user: name, password, notes, peers, .. } = settings;
    (Options { settings: model, name, password, notes, peers, host }, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(stdin_is_terminal: bool, execute: &[&str]) -> Settings {
        Settings {
            target: Target { host: "Chat".into(), port: 4000, fingerprint: None, tls: true },
            trust: TrustStore::in_folder("unused"),
            host: false,
            notes: Vec::new(),
            face: Face::Plain,
            server_is_named: true,
            theme: ThemeChoice::Auto,
            themes: theme::Themes::new(),
            mouse: false,
            values: crate::config::Values::default(),
            keys: crate::tui::keymap::Keymap::default(),
            config_file: None,
            user: None,
            password: None,
            register: false,
            execute: execute.iter().map(|&command| command.to_owned()).collect(),
            linger: None,
            history: None,
            scrollback: 1000,
            presence: false,
            retry: None,
            hold: false,
            drafts: true,
            accept: model::AcceptPeers::Ask,
            typing: true,
            peers: crate::peer::PeerOptions { state: None, downloads: "unused".into(), port: None },
            stdin_is_terminal,
            stdout_is_terminal: true,
            can_switch: false,
        }
    }

    #[test]
    fn only_somebody_who_types_gets_what_was_not_asked_for() {
        let table = [(true, &[][..], true), (true, &["who"], false), (false, &[], false)];
        for (stdin_is_terminal, execute, expected) in table {
            let (options, lines) = options(settings(stdin_is_terminal, execute), None);
            let given = options.settings;
            assert_eq!((given.interactive, given.presence, given.history > 0), (expected, expected, expected));
            assert_eq!(lines.commands.is_some(), !execute.is_empty());
        }
    }

    #[test]
    fn only_the_full_screen_says_and_shows_who_is_typing() {
        for (face, typing, expected) in [
            (Face::Screen, true, true),
            (Face::Screen, false, false),
            (Face::Plain, true, false),
            (Face::Json, true, false),
        ] {
            let given = Settings { face, typing, ..settings(true, &[]) };
            assert_eq!(caps(&given), Caps { typing: face == Face::Screen });
            assert_eq!(options(given, None).0.settings.typing, expected);
        }
    }

    #[test]
    fn only_who_means_any_server_here_and_can_answer_is_asked_to_host() {
        let target = |host: &str, fingerprint, tls| Target { host: host.into(), port: 4000, fingerprint, tls };
        let table = [
            (target("127.0.0.1", None, true), true, Hosting::Asked),
            (target("LocalHost", None, true), true, Hosting::Asked),
            (target("::1", None, true), true, Hosting::Asked),
            (target("127.0.0.1", None, true), false, Hosting::Named),
            (target("chat.example", None, true), true, Hosting::Named),
            (target("127.0.0.1", Some(net::Fingerprint([1; 32])), true), true, Hosting::Named),
            (target("127.0.0.1", None, false), true, Hosting::Named),
        ];
        for (target, stdin_is_terminal, expected) in table {
            let given = Settings { target, ..settings(stdin_is_terminal, &[]) };
            let expected = if cfg!(feature = "host") { expected } else { Hosting::Never };
            assert_eq!(hosting(&given), expected, "{given:?}");
        }
        if cfg!(feature = "host") {
            let asked = Settings { host: true, ..settings(false, &["who"]) };
            assert_eq!((hosting(&asked), may_host(&asked)), (Hosting::Now, true));
        }
    }

    #[test]
    fn what_was_asked_for_is_given_everywhere() {
        for stdin_is_terminal in [true, false] {
            let asked = Settings {
                history: Some(5),
                presence: true,
                linger: Some(Linger::Seconds(3)),
                retry: Some(9),
                ..settings(stdin_is_terminal, &[])
            };
            let given = options(asked, None).0.settings;
            assert_eq!((given.history, given.presence), (5, true));
            assert_eq!(given.linger, model::Linger::For(Duration::from_secs(3)));
            assert_eq!(given.retry, Some(Duration::from_secs(9)));
            assert_eq!(given.server, "chat:4000");
        }
    }
}
