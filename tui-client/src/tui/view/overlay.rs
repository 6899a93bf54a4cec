//! What lies over everything and takes the keys: a box in the middle of a dimmed screen.

use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::{Scene, Seen, centred, fresh, help, login};
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Glyphs;
use crate::tui::state::{Choice, Overlay};
use crate::tui::theme::Depth;
use crate::tui::wrap::wrap;

/// Columns of a question, and of a list.
const WIDTHS: (u16, u16) = (60, 80);

/// Columns of a list of what was said.
const WIDEST: u16 = 104;

/// From this many rows on a box leaves the edges of the screen free.
const ROOMY: u16 = 28;

/// Rows of a long paste that are shown, so that one sees what it is.
const PREVIEW: usize = 5;

/// A box: its title, the columns it wants, the rows of what is inside, and the keys in its lower border.
pub(super) struct Frame<'f> {
    pub title: &'f str,
    pub width: u16,
    pub rows: usize,
    pub foot: &'f [(&'f str, &'f str)],
    pub is_error: bool,
}

/// Draws the overlay and answers where the cursor stands in it.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, over: &Overlay, seen: &mut Seen) -> Option<Position> {
    match over {
        Overlay::Help { scroll } => help::draw(canvas, scene, *scroll, seen),
        Overlay::Quit => quit(canvas, scene),
        Overlay::Paste { text, lines } => paste(canvas, scene, text, *lines),
        Overlay::List { title, rows, scroll } => list(canvas, scene, title, rows, *scroll, seen),
        Overlay::Pick { title, query, choices, marked } => return pick(canvas, scene, title, query, choices, *marked),
        Overlay::KeyChanged { address, expected, found } => key_changed(canvas, scene, address, expected, found),
        Overlay::Secret { prompt } => return secret(canvas, scene, prompt),
        Overlay::OfferHost => offer_host(canvas, scene),
    }
    None
}

/// Draws a box and answers the part inside it and how many rows that has.
pub(super) fn frame(canvas: &mut Canvas<'_>, scene: &Scene<'_>, frame: &Frame<'_>) -> (Rect, usize) {
    let theme = scene.theme;
    let rows = u16::try_from(frame.rows).unwrap_or(u16::MAX);
    // Air inside, and outside so that one sees what lies under it, where there is room.
    let roomy = canvas.height() >= ROOMY;
    let most = canvas.height().saturating_sub(if roomy { 4 } else { 0 });
    let air = u16::from(roomy || rows.saturating_add(4) <= most);
    let part = centred(canvas, frame.width, rows.saturating_add(2 + 2 * air).min(most));
    let (line, ink) = if frame.is_error { (theme.error, theme.error) } else { (theme.border, theme.accent) };
    canvas.fill(part, fresh(theme.bg.patch(theme.text)));
    canvas.rounded_box(part, line);
    let end = canvas.text_fit(
        part.x + 3,
        part.y,
        part.width.saturating_sub(6),
        frame.title,
        ink.add_modifier(Modifier::BOLD),
    );
    canvas.text(part.x + 2, part.y, " ", ink);
    canvas.text(end, part.y, " ", ink);
    foot(canvas, scene, part, frame.foot);
    let inside =
        Rect::new(part.x + 3, part.y + 1 + air, part.width.saturating_sub(6), part.height.saturating_sub(2 + 2 * air));
    (inside, usize::from(inside.height))
}

/// A thumb in the right border of a box whose rows do not all fit; `inside` is the part inside it.
pub(super) fn thumb(canvas: &mut Canvas<'_>, scene: &Scene<'_>, inside: Rect, rows: usize, scroll: usize) {
    let visible = usize::from(inside.height);
    if visible == 0 || rows <= visible {
        return;
    }
    let length = (visible * visible / rows).clamp(1, visible - 1 + usize::from(visible == 1));
    let top = scroll * (visible - length) / (rows - visible);
    let clip = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
    let x = inside.right().saturating_add(2);
    canvas.vline(
        x,
        inside.y + clip(top),
        clip(length),
        canvas.drawing().glyphs.thumb,
        fresh(scene.theme.bg.patch(scene.theme.faint)),
    );
}

