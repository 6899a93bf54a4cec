//! Lists with a search over everything: whom to go to, and what was sent before.

use std::collections::BTreeSet;

use shared::name::Name;

use crate::app::intent::known_users;
use crate::app::model::{Conversation, Model, Older, Search};
use crate::app::moment::Moment;
use crate::app::place::{Place, name};
use crate::app::transcript::LineId;
use crate::tui::composer::EditAction;
use crate::tui::keymap::Action;
use crate::tui::state::{Choice, Overlay, Seek, State};
use crate::tui::view::revealed;

use super::reports::clock;
use super::{Control, Sight, Wish, words};

const GO_TO: &str = "Go to";
const SENT: &str = "Sent before";
pub(super) const FOUND: &str = "Found, newest first";

/// Choices shown.
const CHOICES: usize = 20;

/// Choices that a page of keys goes over.
const PAGE: usize = 10;

/// A way of more messages than this takes so long that one wants to see how far it has come.
const FAR: u64 = 1000;

impl Control<'_> {
    pub(super) fn go_to(&mut self) {
        self.pick(GO_TO, String::new());
    }

    pub(super) fn search_sent(&mut self) {
        self.pick(SENT, String::new());
    }

    fn pick(&mut self, title: &'static str, query: String) {
        self.state.completion = None;
        let choices = match title {
            GO_TO => self.goals(&query),
            FOUND => found(self.state, self.sight.model, self.sight.now, &query),
            _ => self.sent(&query),
        };
        self.state.overlay = Some(Overlay::Pick { title, query, choices, marked: 0 });
    }

    /// Tabs in their order, then people; those that fit the query best come first.
    fn goals(&self, query: &str) -> Vec<Choice> {
        let model = self.sight.model;
        let tabs = model.conversations.iter().map(|tab| (tab.place.clone(), tab.unread));
        let without_tab: BTreeSet<&Name> = known_users(model)
            .filter(|user| model.me.as_ref() != Some(user))
            .filter(|user| model.conversations.get(&Place::With((*user).clone())).is_none())
            .collect();
        let people = without_tab.into_iter().map(|user| (Place::With(user.clone()), 0));
        let help = |place: &Place, unread: usize| match (unread, place) {
            (0, Place::Private(_)) => "private session".to_owned(),
            (0, place) if place.user().is_some_and(|user| model.users.contains_key(user)) => "online".to_owned(),
            (0, _) => String::new(),
            (unread, _) => format!("{unread} unread"),
        };
        let fitting = tabs.chain(people).filter_map(|(place, unread)| {
            let rank = rank(place.as_str(), query)?;
            Some((rank, choice(&label(&place), help(&place, unread))))
        });
        let mut found: Vec<(Fit, Choice)> = fitting.collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, choice)| choice).take(CHOICES).collect()
    }

    fn sent(&self, query: &str) -> Vec<Choice> {
        let Some(tab) = self.state.tabs.get(self.front()) else { return Vec::new() };
        let found = (0..CHOICES).map_while(|nth| tab.composer.find_sent(query, nth));
        found.map(|text| choice(text, String::new())).collect()
    }

    pub(super) fn pick_typed(&mut self, text: &str) {
        let Some(Overlay::Pick { title, query, .. }) = &self.state.overlay else { return };
        let typed: String = text.chars().filter(|c| !c.is_control()).collect();
        let (title, query) = (*title, format!("{query}{typed}"));
        self.pick(title, query);
    }

    pub(super) fn pick_key(&mut self, action: Action) {
        let Some(Overlay::Pick { title, query, choices, marked }) = &mut self.state.overlay else { return };
        let count = choices.len().max(1);
        let is_at_end = *title == FOUND && *marked + 1 >= choices.len();
        match action {
            // What the server has found goes on where it ends.
            Action::Edit(EditAction::Down) | Action::ScrollPageDown
                if is_at_end && self.sight.model.search.as_ref().is_some_and(Search::has_more) =>
            {
                self.wishes.push(Wish::MoreFound);
            }
            Action::ScrollPageDown => *marked = (*marked + PAGE).min(count - 1),
            Action::ScrollPageUp => *marked = marked.saturating_sub(PAGE),
            Action::Edit(EditAction::Up) | Action::CompleteBack => *marked = (*marked + count - 1) % count,
            Action::Edit(EditAction::Down) | Action::Complete | Action::SearchHistory | Action::GoTo => {
                *marked = (*marked + 1) % count;
            }
            Action::Edit(EditAction::Insert(c)) => self.pick_typed(c.encode_utf8(&mut [0; 4])),
            Action::Edit(EditAction::Backspace) => {
                let (title, mut query) = (*title, query.clone());
                query.pop();
                self.pick(title, query);
            }
            Action::Send => {
                let (title, chosen) = (*title, choices.get(*marked).map(|choice| choice.text.clone()));
                self.state.overlay = None;
                if let Some(chosen) = chosen {
                    self.picked(title, &chosen);
                }
            }
            Action::Escape | Action::ClearOrQuit => self.state.overlay = None,
            _ => {}
        }
    }

    fn picked(&mut self, title: &str, chosen: &str) {
        let front = self.front().clone();
        if title == GO_TO {
            let tab = self.sight.model.conversations.iter().find(|tab| label(&tab.place) == chosen);
            let user = || Place::With(name(chosen.trim_start_matches('@')));
            self.show(tab.map_or_else(user, |tab| tab.place.clone()));
        } else if title == FOUND {
            let (model, clock) = (self.sight.model, clock(self.state, self.sight.now));
            let hits = model.search.iter().flat_map(|search| &search.hits);
            let goal =
                hits.into_iter().find(|hit| words::found(hit, clock) == chosen).map(|hit| (hit.place.clone(), hit.seq));
            if let Some((place, seq)) = goal {
                self.state.seek = Some(Seek { place: place.clone(), seq, from: None });
                self.show(place);
            }
        } else if let Some(tab) = self.state.tabs.get_mut(&front) {
            tab.composer.replace(chosen);
        }
    }
}

