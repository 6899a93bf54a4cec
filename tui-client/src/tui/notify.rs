//! What asks for attention while the user looks elsewhere, and what a notification says. Pure: the terminal is told by
//! whoever has it.
//!
//! A notification comes only while the terminal does not have the focus, and at most one in [`EVERY`]: the title counts
//! the rest. What is worth one is said by the level of the tab, else by the setting `notifications`.

use std::time::Duration;

use shared::name::Name;

use super::preferences::Level;
use super::state::State;
use crate::app::moment::Mono;
use crate::app::place::Place;

/// The time between two notifications.
pub const EVERY: Duration = Duration::from_secs(5);

/// Characters of a text that are shown: what is longer is read in the program.
const TEXT_CHARS: usize = 120;

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// Somebody said something.
    Said {
        /// Where.
        place: &'a Place,
        /// Who.
        from: &'a Name,
        /// What: a harmless text.
        text: &'a str,
        /// Whether the text names the user.
        names_me: bool,
    },
    /// Somebody asks for a private session.
    Request {
        /// Who.
        from: &'a Name,
    },
    /// Somebody offers a file.
    Offer {
        /// Who.
        from: &'a Name,
        /// Its name: a harmless text.
        file: &'a str,
    },
}

/// What is to be said outside of the window. Both are harmless texts in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Who or what.
    pub title: String,
    /// What it is about; may be empty.
    pub body: String,
}

/// Decides, and keeps the distance.
#[derive(Debug, Default)]
pub struct Notifier {
    waiting: Option<Notification>,
    last: Option<Mono>,
}

impl Notifier {
    /// Something happened. Of several things at one time the first is told.
    pub fn take(&mut self, state: &State, occasion: Occasion<'_>) {
        if !state.focused && self.waiting.is_none() && is_worth(state, occasion) {
            self.waiting = Some(words(occasion, state.preferences.notification_text));
        }
    }

    /// What is to be said now, if anything.
    pub fn settle(&mut self, now: Mono) -> Option<Notification> {
        let notification = self.waiting.take()?;
        if self.last.is_some_and(|last| now < last.after(EVERY)) {
            return None;
        }
        self.last = Some(now);
        Some(notification)
    }
}

/// What is worth a notification in a conversation.
pub fn level(state: &State, place: &Place) -> Level {
    let own = state.tabs.get(place).and_then(|tab| tab.notify);
    own.unwrap_or(state.preferences.notifications)
}

fn is_worth(state: &State, occasion: Occasion<'_>) -> bool {
    match occasion {
        Occasion::Said { place, names_me, .. } => match level(state, place) {
            Level::Off => false,
            Level::Mentions => names_me || place.user().is_some(),
            Level::All => true,
        },
        Occasion::Request { from } | Occasion::Offer { from, .. } => {
            level(state, &Place::Private(from.clone())) != Level::Off
        }
    }
}

fn words(occasion: Occasion<'_>, shows_text: bool) -> Notification {
    let (title, body) = match occasion {
        _ if !shows_text => ("Tern".to_owned(), "new message".to_owned()),
        Occasion::Said { place: Place::Room(room), from, text, .. } => (format!("{from} in {room}"), one_line(text)),
        Occasion::Said { from, text, .. } => (from.to_string(), one_line(text)),
        Occasion::Request { from } => (from.to_string(), "asks for a private session".to_owned()),
        Occasion::Offer { from, file } => (from.to_string(), format!("offers a file: {}", one_line(file))),
    };
    Notification { title, body }
}

fn one_line(text: &str) -> String {
    let mut shown: String = text.chars().take(TEXT_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(TEXT_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given;
    use crate::tui::state::Tab;
    use crate::tui::theme::ThemeChoice;

    fn state(level: Level) -> State {
        let mut state = State::new(given::look(ThemeChoice::Auto), false);
        state.focused = false;
        state.preferences.notifications = level;
        state
    }

    fn yoda() -> Name {
        Name::plain("yoda").expect("a valid name")
    }

    /// What is said at that moment about a line in the lobby.
    fn told(notifier: &mut Notifier, state: &State, place: &Place, names_me: bool, ms: u64) -> Option<Notification> {
        let from = yoda();
        notifier.take(state, Occasion::Said { place, from: &from, text: "hans, look\nhere", names_me });
        notifier.settle(Mono(ms))
    }

    #[test]
    fn the_level_says_what_is_worth_it() {
        let (lobby, with, private) = (Place::lobby(), Place::With(yoda()), Place::Private(yoda()));
        for (level, plain, mention, direct) in
            [(Level::Off, false, false, false), (Level::Mentions, false, true, true), (Level::All, true, true, true)]
        {
            let state = state(level);
            let is_told = |place, names_me| told(&mut Notifier::default(), &state, place, names_me, 0).is_some();
            assert_eq!((is_told(&lobby, false), is_told(&lobby, true)), (plain, mention), "{level:?}");
            assert_eq!((is_told(&with, false), is_told(&private, false)), (direct, direct), "{level:?}");
            for occasion in [Occasion::Request { from: &yoda() }, Occasion::Offer { from: &yoda(), file: "map.png" }] {
                let mut notifier = Notifier::default();
                notifier.take(&state, occasion);
                assert_eq!(notifier.settle(Mono(0)).is_some(), direct, "{level:?}");
            }
        }
    }

    #[test]
    fn never_while_the_user_looks_and_a_tab_has_its_own_level() {
        let lobby = Place::lobby();
        let mut state = state(Level::All);
        state.focused = true;
        assert_eq!(told(&mut Notifier::default(), &state, &lobby, true, 0), None);
        state.focused = false;
        state.tabs.insert(lobby.clone(), Tab { notify: Some(Level::Off), ..Tab::default() });
        assert_eq!(told(&mut Notifier::default(), &state, &lobby, true, 0), None);
        state.preferences.notifications = Level::Off;
        state.tabs.insert(lobby.clone(), Tab { notify: Some(Level::All), ..Tab::default() });
        assert!(told(&mut Notifier::default(), &state, &lobby, false, 0).is_some());
    }

    #[test]
    fn one_in_five_seconds_and_none_is_kept_for_later() {
        let (state, lobby) = (state(Level::All), Place::lobby());
        let mut notifier = Notifier::default();
        let mut told = |ms| told(&mut notifier, &state, &lobby, false, ms).is_some();
        assert_eq!([0, 1, 4999, 5000, 5001, 10_000].map(&mut told), [true, false, false, true, false, true]);
        assert_eq!(notifier.settle(Mono(60_000)), None);
    }

    #[test]
    fn what_it_says_is_hidden_where_that_is_wished_and_short_otherwise() {
        let mut state = state(Level::All);
        let shown = told(&mut Notifier::default(), &state, &Place::lobby(), true, 0).unwrap();
        assert_eq!((shown.title.as_str(), shown.body.as_str()), ("yoda in lobby", "hans, look here"));
        let direct = told(&mut Notifier::default(), &state, &Place::With(yoda()), false, 0).unwrap();
        assert_eq!(direct.title, "yoda");
        state.preferences.notification_text = false;
        let hidden = told(&mut Notifier::default(), &state, &Place::With(yoda()), false, 0).unwrap();
        assert_eq!((hidden.title.as_str(), hidden.body.as_str()), ("Tern", "new message"));
        assert_eq!(one_line(&"x".repeat(500)).chars().count(), TEXT_CHARS + 1);
    }
}
