//! Whatever others say, the terminal that shows the full screen does nothing but show it: no bell, no title, no clipboard,
//! no mode, and everything else stays where it is.

use std::num::NonZeroU16;

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, CellWidth};
use shared::message::ServerMessage;

use super::drawn;
use super::sample::{self, World};
use crate::hostile::{Effects, all_characters, hostile, random, strings};
use crate::tui::state::State;
use crate::tui::theme::{Depth, Shade};

const SIZE: (u16, u16) = (180, 60);

/// A terminal behind the bytes that the real backend writes.
pub(super) struct Behind {
    parser: vt100::Parser<Effects>,
}

impl Behind {
    pub(super) fn new() -> Self {
        let size = |length| NonZeroU16::new(length).expect("not zero");
        let mut parser = vt100::Parser::new_with_callbacks(size(SIZE.1), size(SIZE.0), 0, Effects::default());
        // As the program has it: the other screen, mouse and paste reported.
        parser.process(b"\x1b[?1049h\x1b[?1002h\x1b[?1006h\x1b[?2004h");
        parser.callbacks_mut().0 = 0;
        Self { parser }
    }

    /// Shows a world and says what happened that should not have.
    fn show(&mut self, world: &World) -> Vec<String> {
        self.show_as(world, &sample::state(world, Depth::Rgb, Shade::Dark))
    }

    /// The same, looked at in this way.
    pub(super) fn show_as(&mut self, world: &World, state: &State) -> Vec<String> {
        let modes = self.parser.screen().input_mode_formatted();
        let (buffer, _) = drawn(SIZE, &world.model, state, world.now());
        self.parser.process(&bytes(&buffer));
        let mut wrong = Vec::new();
        if std::mem::take(&mut self.parser.callbacks_mut().0) > 0 {
            wrong.push("it did something".to_owned());
        }
        let screen = self.parser.screen();
        if screen.input_mode_formatted() != modes || !screen.alternate_screen() {
            wrong.push("a mode has changed".to_owned());
        }
        wrong.extend(self.misplaced(&buffer));
        wrong
    }

    /// Cells of our own frame that are not where they were drawn: whatever moved them came from a text.
    fn misplaced(&self, buffer: &Buffer) -> Option<String> {
        let screen = self.parser.screen();
        for y in 0..SIZE.1 {
            // The last column, and the rule of the sidebar, are right only when everything before them is.
            for x in 0..SIZE.0 {
                let cell = &buffer[(x, y)];
                let is_ours = ["│", "╭", "╮", "╰", "╯", "▌", "❯"].contains(&cell.symbol());
                if is_ours && cell.cell_width() == 1 {
                    let shown = screen.cell(y, x).map(vt100::Cell::contents).unwrap_or_default();
                    if shown != cell.symbol() {
                        return Some(format!("row {y}, column {x}: {shown:?} instead of {:?}", cell.symbol()));
                    }
                }
            }
        }
        None
    }
}

/// What the real backend writes for one whole frame.
fn bytes(buffer: &Buffer) -> Vec<u8> {
    let mut written = b"\x1b[0m\x1b[2J".to_vec();
    let blank = Buffer::empty(buffer.area);
    let mut backend = CrosstermBackend::new(&mut written);
    backend.draw(blank.diff(buffer).into_iter()).expect("memory takes every write");
    written
}

/// A lobby in which these people say these texts.
fn lobby(texts: &[String]) -> World {
    let mut world = World::with(&[("yoda", "")], &[]);
    for text in texts {
        world.said("#lobby", "yoda", text);
    }
    world
}

#[test]
fn no_character_has_an_effect() {
    let mut behind = Behind::new();
    for texts in all_characters(12).chunks(50) {
        let wrong = behind.show(&lobby(texts));
        assert!(wrong.is_empty(), "{wrong:?} with {texts:?}");
    }
}

#[test]
fn no_hostile_string_has_an_effect() {
    let (mut behind, mut random) = (Behind::new(), random());
    let mut tried = 0;
    while tried < strings() {
        let texts: Vec<String> = (0..40).map(|_| hostile(&mut random)).collect();
        let (away, name) = (hostile(&mut random), hostile(&mut random));
        let mut world = World::with(&[("yoda", &away), (&name, &away)], &[]);
        for text in &texts {
            world.said("#lobby", &name, text).did("yoda", text);
        }
        world.hear(ServerMessage::Notice { text: texts[0].clone() });
        let wrong = behind.show(&world);
        assert!(wrong.is_empty(), "{wrong:?} with {name:?} {away:?} {texts:?}");
        tried += 42;
    }
}
