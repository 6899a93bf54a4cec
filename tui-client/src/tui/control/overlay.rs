//! Keys while something lies over everything.

use crate::tui::composer::EditAction;
use crate::tui::keymap::Action;
use crate::tui::state::{Overlay, Screen};

use super::{Control, Wish};

impl Control<'_> {
    pub(super) fn overlay_key(&mut self, action: Action) {
        match &self.state.overlay {
            Some(Overlay::Help { .. } | Overlay::List { .. }) => self.page_key(action),
            Some(Overlay::Quit) => self.quit_key(action),
            Some(Overlay::Paste { .. }) => self.paste_key(action),
            Some(Overlay::Pick { .. }) => self.pick_key(action),
            Some(Overlay::Secret { .. }) => self.secret_key(action),
            Some(Overlay::KeyChanged { .. } | Overlay::OfferHost) => self.notice_key(action),
            None => {}
        }
    }

    /// Something to read: keys scroll it, and typing goes on in the input.
    fn page_key(&mut self, action: Action) {
        let page = isize::try_from(self.sight.seen.pane.height.saturating_sub(2).max(5)).unwrap_or(5);
        match action {
            Action::Edit(EditAction::Up) | Action::ScrollUp => self.scroll_overlay(-1),
            Action::Edit(EditAction::Down) | Action::ScrollDown => self.scroll_overlay(1),
            Action::ScrollPageUp => self.scroll_overlay(-page),
            Action::ScrollPageDown => self.scroll_overlay(page),
            Action::Oldest | Action::Edit(EditAction::LineStart) => self.scroll_overlay(isize::MIN),
            Action::Newest | Action::Edit(EditAction::LineEnd) => self.scroll_overlay(isize::MAX),
            Action::Edit(EditAction::Insert('q')) | Action::Escape | Action::Send | Action::ClearOrQuit => {
                self.state.overlay = None;
            }
            Action::Edit(EditAction::Insert(_)) => {
                self.state.overlay = None;
                match self.state.screen {
                    Screen::Login => self.form_key(action),
                    Screen::Chat => self.chat_key(action),
                }
            }
            _ => {}
        }
    }

    pub(super) fn scroll_overlay(&mut self, rows: isize) {
        let most = self.sight.seen.overlay_scroll;
        if let Some(Overlay::Help { scroll } | Overlay::List { scroll, .. }) = &mut self.state.overlay {
            *scroll = scroll.saturating_add_signed(rows).min(most);
        }
    }

    fn quit_key(&mut self, action: Action) {
        match action {
            Action::Send | Action::ClearOrQuit | Action::DeleteOrQuit | Action::Edit(EditAction::Insert('y' | 'Y')) => {
                self.state.overlay = None;
                self.wishes.push(Wish::Leave);
            }
            Action::Escape | Action::Edit(EditAction::Insert('n' | 'N')) => self.state.overlay = None,
            _ => {}
        }
    }

    fn paste_key(&mut self, action: Action) {
        match action {
            Action::Send | Action::Edit(EditAction::Insert('y' | 'Y')) => {
                if let Some(Overlay::Paste { text, .. }) = self.state.overlay.take() {
                    self.paste_in(&text);
                }
            }
            Action::Escape | Action::ClearOrQuit | Action::Edit(EditAction::Insert('n' | 'N')) => {
                self.state.overlay = None;
            }
            _ => {}
        }
    }

    fn secret_key(&mut self, action: Action) {
        let now = self.since_start();
        match action {
            Action::Send => {
                let secret = self.state.form.password.take_secret();
                self.wishes.push(Wish::Answer(secret.into()));
            }
            // An empty answer leaves everything as it is.
            Action::Escape | Action::ClearOrQuit => {
                self.state.form.password.take_secret();
                self.wishes.push(Wish::Answer(String::new().into()));
            }
            Action::Edit(EditAction::Up | EditAction::Down) => {}
            Action::Edit(edit) => self.state.form.password.apply(edit, now, u16::MAX),
            Action::SearchHistory => self.state.form.reveal = !self.state.form.reveal,
            _ => {}
        }
    }

    pub(super) fn paste_secret(&mut self, text: &str) {
        if self.state.form.password.paste(text).is_err() {
            self.toast("That is too long for a password.", true);
        }
    }

    fn notice_key(&mut self, action: Action) {
        match action {
            Action::Escape | Action::Send => self.state.overlay = None,
            Action::ClearOrQuit => self.quit_at_second_press(),
            _ => {}
        }
    }
}
