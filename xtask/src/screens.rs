//! Pictures of every screen with a sample conversation, drawn without a terminal or a server: for whoever changes the
//! look. The pictures of the README are made from the real program.

use std::path::Path;

use anyhow::{Context, Result};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tui_client::app::model::Model;
use tui_client::app::moment::Moment;
use tui_client::tui::state::State;
use tui_client::tui::theme::{Depth, Shade};
use tui_client::tui::view;

use crate::picture::{self, Colours, DARK, LIGHT, Picture, Size};

#[path = "../../tui-client/src/tui/view/tests/sample.rs"]
#[allow(dead_code, missing_docs, reason = "the tests use all of it")]
mod sample;

#[path = "../../tui-client/src/tui/view/tests/scenes.rs"]
#[allow(missing_docs, reason = "the tests say what it is for")]
mod scenes;

/// A theme: its name, what the terminal can show, and the terminal's own colours.
const THEMES: [(&str, Depth, Shade, &Colours); 5] = [
    ("dark", Depth::Rgb, Shade::Dark, &DARK),
    ("light", Depth::Rgb, Shade::Light, &LIGHT),
    ("ansi16", Depth::Ansi16, Shade::Dark, &DARK),
    ("ansi16-light", Depth::Ansi16, Shade::Light, &LIGHT),
    ("no-colour", Depth::None, Shade::Dark, &DARK),
];

/// A PNG and a text file for each screen in each theme, in a folder, which is made.
pub fn write(folder: &Path, size: Size) -> Result<()> {
    // Else crossterm would leave colours out when NO_COLOR is set where the pictures are made.
    ratatui::crossterm::style::force_color_output(true);
    let renderer = picture::Renderer::new()?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (theme, depth, shade, colours) in THEMES {
        for (screen, make) in scenes::SCREENS {
            let (world, state) = make(depth, shade);
            let drawn = draw(size, colours, &world.model, &state, world.now())?;
            let file = folder.join(format!("{screen}-{theme}-{}x{}.png", size.columns, size.rows));
            std::fs::write(&file, renderer.png(&drawn)?).with_context(|| format!("cannot write {}", file.display()))?;
            std::fs::write(file.with_extension("txt"), &drawn.text)?;
        }
    }
    Ok(())
}

fn draw(size: Size, colours: &Colours, model: &Model, state: &State, now: Moment) -> Result<Picture> {
    let area = Rect::new(0, 0, size.columns.get(), size.rows.get());
    let mut bytes = Vec::new();
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(&mut bytes), options)?;
    terminal.draw(|frame| {
        view::draw(frame, model, state, now);
    })?;
    drop(terminal);
    Ok(Picture::of(&picture::screen(&bytes, size), "tern", colours))
}
