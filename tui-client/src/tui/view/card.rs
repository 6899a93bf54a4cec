//! What another user wants and waits for: a private session, or to send a file. A card at the top of the messages, that
//! one key answers; it never takes the focus, and no key that is meant for the input.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Scene, Seen, Target, fresh};
use crate::app::model::{PeerRequest, Transfer, TransferState};
use crate::app::moment::seconds;
use crate::app::peer::KeyTrust;
use crate::tui::canvas::Canvas;
use crate::tui::state::Asked;
use crate::tui::theme::Pill;

/// Columns of the card.
const COLUMNS: u16 = 58;

/// Rows of the card; where the messages have fewer than twice as many it is one row.
const ROWS: u16 = 5;

/// Draws the card of whatever waits longest, over the messages.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, seen: &mut Seen) {
    let Some(Card { title, words, note, is_loud }) = card(scene) else { return };
    if canvas.height() < 2 * ROWS || canvas.width() < COLUMNS + 4 {
        return one_row(canvas, scene, &words, seen);
    }
    let theme = scene.theme;
    let part = Rect::new(canvas.width() - COLUMNS - 2, 0, COLUMNS, ROWS);
    let mut canvas = canvas.part(part);
    let whole = Rect::new(0, 0, COLUMNS, ROWS);
    canvas.fill(whole, fresh(theme.surface.patch(theme.text)));
    let edge = fresh(theme.surface.patch(if is_loud { theme.error } else { theme.private }));
    canvas.rounded_box(whole, edge);
    canvas.text(2, 0, &format!(" {title} "), edge.add_modifier(Modifier::BOLD));
    canvas.text_fit(2, 1, COLUMNS - 4, &words, theme.text.add_modifier(Modifier::BOLD));
    canvas.text_fit(2, 2, COLUMNS - 4, &note, if is_loud { theme.error } else { theme.muted });
    keys(&mut canvas, scene, 2, 3, seen);
}

/// What stands on a card.
struct Card {
    title: String,
    words: String,
    note: String,
    is_loud: bool,
}

fn card(scene: &Scene<'_>) -> Option<Card> {
    let asked = Asked::first(scene.model)?;
    let count = Asked::count(scene.model);
    let of = if count > 1 { format!(", {} more behind it", count - 1) } else { String::new() };
    Some(match asked {
        Asked::Session(request) => session(scene, request, &of),
        Asked::File(transfer) => file(scene, transfer, &of),
    })
}

fn session(scene: &Scene<'_>, request: &PeerRequest, of: &str) -> Card {
    let user = &request.from;
    let left = seconds(request.until.since(scene.now.mono));
    let (note, is_loud) = match request.trust {
        KeyTrust::New => (format!("First time. {user} sees your address after a yes."), false),
        KeyTrust::Known => (format!("Key as before. {user} sees your address after a yes."), false),
        KeyTrust::Verified => (format!("Key verified. {user} sees your address after a yes."), false),
        KeyTrust::Changed { was_verified: true } => (format!("NOT the key of {user} that you verified!"), true),
        KeyTrust::Changed { was_verified: false } => (format!("Another key than {user} had before!"), true),
    };
    Card {
        title: format!("private session{of}"),
        words: format!("{user} wants to talk to you directly ({left} s)"),
        note,
        is_loud,
    }
}

fn file(scene: &Scene<'_>, transfer: &Transfer, of: &str) -> Card {
    let Transfer { user, name, size, .. } = transfer;
    let separator = scene.state.look.drawing.glyphs.separator;
    Card {
        title: format!("file {}{of}", transfer.number),
        words: format!("{user} offers {}", name.escaped()),
        note: format!("{} {separator} goes to your downloads, checked", bytes(*size)),
        is_loud: false,
    }
}

/// The card where there is no room for one: the words as far as they fit, and always the keys.
fn one_row(canvas: &mut Canvas<'_>, scene: &Scene<'_>, words: &str, seen: &mut Seen) {
    let theme = scene.theme;
    let width = canvas.width();
    canvas.fill(Rect::new(0, 0, width, 1), fresh(theme.surface.patch(theme.text)));
    let keys_width = 24.min(width);
    let x = canvas.text(1, 0, canvas.drawing().glyphs.private, theme.private) + 1;
    canvas.text_fit(x, 0, width.saturating_sub(keys_width + x), words, theme.text);
    keys(canvas, scene, width.saturating_sub(keys_width), 0, seen);
}

/// The two keys; a click on them does the same.
fn keys(canvas: &mut Canvas<'_>, scene: &Scene<'_>, x: u16, y: u16, seen: &mut Seen) {
    let theme = scene.theme;
    let mut x = x;
    for (key, word, yes) in [(" Alt+Y ", " yes", true), (" Alt+N ", " no", false)] {
        let begin = x;
        let cap = if yes { theme.pill(Pill::Private) } else { theme.raised.patch(theme.text) };
        x = canvas.text(x, y, key, cap);
        x = canvas.text(x, y, word, theme.text);
        let part = canvas.part(Rect::new(begin, y, x.saturating_sub(begin), 1)).area();
        seen.targets.push((part, Target::Answer(yes)));
        x += 2;
    }
}

/// A number of bytes for people: three figures and a unit.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut whole, mut rest, mut unit) = (bytes, 0, 0);
    for (index, _) in UNITS.iter().enumerate() {
        (rest, whole, unit) = (whole % 1000 / 100, whole / 1000, index);
        if whole < 1000 {
            break;
        }
    }
    if whole < 10 { format!("{whole}.{rest} {}", UNITS[unit]) } else { format!("{whole} {}", UNITS[unit]) }
}

/// Whether anything has to be said about a transfer beside its card.
pub(super) fn is_moving(transfer: &Transfer) -> bool {
    matches!(transfer.state, TransferState::Moving(_))
}
