//! The screen rests while lines have the terminal, and comes back as it was.

use std::io;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::ScreenFace;
use crate::app::model::Model;
use crate::app::report::{Manner, Report, Said};
use crate::app::update::last_said;
use crate::run::pump::Happening;

/// Messages since the last frame that are told to who takes the terminal. Frames come often enough, except while an editor
/// has the terminal; then the oldest are left to the tab, which has them all.
const UNSEEN: usize = 1000;

impl ScreenFace {
    /// Lets go of the terminal. Answers what was said in the tab in front and never drawn, and what was typed ahead.
    /// Loses nothing when it is not waited for to the end.
    pub fn rest(&mut self, model: &Model) -> (Vec<Report>, Vec<u8>) {
        self.stop_reading();
        self.keeping.write(&self.state, model, self.clock.now().wall);
        self.on_screen(|screen| {
            screen.give_back();
            Ok(())
        });
        self.state.completion = None;
        self.state.armed = None;
        let typed = self.waiting.drain(..).filter_map(|happening| match happening {
            Happening::Event(event) => typed(event),
            Happening::Wheel(_) => None,
        });
        let typed = typed.collect::<String>().into_bytes();
        let unseen = self.unseen.take().and_then(|(place, count)| Some((model.conversations.get(&place)?, count)));
        let unseen = unseen.map(|(tab, count)| last_said(model, tab, count.min(UNSEEN)));
        (unseen.unwrap_or_default(), typed)
    }

    /// Takes the terminal again. `typed` was typed ahead.
    pub fn wake(&mut self, typed: &[u8]) -> io::Result<()> {
        if let Some(screen) = &mut self.screen {
            screen.take_back()?;
        }
        self.pace.is_urgent = true;
        self.type_ahead(typed);
        Ok(())
    }

    /// What was typed before the screen had the terminal.
    pub fn type_ahead(&mut self, typed: &[u8]) {
        self.waiting.extend(String::from_utf8_lossy(typed).chars().filter_map(key).map(Happening::Event));
    }

    /// Whatever there is was shown elsewhere: nothing of it is new.
    pub fn all_read(&mut self, model: &Model) {
        self.state.whose = self.state.whose.take().or_else(|| model.me.clone());
        for conversation in model.conversations.iter() {
            let tab = self.state.tabs.entry(conversation.place.clone()).or_default();
            tab.read_to = conversation.transcript.lines().map(|line| line.id).max();
            (tab.unread_from, tab.unread_to) = (None, None);
        }
    }

    /// What came into other tabs is counted there.
    pub(super) fn note_unseen(&mut self, report: &Report, model: &Model) {
        if let Report::Said(Said { manner: Manner::Live | Manner::Stored, place, .. }) = report
            && place == model.conversations.front()
        {
            match &mut self.unseen {
                Some((tab, count)) if tab == place => *count += 1,
                unseen => *unseen = Some((place.clone(), 1)),
            }
        }
    }
}

/// What a key types into a line.
fn typed(event: Event) -> Option<String> {
    match event {
        Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. })
            if !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
        {
            Some(c.to_string())
        }
        Event::Key(KeyEvent { code: KeyCode::Enter, .. }) => Some("\r".to_owned()),
        Event::Paste(text) => Some(text),
        _ => None,
    }
}

/// The key that types a character.
fn key(c: char) -> Option<Event> {
    let code = match c {
        '\r' | '\n' => KeyCode::Enter,
        c if c.is_control() => return None,
        c => KeyCode::Char(c),
    };
    Some(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}
