//! Who is there.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use shared::name::Name;

use super::{Scene, Seen, Target, clock, fresh, private};
use crate::app::model::{PeerState, TransferState, User};
use crate::app::place::Place;
use crate::tui::canvas::Canvas;
use crate::tui::theme::Pill;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, seen: &mut Seen) {
    let theme = scene.theme;
    let (width, height) = (canvas.width(), canvas.height());
    canvas.fill(Rect::new(0, 0, width, height), fresh(theme.alt.patch(theme.text)));
    let online = online(scene);
    let offline: Vec<&Name> = offline(scene).collect();
    let below = if offline.is_empty() { 0 } else { offline.len() + 2 };
    let room = usize::from(height.saturating_sub(2)).saturating_sub(below.min(usize::from(height) / 3));
    let mut y = heading(canvas, scene, 1, "ONLINE", scene.model.users.len());
    let (shown, hidden) = if online.len() > room { (room.saturating_sub(1), true) } else { (online.len(), false) };
    for (name, user) in online.iter().take(shown) {
        person(canvas, scene, y, name, Some(user), seen);
        y += 1;
    }
    if hidden {
        canvas.text(4, y, &format!("+{} more", online.len() - shown), theme.faint);
        y += 1;
    }
    if !offline.is_empty() {
        y = heading(canvas, scene, y + 1, "OFFLINE", offline.len());
        for name in offline {
            person(canvas, scene, y, name, None, seen);
            y += 1;
        }
    }
    y = sessions(canvas, scene, y, seen);
    transfers(canvas, scene, y, seen);
}

/// Private sessions that are alive. A click leads to the tab.
fn sessions(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16, seen: &mut Seen) -> u16 {
    let alive: Vec<_> = scene.model.peers.sessions.iter().filter(|(_, session)| session.is_alive()).collect();
    if alive.is_empty() || y + 2 >= canvas.height() {
        return y;
    }
    let theme = scene.theme;
    let separator = canvas.drawing().glyphs.separator;
    let mut y = heading(canvas, scene, y + 1, "SESSIONS", alive.len());
    for (name, session) in alive {
        let (words, style) = match &session.state {
            PeerState::Open(open) => {
                let delay = open.delay.map(|delay| format!(" {} {}", separator, clock::milliseconds(delay)));
                (format!("direct{}", delay.unwrap_or_default()), theme.private)
            }
            PeerState::Asking { .. } => ("asked".to_owned(), theme.warn),
            PeerState::Connecting { .. } => ("connecting".to_owned(), theme.warn),
            PeerState::Closed { .. } => continue,
        };
        let glyph = canvas.drawing().glyphs.private;
        canvas.text(2, y, glyph, style);
        let end = canvas.width().saturating_sub(2);
        let wanted = canvas.width_of(&words);
        canvas.text_fit(4, y, end.saturating_sub(5 + wanted), name.as_str(), theme.person(name, None));
        canvas.text_right(end, y, &words, theme.faint);
        let part = canvas.part(Rect::new(0, y, canvas.width(), 1)).area();
        seen.targets.push((part, Target::Tab(Place::Private(name.clone()))));
        y += 1;
    }
    y
}

/// The newest files, two rows each. A click leads to the tab.
fn transfers(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16, seen: &mut Seen) {
    let all = &scene.model.peers.transfers;
    if all.is_empty() || y + 3 >= canvas.height() {
        return;
    }
    let (theme, glyphs) = (scene.theme, canvas.drawing().glyphs);
    let mut y = heading(canvas, scene, y + 1, "TRANSFERS", all.iter().filter(|one| one.is_open()).count());
    let room = usize::from(canvas.height().saturating_sub(y)) / 2;
    let end = canvas.width().saturating_sub(2);
    for transfer in all.iter().rev().take(room) {
        let (glyph, style) = match transfer.state {
            TransferState::Done { .. } if transfer.sending => (glyphs.up, theme.ok),
            TransferState::Done { .. } => (glyphs.down, theme.ok),
            TransferState::Failed { .. } => (glyphs.failed, theme.error),
            _ if transfer.sending => (glyphs.up, theme.private),
            _ => (glyphs.down, theme.private),
        };
        canvas.text(2, y, glyph, style);
        canvas.text_fit(4, y, end.saturating_sub(4), &transfer.name.escaped(), theme.text);
        match &transfer.state {
            TransferState::Moving(_) => {
                private::gauge(canvas, scene, (2, y + 1), end.saturating_sub(8), transfer);
            }
            TransferState::Done { .. } => {
                let columns = end.saturating_sub(8);
                canvas.gauge(2, y + 1, columns, 1000, [theme.ok, theme.faint]);
                canvas.text_right(end, y + 1, glyphs.done, theme.ok);
            }
            _ => {
                canvas.text_fit(4, y + 1, end.saturating_sub(4), &private::progress(transfer), theme.faint);
            }
        }
        let part = canvas.part(Rect::new(0, y, canvas.width(), 2)).area();
        seen.targets.push((part, Target::Tab(Place::Private(transfer.user.clone()))));
        y += 2;
    }
}

