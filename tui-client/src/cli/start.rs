//! From settings to a running chat: what the command line says, in the words of the model and of the faces.

use std::io;
use std::time::Duration;

use super::{Face, Linger, Settings};
use crate::app::exit::Exit;
use crate::app::model;
use crate::net;
use crate::plain::Voice;
use crate::run::{self, LineOptions, Options, ScreenOptions, Server};
use crate::tui::canvas::Drawing;
use crate::tui::glyphs::Glyphs;
use crate::tui::state::Look;
use crate::tui::terminal::Modes;
use crate::tui::theme::{self, Depth, Environment, Theme};

/// Older lines that somebody at a terminal sees after login: a screen without the prompt.
const HISTORY_AT_TERMINAL: u16 = 20;

/// Older lines that the full screen loads after login: a large screen, and something to scroll to.
const HISTORY_ON_SCREEN: u16 = 100;

/// Runs the chat until it ends. Must be called inside a Tokio runtime.
///
/// # Errors
///
/// When this system refuses signals.
pub async fn chat(settings: Settings) -> io::Result<Exit> {
    let (target, trust) = (settings.target.clone(), settings.trust.clone());
    if settings.face == Face::Screen {
        let screen = screen_options(&settings);
        let (options, _) = options(settings);
        let server = screen.server.clone();
        let dial = |generation, events| net::spawn(server.target(), trust.clone(), generation, events);
        return run::screen(options, screen, dial).await;
    }
    let (options, lines) = options(settings);
    let dial = |generation, events| net::spawn(target.clone(), trust.clone(), generation, events);
    run::lines(options, lines, dial).await
}

/// What the terminal and its user want of the full screen.
fn screen_options(settings: &Settings) -> ScreenOptions {
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
            choice: settings.theme,
            theme: Theme::new(settings.theme, depth, shade),
            drawing: Drawing { glyphs, ..Drawing::default() },
            zone: jiff::tz::TimeZone::system(),
        },
        shade,
        modes: Modes { in_tmux: std::env::var_os("TMUX").is_some(), without_colour: depth == Depth::None },
        mouse: settings.mouse,
        asks_server: !settings.server_is_named,
        name: settings.user.clone(),
        servers,
        server: Server::new(settings.target.clone()),
    }
}

/// Who cannot ask gets nothing that was not asked for: older lines and presence come by themselves only where somebody
/// types.
fn options(settings: Settings) -> (Options, LineOptions) {
    let is_interactive = settings.stdin_is_terminal && settings.execute.is_empty();
    let history = match settings.face {
        Face::Screen => HISTORY_ON_SCREEN,
        _ if is_interactive => HISTORY_AT_TERMINAL,
        _ => 0,
    };
    let model = model::Settings {
        server: settings.target.address(),
        interactive: is_interactive,
        on_screen: settings.face == Face::Screen,
        register: settings.register,
        presence: settings.presence || is_interactive,
        history: settings.history.unwrap_or(history),
        linger: match settings.linger {
            None => model::Linger::For(Duration::ZERO),
            Some(Linger::Seconds(seconds)) => model::Linger::For(Duration::from_secs(seconds)),
            Some(Linger::Forever) => model::Linger::Forever,
        },
        retry: settings.retry.map(Duration::from_secs),
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
    (Options { settings: model, name: settings.user, password: settings.password }, lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Target, TrustStore};

    fn settings(stdin_is_terminal: bool, execute: &[&str]) -> Settings {
        Settings {
            target: Target { host: "Chat".into(), port: 4000, fingerprint: None, tls: true },
            trust: TrustStore::in_folder("unused"),
            face: Face::Plain,
            server_is_named: true,
            theme: theme::ThemeChoice::Auto,
            mouse: false,
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
            let (options, lines) = options(settings(stdin_is_terminal, execute));
            let given = options.settings;
            assert_eq!((given.interactive, given.presence, given.history > 0), (expected, expected, expected));
            assert_eq!(lines.commands.is_some(), !execute.is_empty());
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
            let given = options(asked).0.settings;
            assert_eq!((given.history, given.presence), (5, true));
            assert_eq!(given.linger, model::Linger::For(Duration::from_secs(3)));
            assert_eq!(given.retry, Some(Duration::from_secs(9)));
            assert_eq!(given.server, "chat:4000");
        }
    }
}
