//! What the model announces, in words: on the form, as a note between the messages, as a list on top, or as a sentence
//! over the input.

use shared::error::Code;
use shared::message::Reason;
use shared::name::Name;

use super::{pick, toast, words};
use crate::app::command::Verb;
use crate::app::model::Model;
use crate::app::moment::{Moment, Mono};
use crate::app::place::Place;
use crate::app::report::{Aside, Done, List, Manner, Refused, Report, Said, Why};
use crate::tui::notify::{Notification, Notifier, Occasion};
use crate::tui::state::{Field, FormMessage, Mode, Note, NoteKind, Overlay, State};
use crate::tui::view::mentions;

/// Notes kept of one tab.
const NOTES: usize = 200;

/// Up to so many comings and goings at one time are told one by one.
const ONE_BY_ONE: usize = 3;

/// Finds the words, and gathers what belongs together until it is complete.
#[derive(Debug, Default)]
pub struct Reports {
    /// A list that is being announced.
    list: Option<(String, Vec<String>)>,
    came: Vec<Name>,
    went: Vec<String>,
    notifier: Notifier,
}

impl Reports {
    /// Takes an announcement.
    pub fn take(&mut self, state: &mut State, model: &Model, report: &Report, now: Moment) {
        match report {
            Report::Connected => connected(state),
            Report::Hosting { invite, log } => {
                let text = format!("You host this chat. Friends join with: tui-client '{invite}' (log: {log})");
                note(state, model, &Place::lobby(), NoteKind::Info, text.clone(), now);
                state.form.message = Some(FormMessage::Note(text));
            }
            Report::LoggedIn { name } => logged_in(state, name),
            Report::LoggedOut { reason } => {
                state.ended = (*reason != Reason::LOGGED_OUT).then(|| words::over(reason));
            }
            Report::Said(said) => self.said(state, model, said, now),
            Report::Arrived { name } => self.came.push(name.clone()),
            Report::Left { name, reason } => self.went.push(words::left(name, reason)),
            Report::Count { list: List::Found, count: 0 } => toast(state, "Nothing was found.", true, now),
            Report::Count { list: List::Found, .. } => {
                let choices = pick::found(state, model, now, "");
                state.overlay = Some(Overlay::Pick { title: pick::FOUND, query: String::new(), choices, marked: 0 });
            }
            Report::Count { list, count } => self.list = Some((title(*list, *count), Vec::new())),
            Report::User(person) => self.row(words::person(person, clock(state, now))),
            Report::Block { name } => self.row(name.as_str().to_owned()),
            Report::Queued { number, message } => self.row(words::queued(*number, message, clock(state, now))),
            Report::Whois { person, created } => {
                let clock = clock(state, now);
                let rows = vec![words::person(person, clock), format!("account made {}", clock.at(*created))];
                self.list = Some((format!("whois {}", person.name), rows));
            }
            Report::Help(spec) => self.list = Some((spec.name.to_owned(), words::help(spec))),
            Report::CannotAnswer { name } => {
                let text = format!("You have blocked {name}, who cannot answer.");
                say(state, model, NoteKind::Info, text, now);
            }
            Report::Notice(text) => {
                let text = text.escaped().into_owned();
                toast(state, text.clone(), false, now);
                note(state, model, &Place::lobby(), NoteKind::Info, text, now);
            }
            Report::Peer { user, news } => {
                if super::private::peer(state, model, user, news, now) {
                    self.notifier.take(state, Occasion::Request { from: user });
                }
            }
            Report::File { user, name, news, .. } => {
                let file = name.escaped();
                if super::private::file(state, model, user, &file, news, now) {
                    self.notifier.take(state, Occasion::Offer { from: user, file: &file });
                }
            }
            Report::Done(done) => self.done(state, model, done, now),
            Report::Refused(refused) => refuse(state, model, refused, now),
            Report::Aside(aside) => tell(state, model, aside, now),
            // Seen where the eye is: the connection, the countdown, the help.
            Report::Hello { .. }
            | Report::Here { .. }
            | Report::Reconnecting { .. }
            | Report::Idle { .. }
            | Report::HelpMore(_)
            | Report::Match { .. } => {}
        }
    }

