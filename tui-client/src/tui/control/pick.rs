//! Lists with a search over everything: whom to go to, and what was sent before.

use std::collections::BTreeSet;

use shared::name::Name;

use crate::app::intent::known_users;
use crate::app::place::{Place, name};
use crate::tui::composer::EditAction;
use crate::tui::keymap::Action;
use crate::tui::state::{Choice, Overlay};

use super::Control;

const GO_TO: &str = "Go to";
const SENT: &str = "Sent before";

/// Choices shown.
const CHOICES: usize = 20;

impl Control<'_> {
    pub(super) fn go_to(&mut self) {
        self.pick(GO_TO, String::new());
    }

    pub(super) fn search_sent(&mut self) {
        self.pick(SENT, String::new());
    }

    fn pick(&mut self, title: &'static str, query: String) {
        self.state.completion = None;
        let choices = if title == GO_TO { self.goals(&query) } else { self.sent(&query) };
        self.state.overlay = Some(Overlay::Pick { title, query, choices, marked: 0 });
    }

    /// Tabs in their order, then people.
    fn goals(&self, query: &str) -> Vec<Choice> {
        let model = self.sight.model;
        let query = query.to_lowercase();
        let tabs = model.conversations.iter().map(|tab| (tab.place.as_str(), tab.unread));
        let without_tab: BTreeSet<&Name> = known_users(model)
            .filter(|user| model.me.as_ref() != Some(user))
            .filter(|user| model.conversations.iter().all(|tab| tab.place.user() != Some(user)))
            .collect();
        let people = without_tab.into_iter().map(|user| (user.as_str(), 0));
        let help = |word: &str, unread: usize| match unread {
            0 if model.users.contains_key(&name(word)) => "online".to_owned(),
            0 => String::new(),
            unread => format!("{unread} unread"),
        };
        tabs.chain(people)
            .filter(|(word, _)| word.to_lowercase().contains(&query))
            .map(|(word, unread)| choice(word, help(word, unread)))
            .take(CHOICES)
            .collect()
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
        match action {
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
            let tab = self.sight.model.conversations.iter().find(|tab| tab.place.as_str() == chosen);
            let place = tab.map_or_else(|| Place::With(name(chosen)), |tab| tab.place.clone());
            self.show(place);
        } else if let Some(tab) = self.state.tabs.get_mut(&front) {
            tab.composer.replace(chosen);
        }
    }
}

fn choice(text: &str, help: String) -> Choice {
    Choice { text: text.to_owned(), arguments: String::new(), help }
}
