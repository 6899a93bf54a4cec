//! The full screen at work: keys in, frames out.
//!
//! A frame is drawn when something has happened, never by a tick. Keys and new sizes are drawn at once. What only the
//! network changes is drawn at once after a quiet time, and otherwise at the pace of an eye, however much came in.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent};
use shared::message::Reason;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::clock::Clock;
use super::editor::Editing;
use super::face::{Did, Face, Shown};
use super::main_thread::sleep_until;
use super::pump::{Happening, Pump, with_wheel};
use super::server::Server;
use super::signals::{self, stop_here};
use super::{folder, opener};
use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::app::msg::Msg;
use crate::app::place::Place;
use crate::app::report::{Aside, Report};
use crate::config::{self, Setting, Values};
use crate::memory::{Draft, Memory, Visited};
use crate::tui::control::{self, Reports, Sight, SignIn, Wish};
use crate::tui::keymap::Keymap;
use crate::tui::notify::Notification;
use crate::tui::state::{Field, FormMessage, Look, State};
use crate::tui::terminal::{self, Channel, LateAnswer, Modes, Questions, Screen, install_panic_hook, take_task_panics};
use crate::tui::theme::{Shade, Themes};
use crate::tui::view::{self, Seen};
use keeping::Keeping;
use pace::Pace;
use rehearsal::rehearse;
use visits::{Visits, login};

mod editing;
mod keeping;
mod pace;
mod rehearsal;
mod resting;
mod visits;

/// What the full screen begins with.
#[derive(Debug)]
pub struct ScreenOptions {
    /// What is drawn with.
    pub look: Look,
    /// What the terminal itself is: dark or light.
    pub shade: Shade,
    /// The user's own themes.
    pub themes: Themes,
    /// What the terminal is asked; `None` where it is not.
    pub asking: Option<Questions>,
    /// How notifications leave it.
    pub channel: Channel,
    /// Modes of the terminal.
    pub modes: Modes,
    /// Whether the mouse is caught from the start.
    pub mouse: bool,
    /// All settings in force.
    pub values: Values,
    /// Which key does what.
    pub keys: Keymap,
    /// Where settings are saved.
    pub config_file: Option<PathBuf>,
    /// Whether the login asks for the server.
    pub asks_server: bool,
    /// The account to begin with.
    pub name: Option<String>,
    /// Servers to choose from, the likeliest last.
    pub servers: Vec<String>,
    /// Servers where somebody has logged in, the last one at the end.
    pub visited: Vec<Visited>,
    /// Where drafts and servers are kept.
    pub memory: Memory,
    /// The server that is dialled.
    pub server: Server,
}

/// The full screen.
pub(super) struct ScreenFace {
    screen: Option<Screen>,
    /// Nothing while the program is stopped, and once the terminal is gone.
    pump: Option<Pump>,
    state: State,
    reports: Reports,
    seen: Seen,
    clock: Clock,
    server: Server,
    config_file: Option<PathBuf>,
    keeping: Keeping,
    visits: Visits,
    /// What came from the terminal and is not looked at yet.
    waiting: VecDeque<Happening>,
    /// What the terminal is to be asked; nothing once it was.
    asking: Option<Questions>,
    late: LateAnswer,
    channel: Channel,
    /// A task has panicked, and the user is to be told.
    panicked: Arc<Notify>,
    /// What the user did and the model has not heard yet.
    did: VecDeque<Did>,
    pace: Pace,
    /// The last frame that the network wanted and that waits for its time.
    due: Option<Instant>,
    /// Where the editor is wanted, once the keys at hand are done.
    editor_for: Option<Place>,
    /// The editor has the terminal: nothing is drawn, and keys are its own.
    editing: Option<Editing>,
    /// Said on standard error when the screen is left.
    last_words: Vec<String>,
    error: Option<io::Error>,
    /// How much was said in the tab in front since the last frame.
    unseen: Option<(Place, usize)>,
}