    /// Ends what was gathered: nothing more comes now. Answers what asks for attention.
    pub fn settle(&mut self, state: &mut State, model: &Model, now: Moment) -> Option<Notification> {
        // A list without its end was not asked for: it came with the login, and the sidebar has it.
        self.list = None;
        pick::keep_up(state, model, now);
        let (came, went) = (std::mem::take(&mut self.came), std::mem::take(&mut self.went));
        let lobby = Place::lobby();
        if came.len() > ONE_BY_ONE {
            note(state, model, &lobby, NoteKind::Joined, format!("{} people came online", came.len()), now);
        } else {
            for name in came {
                note(state, model, &lobby, NoteKind::Joined, format!("{name} came online"), now);
            }
        }
        if went.len() > ONE_BY_ONE {
            note(state, model, &lobby, NoteKind::Left, format!("{} people went offline", went.len()), now);
        } else {
            for text in went {
                note(state, model, &lobby, NoteKind::Left, text, now);
            }
        }
        self.notifier.settle(now.mono)
    }

    fn row(&mut self, row: String) {
        if let Some((_, rows)) = &mut self.list {
            rows.push(row);
        }
    }

    fn said(&mut self, state: &State, model: &Model, said: &Said, now: Moment) {
        match said.manner {
            Manner::History => {
                let rows = words::said(said, clock(state, now));
                if let Some((_, all)) = &mut self.list {
                    all.extend(rows);
                }
            }
            Manner::Live | Manner::Stored => {
                let names_me = model.me.as_ref().is_some_and(|me| mentions(said.text.as_str(), me));
                let (place, from, text) = (&said.place, &said.from, said.text.as_str());
                if model.me.as_ref() != Some(from) {
                    self.notifier.take(state, Occasion::Said { place, from, text, names_me });
                }
            }
        }
    }

    fn done(&mut self, state: &mut State, model: &Model, done: &Done, now: Moment) {
        if let Some((title, rows)) = self.list.take() {
            let rows = if rows.is_empty() { vec!["Nobody and nothing.".to_owned()] } else { rows };
            state.overlay.get_or_insert(Overlay::List { title, rows, scroll: 0 });
            return;
        }
        let is_in_sight = done.user.as_ref() == model.conversations.front().user();
        match words::done(done) {
            // The line itself says it.
            Some(_) if done.verb == Verb::Message && is_in_sight => {}
            // Too long for one row.
            Some(text) if done.verb == Verb::Block => {
                note(state, model, model.conversations.front(), NoteKind::Info, text, now);
            }
            Some(text) if matches!(done.verb, Verb::Unblock | Verb::Passwd) => {
                say(state, model, NoteKind::Info, text, now);
            }
            Some(text) => toast(state, text, false, now),
            None => {}
        }
    }
}

pub(super) fn clock(state: &State, now: Moment) -> words::Clock<'_> {
    words::Clock { zone: &state.look.zone, time: &state.preferences.time, now: now.wall }
}

