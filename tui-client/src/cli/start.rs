//! From settings to a running chat: what the command line says, in the words of the model and of the faces.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::{Face, Linger, Settings, is_this_machine};
use crate::app::exit::Exit;
use crate::app::model::{self, Hosting};
#[cfg(feature = "host")]
use crate::host::Host;
use crate::net::{self, Target, TrustStore};
use crate::plain::Voice;
use crate::run::{self, LineOptions, Options, Signals, StartHost};

/// Older lines that somebody at a terminal sees after login: a screen without the prompt.
const HISTORY_AT_TERMINAL: u16 = 20;

/// Runs the chat until it ends. Must be called inside a Tokio runtime.
///
/// # Errors
///
/// When this system refuses signals, or when a server that was started here has failed.
pub async fn chat(settings: Settings) -> io::Result<Exit> {
    let signals = Signals::listen(settings.stdin_is_terminal)?;
    chat_with(settings, signals).await
}

/// [`chat`], with signals that were listened to before.
pub(super) async fn chat_with(settings: Settings, signals: Signals) -> io::Result<Exit> {
    let way = Way::to(settings.target.clone(), settings.trust.clone());
    #[cfg(feature = "host")]
    let host = Some(way.host(settings.target.port));
    #[cfg(not(feature = "host"))]
    let host = None;
    let (options, lines) = options(settings, host);
    let exit = run::lines(options, lines, signals, way.dial()).await;
    #[cfg(feature = "host")]
    way.end().await?;
    Ok(exit)
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

fn is_interactive(settings: &Settings) -> bool {
    settings.stdin_is_terminal && settings.execute.is_empty()
}

/// Where connections go. A server that is started in this process changes it.
#[derive(Clone)]
struct Way(Rc<RefCell<Place>>);

struct Place {
    target: Target,
    trust: TrustStore,
    #[cfg(feature = "host")]
    host: Option<Host>,
}

impl Way {
    fn to(target: Target, trust: TrustStore) -> Self {
        Self(Rc::new(RefCell::new(Place {
            target,
            trust,
            #[cfg(feature = "host")]
            host: None,
        })))
    }

    /// Opens connections.
    fn dial(&self) -> impl FnMut(u64, tokio::sync::mpsc::Sender<(u64, net::NetEvent)>) -> net::Link + use<> {
        let way = self.clone();
        move |generation, events| {
            let place = way.0.borrow();
            net::spawn(place.target.clone(), place.trust.clone(), generation, events)
        }
    }

    /// How to start a server that connections go to from then on.
    #[cfg(feature = "host")]
    fn host(&self, port: u16) -> StartHost {
        let way = self.clone();
        StartHost::new(async move {
            let host = Host::start(port).await.map_err(|error| error.to_string())?;
            let hosted = host.hosted();
            *way.0.borrow_mut() = Place { target: host.target(), trust: TrustStore::forgetful(), host: Some(host) };
            Ok(hosted)
        })
    }

    /// Ends the server that was started here, if any.
    #[cfg(feature = "host")]
    async fn end(self) -> io::Result<()> {
        let host = self.0.borrow_mut().host.take();
        match host {
            Some(host) => host.stop().await.map_err(io::Error::other),
            None => Ok(()),
        }
    }
}

/// Who cannot ask gets nothing that was not asked for: older lines and presence come by themselves only where somebody
/// types.
fn options(settings: Settings, host: Option<StartHost>) -> (Options, LineOptions) {
    let (is_interactive, hosting) = (is_interactive(&settings), hosting(&settings));
    let history = if is_interactive { HISTORY_AT_TERMINAL } else { 0 };
    let model = model::Settings {
        server: settings.target.address(),
        interactive: is_interactive,
        register: settings.register,
        presence: settings.presence || is_interactive,
        history: settings.history.unwrap_or(history),
        linger: match settings.linger {
            None => model::Linger::For(Duration::ZERO),
            Some(Linger::Seconds(seconds)) => model::Linger::For(Duration::from_secs(seconds)),
            Some(Linger::Forever) => model::Linger::Forever,
        },
        retry: settings.retry.map(Duration::from_secs),
        hosting,
    };
    let lines = LineOptions {
        voice: match settings.face {
            Face::Plain => Voice::Plain,
            Face::Json => Voice::Json,
        },
        commands: Some(settings.execute).filter(|commands| !commands.is_empty()),
        hold: settings.hold,
    };
    let Settings { user: name, password, notes, .. } = settings;
    (Options { settings: model, name, password, notes, host }, lines)
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
            user: None,
            password: None,
            register: false,
            execute: execute.iter().map(|&command| command.to_owned()).collect(),
            linger: None,
            history: None,
            presence: false,
            retry: None,
            hold: false,
            stdin_is_terminal,
            stdout_is_terminal: true,
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
