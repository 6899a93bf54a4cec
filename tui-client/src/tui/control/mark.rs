//! A marked message: the arrows go from one to the next, and letters do something with it.

use crate::app::transcript::{Line, LineId};
use crate::tui::composer::EditAction;
use crate::tui::keymap::Action;
use crate::tui::state::Anchor;
use crate::tui::view::{links, mentions, revealed};

use super::{Control, Wish};

impl Control<'_> {
    /// Marks a line and brings it into view.
    pub(super) fn mark(&mut self, line: Option<LineId>) {
        self.state.completion = None;
        self.tab().marked = line;
        if let Some(line) = line {
            self.reveal(line);
        }
    }

    /// Brings a line into view.
    pub(super) fn reveal(&mut self, line: LineId) {
        let sight = self.sight;
        let anchor = revealed(sight.model, self.state, sight.now, sight.seen, line);
        self.stand_at(anchor);
    }

    /// One message up, from below the newest one that is visible.
    pub(super) fn mark_up(&mut self) {
        let from = self.tab().marked;
        let ids = self.ids();
        let before = match from.and_then(|marked| ids.iter().position(|id| *id == marked)) {
            Some(at) => at.checked_sub(1).map(|at| ids[at]).or(from),
            None => self.sight.seen.last.or(ids.last().copied()),
        };
        match before {
            Some(line) => self.mark(Some(line)),
            None => self.toast("There is no message to mark.", true),
        }
    }

    /// One message down; below the newest one nothing is marked.
    pub(super) fn mark_down(&mut self) {
        let Some(marked) = self.tab().marked else { return };
        let ids = self.ids();
        let after = ids.iter().position(|id| *id == marked).and_then(|at| ids.get(at + 1)).copied();
        self.mark(after);
        if after.is_none() {
            self.go_to_newest();
        }
    }

    /// Back to the last message before the marked one, or before the end, that names the user.
    pub(super) fn go_to_mention(&mut self) {
        let model = self.sight.model;
        let (front, from) = (self.front().clone(), self.tab().marked);
        let Some((conversation, me)) = model.conversations.get(&front).zip(model.me.as_ref()) else { return };
        let lines = conversation.transcript.lines().rev();
        let mut before = lines.skip_while(|line| from.is_some_and(|from| line.id != from)).skip(from.iter().len());
        let found = before.find(|line| line.from != me && mentions(line.text.as_str(), me)).map(|line| line.id);
        match found {
            Some(line) => self.mark(Some(line)),
            None => self.toast("Nobody has named you before that, in what is loaded.", false),
        }
    }

    /// A key while a message is marked. Answers whether that was its meaning; otherwise nothing is marked any more.
    pub(super) fn mark_key(&mut self, action: Action) -> bool {
        let Some((text, from)) = self.marked().map(|line| (line.text.as_str().to_owned(), line.from.to_string()))
        else {
            self.tab().marked = None;
            return false;
        };
        match action {
            Action::MarkUp | Action::Edit(EditAction::Up) => self.mark_up(),
            Action::MarkDown | Action::Edit(EditAction::Down) => self.mark_down(),
            Action::Mention => self.go_to_mention(),
            Action::Copy | Action::Edit(EditAction::Insert('c' | 'y')) => {
                self.copied(text, "The message");
                self.tab().marked = None;
            }
            Action::Send | Action::Edit(EditAction::Insert('q' | 'r')) => self.quote(&from, &text),
            Action::Edit(EditAction::Insert('o')) => self.open_link(&text),
            Action::Edit(EditAction::Insert('l')) => match links(&text).first() {
                Some(link) => self.copied((*link).to_owned(), "The link"),
                None => self.toast("This message has no link.", true),
            },
            Action::Escape | Action::ClearOrQuit => self.tab().marked = None,
            Action::ScrollPageUp | Action::ScrollPageDown | Action::ScrollUp | Action::ScrollDown => return false,
            _ => {
                self.tab().marked = None;
                return false;
            }
        }
        true
    }

    /// Puts a message into the input as a quotation, before what is typed.
    fn quote(&mut self, from: &str, text: &str) {
        let quoted = text.replace('\n', "\n> ");
        let tab = self.tab();
        tab.marked = None;
        tab.anchor = Anchor::Bottom;
        let whole = format!("> {from}:\n> {quoted}\n{}", tab.composer.text());
        tab.composer.replace(&whole);
    }

    fn open_link(&mut self, text: &str) {
        match links(text).as_slice() {
            [] => self.toast("This message has no link.", true),
            [first, rest @ ..] => {
                self.wishes.push(Wish::Open((*first).to_owned()));
                let more = if rest.is_empty() { "" } else { ", the first of several" };
                self.toast(format!("Opening {first}{more}."), false);
            }
        }
    }

    pub(super) fn copied(&mut self, text: String, what: &str) {
        self.wishes.push(Wish::Copy(text));
        self.toast(format!("{what} went to the terminal's clipboard."), false);
    }

    fn marked(&self) -> Option<Line<'_>> {
        let marked = self.state.tabs.get(self.front())?.marked?;
        self.lines().find(|line| line.id == marked)
    }

    fn ids(&self) -> Vec<LineId> {
        self.lines().map(|line| line.id).collect()
    }

    /// The lines of the tab in front, oldest first.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'_>> {
        let conversation = self.sight.model.conversations.get(self.front());
        conversation.into_iter().flat_map(|conversation| conversation.transcript.lines())
    }
}
