//! The row between the messages and the input: what has to be said now, where the eye is. One thing at a time, the most
//! pressing first; and at its right end how much is new below while the view is scrolled up.

use std::time::Duration;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Scene, pane};
use crate::app::model::{Login, Session};
use crate::app::moment::seconds;
use crate::tui::canvas::Canvas;
use crate::tui::state::{Armed, Hint, HintKind};
use crate::tui::theme::Pill;

/// The countdown is shown so long before the end at the least, and at the most.
const COUNTDOWN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// Draws it and answers where on the screen a click leads to the newest message.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, at_bottom: bool) -> Option<Rect> {
    let words = words(scene);
    let newest = (!at_bottom).then(|| newest(canvas, scene));
    let end = newest.map_or(canvas.width(), |part| part.x);
    if let Some((glyph, text, style)) = words {
        let glyph = glyph.unwrap_or_else(|| canvas.drawing().glyphs.idle);
        // Where rows are few a message lies under it.
        canvas.fill(Rect::new(0, 0, end, 1), super::fresh(scene.theme.bg));
        let x = canvas.text(2, 0, glyph, style) + 1;
        canvas.text_fit(x, 0, end.saturating_sub(x + 1), &text, style);
    }
    newest.map(|part| canvas.part(part).area())
}

/// What is said: a sign (that of something that runs out when there is none), the words and their style.
fn words(scene: &Scene<'_>) -> Option<(Option<&'static str>, String, Style)> {
    let theme = scene.theme;
    let now = scene.now.mono;
    if let Some(reason) = &scene.state.ended {
        return Some((Some("!"), format!("{reason} Enter brings the login back."), theme.warn));
    }
    if let Some(seconds) = idle_seconds(scene) {
        return Some((None, format!("logged out in {seconds} s, any key keeps you here"), theme.warn));
    }
    if let Some(armed) = armed(scene) {
        return Some((Some("!"), armed, theme.warn));
    }
    let toast = scene.state.toast.as_ref().filter(|toast| toast.until > now)?;
    let (glyph, style) = if toast.is_error { ("!", theme.error) } else { ("·", theme.muted) };
    Some((Some(glyph), toast.text.clone(), style))
}

/// What the next key confirms.
fn armed(scene: &Scene<'_>) -> Option<String> {
    match scene.state.armed.as_ref()? {
        Armed::Quit { until } => (*until > scene.now.mono).then(|| "Ctrl+C again quits".to_owned()),
        Armed::Send { text } => {
            (text == scene.tab.composer.text()).then(|| format!("Enter again sends it as text {}", destination(scene)))
        }
    }
}

fn destination(scene: &Scene<'_>) -> String {
    match (&scene.state.hint, scene.place.user()) {
        (Hint { kind: HintKind::Say | HintKind::Direct, text }, _) if !text.is_empty() => text.clone(),
        (_, Some(name)) => format!("to {name}"),
        (_, None) => format!("to everyone in the {}", scene.place.as_str()),
    }
}

/// Seconds until the server ends the session for inactivity, in the last tenth of the time it allows.
pub(super) fn idle_seconds(scene: &Scene<'_>) -> Option<u64> {
    let Login::In(Session { timeout: Some(timeout), activity, .. }) = &scene.model.login else { return None };
    let ahead = (*timeout / 10).clamp(COUNTDOWN.0, COUNTDOWN.1).min(*timeout / 2);
    let left = activity.told.after(*timeout).since(scene.now.mono);
    // A key that the server is about to be told of keeps the session.
    (!activity.untold && left <= ahead).then(|| seconds(left))
}

/// Draws the way to the newest message and answers where it stands on this canvas.
fn newest(canvas: &mut Canvas<'_>, scene: &Scene<'_>) -> Rect {
    let theme = scene.theme;
    let count = scene.tab.seen_to.map_or(0, |seen| pane::new_after(scene, seen));
    let down = canvas.drawing().glyphs.down;
    let (text, style) = match count {
        0 => (format!(" {down} newest  Esc "), theme.raised.patch(theme.muted)),
        _ => (format!(" {down} {count} new  Esc "), theme.pill(Pill::Accent)),
    };
    let width = canvas.width_of(&text);
    let x = canvas.width().saturating_sub(width + 2);
    canvas.text(x, 0, &text, super::fresh(theme.bg).patch(style));
    Rect::new(x, 0, width, 1)
}
