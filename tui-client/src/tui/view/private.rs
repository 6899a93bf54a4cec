//! The head of a private session's tab: how it stands with it, the words to compare, and its files on their way.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use shared::name::Name;

use super::{Scene, card, clock};
use crate::app::model::{OpenPeer, PeerState, Transfer, TransferState};
use crate::app::moment::seconds;
use crate::app::peer::KeyTrust;
use crate::app::place::Place;
use crate::tui::canvas::Canvas;

/// Files shown at once.
const FILES: usize = 2;

/// Columns of a gauge.
const GAUGE: u16 = 16;

/// Rows that the head of the tab in front needs; none for any other tab.
pub(super) fn rows(scene: &Scene<'_>) -> u16 {
    let Place::Private(user) = scene.place else { return 0 };
    let files = open_files(scene, user).count().min(FILES);
    1 + u16::try_from(files).unwrap_or(0)
}

fn open_files<'a>(scene: &Scene<'a>, user: &'a Name) -> impl Iterator<Item = &'a Transfer> {
    let all = scene.model.peers.transfers.iter();
    all.filter(move |transfer| transfer.user == *user && transfer.is_open())
}

/// Draws the head.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let Place::Private(user) = scene.place else { return };
    let theme = scene.theme;
    let (width, height) = (canvas.width(), canvas.height());
    canvas.fill(Rect::new(0, 0, width, height), theme.surface.patch(theme.text));
    let Head { glyph, words, style } = head(scene, user);
    let x = canvas.text(1, 0, glyph, style) + 1;
    canvas.text_fit(x, 0, width.saturating_sub(x + 1), &words, style);
    for (y, transfer) in (1..height).zip(open_files(scene, user)) {
        file(canvas, scene, y, transfer);
    }
}

/// The row that says how it stands.
struct Head {
    glyph: &'static str,
    words: String,
    style: Style,
}

fn head(scene: &Scene<'_>, user: &Name) -> Head {
    let (theme, glyphs) = (scene.theme, scene.state.look.drawing.glyphs);
    let now = scene.now.mono;
    match scene.model.peers.sessions.get(user).map(|session| &session.state) {
        None => Head { glyph: glyphs.offline, words: format!("no session: /startprivate {user}"), style: theme.muted },
        Some(PeerState::Asking { until }) => {
            let words = format!("{user} is asked, {} s left", seconds(until.since(now)));
            Head { glyph: glyphs.idle, words, style: theme.warn }
        }
        Some(PeerState::Connecting { .. }) => {
            let words = format!("looking for a way to {user} {}", glyphs.ellipsis);
            Head { glyph: glyphs.idle, words, style: theme.warn }
        }
        Some(PeerState::Closed { why }) => {
            let separator = glyphs.separator;
            let words = format!("closed: {} {separator} /startprivate asks again", why.escaped());
            Head { glyph: glyphs.failed, words, style: theme.muted }
        }
        Some(PeerState::Open(open)) => opened(scene, open),
    }
}

/// The words to compare come before the address: they are what people need.
fn opened(scene: &Scene<'_>, open: &OpenPeer) -> Head {
    let (theme, glyphs) = (scene.theme, scene.state.look.drawing.glyphs);
    let words = open.words.join(" ");
    let key = match open.trust {
        KeyTrust::New => "key new",
        KeyTrust::Known => "key as before",
        KeyTrust::Verified => "verified",
        KeyTrust::Changed { .. } => "ANOTHER KEY THAN BEFORE",
    };
    let delay = open.delay.map(|delay| format!("{}  ", clock::milliseconds(delay))).unwrap_or_default();
    let style = match open.trust {
        KeyTrust::Changed { .. } => theme.error.add_modifier(Modifier::BOLD),
        KeyTrust::Verified => theme.ok,
        KeyTrust::New | KeyTrust::Known => theme.private,
    };
    Head { glyph: glyphs.private, words: format!("{words}  {key}  {delay}{}", open.address), style }
}

/// A span for people: seconds up to two minutes, then minutes.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

fn file(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16, transfer: &Transfer) {
    let theme = scene.theme;
    let arrow = if transfer.sending { canvas.drawing().glyphs.up } else { canvas.drawing().glyphs.down };
    let x = canvas.text(1, y, arrow, theme.private) + 1;
    let width = canvas.width();
    let room = width.saturating_sub(x + 1);
    let x = canvas.text_fit(
        x,
        y,
        (room / 3).max(8),
        &format!("{} {}", transfer.number, transfer.name.escaped()),
        theme.text,
    ) + 2;
    let words = progress(transfer);
    if !card::is_moving(transfer) {
        canvas.text_fit(x, y, width.saturating_sub(x + 1), &words, theme.muted);
        return;
    }
    let x = gauge(canvas, scene, (x, y), GAUGE.min(width.saturating_sub(x + 6)), transfer);
    canvas.text_fit(x + 1, y, width.saturating_sub(x + 2), &words, theme.muted);
}

/// A gauge with its figure; answers the column after it.
pub(super) fn gauge(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    (x, y): (u16, u16),
    columns: u16,
    transfer: &Transfer,
) -> u16 {
    let percent = transfer.percent();
    canvas.gauge(x, y, columns, u16::from(percent) * 10, [scene.theme.private, scene.theme.faint]);
    canvas.text(x + columns + 1, y, &format!("{percent:>3} %"), scene.theme.text)
}

/// Speed and time left, or what it waits for.
pub(super) fn progress(transfer: &Transfer) -> String {
    match &transfer.state {
        TransferState::Preparing => "is looked at".to_owned(),
        TransferState::Offered if transfer.sending => format!("offered, {}", card::bytes(transfer.size)),
        TransferState::Offered => format!("{} offered", card::bytes(transfer.size)),
        TransferState::Moving(progress) => {
            let rate = progress.rate.map(|rate| format!("{}/s", card::bytes(rate))).unwrap_or_default();
            let left = transfer.left().map(|left| format!("  {} left", span(left))).unwrap_or_default();
            format!("{rate}{left}")
        }
        TransferState::Done { .. } => "done".to_owned(),
        TransferState::Failed { why } => why.escaped().into_owned(),
    }
}
