//! Brings the state in line with the model: after every message, before every frame.

use crate::app::intent::{Intent, intent};
use crate::app::model::{Conversation, Link, Login, Model, Older, Question};
use crate::app::place::Place;
use crate::app::transcript::{Line, LineId, State as LineState, Transcript};
use crate::tui::state::{Anchor, Armed, Field, FormMessage, Hint, HintKind, Mode, Overlay, Screen, State, Tab};
use crate::tui::view::Seen;

use super::Wish;

/// Takes over from the model what the screen shows of it.
pub fn sync(state: &mut State, model: &Model) {
    screen(state, model);
    form(state, model);
    question(state, model);
    if let Some((place, read_to)) = state.passed.take_if(|(place, _)| place != model.conversations.front())
        && let Some(tab) = state.tabs.get_mut(&place)
    {
        (tab.read_to, tab.unread_from, tab.unread_to) = (read_to, None, None);
    }
    for conversation in model.conversations.iter() {
        let is_looked_at =
            state.focused && state.screen == Screen::Chat && *model.conversations.front() == conversation.place;
        let tab = state.tabs.entry(conversation.place.clone()).or_default();
        sync_tab(tab, conversation, is_looked_at);
    }
    if model.link != Link::Up {
        state.delay = None;
    }
    state.hint = hint(state, model);
}

/// What follows from what was drawn: somebody who sees the oldest line wants to see what is before it.
pub fn after_draw(model: &Model, seen: &Seen) -> Option<Wish> {
    let conversation = model.conversations.get(model.conversations.front())?;
    let is_due = seen.at_top && seen.pane.height > 0 && conversation.older == Older::More;
    (model.can_request() && is_due).then(|| Wish::Older(conversation.place.clone()))
}

fn screen(state: &mut State, model: &Model) {
    let was = state.screen;
    state.screen = if model.me.is_some() { Screen::Chat } else { Screen::Login };
    if was == Screen::Chat && state.screen == Screen::Login {
        state.overlay = None;
        state.completion = None;
        state.armed = None;
        state.form.mode = Mode::SignIn;
        state.form.focus = Field::Password;
        state.form.name.replace(model.account().unwrap_or_default());
        if let Some(ended) = state.ended.take() {
            state.form.message = Some(FormMessage::Note(format!("{ended} Your tabs and drafts are kept.")));
        }
    }
}

fn form(state: &mut State, model: &Model) {
    state.form.busy = model.is_signing_in();
    if state.form.busy && state.form.name.is_empty() {
        // Name and password came with the command line.
        state.form.name.replace(model.account().unwrap_or_default());
    }
}

/// The field for a secret, and the question whether to host, are open as long as the model asks.
fn question(state: &mut State, model: &Model) {
    if model.question() == Some(Question::Host) {
        state.overlay = Some(Overlay::OfferHost);
    } else if state.overlay == Some(Overlay::OfferHost) {
        state.overlay = None;
    }
    let asked = model.question().filter(|_| matches!(model.login, Login::In(_)));
    let is_open = matches!(state.overlay, Some(Overlay::Secret { .. }));
    match asked {
        Some(question) => {
            let prompt = prompt(question).to_owned();
            state.overlay = Some(Overlay::Secret { prompt });
        }
        None if is_open => {
            state.overlay = None;
            state.form.password.take_secret();
        }
        None => {}
    }
}

fn prompt(question: Question) -> &'static str {
    match question {
        Question::OldPassword => "Your password now",
        Question::NewPassword => "The new password, at least 8 characters",
        Question::NewPasswordAgain => "The new password again",
        Question::Name => "Name",
        Question::Password | Question::FirstPassword => "Password",
        Question::FirstPasswordAgain => "Password again",
        Question::Host => "Host one here?",
    }
}

