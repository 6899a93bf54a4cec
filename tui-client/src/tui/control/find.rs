//! Searching a tab: a text is typed, the view goes to the newest line that has it, and from there to the next ones.

use crate::app::transcript::LineId;
use crate::tui::composer::{Composer, EditAction};
use crate::tui::keymap::Action;
use crate::tui::state::Find;

use super::Control;

impl Control<'_> {
    /// Begins to search, for this text if there is one.
    pub(super) fn find(&mut self, text: Option<&str>) {
        self.state.completion = None;
        let tab = self.tab();
        let before = tab.find.take().map_or(tab.anchor, |find| find.before);
        let mut query = Composer::one_line();
        query.replace(text.unwrap_or_default());
        tab.marked = None;
        tab.find = Some(Find { query, is_typed: text.is_none(), found: Vec::new(), at: None, before });
        self.look();
    }

    /// A key while something is searched for. Answers whether that was its meaning.
    pub(super) fn find_key(&mut self, action: Action) -> bool {
        let now = self.since_start();
        let Some(find) = &mut self.tab().find else { return false };
        if find.is_typed {
            return self.query_key(action, now);
        }
        match action {
            Action::Edit(EditAction::Insert('n') | EditAction::Up) | Action::CompleteBack => self.go_on(-1),
            Action::Edit(EditAction::Insert('N') | EditAction::Down) | Action::Complete => self.go_on(1),
            Action::Find => self.find(None),
            Action::Escape | Action::ClearOrQuit | Action::Send => self.end_find(),
            Action::ScrollPageUp | Action::ScrollPageDown | Action::ScrollUp | Action::ScrollDown => return false,
            _ => {
                self.end_find();
                return false;
            }
        }
        true
    }

    fn query_key(&mut self, action: Action, now: std::time::Duration) -> bool {
        let Some(find) = &mut self.tab().find else { return false };
        match action {
            Action::Send if find.query.is_empty() => self.end_find(),
            // From here on letters are keys: n and N.
            Action::Send => find.is_typed = false,
            Action::Edit(EditAction::Up) | Action::CompleteBack | Action::Find => self.go_on(-1),
            Action::Edit(EditAction::Down) | Action::Complete => self.go_on(1),
            Action::Edit(edit) => {
                find.query.apply(edit, now, u16::MAX);
                self.look();
            }
            Action::Escape | Action::ClearOrQuit => {
                // As if nothing had been searched.
                let before = find.before;
                self.end_find();
                self.stand_at(before);
            }
            _ => return false,
        }
        true
    }

    /// A text that was pasted into what is searched for.
    pub(super) fn find_paste(&mut self, text: &str) {
        if let Some(find) = &mut self.tab().find {
            // What is too long for the field is in no message either.
            let _ = find.query.paste(text);
            self.look();
        }
    }

    /// Looks for the text, and goes to the newest line that has it.
    fn look(&mut self) {
        let Some(needle) = self.tab().find.as_ref().map(|find| find.query.text().to_lowercase()) else { return };
        let has = |text: &str| text.to_lowercase().contains(&needle);
        let found: Vec<LineId> = match needle.as_str() {
            "" => Vec::new(),
            _ => self.lines().filter(|line| has(line.text.as_str())).map(|line| line.id).collect(),
        };
        let newest = found.len().checked_sub(1);
        if let Some(find) = &mut self.tab().find {
            (find.found, find.at) = (found, newest);
        }
        self.stand_at_found();
    }

    /// Goes to the next line that has the text, up when negative, and round at the ends.
    fn go_on(&mut self, by: isize) {
        if let Some(find) = &mut self.tab().find {
            let count = find.found.len();
            find.at = find.at.map(|at| at.wrapping_add_signed(by).wrapping_add(count) % count.max(1));
        }
        self.stand_at_found();
    }

    fn stand_at_found(&mut self) {
        let Some(find) = &self.tab().find else { return };
        let (line, before) = (find.at.and_then(|at| find.found.get(at)).copied(), find.before);
        match line {
            Some(line) => self.reveal(line),
            None => self.stand_at(before),
        }
    }

    fn end_find(&mut self) {
        self.tab().find = None;
    }
}
