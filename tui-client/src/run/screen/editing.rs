//! The terminal goes to the user's editor and comes back.

use std::io;

use super::ScreenFace;
use crate::run::editor::{EditorError, Prepared};
use crate::tui::control;
use crate::tui::terminal::Screen;

impl ScreenFace {
    /// Starts the editor on what is typed.
    pub(super) fn begin_editing(&mut self) {
        self.stop_reading();
        let Some(place) = self.editor_for.take().filter(|_| self.screen.is_some()) else { return };
        let typed = self.state.tabs.get(&place).map_or("", |tab| tab.composer.text());
        let begun = Prepared::new(place, typed, |name| std::env::var_os(name)).and_then(|prepared| {
            self.on_screen(|screen| {
                screen.give_back();
                Ok(())
            });
            prepared.start()
        });
        match begun {
            Ok(editing) => self.editing = Some(editing),
            Err(error) => self.come_back(Some(&error)),
        }
    }

    /// Waits until the editor has ended, and takes what it made of the text. Loses nothing when it is not waited for to
    /// the end.
    pub(super) async fn end_editing(&mut self) {
        let Some(editing) = &mut self.editing else { return };
        editing.ended().await;
        let Some(editing) = self.editing.take() else { return };
        let outcome = editing.finish(|place, text| self.state.tabs.entry(place).or_default().composer.rewrite(text));
        self.come_back(outcome.err().as_ref());
    }

    /// Takes the terminal again. What was to be read for a while and nobody saw is shown from now on.
    fn come_back(&mut self, error: Option<&EditorError>) {
        self.on_screen(take_back);
        self.pace.is_urgent = true;
        let now = self.clock.now();
        if let Some(toast) = self.state.toast.take() {
            control::toast(&mut self.state, toast.text, toast.is_error, now);
        }
        if let Some(error) = error {
            control::toast(&mut self.state, error.to_string(), true, now);
        }
    }
}

fn take_back(screen: &mut Screen) -> io::Result<()> {
    screen.take_back()
}