fn foot(canvas: &mut Canvas<'_>, scene: &Scene<'_>, part: Rect, keys: &[(&str, &str)]) {
    let theme = scene.theme;
    let mut spans = vec![Span::styled(" ", theme.muted)];
    let mut columns = 2;
    for (at, (key, words)) in keys.iter().enumerate() {
        let gap = if at == 0 { "" } else { "   " };
        let piece = [Span::styled(format!("{gap}{key}"), theme.text), Span::styled(format!(" {words}"), theme.muted)];
        let wide: u16 = piece.iter().map(|span| canvas.width_of(&span.content)).sum();
        if columns + wide + 4 > part.width {
            break;
        }
        columns += wide;
        spans.extend(piece);
    }
    spans.push(Span::styled(" ", theme.muted));
    let x = (part.x + part.width).saturating_sub(columns + 2).max(part.x + 1);
    canvas.part(Rect { width: part.width.saturating_sub(1), ..part }).put(
        x - part.x,
        part.height.saturating_sub(1),
        &spans,
    );
}

/// A question: sentences in a box. The first column of a row with a `>` before it is drawn as something to type.
fn question(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    title: &str,
    text: &str,
    foot: &[(&str, &str)],
    is_error: bool,
) {
    let width = WIDTHS.0.min(canvas.width());
    let columns = width.saturating_sub(6);
    let rows: Vec<_> = wrap(text, columns, canvas.drawing().emoji).collect();
    let (part, _) = frame(canvas, scene, &Frame { title, width, rows: rows.len(), foot, is_error });
    let mut canvas = canvas.part(part);
    for (y, row) in (0..part.height).zip(rows) {
        canvas.text(0, y, &text[row.bytes], scene.theme.text);
    }
}

fn quit(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let text = "Messages that come while you are away are stored for you.";
    question(canvas, scene, "Leave Tern?", text, &[("Enter", "leave"), ("Esc", "stay")], false);
}

fn paste(canvas: &mut Canvas<'_>, scene: &Scene<'_>, text: &str, lines: usize) {
    let mut shown: String = text.lines().take(PREVIEW).collect::<Vec<_>>().join("\n");
    // A single line can be as long as a paste.
    if let Some((at, _)) = shown.char_indices().nth(400) {
        shown.truncate(at);
    }
    if shown.len() < text.trim_end().len() {
        shown.push('\n');
        shown.push_str(canvas.drawing().glyphs.ellipsis);
    }
    let title = if lines == 1 { format!("Paste {} bytes?", text.len()) } else { format!("Paste {lines} lines?") };
    question(canvas, scene, &title, &shown, &[("Enter", "into the input"), ("Esc", "drop")], false);
}

fn offer_host(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let server = &scene.model.settings.server;
    let text =
        format!("Nobody answers at {server}.\n\nHost a server here, in this program? Others can join while it runs.");
    question(canvas, scene, "No server", &text, &[("Enter", "host one here"), ("Esc", "back")], false);
}

fn key_changed(canvas: &mut Canvas<'_>, scene: &Scene<'_>, address: &str, expected: &str, found: &str) {
    let text = format!(
        "{address} has another key than the one remembered. Somebody may be between you and it. Nothing was sent.\n\n\
         expected {expected}\nfound    {found}\n\nIf you know why it changed:\ntui-client trust forget {address}"
    );
    question(canvas, scene, "The server's key has changed", &text, &[("Esc", "back")], true);
}

fn list(canvas: &mut Canvas<'_>, scene: &Scene<'_>, title: &str, rows: &[String], scroll: usize, seen: &mut Seen) {
    let theme = scene.theme;
    let width = WIDTHS.1.min(canvas.width());
    let foot: &[(&str, &str)] = &[("Esc", "close"), ("PgUp PgDn", "scroll")];
    let count = rows.len().max(1);
    let (part, visible) = frame(canvas, scene, &Frame { title, width, rows: count, foot, is_error: false });
    seen.overlay_scroll = rows.len().saturating_sub(visible);
    let scroll = scroll.min(seen.overlay_scroll);
    thumb(canvas, scene, part, rows.len(), scroll);
    let mut canvas = canvas.part(part);
    if rows.is_empty() {
        canvas.text(0, 0, "nothing", theme.muted);
    }
    for (y, row) in (0..part.height).zip(rows.iter().skip(scroll)) {
        canvas.text_fit(0, y, part.width, row, theme.text);
    }
}