impl ScreenFace {
    /// Takes the terminal.
    pub fn enter(options: ScreenOptions, clock: Clock) -> io::Result<Self> {
        let panicked = Arc::new(Notify::new());
        let wake = Arc::clone(&panicked);
        install_panic_hook(options.modes, move || wake.notify_one());
        let mut screen = Screen::enter(options.modes)?;
        let form = login(&options);
        let mut state = State::new(options.look, options.asks_server);
        state.terminal_shade = options.shade;
        control::take_settings(&mut state, options.values);
        state.keys = options.keys;
        state.form = form;
        state.themes = options.themes;
        if options.mouse {
            screen.set_mouse(true)?;
            state.mouse = true;
        }
        let now = Instant::now();
        Ok(Self {
            screen: Some(screen),
            pump: None,
            state,
            reports: Reports::default(),
            seen: Seen::default(),
            clock,
            server: options.server,
            config_file: options.config_file,
            keeping: Keeping::new(options.memory.drafts),
            visits: Visits::new(options.memory.servers),
            waiting: VecDeque::new(),
            did: VecDeque::new(),
            pace: Pace::new(now),
            due: None,
            editor_for: None,
            editing: None,
            asking: options.asking,
            late: LateAnswer::default(),
            channel: options.channel,
            panicked,
            last_words: Vec::new(),
            error: None,
            unseen: None,
        })
    }

    /// Gives the terminal back, and answers what is to be said then.
    pub async fn leave(&mut self, model: &Model) -> Vec<String> {
        self.keeping.write(&self.state, model, self.clock.now().wall);
        self.stop_reading();
        if let Some(editing) = self.editing.take() {
            editing.abandon().await;
        }
        self.screen = None;
        tokio::join!(self.keeping.finish(), self.visits.finish());
        std::mem::take(&mut self.last_words)
    }

    /// Lets go of the keys, for whoever gets the terminal.
    fn stop_reading(&mut self) {
        if let Some(pump) = &mut self.pump {
            self.waiting.extend(with_wheel(pump.end()));
        }
        self.pump = None;
    }

    fn draw(&mut self, model: &Model) -> io::Result<()> {
        let Some(screen) = &mut self.screen else { return Ok(()) };
        rehearse(model);
        let now = self.clock.now();
        let (state, seen) = (&self.state, &mut self.seen);
        screen.draw(|frame| {
            *seen = view::draw(frame, model, state, now);
            seen.cursor
        })?;
        self.unseen = None;
        screen.set_title(&title(model, state))
    }

    /// Asks the terminal what it is, once, and takes what was typed meanwhile for keys.
    fn ask(&mut self, model: &Model) -> io::Result<()> {
        let (Some(questions), Some(screen)) = (self.asking.take(), &mut self.screen) else { return Ok(()) };
        let answers = screen.ask(questions)?;
        if answers.background.is_none() {
            self.late = LateAnswer::awaited();
        }
        control::learn(&mut self.state, &answers);
        self.waiting.extend(with_wheel(terminal::events(&answers.typed)));
        self.draw(model)
    }

    /// Looks at what came from the terminal, up to what the model must hear first: behind a key that leads to another tab,
    /// the next letter is for that tab.
    fn take(&mut self, model: &Model) {
        self.pace.is_urgent = true;
        let letter = if self.waiting.len() == 1 { self.waiting.front().and_then(letter) } else { None };
        let before = self.typed(model).map(str::len);
        let is_news = |did: &Did| !matches!(did, Did::Typed);
        while self.editor_for.is_none()
            && !self.did.iter().any(is_news)
            && let Some(happening) = self.waiting.pop_front()
        {
            let columns = self.columns();
            let sight = Sight { model, seen: &self.seen, columns, now: self.clock.now() };
            let wishes = match happening {
                Happening::Event(event) => control::event(&mut self.state, sight, event),
                Happening::Wheel(rows) => control::wheel(&mut self.state, sight, rows),
            };
            for wish in wishes {
                self.grant(wish, model);
            }
        }
        if let Some((letter, before)) = letter.zip(before) {
            self.echo(letter, before, model);
        }
        self.keeping.typed(&self.state, model, self.clock.now().wall);
        let is_left = |did: &Did| matches!(did, Did::Told(Msg::TabShown(_) | Msg::TabClosed(_)));
        if !self.state.focused || self.editor_for.is_some() || self.did.iter().any(is_left) {
            self.keeping.write(&self.state, model, self.clock.now().wall);
        }
    }

    /// What stands in the input, where one can type at its end and sees all of it in one row.
    fn typed(&self, model: &Model) -> Option<&str> {
        if self.state.screen != crate::tui::state::Screen::Chat || self.state.overlay.is_some() {
            return None;
        }
        let composer = &self.state.tabs.get(model.conversations.front())?.composer;
        let text = composer.text();
        let columns = usize::from(self.seen.composer.width);
        let is_one_row = text.len() < columns && text.is_ascii() && !text.contains('\n');
        (composer.cursor() == text.len() && is_one_row).then_some(text)
    }

