//! What Enter will do with what is typed in a tab: said in the border of the input, and done by the same value, so that
//! the border cannot lie.
//!
//! The rules are those of the contract. A slash begins a command anywhere, and two send a text with one. The classic
//! words do without the slash, in the lobby only. What begins like a command and is none is never said to everyone by a
//! slip: a text with a slash is an error, and one that begins with a classic word needs a second Enter.

use shared::name::Name;

use super::command::{Command, CommandError, OnScreen, Spec, TABLE, Verb, find, parse, slips};
use super::model::{Model, PeerState};
use super::place::{Place, name, safe};

/// Classic words that begin with a user or a time. A line that begins with one of them, or nearly, is not sent as text
/// at the first Enter unless it is a good command.
const GUARDED: &[&str] = &["message", "private", "startprivate", "block", "unblock", "whoelsesince"];

/// What Enter will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing: nothing is typed. What will be typed goes there.
    Nothing(Place),
    /// Say something.
    Say(Saying),
    /// Run a command.
    Run(Command),
    /// Send nothing.
    Refuse {
        /// A few words, fit for a border.
        why: String,
        /// What a second Enter says, where the text may be meant as it stands.
        insist: Option<Saying>,
    },
}

/// A text and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    /// To whom.
    pub place: Place,
    /// What.
    pub text: String,
    /// Whether it is something done rather than said.
    pub action: bool,
}

/// What Enter will do with a text typed in the tab of `place`.
pub fn intent(typed: &str, place: &Place, model: &Model) -> Intent {
    let text = typed.trim_end();
    let begun = text.trim_start();
    if begun.is_empty() {
        return Intent::Nothing(place.clone());
    }
    let intent = match (begun.strip_prefix('/'), place) {
        (Some(rest), _) if rest.starts_with('/') && begun.len() == text.len() => say(place, rest),
        (Some(_), _) => slashed(text, place),
        (None, Place::With(_) | Place::Private(_)) => say(place, text),
        (None, Place::Room(_)) => bare(text, begun, place, model),
    };
    needs_a_session(within_limits(intent, model), model)
}

/// Whether what is typed in the tab of `place` is a text that Enter would send there. The beginning of a classic word is not:
/// it may become a command for somebody else.
pub fn is_text(typed: &str, place: &Place, model: &Model) -> bool {
    let may_be_a_command = matches!(place, Place::Room(_)) && begins_a_classic_word(typed);
    let says_it_here = |saying: &Saying| saying.place == *place && !saying.action;
    !may_be_a_command && matches!(intent(typed, place, model), Intent::Say(saying) if says_it_here(&saying))
}

fn begins_a_classic_word(typed: &str) -> bool {
    let begun = typed.trim_start().to_ascii_lowercase();
    TABLE.iter().any(|spec| spec.classic && spec.name.starts_with(&begun))
}

fn say(place: &Place, text: &str) -> Intent {
    Intent::Say(Saying { place: place.clone(), text: text.to_owned(), action: false })
}

fn refuse(why: impl Into<String>) -> Intent {
    Intent::Refuse { why: why.into(), insist: None }
}

/// A text that is probably a slip; a second Enter says it all the same.
fn doubt(why: impl Into<String>, text: &str, place: &Place) -> Intent {
    let saying = Saying { place: place.clone(), text: text.to_owned(), action: false };
    Intent::Refuse { why: why.into(), insist: Some(saying) }
}

fn slashed(text: &str, place: &Place) -> Intent {
    if let Some(command) = with_user(text, place) {
        return Intent::Run(command);
    }
    match parse(text) {
        Ok(Some(command)) => meant_here(command, place),
        Ok(None) => Intent::Nothing(place.clone()),
        Err(error) => refuse(explain(&error, true)),
    }
}

/// Commands that are about the conversation one is in, where they do not name another.
fn meant_here(command: Command, place: &Place) -> Intent {
    match (command, place) {
        (Command::Me { action }, _) => Intent::Say(Saying { place: place.clone(), text: action, action: true }),
        (Command::History { with: None, count }, Place::With(user)) => {
            Intent::Run(Command::History { with: Some(user.as_str().to_owned()), count })
        }
        (command, _) => Intent::Run(command),
    }
}

