//! The login: a card with the fields, and on large screens the wordmark over it and hills behind it.

use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::{Connection, Scene, clock, fresh, notice, overlay};
use crate::app::moment::seconds;
use crate::tui::art;
use crate::tui::canvas::Canvas;
use crate::tui::cluster::clusters;
use crate::tui::composer::Composer;
use crate::tui::state::{Field, Form, FormMessage, Mode};
use crate::tui::theme::{Depth, Pill};
use crate::tui::wrap::wrap;

use self::plan::Plan;

mod plan;

/// Keys for the last row with what they do, in full and short; what does not fit is left out from the end.
const KEYS: [(&str, &str, &str); 5] = [
    ("Tab", "next field", "next"),
    ("Alt+← →", "sign in or register", "switch"),
    ("Ctrl+R", "show password", "show"),
    ("F1", "help", "help"),
    ("Ctrl+Q", "quit", "quit"),
];

/// Below this many columns the last row is short of words.
const TERSE: u16 = 90;

/// Draws it and answers where the cursor stands.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) -> Option<Position> {
    let theme = scene.theme;
    art::backdrop(canvas, theme);
    let message = message(scene);
    let rows = message.as_ref().map_or(1, |(text, _)| rows_of(canvas, text, Plan::inside(canvas.width())));
    let plan = Plan::new(canvas.width(), canvas.height(), &scene.state.form, rows);
    if let Some(y) = plan.wordmark {
        let x = canvas.width().saturating_sub(art::WORDMARK_WIDTH) / 2;
        // No star shines through the letters.
        canvas.fill(Rect::new(x, y, art::WORDMARK_WIDTH, art::WORDMARK_HEIGHT + 1), fresh(theme.bg));
        art::wordmark(canvas, x, y, theme);
    }
    if let Some(y) = plan.tagline {
        let tagline = "quiet chat for the terminal";
        let x = canvas.width().saturating_sub(canvas.width_of(tagline)) / 2;
        canvas.text(x, y, tagline, theme.muted);
    }
    if let Some(card) = plan.card {
        canvas.fill(card, fresh(theme.bg));
        canvas.rounded_box(card, theme.border);
    }
    modes(canvas, scene, &plan);
    if let Some(y) = plan.address {
        canvas.text(plan.x, y, "Server", theme.muted);
        let columns = plan.width.saturating_sub(plan.label + 1);
        canvas.text_fit(plan.x + plan.label + 1, y, columns, &scene.model.settings.server, theme.muted);
    }
    let cursor =
        plan.fields.iter().fold(None, |cursor, &(field, y)| self::field(canvas, scene, &plan, field, y).or(cursor));
    if let Some((text, style)) = message {
        paragraph(canvas, &plan, &text, style);
    }
    button(canvas, scene, &plan);
    keys(canvas, scene);
    let toast = Rect::new(0, canvas.height().saturating_sub(2), canvas.width(), 1);
    notice::toast(&mut canvas.part(toast), scene);
    cursor
}

fn rows_of(canvas: &Canvas<'_>, text: &str, columns: u16) -> u16 {
    u16::try_from(wrap(text, columns, canvas.drawing().emoji).count()).unwrap_or(u16::MAX)
}

/// The two things that the card is for, and a line under the chosen one.
fn modes(canvas: &mut Canvas<'_>, scene: &Scene<'_>, plan: &Plan) {
    let theme = scene.theme;
    let glyphs = canvas.drawing().glyphs;
    let chosen = scene.state.form.mode;
    if let Some(y) = plan.underline {
        canvas.hline(plan.x, y, plan.width, glyphs.line, theme.border);
    }
    let mut x = plan.x;
    for (mode, label) in [(Mode::SignIn, "Sign in"), (Mode::Register, "Create an account")] {
        let style = if mode == chosen { theme.text.add_modifier(Modifier::BOLD) } else { theme.muted };
        let style = if mode == chosen && plan.underline.is_none() { theme.accent.patch(style) } else { style };
        let style = if mode == chosen && theme.depth == Depth::None && plan.underline.is_none() {
            style.add_modifier(Modifier::REVERSED)
        } else {
            style
        };
        let end = canvas.text(x, plan.modes, label, style);
        if let Some(y) = plan.underline.filter(|_| mode == chosen) {
            canvas.hline(x, y, end.saturating_sub(x), glyphs.gauge[0], theme.accent);
        }
        x = end + if plan.card.is_some() { 4 } else { 2 };
    }
}

/// A field with its label. Answers where the cursor stands, if it is in this one.
fn field(canvas: &mut Canvas<'_>, scene: &Scene<'_>, plan: &Plan, field: Field, y: u16) -> Option<Position> {
    let (theme, form) = (scene.theme, &scene.state.form);
    let is_focused = form.focus == field;
    let (label, composer) = match field {
        Field::Server => ("Server", &form.server),
        Field::Name => ("Name", &form.name),
        Field::Password => ("Password", &form.password),
        Field::Again => ("Repeat it", &form.again),
    };
    canvas.text(plan.x, y, label, if is_focused { theme.accent } else { theme.muted });
    let part = Rect::new(plan.x + plan.label, y, plan.width.saturating_sub(plan.label), 1);
    let ground = if is_focused { theme.raised } else { theme.surface };
    canvas.fill(part, ground.patch(theme.text));
    if is_focused {
        canvas.text(part.x, y, canvas.drawing().glyphs.mention, theme.accent);
    } else if theme.depth == Depth::None || theme.depth == Depth::Ansi16 {
        // Without grounds nothing else shows where the field is.
        canvas.hline(part.x + 1, y, part.width.saturating_sub(1), "_", theme.faint);
    }
    let inside = Rect { x: part.x + 1, width: part.width.saturating_sub(1), ..part };
    let is_secret = matches!(field, Field::Password | Field::Again) && !form.reveal;
    if !is_focused && !is_secret {
        // Its beginning says more than the place where the cursor was.
        canvas.text_fit(inside.x, y, inside.width, composer.text(), theme.text);
        return None;
    }
    let cursor = typed(&mut canvas.part(inside), composer, is_secret, theme.text);
    cursor.filter(|_| is_focused)
}