    /// A letter behind what was typed is written at once. The frame for it follows a little later: that looks at the
    /// whole screen, and takes ten times longer.
    fn echo(&mut self, letter: char, before: usize, model: &Model) {
        let is_behind =
            before > 0 && self.typed(model).is_some_and(|text| text.len() == before + 1 && text.ends_with(letter));
        if is_behind && let Some(screen) = &mut self.screen {
            match screen.echo(letter) {
                Ok(true) => {
                    self.pace.is_urgent = false;
                    self.pace.echoed(Instant::now());
                }
                Ok(false) => {}
                Err(error) => self.error = Some(error),
            }
        }
    }

    /// After an echo everything else waits, the model that is told of typing too, so that the program sleeps at once.
    fn rests_until(&self) -> Option<Instant> {
        let has_only_typed = self.did.iter().all(|did| matches!(did, Did::Typed | Did::Told(Msg::TextTyped(_))));
        self.pace.echoed.filter(|&until| has_only_typed && Instant::now() < until)
    }

    /// Who has logged in finds the drafts of the last time, and drafts whose time has come are written.
    fn keep(&mut self, model: &Model, now: Moment) {
        match self.keeping.look_for_owner(model, now.wall) {
            Some(Ok(drafts)) => self.restore(drafts),
            Some(Err(error)) => control::toast(&mut self.state, error.to_string(), true, now),
            None => {}
        }
        let is_due = self.keeping.due().is_some_and(|due| due <= Instant::now());
        if is_due || model.is_leaving() {
            self.keeping.write(&self.state, model, now.wall);
        }
        if let Some(error) = self.keeping.failure() {
            control::toast(&mut self.state, error.to_string(), true, now);
        }
        if let Some(error) = self.visits.failure() {
            control::toast(&mut self.state, error.to_string(), true, now);
        }
    }

    /// Where something is typed already, that is what is meant.
    fn restore(&mut self, drafts: Vec<Draft>) {
        let places = drafts.iter().map(|draft| draft.place.clone()).collect();
        self.did.push_back(Did::Told(Msg::TabsRestored(places)));
        for Draft { place, text, .. } in drafts {
            let composer = &mut self.state.tabs.entry(place).or_default().composer;
            if composer.is_empty() {
                composer.replace(&text);
            }
        }
    }

    fn columns(&self) -> u16 {
        self.screen.as_ref().and_then(|screen| screen.size().ok()).map_or(0, |size| size.width)
    }

    /// Does what is the terminal's business, and passes the rest on to the model.
    fn grant(&mut self, wish: Wish, model: &Model) {
        let did = match wish {
            Wish::Typed => {
                // Once for a batch is enough, and that a text is typed says it, too.
                if matches!(self.did.back(), Some(Did::Typed | Did::Told(Msg::TextTyped(_)))) {
                    return;
                }
                Did::Typed
            }
            Wish::TextTyped(place) => {
                self.did.pop_back_if(|did| matches!(did, Did::Typed | Did::Told(Msg::TextTyped(_))));
                Did::Told(Msg::TextTyped(place))
            }
            Wish::Typing(is_on) => Did::Told(Msg::TypingSet(is_on)),
            Wish::Say(saying) => Did::Said(saying),
            Wish::Run(command) => Did::Command(command),
            Wish::SignIn(sign_in) => return self.sign_in(sign_in),
            Wish::Answer(answer) => Did::Answered(answer),
            Wish::Show(place) => Did::Told(Msg::TabShown(place)),
            Wish::Close(place) => Did::Told(Msg::TabClosed(place)),
            Wish::Clear(place) => Did::Told(Msg::TabCleared(place)),
            Wish::Move(place, to) => Did::Told(Msg::TabMoved(place, to)),
            Wish::Passed(place, unread) => Did::Told(Msg::TabPassed(place, unread)),
            Wish::MoreFound => Did::Told(Msg::MoreFoundWanted),
            Wish::Open(url) => return self.open(&url),
            Wish::Look(path) => return self.look(model, &path),
            Wish::Theme { named, saves } => return self.dress(model, named.as_deref(), saves),
            Wish::Older(place) => Did::Told(Msg::OlderWanted(place)),
            Wish::Reach(place, seq) => Did::Told(Msg::ReachWanted(place, seq)),
            Wish::Retry => Did::Told(Msg::RetryWanted),
            Wish::LogInAgain => Did::Told(Msg::LoginWanted),
            Wish::Leave => Did::Told(Msg::Interrupted),
            // It comes back as a signal, like one from outside.
            Wish::Suspend => return signals::stop_this_job(),
            Wish::Redraw => return self.on_screen(Screen::repaint),
            Wish::Mouse(on) => return self.on_screen(|screen| screen.set_mouse(on)),
            Wish::Save(changes) => return self.save(&changes),
            Wish::Edit(place) => {
                self.editor_for = Some(place);
                return;
            }
            Wish::Copy(text) => return self.on_screen(|screen| screen.copy(&text)),
        };
        self.did.push_back(did);
    }