/// What is said in a private tab needs a session that stands; without one it stays where it is.
fn needs_a_session(intent: Intent, model: &Model) -> Intent {
    let user = match &intent {
        Intent::Say(Saying { place: Place::Private(user), .. }) => user.clone(),
        Intent::Run(Command::Private { to, .. }) => name(to),
        _ => return intent,
    };
    match model.peers.sessions.get(&user).map(|session| &session.state) {
        Some(PeerState::Open(_)) => intent,
        Some(PeerState::Asking { .. }) => refuse(format!("{user} has not said yes to a session yet")),
        Some(PeerState::Connecting { .. }) => {
            refuse(format!("the session with {user} is not open yet: a way is looked for"))
        }
        Some(PeerState::Closed { .. }) | None => {
            refuse(format!("no open session with {user}: /startprivate {user} asks for one"))
        }
    }
}

/// Commands for the user of a conversation may leave the user out.
fn with_user(text: &str, place: &Place) -> Option<Command> {
    const OF_THE_TAB: &[Verb] =
        &[Verb::Startprivate, Verb::Stopprivate, Verb::Resend, Verb::Verify, Verb::Accept, Verb::Decline];
    let user = place.user()?;
    let bare = text.strip_prefix('/')?;
    let (word, rest) = bare.split_once(char::is_whitespace).unwrap_or((bare, ""));
    let spec = find(word)?;
    let is_short = OF_THE_TAB.contains(&spec.verb) && rest.trim().is_empty();
    is_short.then(|| parse(&format!("{word} {user}")).ok().flatten()).flatten()
}

/// A line in the lobby without a slash.
fn bare(text: &str, begun: &str, place: &Place, model: &Model) -> Intent {
    let (word, rest) = begun.split_once(char::is_whitespace).unwrap_or((begun, ""));
    let lower = word.to_ascii_lowercase();
    let classic = find(word).filter(|spec| spec.classic && spec.name == lower);
    let Some(spec) = classic else {
        return match slip(word, rest, model) {
            Some(meant) => doubt(format!("did you mean {meant}?"), text, place),
            None => say(place, text),
        };
    };
    let is_guarded = GUARDED.contains(&spec.name);
    match parse(begun) {
        Ok(Some(command)) if begun.len() < text.len() => {
            let would = Intent::Run(command).describe();
            doubt(format!("a blank stands before {}; without it: {would}", spec.name), text, place)
        }
        Ok(Some(command)) => match unknown_user(&command, model) {
            Some(user) if is_guarded => {
                let user = safe(user).escaped().into_owned();
                doubt(format!("nobody here is called {user}; to be sure, type /{}", spec.name), text, place)
            }
            _ => meant_here(command, place),
        },
        Err(error) if is_guarded => doubt(explain(&error, false), text, place),
        _ => say(place, text),
    }
}

/// The guarded word that a line probably begins with although it does not: mistyped, run together with a user, or one of
/// its other names, before a user.
fn slip(word: &str, rest: &str, model: &Model) -> Option<&'static str> {
    let user = rest.split_whitespace().next().unwrap_or_default();
    let other_name = find(word).map(|spec| spec.name);
    GUARDED.iter().copied().find(|meant| {
        let is_slip = slips(word, meant) <= 1 || other_name == Some(meant);
        let run_together = word.get(..meant.len()).is_some_and(|start| start.eq_ignore_ascii_case(meant));
        (is_slip && is_nearly_known(user, model)) || (run_together && is_known(&word[meant.len()..], model))
    })
}

fn is_nearly_known(typed: &str, model: &Model) -> bool {
    let typed = without_mark(typed);
    !typed.is_empty() && known_users(model).any(|user| slips(user.as_str(), typed) <= 1)
}

fn is_known(typed: &str, model: &Model) -> bool {
    let typed = name(without_mark(typed));
    known_users(model).any(|user| *user == typed)
}

fn without_mark(typed: &str) -> &str {
    typed.strip_prefix('@').unwrap_or(typed)
}

/// The user of a command, if nobody here has seen one of that name.
fn unknown_user<'a>(command: &'a Command, model: &Model) -> Option<&'a str> {
    let user = match command {
        Command::Message { to, .. } | Command::Private { to, .. } => to,
        Command::Block { user } | Command::Unblock { user } | Command::Startprivate { user } => user,
        _ => return None,
    };
    (!is_known(user, model)).then_some(user.as_str())
}

/// Everybody who is online, has a tab, or has said something here.
pub fn known_users(model: &Model) -> impl Iterator<Item = &Name> {
    let tabs = model.conversations.iter().filter_map(|tab| tab.place.user());
    let speakers = model.conversations.iter().flat_map(|tab| tab.transcript.authors());
    model.users.keys().chain(&model.me).chain(&model.blocked).chain(tabs).chain(speakers)
}