fn title(list: List, count: usize) -> String {
    let (one, many) = match list {
        List::Users => ("user", "users"),
        List::Blocked => ("blocked user", "blocked users"),
        List::Messages => ("message", "messages"),
        List::Found => ("message found", "messages found"),
        List::Queue => ("message that nobody has received", "messages that nobody has received"),
        List::Commands => ("command", "commands"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A sentence over the input, and a note in the tab in front that stays.
fn say(state: &mut State, model: &Model, kind: NoteKind, text: String, now: Moment) {
    toast(state, text.clone(), kind == NoteKind::Error, now);
    note(state, model, model.conversations.front(), kind, text, now);
}

/// Adds a note behind the newest message of a conversation.
pub(super) fn note(state: &mut State, model: &Model, place: &Place, kind: NoteKind, text: String, now: Moment) {
    let Some(conversation) = model.conversations.get(place) else { return };
    let after = conversation.transcript.lines().next_back().map(|line| line.id);
    let notes = &mut state.tabs.entry(place.clone()).or_default().notes;
    if notes.len() == NOTES {
        notes.remove(0);
    }
    notes.push(Note { after, at: now.wall, kind, text });
}

fn connected(state: &mut State) {
    state.form.message.take_if(|message| matches!(message, FormMessage::Error(_)));
    state.overlay.take_if(|overlay| matches!(overlay, Overlay::KeyChanged { .. }));
}

fn logged_in(state: &mut State, name: &Name) {
    if state.whose.as_ref().is_some_and(|whose| whose != name) {
        state.tabs.clear();
        state.came_from = None;
    }
    state.whose = Some(name.clone());
    state.ended = None;
    state.form.message = None;
    state.form.mode = Mode::SignIn;
    state.form.password.take_secret();
    state.form.again.take_secret();
}

fn refuse(state: &mut State, model: &Model, refused: &Refused, now: Moment) {
    if refused.command.is_none() {
        return form_refuses(state, refused, now);
    }
    let text = words::refusal(refused, clock(state, now));
    let verb = refused.command.as_deref();
    // A text that was refused says so itself, as long as it is there to be seen.
    let is_text =
        [Verb::Message, Verb::Broadcast, Verb::Me, Verb::Private].iter().any(|text| verb == Some(text.name()));
    let is_in_sight = refused.user.as_ref() == model.conversations.front().user();
    if is_text && is_in_sight {
        toast(state, text, true, now);
    } else {
        say(state, model, NoteKind::Error, text, now);
    }
}

/// A login or a new account was refused.
fn form_refuses(state: &mut State, refused: &Refused, now: Moment) {
    let text = words::refusal(refused, clock(state, now));
    let form = &mut state.form;
    form.focus = Field::Password;
    let code = &refused.code;
    form.message = Some(match refused.why {
        Why::Wait { seconds } if *code == Code::LOCKED => {
            let until = Mono(now.mono.0.saturating_add(seconds.saturating_mul(1000)));
            FormMessage::Locked { until }
        }
        _ if *code == Code::NO_SUCH_ACCOUNT => {
            form.mode = Mode::Register;
            let name = form.name.text().trim();
            FormMessage::Note(format!("Nobody is called {name} yet. Choose a password to create the account."))
        }
        _ => FormMessage::Error(text),
    });
    let is_about_the_name = [Code::BAD_NAME, Code::NAME_TAKEN, Code::ALREADY_ONLINE].contains(code);
    if is_about_the_name {
        form.focus = Field::Name;
    }
}

fn tell(state: &mut State, model: &Model, aside: &Aside, now: Moment) {
    match aside {
        Aside::FirstUse { fingerprint } => {
            let text = format!("First contact with this server. Its key is remembered: {fingerprint}");
            note(state, model, &Place::lobby(), NoteKind::Info, text.clone(), now);
            if model.me.is_none() {
                state.form.message = Some(FormMessage::Note(text));
            } else {
                toast(state, text, false, now);
            }
        }
        Aside::NotEncrypted => {
            let text = "This connection is not encrypted.".to_owned();
            note(state, model, &Place::lobby(), NoteKind::Error, text.clone(), now);
            state.form.message = Some(FormMessage::Note(text));
        }
        Aside::Unreachable { why } => {
            let text = words::sentence(why);
            if model.me.is_none() {
                state.form.message = Some(FormMessage::Error(text));
            } else {
                toast(state, text, true, now);
            }
        }
        Aside::KeyChanged { address, expected, found } => {
            let (address, expected, found) = (address.clone(), expected.clone(), found.clone());
            state.overlay = Some(Overlay::KeyChanged { address, expected, found });
        }
        Aside::NotHosted { why } => {
            let text = format!("No server could be started here: {}", words::sentence(why));
            state.form.message = Some(FormMessage::Error(text));
        }
        // The form says it already, or the program ends with it.
        Aside::HostOption | Aside::OfferAccount | Aside::GaveUp { .. } | Aside::InputEnded => {}
    }
}