    /// Something with the terminal that fails only when it is gone; the next frame fails as well then.
    fn on_screen(&mut self, action: impl FnOnce(&mut Screen) -> io::Result<()>) {
        if let Some(screen) = &mut self.screen
            && let Err(error) = action(screen)
        {
            self.error = Some(error);
        }
    }

    /// Writes settings into the config file. It is small, and the user waits for the answer.
    fn save(&mut self, changes: &[(&'static Setting, String)]) {
        let saved = match &self.config_file {
            Some(path) => config::save(path, changes).map(|()| format!("Saved in {}.", path.display())),
            None => Ok("Nothing is kept here.".to_owned()),
        };
        let is_error = saved.is_err();
        let text = saved.unwrap_or_else(|error| format!("Not saved: {error}."));
        control::toast(&mut self.state, text, is_error, self.clock.now());
    }

    fn sign_in(&mut self, sign_in: SignIn) {
        let SignIn { server, name, password, register } = sign_in;
        match server.map(|typed| self.server.name(&typed)).transpose() {
            Err(sentence) => {
                self.state.form.message = Some(FormMessage::Error(sentence));
                self.state.form.focus = Field::Server;
            }
            Ok(named) => {
                self.did.extend(named.flatten().map(|address| Did::Told(Msg::ServerNamed(address))));
                self.did.push_back(Did::Told(Msg::FormSent { name, password, register }));
            }
        }
    }

    /// Looks what is in a folder, for completion.
    fn look(&mut self, model: &Model, path: &std::ops::Range<usize>) {
        let typed = self.state.tabs.get(model.conversations.front()).map_or("", |tab| tab.composer.text());
        let listing = folder::list(typed.get(path.clone()).unwrap_or_default());
        control::looked(&mut self.state, model, path, &listing);
    }

    /// The user may have written a theme since the start, and looks at each change.
    fn dress(&mut self, model: &Model, named: Option<&str>, saves: bool) {
        let sight = Sight { model, seen: &self.seen, columns: self.columns(), now: self.clock.now() };
        for wish in control::dress(&mut self.state, sight, config::themes(), named, saves) {
            self.grant(wish, model);
        }
    }

    /// Opens a link with what the desktop has for it. Where there is none it goes to the clipboard.
    fn open(&mut self, url: &str) {
        if let Err(why) = opener::open(url) {
            let now = self.clock.now();
            control::toast(&mut self.state, format!("{why} The link went to the terminal's clipboard."), true, now);
            self.on_screen(|screen| screen.copy(url));
        }
    }

    /// Tells the user, who looks elsewhere.
    fn notify(&mut self, notification: &Notification) {
        if self.state.preferences.bell {
            self.on_screen(Screen::ring);
        }
        let channel = self.channel;
        self.on_screen(|screen| screen.announce(channel, &notification.title, &notification.body));
    }

    /// What is remembered for after the screen.
    fn remember(&mut self, report: &Report) {
        match report {
            Report::Aside(Aside::KeyChanged { address, expected, found }) => {
                self.last_words = vec![format!(
                    "The key of {address} has changed: expected {expected}, found {found}. Somebody may be between you \
                     and the server, or the server was set up anew. If you know that it is right, run `tui-client trust \
                     forget {address}` and try again."
                )];
            }
            Report::Aside(Aside::Unreachable { why }) => self.last_words = vec![format!("No connection: {why}.")],
            Report::Aside(Aside::GaveUp { seconds }) => {
                self.last_words.push(format!("Gave up after {seconds} seconds without a session."));
            }
            // Whoever leaves knows it.
            Report::LoggedOut { reason } if *reason == Reason::LOGGED_OUT => {}
            Report::LoggedOut { reason } => {
                self.last_words = vec![format!("The session has ended: {}.", reason.as_str().replace('-', " "))];
            }
            Report::Connected => self.last_words.clear(),
            _ => {}
        }
    }
}

/// A letter that was typed: of one byte and one column, whatever stands beside it.
fn letter(happening: &Happening) -> Option<char> {
    match happening {
        Happening::Event(Event::Key(KeyEvent { code: KeyCode::Char(letter @ ' '..='~'), .. })) => Some(*letter),
        _ => None,
    }
}

/// The window's title: how much is unread, and where one is.
fn title(model: &Model, state: &State) -> String {
    let unread = if state.preferences.title_count { control::unread(model, state) } else { 0 };
    let count = if unread == 0 { String::new() } else { format!("({unread}) ") };
    let place = if model.me.is_some() { model.conversations.front().as_str() } else { "log in" };
    format!("{count}{place} - tern")
}

impl Face for ScreenFace {
    fn report(&mut self, report: &Report, model: &Model, now: Moment) {
        self.remember(report);
        self.note_unseen(report, model);
        self.reports.take(&mut self.state, model, report, now);
        if let Report::LoggedIn { name } = report {
            self.visits.add(&model.settings.server, name.as_str());
        }
    }

    async fn show(&mut self, model: &Model) -> io::Result<Shown> {
        let now = self.clock.now();
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        self.keep(model, now);
        let notification = self.reports.settle(&mut self.state, model, now);
        if self.editing.is_some() {
            control::sync(&mut self.state, model);
            return Ok(Shown::NotYet);
        }
        if let Some(notification) = notification {
            self.notify(&notification);
        }
        for panic in take_task_panics() {
            control::toast(&mut self.state, format!("Something inside went wrong: {panic}"), true, now);
        }
        control::expire(&mut self.state, now.mono);
        control::sync(&mut self.state, model);
        let columns = self.columns();
        let sight = Sight { model, seen: &self.seen, columns, now };
        if let Some(wish) = control::seek(&mut self.state, sight) {
            self.grant(wish, model);
        }
        self.due = self.pace.ask(Instant::now());
        if self.due.is_some() {
            return Ok(Shown::NotYet);
        }
        self.draw(model)?;
        if self.pump.is_none() && self.screen.is_some() {
            // After the first frame: nothing may read the terminal before the screen stands, and nothing may ask it a
            // question afterwards.
            self.ask(model)?;
            self.pump = Some(Pump::begin()?);
        }
        if let Some(wish) = control::after_draw(model, &self.seen) {
            self.grant(wish, model);
        }
        Ok(Shown::All)
    }

    async fn next(&mut self, model: &Model) -> Did {
        loop {
            let rests_until = self.rests_until();
            if rests_until.is_none()
                && let Some(did) = self.did.pop_front()
            {
                return did;
            }
            if self.editor_for.is_some() {
                self.begin_editing();
                return Did::Waited;
            }
            if self.editing.is_some() {
                self.end_editing().await;
                self.keeping.typed(&self.state, model, self.clock.now().wall);
                return Did::Typed;
            }
            if !self.waiting.is_empty() {
                self.take(model);
                if self.did.is_empty() && self.rests_until().is_none() {
                    return Did::Waited;
                }
                continue;
            }
            let visible = control::deadline(&self.state, model, self.clock.now().mono);
            let visible = visible.map(|at| self.clock.instant(at));
            let wake = [self.due, self.keeping.due(), visible, rests_until].into_iter().flatten().min();
            let pump = async {
                match &mut self.pump {
                    Some(pump) => pump.next().await,
                    None => std::future::pending().await,
                }
            };
            let batch = tokio::select! {
                biased;
                batch = pump => batch,
                () = self.panicked.notified() => return Did::Waited,
                () = sleep_until(wake.unwrap_or_else(Instant::now).into_std()), if wake.is_some() => return Did::Waited,
            };
            let Some(batch) = batch else {
                self.pump = None;
                return Did::HungUp;
            };
            self.waiting.extend(with_wheel(self.late.filter(batch)));
        }
    }

    fn delay(&mut self, delay: Duration) {
        self.state.delay = Some(delay);
    }

    fn interrupt(&mut self) -> bool {
        // In raw mode Ctrl-C is a key; a signal means the program. To an editor it may come as a signal to the whole job.
        self.editing.is_some()
    }

    async fn stop(&mut self) {
        if self.editing.is_some() {
            // The editor has seen to the terminal.
            return stop_here();
        }
        self.stop_reading();
        self.on_screen(|screen| screen.step_aside(stop_here));
        self.pace.is_urgent = true;
    }

    fn abandon_output(&mut self) {
        // Dropped without a word where nobody reads: leaving writes once, and an error of that is of no use.
        self.screen = None;
    }
}