/// What is typed into a field of one line, masked where it is a secret. Answers where the cursor stands.
pub(super) fn typed(canvas: &mut Canvas<'_>, composer: &Composer, is_secret: bool, style: Style) -> Option<Position> {
    let width = canvas.width();
    if !is_secret {
        let placed = composer.placed(width, 1);
        let row = placed.rows.first().cloned().unwrap_or(0..0);
        canvas.text(0, 0, &composer.text()[row], style);
        return canvas.position(placed.cursor_column, 0);
    }
    let letters = |text: &str| clusters(text, canvas.drawing().emoji).count();
    let (all, before) = (letters(composer.text()), letters(&composer.text()[..composer.cursor()]));
    let room = usize::from(width.saturating_sub(1));
    let hidden = before.saturating_sub(room);
    let shown = u16::try_from((all - hidden).min(room)).unwrap_or(width);
    canvas.hline(0, 0, shown, canvas.drawing().glyphs.mask, style);
    canvas.position(u16::try_from(before - hidden).unwrap_or(width), 0)
}

/// What is said of the last try, with its style.
fn message(scene: &Scene<'_>) -> Option<(String, Style)> {
    let theme = scene.theme;
    match scene.state.form.message.as_ref()? {
        FormMessage::Error(text) => Some((format!("! {text}"), theme.error)),
        FormMessage::Note(text) => Some((text.clone(), theme.muted)),
        FormMessage::Locked { until } => match seconds(until.since(scene.now.mono)) {
            0 => Some(("The lock is over, try again.".to_owned(), theme.ok)),
            left => Some((format!("! Locked after wrong passwords, {left} s left."), theme.warn)),
        },
    }
}

fn paragraph(canvas: &mut Canvas<'_>, plan: &Plan, text: &str, style: Style) {
    let mut part = canvas.part(Rect::new(plan.x, plan.message.0, plan.width, plan.message.1));
    for (y, row) in (0..plan.message.1).zip(wrap(text, plan.width, part.drawing().emoji)) {
        part.text(0, y, &text[row.bytes], style);
    }
}

/// The button, and beside it how it stands with the connection.
fn button(canvas: &mut Canvas<'_>, scene: &Scene<'_>, plan: &Plan) {
    let (theme, glyphs) = (scene.theme, canvas.drawing().glyphs);
    let Form { mode, busy, .. } = scene.state.form;
    let x = if plan.card.is_some() { plan.x + plan.label } else { plan.x };
    let end = if busy {
        let words = if mode == Mode::SignIn { "Signing in" } else { "Creating" };
        canvas.text(x, plan.button, &format!(" {words} {} ", glyphs.ellipsis), theme.raised.patch(theme.text))
    } else {
        let words = if mode == Mode::SignIn { "Sign in" } else { "Create" };
        canvas.text(x, plan.button, &format!(" {words}  {} ", glyphs.enter), theme.pill(Pill::Accent))
    };
    let (glyph, style, words, short) = reachable(scene, canvas);
    let after = canvas.text(end + 2, plan.button, glyph, style);
    let room = (plan.x + plan.width).saturating_sub(after + 1);
    let words = if canvas.width_of(&words) > room { short } else { words.as_str() };
    canvas.text_fit(after + 1, plan.button, room, words, theme.muted);
}

/// How it stands with the connection: a sign, its style, and words in full and short.
fn reachable(scene: &Scene<'_>, canvas: &Canvas<'_>) -> (&'static str, Style, String, &'static str) {
    let (theme, glyphs) = (scene.theme, canvas.drawing().glyphs);
    match scene.connection() {
        Connection::Connected | Connection::LoggingIn => {
            let delay = scene.state.delay.map(|delay| format!(", {}", clock::milliseconds(delay))).unwrap_or_default();
            (glyphs.done, theme.ok, format!("server reachable{delay}"), "reachable")
        }
        Connection::Connecting | Connection::Reconnecting { seconds: 0 } => {
            (glyphs.idle, theme.warn, format!("connecting {}", glyphs.ellipsis), "connecting")
        }
        Connection::Reconnecting { seconds } => {
            (glyphs.idle, theme.warn, format!("no answer, again in {seconds} s"), "no answer")
        }
        Connection::Offline => (glyphs.offline, theme.faint, "not connected".to_owned(), "offline"),
    }
}

fn keys(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let theme = scene.theme;
    let (width, y) = (canvas.width(), canvas.height().saturating_sub(1));
    canvas.fill(Rect::new(0, y, width, 1), fresh(theme.alt));
    let mut spans: Vec<Span<'_>> = Vec::new();
    let mut columns = 0;
    for (key, full, short) in KEYS {
        let gap = if spans.is_empty() { "" } else { "   " };
        let key = overlay::key_words(key, canvas.drawing().glyphs);
        let words = if width < TERSE { short } else { full };
        let piece = [Span::styled(format!("{gap}{key} "), theme.text), Span::styled(words, theme.muted)];
        let wide: u16 = piece.iter().map(|span| canvas.width_of(&span.content)).sum();
        if columns + wide > width {
            continue;
        }
        columns += wide;
        spans.extend(piece);
    }
    canvas.put(width.saturating_sub(columns) / 2, y, &spans);
}
