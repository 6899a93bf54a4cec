//! The row between the messages and the input: what has to be said now, where the eye is. One thing at a time, the most
//! pressing first; and at its right end how much is new below while the view is scrolled up.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Layout;
use super::{Scene, pane};
use crate::app::moment::seconds;
use crate::tui::canvas::Canvas;
use crate::tui::state::{Armed, Hint, HintKind};
use crate::tui::theme::Pill;

/// Draws it and answers where on the screen a click leads to the newest message. Where the row lies over messages, they
/// are worth more than who is typing.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout, at_bottom: bool) -> Option<Rect> {
    let words = words(scene).or_else(|| typing(canvas, scene).filter(|_| layout.airy));
    let newest = (!at_bottom).then(|| newest(canvas, scene));
    let end = newest.map_or(canvas.width(), |part| part.x);
    say(canvas, scene, end, words);
    newest.map(|part| canvas.part(part).area())
}

/// Draws only what goes away by itself and what a second key confirms: all that there is to say beside a form.
pub(super) fn toast(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let words = passing(scene);
    say(canvas, scene, canvas.width(), words);
}

/// Draws a sign and words in the columns up to `end`.
fn say(canvas: &mut Canvas<'_>, scene: &Scene<'_>, end: u16, words: Option<Words>) {
    let Some(Words { glyph, text, style }) = words else { return };
    let glyph = glyph.unwrap_or(canvas.drawing().glyphs.idle);
    // Where rows are few something lies under it.
    canvas.fill(Rect::new(0, 0, end, 1), super::fresh(scene.theme.bg));
    let x = canvas.text(2, 0, glyph, style) + 1;
    canvas.text_fit(x, 0, end.saturating_sub(x + 1), &text, style);
}

/// What is said.
struct Words {
    /// A sign; that of something that runs out when there is none.
    glyph: Option<&'static str>,
    text: String,
    style: Style,
}

/// The most pressing thing there is to say.
fn words(scene: &Scene<'_>) -> Option<Words> {
    let style = scene.theme.warn;
    if let Some(reason) = &scene.state.ended {
        return Some(Words { glyph: Some("!"), text: format!("{reason} Enter brings the login back."), style });
    }
    if let Some(seconds) = idle_seconds(scene) {
        let text = format!("logged out in {seconds} s, any key keeps you here");
        return Some(Words { glyph: None, text, style });
    }
    if scene.tab.marked.is_some() {
        let text = "c copy   q quote   o open   l copy the link   Esc".to_owned();
        return Some(Words { glyph: Some(scene.state.look.drawing.glyphs.bar), text, style: scene.theme.accent });
    }
    passing(scene)
}

/// Who types in this conversation.
fn typing(canvas: &Canvas<'_>, scene: &Scene<'_>) -> Option<Words> {
    let mut who = scene.model.typing.who(scene.place, scene.now.mono);
    let said = match (who.next()?, who.next(), who.next()) {
        (one, None, _) => format!("{one} is typing"),
        (one, Some(other), None) => format!("{one} and {other} are typing"),
        _ => "several people are typing".to_owned(),
    };
    let dot = canvas.drawing().glyphs.online;
    Some(Words { glyph: Some(dot), text: format!("{dot} {dot} {said}"), style: scene.theme.muted })
}

fn passing(scene: &Scene<'_>) -> Option<Words> {
    let theme = scene.theme;
    let toast = scene.state.toast.as_ref().filter(|toast| toast.until > scene.now.mono);
    // What a second Enter does stands in the border; first it is said why the first one did nothing.
    let is_explained =
        toast.is_some_and(|toast| toast.is_error) && matches!(scene.state.armed, Some(Armed::Send { .. }));
    if let Some(text) = armed(scene).filter(|_| !is_explained) {
        return Some(Words { glyph: Some("!"), text, style: theme.warn });
    }
    let toast = toast?;
    let (glyph, style) = if toast.is_error { ("!", theme.error) } else { (">", theme.muted) };
    Some(Words { glyph: Some(glyph), text: toast.text.clone(), style })
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

/// Seconds until the server ends the session for inactivity, once it is time to say so.
pub(super) fn idle_seconds(scene: &Scene<'_>) -> Option<u64> {
    let now = scene.now.mono;
    scene.model.idle().filter(|(warning, _)| now >= *warning).map(|(_, end)| seconds(end.since(now)))
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