fn sync_tab(tab: &mut Tab, conversation: &Conversation, is_looked_at: bool) {
    let transcript = &conversation.transcript;
    tab.loading = conversation.older == Older::Asked;
    tab.complete = conversation.older == Older::None;
    place_notes(tab, transcript);
    if let Anchor::At { line, .. } = tab.anchor
        && transcript.position(line).is_none()
    {
        (tab.anchor, tab.seen_to) = (Anchor::Bottom, None);
    }
    if is_looked_at {
        tab.read_to = transcript.newest_id();
        if tab.unread_to.is_none() {
            tab.unread_to = tab.unread_from.and(tab.read_to);
        }
    } else if tab.unread_from.is_none() {
        tab.unread_from = first_unread(transcript, tab.read_to);
    }
}

/// Lines that were not seen: those of other tabs, and of the one in front while the terminal does not have the focus.
pub fn unread(model: &Model, state: &State) -> usize {
    let front = model.conversations.front();
    let others = model.conversations.iter().map(|tab| tab.unread).sum::<usize>();
    let read_to = state.tabs.get(front).and_then(|tab| tab.read_to);
    let transcript = model.conversations.get(front).filter(|_| !state.focused).map(|tab| &tab.transcript);
    others + transcript.map_or(0, |transcript| unread_lines(transcript, read_to).count())
}

fn first_unread(transcript: &Transcript, read_to: Option<LineId>) -> Option<LineId> {
    unread_lines(transcript, read_to).last().map(|line| line.id)
}

/// What others said after a line, the newest first.
fn unread_lines(transcript: &Transcript, read_to: Option<LineId>) -> impl Iterator<Item = Line<'_>> {
    // Lines from others stand in the order they came; own ones that wait, and history, do not.
    let from_others =
        transcript.lines().rev().filter(|line| matches!(line.state, LineState::Received | LineState::Waited));
    from_others.take_while(move |line| Some(line.id) > read_to)
}

/// A note that was made before anything was loaded stands where its time puts it.
fn place_notes(tab: &mut Tab, transcript: &Transcript) {
    // Before the oldest line a note stands at the top: looking for a place for it each time would be slow.
    let Some(oldest) = transcript.line(0).map(|line| line.at) else { return };
    for note in tab.notes.iter_mut().filter(|note| note.after.is_none() && oldest <= note.at) {
        note.after = transcript.lines().rev().find(|line| line.at <= note.at).map(|line| line.id);
    }
}

/// What Enter will do, in the border of the input.
fn hint(state: &State, model: &Model) -> Hint {
    let front = model.conversations.front();
    let typed = state.tabs.get(front).map_or("", |tab| tab.composer.text());
    if matches!(model.login, Login::Over(_)) {
        return Hint { text: "log in again; what is typed stays".to_owned(), kind: HintKind::Command };
    }
    let intent = intent(typed, front, model);
    let kind = match &intent {
        Intent::Nothing(Place::With(_) | Place::Private(_)) => HintKind::Direct,
        Intent::Say(saying) if matches!(saying.place, Place::With(_) | Place::Private(_)) => HintKind::Direct,
        Intent::Nothing(Place::Room(_)) | Intent::Say(_) => HintKind::Say,
        Intent::Run(_) => HintKind::Command,
        Intent::Refuse { .. } => HintKind::Error,
    };
    let armed = matches!(&state.armed, Some(Armed::Send { text }) if text == typed);
    match &intent {
        // Half a command is no mistake yet; Enter sends nothing, and the list below the hand says what it may become.
        Intent::Refuse { .. } if state.completion.is_some() && typed.starts_with('/') && !typed.contains(' ') => {
            Hint { text: "a command: Tab completes it".to_owned(), kind: HintKind::Command }
        }
        Intent::Refuse { insist: Some(saying), .. } if armed => {
            let text = format!("Enter again: {}", Intent::Say(saying.clone()).describe());
            Hint { text, kind: HintKind::Error }
        }
        intent => Hint { text: intent.describe(), kind },
    }
}