/// Oneself first, then those who are there, then those who are away.
fn online<'a>(scene: &Scene<'a>) -> Vec<(&'a Name, &'a User)> {
    let me = scene.model.me.as_ref();
    let mut online: Vec<_> = scene.model.users.iter().collect();
    online.sort_by_key(|(name, user)| (me != Some(*name), !user.away.as_str().is_empty()));
    online
}

/// The others of open conversations who are not online.
fn offline<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a Name> {
    let model = scene.model;
    let users = model.conversations.iter().filter_map(|conversation| conversation.place.user());
    users.filter(|name| !model.users.contains_key(name))
}

fn heading(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16, words: &str, count: usize) -> u16 {
    let x = canvas.text(2, y, words, scene.theme.muted.add_modifier(Modifier::BOLD));
    canvas.text(x + 2, y, &count.to_string(), scene.theme.faint);
    y + 1
}

fn person(canvas: &mut Canvas<'_>, scene: &Scene<'_>, y: u16, name: &Name, user: Option<&User>, seen: &mut Seen) {
    let (theme, glyphs) = (scene.theme, canvas.drawing().glyphs);
    let me = scene.model.me.as_ref();
    let is_away = user.is_some_and(|user| !user.away.as_str().is_empty());
    let (glyph, dot) = match user {
        None => (glyphs.offline, theme.faint),
        Some(_) if is_away => (glyphs.idle, theme.warn),
        Some(_) => (glyphs.online, theme.ok),
    };
    let style = match user {
        None => theme.muted,
        Some(_) if is_away => theme.muted,
        Some(_) => theme.person(name, me),
    };
    canvas.text(2, y, glyph, dot);
    let (end, width) = (canvas.width().saturating_sub(2), canvas.width_of(name.as_str()));
    let note = note(scene, name, user);
    // The name comes first; what is beside it gets what is left.
    let wanted = canvas.width_of(&note.words);
    let name_columns = end.saturating_sub(4 + if wanted > 0 { (wanted + 1).min(6) } else { 0 });
    let after = canvas.text_fit(4, y, name_columns.min(width), name.as_str(), style);
    let room = end.saturating_sub(after + 2);
    let columns = wanted.min(room);
    canvas.text_fit(end - columns, y, columns, &note.words, note.style);
    if me != Some(name) {
        let part = canvas.part(Rect::new(0, y, canvas.width(), 1)).area();
        seen.targets.push((part, Target::User(name.clone())));
    }
}

/// What stands beside a name.
struct Note {
    words: String,
    style: Style,
}

fn note(scene: &Scene<'_>, name: &Name, user: Option<&User>) -> Note {
    let theme = scene.theme;
    let place = Place::With(name.clone());
    let unread = if place == *scene.place { 0 } else { scene.model.conversations.get(&place).map_or(0, |c| c.unread) };
    if unread > 0 {
        return Note { words: format!(" {unread} "), style: theme.pill(Pill::Alert) };
    }
    if scene.model.typing.who(&place, scene.now.mono).next().is_some() {
        let words = scene.state.look.drawing.glyphs.ellipsis.to_owned();
        return Note { words, style: theme.accent };
    }
    if scene.model.peers.open(name).is_some() {
        let words = scene.state.look.drawing.glyphs.private.to_owned();
        return Note { words, style: theme.private };
    }
    let words = if scene.model.me.as_ref() == Some(name) {
        "you".to_owned()
    } else if scene.model.blocked.contains(name) {
        "blocked".to_owned()
    } else {
        user.map(|user| user.away.as_str().to_owned()).unwrap_or_default()
    };
    Note { words, style: theme.faint }
}
