//! A page that shows the parts of the full screen side by side, in every theme: for whoever changes the look.

use anyhow::{Context, Result};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui::{Terminal, TerminalOptions, Viewport};
use shared::name::Name;
use tui_client::tui::art;
use tui_client::tui::canvas::{Canvas, Drawing};
use tui_client::tui::cluster::Emoji;
use tui_client::tui::theme::{Depth, Pill, Shade, Theme, ThemeChoice};
use tui_client::tui::wrap::wrap;

use crate::picture::{self, Colours, DARK, LIGHT, Picture, Size};

/// One page: its name, what the terminal can show, and the terminal's own colours.
const PAGES: [(&str, Depth, Shade, &Colours); 6] = [
    ("dark", Depth::Rgb, Shade::Dark, &DARK),
    ("light", Depth::Rgb, Shade::Light, &LIGHT),
    ("dark-256", Depth::Indexed256, Shade::Dark, &DARK),
    ("light-256", Depth::Indexed256, Shade::Light, &LIGHT),
    ("ansi16", Depth::Ansi16, Shade::Dark, &DARK),
    ("no-colour", Depth::None, Shade::Dark, &DARK),
];

const TEXT: &str = "Morning! The staging relay is back. おはよう!今日の会議は三時からです。資料は共有フォルダに入れました。 Спасибо, \
                    очень красиво! Notes: https://example.org/relay/notes/2026/november naïve café déjà-vu 🎉";

/// Every page with its name.
pub fn pages(size: Size) -> Result<Vec<(&'static str, Picture)>> {
    PAGES.iter().map(|&(name, depth, shade, colours)| Ok((name, page(size, depth, shade, colours)?))).collect()
}

fn page(size: Size, depth: Depth, shade: Shade, colours: &Colours) -> Result<Picture> {
    // Else crossterm would leave colours out when NO_COLOR is set where the pictures are made.
    ratatui::crossterm::style::force_color_output(true);
    let theme = Theme::new(ThemeChoice::Auto, depth, shade);
    let area = Rect::new(0, 0, size.columns.get(), size.rows.get());
    let mut bytes = Vec::new();
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(&mut bytes), options)?;
    terminal.draw(|frame| draw(&mut Canvas::new(frame.buffer_mut(), area, Drawing::default()), &theme))?;
    drop(terminal);
    Ok(Picture::of(&picture::screen(&bytes, size), "tern", colours))
}

fn draw(canvas: &mut Canvas<'_>, theme: &Theme) {
    art::backdrop(canvas, theme);
    let width = canvas.width();
    canvas.fill(Rect::new(0, 0, width, 1), theme.surface);
    canvas.text(2, 0, "◆ tern", theme.accent.add_modifier(Modifier::BOLD));
    canvas.text(14, 0, " 2 ", theme.pill(Pill::Alert));
    canvas.text(18, 0, " 1 ", theme.pill(Pill::Private));
    canvas.text_right(width.saturating_sub(2), 0, "connected  18 ms", theme.muted);
    art::wordmark(canvas, width.saturating_sub(art::WORDMARK_WIDTH) / 2, 2, theme);
    tokens(canvas, 4, 8, theme);
    people(canvas, 40, 8, theme);
    message(canvas, 4, 19, theme);
    let bottom = canvas.height().saturating_sub(1);
    canvas.fill(Rect::new(0, bottom, width, 1), theme.surface);
    canvas.text(0, bottom, "  #lobby ", theme.pill(Pill::Accent));
    let keys = canvas.text(12, bottom, " F1 ", theme.raised.patch(theme.text));
    canvas.text(keys + 1, bottom, "help", theme.muted);
}

fn tokens(canvas: &mut Canvas<'_>, x: u16, y: u16, theme: &Theme) {
    let tokens = [
        ("text", theme.text),
        ("muted", theme.muted),
        ("faint", theme.faint),
        ("accent", theme.accent),
        ("private", theme.private),
        ("ok", theme.ok),
        ("warn", theme.warn),
        ("error", theme.error),
    ];
    for (row, (name, style)) in (y..).zip(tokens) {
        canvas.text(x, row, name, style);
        canvas.text(x + 10, row, "● ◐ ○ ✓ ✗ ⇄ ↓ ↑ … ❯", style);
    }
}

fn people(canvas: &mut Canvas<'_>, x: u16, y: u16, theme: &Theme) {
    let names = ["mira", "kenji", "lena", "zoe", "otto", "amina", "hans", "yoda", "leia", "vader", "r2d2", "chewie"];
    for (at, name) in (0_u16..).zip(names) {
        if let Ok(name) = Name::plain(name) {
            let style = theme.person(&name, None).add_modifier(Modifier::BOLD);
            canvas.text(x + at % 4 * 9, y + at / 4, name.as_str(), style);
        }
    }
    let grounds = [("bg", theme.bg), ("alt", theme.alt), ("surface", theme.surface), ("raised", theme.raised)];
    for (at, (name, ground)) in (0_u16..).zip(grounds) {
        let part = Rect::new(x + at * 9, y + 4, 9, 2);
        canvas.fill(part, ground);
        canvas.text(part.x + 1, part.y, name, ground.patch(theme.text));
    }
    canvas.gauge(x, y + 7, 30, 710, [theme.accent, theme.border]);
    canvas.text(x + 32, y + 7, "71 %", theme.accent);
}

fn message(canvas: &mut Canvas<'_>, x: u16, y: u16, theme: &Theme) {
    let width = canvas.width().saturating_sub(2 * x);
    canvas.fill(Rect::new(x, y, width, 6), theme.bg);
    canvas.rounded_box(Rect::new(x, y, width, 6), theme.border);
    let inside = width.saturating_sub(20);
    for (row, line) in (y + 1..y + 5).zip(wrap(TEXT, inside, Emoji::Safe)) {
        canvas.text(x + 14, row, "│", theme.border);
        canvas.text(x + 16, row, &TEXT[line.bytes], theme.text);
    }
    let time = Span::styled("09:14", theme.faint);
    canvas.put(x + 2, y + 1, &[time, Span::raw(" "), Span::styled("mira", Style::new().patch(theme.private))]);
    canvas.fill(Rect::new(x + 2, y + 4, width.saturating_sub(4), 1), theme.mention);
    canvas.text(x + 2, y + 4, "▌@lena yes -> != === <= the half-closed socket", theme.warn);
}

/// A PNG and a text file for each page in a folder, which is made.
pub fn write(folder: &std::path::Path, size: Size) -> Result<()> {
    let renderer = picture::Renderer::new()?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, page) in pages(size)? {
        let file = folder.join(format!("specimen-{name}.png"));
        std::fs::write(&file, renderer.png(&page)?).with_context(|| format!("cannot write {}", file.display()))?;
        std::fs::write(file.with_extension("txt"), &page.text)?;
    }
    Ok(())
}