/// Whether a text is longer than this server takes: then it stays where it is.
fn within_limits(intent: Intent, model: &Model) -> Intent {
    let text = match &intent {
        Intent::Say(saying) => &saying.text,
        Intent::Run(Command::Message { text, .. } | Command::Broadcast { text } | Command::Private { text, .. }) => {
            text
        }
        _ => return intent,
    };
    let (bytes, lines, limits) = (text.len(), text.split('\n').count(), model.limits);
    if bytes > limits.bytes {
        return refuse(format!("too long: {bytes} bytes, at most {} are allowed", limits.bytes));
    }
    if lines > limits.lines {
        return refuse(format!("too long: {lines} lines, at most {} are allowed", limits.lines));
    }
    intent
}

fn explain(error: &CommandError, slashed: bool) -> String {
    let slash = if slashed { "/" } else { "" };
    match error {
        CommandError::Unknown { word, nearest: Some(nearest) } => {
            format!("no command /{word}: did you mean /{nearest}?")
        }
        CommandError::Unknown { word, nearest: None } => format!("no command /{word}: F1 lists them, // sends a slash"),
        CommandError::StrayBlank { spec } => format!("a blank stands before {slash}{}: type it without", spec.name),
        CommandError::Usage { spec } => format!("write {slash}{}", spec.usage()),
        CommandError::BadTime { .. }
        | CommandError::BadNumber { .. }
        | CommandError::BadUser { .. }
        | CommandError::Empty { .. }
        | CommandError::TooLong { .. }
        | CommandError::TooManyLines { .. } => error.to_string(),
    }
}

impl Intent {
    /// What Enter will do and to whom, in a few words.
    pub fn describe(&self) -> String {
        match self {
            Self::Nothing(place) => to(place),
            Self::Say(saying) if saying.action => format!("{}, as an action", to(&saying.place)),
            Self::Say(saying) => to(&saying.place),
            Self::Run(command) => describe_command(command),
            Self::Refuse { why, .. } => why.clone(),
        }
    }
}

fn to(place: &Place) -> String {
    match place {
        Place::Room(room) => format!("to everyone in the {room}"),
        Place::With(user) => format!("to {user}, through the server"),
        Place::Private(user) => format!("to {user}, direct and private"),
    }
}

fn describe_command(command: &Command) -> String {
    let spec: &Spec = command.verb().spec();
    let argument = match command {
        Command::Message { to: user, .. } => return to(&Place::With(name(user))),
        Command::Broadcast { .. } => return to(&Place::lobby()),
        Command::Private { to: user, .. } => return to(&Place::Private(name(user))),
        Command::Send { user, path } => format!("{path} to {user}"),
        Command::Block { user }
        | Command::Unblock { user }
        | Command::Startprivate { user }
        | Command::Accept { user }
        | Command::Decline { user }
        | Command::Stopprivate { user }
        | Command::Resend { user }
        | Command::Verify { user }
        | Command::Whois { user }
        | Command::Screen(OnScreen::Go(user)) => user.clone(),
        Command::Cancel { number }
        | Command::Unsend { number }
        | Command::Screen(OnScreen::Tab(number) | OnScreen::Move(number)) => number.to_string(),
        Command::Whoelsesince { span } => format!("{} seconds", span.as_secs()),
        Command::History { with: Some(user), count } => format!("@{user} {count}"),
        Command::History { with: None, count } => count.to_string(),
        Command::Help { about: Some(about) } => about.name.to_owned(),
        Command::Away { text }
        | Command::Me { action: text }
        | Command::Search { words: text }
        | Command::Screen(
            OnScreen::Theme(Some(text))
            | OnScreen::Find(Some(text))
            | OnScreen::Notify(Some(text))
            | OnScreen::Set(text),
        ) => text.clone(),
        Command::Whoelse
        | Command::Blocked
        | Command::Queue
        | Command::Passwd
        | Command::Help { about: None }
        | Command::Clear
        | Command::Close
        | Command::Logout
        | Command::Show(_)
        | Command::Screen(_) => String::new(),
    };
    let shown = safe(&format!("{} {argument}", spec.name)).escaped().into_owned();
    format!("command: {}", shown.trim_end())
}

#[cfg(test)]
mod tests;