/// What the server has found, as far as it has what was typed.
pub(super) fn found(state: &State, model: &Model, now: Moment, query: &str) -> Vec<Choice> {
    let clock = clock(state, now);
    let query = query.to_lowercase();
    let hits = model.search.iter().flat_map(|search| &search.hits);
    let rows = hits.map(|hit| words::found(hit, clock)).filter(|row| row.to_lowercase().contains(&query));
    rows.map(|row| choice(&row, String::new())).collect()
}

/// The list grows while it is open.
pub(super) fn keep_up(state: &mut State, model: &Model, now: Moment) {
    let Some(Overlay::Pick { title: FOUND, query, .. }) = &state.overlay else { return };
    let all = found(state, model, now, &query.clone());
    if let Some(Overlay::Pick { choices, .. }) = &mut state.overlay
        && all.len() > choices.len()
    {
        *choices = all;
    }
}

/// Goes to the message that was chosen, and loads what is before the oldest one here until it has come.
pub fn seek(state: &mut State, sight: Sight<'_>) -> Option<Wish> {
    let Sight { model, now, .. } = sight;
    let seek = state.seek.as_mut().filter(|seek| seek.place == *model.conversations.front())?;
    let (place, seq) = (seek.place.clone(), seek.seq);
    let Conversation { transcript, older, .. } = model.conversations.get(&place)?;
    if let Some(line) = transcript.with_seq(seq) {
        if state.seek.take().is_some_and(|seek| is_far(&seek)) {
            state.toast = None;
        }
        arrive(state, sight, line.id);
        return None;
    }
    if *older == Older::Asked || !model.can_request() {
        return None;
    }
    let oldest = transcript.oldest();
    let missing = oldest.map_or(0, |oldest| oldest.0.saturating_sub(seq.0));
    let is_too_far = usize::try_from(missing).is_ok_and(|missing| missing > transcript.room());
    if is_too_far || missing == 0 && oldest.is_some() || *older == Older::None {
        state.seek = None;
        super::toast(state, if is_too_far { TOO_FAR } else { GONE }, true, now);
        return None;
    }
    seek.from = seek.from.or(oldest);
    if is_far(seek) {
        let whole = seek.from.map_or(0, |from| from.0.saturating_sub(seq.0));
        let done = whole.saturating_sub(missing);
        super::toast(state, format!("Going back: {done} of {whole} messages. Esc stops."), false, now);
    }
    Some(Wish::Reach(place, seq))
}

const TOO_FAR: &str = "That message is further back than a tab keeps. The setting scrollback changes that.";

const GONE: &str = "That message is not there any more.";

fn is_far(seek: &Seek) -> bool {
    seek.from.is_some_and(|from| from.0.saturating_sub(seek.seq.0) > FAR)
}

/// Marks the line, and shows it.
fn arrive(state: &mut State, sight: Sight<'_>, line: LineId) {
    let Sight { model, seen, now, .. } = sight;
    let front = model.conversations.front();
    let newest = model.conversations.get(front).and_then(|tab| tab.transcript.lines().next_back());
    if let Some(tab) = state.tabs.get_mut(front) {
        tab.marked = Some(line);
    }
    let anchor = revealed(model, state, now, seen, line);
    if let Some(tab) = state.tabs.get_mut(front) {
        tab.seen_to = tab.seen_to.or(newest.map(|line| line.id));
        tab.anchor = anchor;
    }
}

/// A tab as it stands in the list: one name can have two.
fn label(place: &Place) -> String {
    match place {
        Place::Room(room) => format!("#{room}"),
        Place::With(user) => format!("@{user}"),
        Place::Private(user) => format!("@{user} private"),
    }
}

/// How well a word fits what was typed, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Beginning,
    Inside,
    /// The letters are there in their order, with others between them.
    Scattered,
}

fn rank(word: &str, query: &str) -> Option<Fit> {
    let (word, query) = (word.to_lowercase(), query.trim_start_matches(['@', '#']).to_lowercase());
    if word.starts_with(&query) {
        return Some(Fit::Beginning);
    }
    if word.contains(&query) {
        return Some(Fit::Inside);
    }
    let mut letters = word.chars();
    query.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some(Fit::Scattered)
}

fn choice(text: &str, help: String) -> Choice {
    Choice { text: text.to_owned(), arguments: String::new(), help }
}
