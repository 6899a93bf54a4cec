//! What people see, at every size.

use std::fmt::Write;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth};

use super::{Seen, draw};
use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::tui::state::State;

mod anchors;
mod announced;
mod every;
mod hostile;
mod looks;
mod private;
mod properties;
mod sample;
mod scenes;
mod screens;
mod terminal;
mod typing;

/// What is drawn on a screen of this size, and what control is told.
fn drawn((width, height): (u16, u16), model: &Model, state: &State, now: Moment) -> (Buffer, Seen) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut seen = Seen::default();
    terminal.draw(|frame| seen = draw(frame, model, state, now)).unwrap();
    (terminal.backend().buffer().clone(), seen)
}

/// The rows of a screen, without blanks at their ends.
fn rows(buffer: &Buffer) -> Vec<String> {
    let columns = usize::from(buffer.area.width).max(1);
    buffer.content().chunks(columns).map(|cells| row(cells).trim_end().to_owned()).collect()
}

fn row(cells: &[ratatui::buffer::Cell]) -> String {
    let mut row = String::new();
    let mut hidden = 0;
    for cell in cells {
        if hidden == 0 {
            row.push_str(cell.symbol());
            hidden = cell.cell_width();
        }
        hidden = hidden.saturating_sub(1);
    }
    row
}

/// A screen at several sizes, as text.
fn gallery(sizes: &[(u16, u16)], model: &Model, state: &State, now: Moment) -> String {
    let mut text = String::new();
    for &size in sizes {
        let (buffer, _) = drawn(size, model, state, now);
        let _ = writeln!(text, "{}x{}", size.0, size.1);
        for row in rows(&buffer) {
            let _ = writeln!(text, "|{row}");
        }
    }
    text
}
