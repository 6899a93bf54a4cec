//! `tui-client try`: a private server with three scripted people, and the chat in front of it, with any face.

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::Args as Arguments;

use super::{Args, Face, Settings, SettingsError, Surroundings, choose_face, start};
use crate::app::exit::Exit;
use crate::app::model::AcceptPeers;
use crate::config::{Config, Values};
use crate::demo::{Demo, Pace, Visitor, visitor_name};
use crate::net::TrustStore;
use crate::run::Signals;
use crate::tui::keymap::Keymap;
use crate::tui::theme::{ThemeChoice, Themes};

/// Older lines that are shown: all that was said before.
const HISTORY: u16 = 20;

/// The command line of `try`.
#[derive(Debug, Arguments)]
pub struct TryArgs {
    /// Show lines of text; chosen by itself where there is no terminal
    #[arg(long, conflicts_with = "json")]
    pub plain: bool,
    /// Show one JSON object a line, for programs
    #[arg(long)]
    pub json: bool,
    /// Show the full screen, whatever TERM says
    #[arg(long, hide = true, conflicts_with_all = ["plain", "json"])]
    pub tui: bool,
}

/// Everything a look around needs to know, checked.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct TrySettings {
    /// How the chat is shown.
    pub face: Face,
    /// Colours of the full screen.
    pub theme: ThemeChoice,
    /// The user's own themes.
    pub themes: Themes,
    /// Whether the full screen catches the mouse.
    pub mouse: bool,
    /// Whether lines wait for Enter while something is being typed.
    pub hold: bool,
    /// All settings of the config file.
    pub values: Values,
    /// Which key does what.
    pub keys: Keymap,
    /// The name to go by.
    pub name: String,
    /// How fast the scripted people are.
    pub pace: Pace,
    /// Whether somebody can type.
    pub stdin_is_terminal: bool,
    /// Whether somebody looks at stdout.
    pub stdout_is_terminal: bool,
    /// Whether the chat can go from the full screen to plain lines and back.
    pub can_switch: bool,
}

impl TryArgs {
    /// Joins the command line with what is said elsewhere about the looks of the chat. Servers, users and passwords that
    /// are set there mean nothing here.
    pub fn resolve(self, surroundings: Surroundings<'_>) -> Result<TrySettings, SettingsError> {
        let Self { plain, json, tui } = self;
        let variable = |name: &str| (surroundings.variable)(name).and_then(|text: OsString| text.into_string().ok());
        let config = Config::load(variable("TERN_CONFIG").as_deref().map(std::path::Path::new))?;
        let wish = Args { plain, json, tui, ..Args::default() }.wish(&config.values);
        let face = choose_face(wish, surroundings)?;
        let theme = config.values.read("theme").unwrap_or_default();
        Ok(TrySettings {
            face,
            themes: super::themes_for(&theme, face)?,
            theme,
            mouse: config.values.is_on("mouse"),
            hold: config.values.is_on("hold"),
            values: config.values,
            keys: config.keys,
            name: visitor_name(variable("USER").as_deref()),
            pace: Pace::named(variable("TERN_DEMO_PACE").as_deref()),
            stdin_is_terminal: surroundings.stdin_is_terminal,
            stdout_is_terminal: surroundings.stdout_is_terminal,
            can_switch: face != Face::Json && super::can_show_a_screen(face, surroundings),
        })
    }
}

impl TrySettings {
    /// The settings of the chat: logged in from the start, and shown everything.
    fn chat(&self, visitor: Visitor) -> Settings {
        Settings {
            target: visitor.target,
            trust: TrustStore::forgetful(),
            host: false,
            notes: visitor.notes,
            face: self.face,
            server_is_named: true,
            theme: self.theme.clone(),
            themes: self.themes.clone(),
            mouse: self.mouse,
            values: self.values.clone(),
            keys: self.keys.clone(),
            // What was looked at leaves nothing behind.
            config_file: None,
            user: Some(visitor.name),
            password: Some(visitor.password),
            register: false,
            execute: Vec::new(),
            linger: None,
            history: Some(HISTORY),
            scrollback: crate::app::transcript::KEPT,
            presence: true,
            retry: Some(super::RETRY_UNATTENDED),
            hold: self.hold,
            // Nothing is left behind.
            drafts: false,
            accept: AcceptPeers::Ask,
            typing: false,
            peers: visitor.peers,
            stdin_is_terminal: self.stdin_is_terminal,
            stdout_is_terminal: self.stdout_is_terminal,
            can_switch: self.can_switch,
        }
    }

    /// Whether a person reads stdout: what is no event may stand there too.
    fn is_read_by_a_person(&self) -> bool {
        self.face != Face::Json && self.stdin_is_terminal && self.stdout_is_terminal
    }
}

/// Runs a look around until it ends, and leaves nothing behind. Must be called inside a Tokio runtime.
///
/// # Errors
///
/// When this system refuses signals, or when the server cannot be started or ended.
pub async fn run(settings: TrySettings) -> io::Result<Exit> {
    // From here on a signal ends the chat and not the process, so that everything that is made is deleted.
    let signals = Signals::listen(settings.stdin_is_terminal)?;
    let demo = Demo::start(&settings.name, settings.pace).await.map_err(io::Error::other)?;
    let exit = start::chat_with(settings.chat(demo.visitor()), signals).await;
    let farewell = demo.stop().await.map_err(io::Error::other)?;
    // A terminal that is gone needs no farewell.
    let _ = if settings.is_read_by_a_person() {
        writeln!(io::stdout(), "{farewell}")
    } else {
        writeln!(io::stderr(), "{farewell}")
    };
    exit
}