/// A field, and under it what fits to what is typed there.
fn pick(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    title: &str,
    query: &str,
    choices: &[Choice],
    marked: usize,
) -> Option<Position> {
    let theme = scene.theme;
    // Names fit into a small box; what was said needs a large one.
    let columns = |choice: &Choice| canvas.width_of(&choice.text).saturating_add(canvas.width_of(&choice.help));
    let widest = choices.iter().map(columns).max().unwrap_or(0);
    let width = if widest > WIDTHS.0 - 12 { WIDEST } else { WIDTHS.0 };
    let width = width.min(canvas.width().saturating_sub(4).max(WIDTHS.0)).min(canvas.width());
    let most = usize::from(canvas.height()).saturating_sub(8).clamp(1, 12);
    let foot: &[(&str, &str)] = &[("Enter", "take"), ("Esc", "close")];
    let rows = 2 + choices.len().clamp(1, most);
    let (part, visible) = frame(canvas, scene, &Frame { title, width, rows, foot, is_error: false });
    let mut canvas = canvas.part(part);
    let glyphs = canvas.drawing().glyphs;
    canvas.text(0, 0, glyphs.prompt, theme.accent.add_modifier(Modifier::BOLD));
    let end = canvas.text_fit(2, 0, part.width.saturating_sub(3), query, theme.text);
    if choices.is_empty() {
        canvas.text(2, 2, "Nothing found. Esc to go back.", theme.muted);
    }
    let shown = visible.saturating_sub(2).max(1);
    let above = (marked + 1).saturating_sub(shown).min(choices.len().saturating_sub(shown));
    for (index, (y, choice)) in (2..part.height).zip(choices.iter().skip(above)).enumerate() {
        if above + index == marked {
            canvas.fill(Rect::new(0, y, part.width, 1), fresh(theme.raised.patch(theme.text)));
            let bar = if theme.depth == Depth::None { ">" } else { glyphs.bar };
            canvas.text(0, y, bar, theme.accent);
        }
        let x = canvas.text_fit(2, y, part.width.saturating_sub(4), &choice.text, theme.text) + 2;
        canvas.text_fit(x, y, part.width.saturating_sub(x + 1), &choice.help, theme.muted);
    }
    canvas.position(end, 0)
}

fn secret(canvas: &mut Canvas<'_>, scene: &Scene<'_>, prompt: &str) -> Option<Position> {
    let theme = scene.theme;
    let width = WIDTHS.0.min(canvas.width());
    let columns = width.saturating_sub(6);
    let rows: Vec<_> = wrap(prompt, columns, canvas.drawing().emoji).take(3).collect();
    let foot: &[(&str, &str)] = &[("Enter", "go on"), ("Esc", "leave it")];
    let count = rows.len() + 2;
    let (part, _) = frame(canvas, scene, &Frame { title: "Password", width, rows: count, foot, is_error: false });
    let mut canvas = canvas.part(part);
    let last = part.height.saturating_sub(1);
    for (y, row) in (0..last).zip(rows) {
        canvas.text(0, y, &prompt[row.bytes], theme.text);
    }
    canvas.fill(Rect::new(0, last, part.width, 1), theme.raised.patch(theme.text));
    canvas.text(0, last, canvas.drawing().glyphs.bar, theme.accent);
    let inside = Rect::new(1, last, part.width.saturating_sub(1), 1);
    let form = &scene.state.form;
    login::typed(&mut canvas.part(inside), &form.password, !form.reveal, theme.text)
}

/// The names of keys, without arrows where those cannot be trusted.
pub(super) fn key_words(keys: &str, glyphs: &Glyphs) -> String {
    if glyphs.has_blocks {
        return keys.to_owned();
    }
    [("←", "Left"), ("→", "Right"), ("↑", "Up"), ("↓", "Down"), ("…", "-")]
        .into_iter()
        .fold(keys.to_owned(), |keys, (symbol, word)| keys.replace(symbol, word))
}
