//! Pictures of every screen with a sample conversation, drawn without a terminal or a server: for whoever changes the
//! look. The pictures of the README are made from the real program.

use std::path::Path;

use anyhow::{Context, Result};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tui_client::app::model::Model;
use tui_client::app::moment::Moment;
use tui_client::tui::state::{Overlay, State};
use tui_client::tui::theme::{Depth, Shade};
use tui_client::tui::view;

use crate::picture::{self, Colours, DARK, LIGHT, Picture, Size};

#[path = "../../tui-client/src/tui/view/tests/sample.rs"]
#[allow(dead_code, missing_docs, reason = "the tests use all of it")]
mod sample;

/// A theme: its name, what the terminal can show, and the terminal's own colours.
const THEMES: [(&str, Depth, Shade, &Colours); 4] = [
    ("dark", Depth::Rgb, Shade::Dark, &DARK),
    ("light", Depth::Rgb, Shade::Light, &LIGHT),
    ("ansi16", Depth::Ansi16, Shade::Dark, &DARK),
    ("no-colour", Depth::None, Shade::Dark, &DARK),
];

/// A PNG and a text file for each screen in each theme, in a folder, which is made.
pub fn write(folder: &Path, size: Size) -> Result<()> {
    // Else crossterm would leave colours out when NO_COLOR is set where the pictures are made.
    ratatui::crossterm::style::force_color_output(true);
    let renderer = picture::Renderer::new()?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (theme, depth, shade, colours) in THEMES {
        for (screen, model, state, now) in screens(depth, shade) {
            let drawn = draw(size, colours, &model, &state, now)?;
            let file = folder.join(format!("{screen}-{theme}-{}x{}.png", size.columns, size.rows));
            std::fs::write(&file, renderer.png(&drawn)?).with_context(|| format!("cannot write {}", file.display()))?;
            std::fs::write(file.with_extension("txt"), &drawn.text)?;
        }
    }
    Ok(())
}

fn screens(depth: Depth, shade: Shade) -> Vec<(&'static str, Model, State, Moment)> {
    let lobby = || {
        let world = sample::lobby();
        let state = sample::state(&world, depth, shade);
        (world, state)
    };
    let (world, main) = lobby();
    let now = world.now();
    let (again, mut completing) = lobby();
    sample::completing(&mut completing);
    let (third, mut help) = lobby();
    help.overlay = Some(Overlay::Help { scroll: 0 });
    let mut before = sample::World::new();
    before.tell(tui_client::app::msg::Msg::Started);
    before.tell(sample::connected());
    let direct = sample::direct();
    let direct_state = sample::direct_state(&direct, depth, shade);
    vec![
        ("direct", direct.model, direct_state, now),
        ("main", world.model, main, now),
        ("complete", again.model, completing, now),
        ("help", third.model, help, now),
        ("login", before.model, sample::login_state(depth, shade), now),
    ]
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
