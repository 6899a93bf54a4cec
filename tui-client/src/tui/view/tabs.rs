//! The tab bar: the mark, the tabs with what is unread, and how it stands with the connection.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::layout::Layout;
use super::{Connection, Scene, Seen, Target, clock, pane};
use crate::app::model::Conversation;
use crate::app::place::Place;
use crate::tui::canvas::Canvas;
use crate::tui::theme::{Depth, Pill};

/// Columns of a name in a tab; of a narrow screen.
const NAME: (u16, u16) = (16, 10);

/// So many unread lines are searched for the user's name.
const SEARCHED: usize = 200;

/// Columns of the sign that there are more tabs.
const MORE: u16 = 5;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout, seen: &mut Seen) {
    let theme = scene.theme;
    let width = canvas.width();
    canvas.fill(Rect::new(0, 0, width, 1), theme.surface);
    let right = connection(canvas, scene, layout);
    let glyphs = canvas.drawing().glyphs;
    let mut x = canvas.text(1, 0, glyphs.mark, theme.accent) + 1;
    if !layout.is_compact() {
        x = canvas.text(x, 0, "tern", theme.accent.add_modifier(Modifier::BOLD)) + 2;
    }
    let tabs: Vec<Item<'_>> = items(canvas, scene, layout);
    let room = right.saturating_sub(x + 1);
    let shown = choose(&tabs, room);
    for item in tabs.iter().filter(|item| shown.contains(&item.number)) {
        let end = item.draw(canvas, x, scene);
        let part = canvas.part(Rect::new(x, 0, end.saturating_sub(x), 1)).area();
        seen.targets.push((part, Target::Tab(item.place.clone())));
        x = end;
    }
    let hidden: Vec<&Item<'_>> = tabs.iter().filter(|item| !shown.contains(&item.number)).collect();
    if !hidden.is_empty() {
        let style = if hidden.iter().any(|item| item.unread > 0) { theme.warn } else { theme.muted };
        canvas.text(x + 1, 0, &format!("+{}", hidden.len()), style);
    }
}

/// One tab.
struct Item<'a> {
    /// Counted from 1.
    number: usize,
    place: &'a Place,
    label: String,
    /// What is worth a notification there, where that is not as everywhere.
    suffix: String,
    unread: usize,
    pill: Option<Style>,
    is_front: bool,
    width: u16,
}

fn items<'a>(canvas: &Canvas<'_>, scene: &Scene<'a>, layout: &Layout) -> Vec<Item<'a>> {
    let most = if layout.is_compact() { NAME.1 } else { NAME.0 };
    let all = scene.model.conversations.iter().enumerate();
    let items = all.map(|(index, conversation)| {
        let is_front = conversation.place == *scene.place;
        let label = match &conversation.place {
            Place::Room(room) => room.to_string(),
            Place::With(name) => format!("@{name}"),
            Place::Private(name) => format!("{} {name}", canvas.drawing().glyphs.private),
        };
        let level = scene.state.tabs.get(&conversation.place).and_then(|tab| tab.notify);
        let suffix = level.map(|level| format!(" {}", level.as_str())).unwrap_or_default();
        let unread = if is_front { 0 } else { conversation.unread };
        let number = index + 1;
        let pill = (unread > 0).then(|| pill(scene, conversation));
        let pill_width = if unread > 0 { canvas.width_of(&count(unread)) + 3 } else { 0 };
        let name = canvas.width_of(&label).min(most) + canvas.width_of(&suffix);
        let width = 1 + canvas.width_of(&number.to_string()) + 1 + name + 1 + pill_width;
        Item { number, place: &conversation.place, label, suffix, unread, pill, is_front, width }
    });
    items.collect()
}

/// The tabs that fit: the one in front, then the others in their order.
fn choose(items: &[Item<'_>], room: u16) -> Vec<usize> {
    let all = items.iter().fold(0_u16, |sum, item| sum.saturating_add(item.width));
    if all <= room {
        return items.iter().map(|item| item.number).collect();
    }
    let front = items.iter().filter(|item| item.is_front);
    let mut used = front.clone().fold(MORE, |sum, item| sum.saturating_add(item.width));
    let mut shown: Vec<usize> = front.map(|item| item.number).collect();
    for item in items.iter().filter(|item| !item.is_front) {
        used = used.saturating_add(item.width);
        if used > room {
            break;
        }
        shown.push(item.number);
    }
    shown
}

impl Item<'_> {
    fn draw(&self, canvas: &mut Canvas<'_>, x: u16, scene: &Scene<'_>) -> u16 {
        let theme = scene.theme;
        let end = x.saturating_add(self.width);
        let (bar, number, name) = if self.is_front {
            let name = theme.text.add_modifier(Modifier::BOLD);
            // Without grounds of its own the tab is told by more than its bar.
            let name = if theme.depth == Depth::None { name.add_modifier(Modifier::REVERSED) } else { name };
            canvas.fill(Rect::new(x, 0, self.width, 1), theme.bg);
            (canvas.drawing().glyphs.bar, theme.accent, name)
        } else if self.unread > 0 {
            (" ", theme.faint, theme.text.add_modifier(Modifier::BOLD))
        } else {
            (" ", theme.faint, theme.muted)
        };
        let is_private = matches!(self.place, Place::Private(_)) && theme.depth != Depth::None;
        let name = if is_private { name.patch(theme.private) } else { name };
        let pill_width = self.pill.map_or(0, |_| canvas.width_of(&count(self.unread)) + 3);
        let mut column = canvas.text(x, 0, bar, theme.accent);
        column = canvas.text(column, 0, &self.number.to_string(), number) + 1;
        let suffix_width = canvas.width_of(&self.suffix);
        let label_width = end.saturating_sub(column + 1 + pill_width + suffix_width);
        column = canvas.text_fit(column, 0, label_width, &self.label, name);
        column = canvas.text(column, 0, &self.suffix, theme.muted) + 1;
        if let Some(pill) = self.pill {
            canvas.text(column, 0, &format!(" {} ", count(self.unread)), pill);
        }
        end
    }
}

/// More than three digits say nothing more.
fn count(unread: usize) -> String {
    if unread > 999 { "999+".to_owned() } else { unread.to_string() }
}

/// What is said to this user, or names it, stands out.
fn pill(scene: &Scene<'_>, conversation: &Conversation) -> Style {
    let theme = scene.theme;
    let names_me = || {
        let Some(me) = &scene.model.me else { return false };
        let unread = conversation.transcript.lines().rev().take(conversation.unread.min(SEARCHED));
        unread.filter(|line| line.from != me).any(|line| pane::mentions(line.text.as_str(), me))
    };
    match conversation.place {
        Place::With(_) => theme.pill(Pill::Alert),
        Place::Private(_) => theme.pill(Pill::Private),
        Place::Room(_) if names_me() => theme.pill(Pill::Alert),
        Place::Room(_) => theme.raised.patch(theme.text).add_modifier(Modifier::BOLD),
    }
}

/// Draws how it stands with the connection at the right end, and answers where it begins.
fn connection(canvas: &mut Canvas<'_>, scene: &Scene<'_>, layout: &Layout) -> u16 {
    let (theme, glyphs) = (scene.theme, canvas.drawing().glyphs);
    let delay = scene.state.delay.map(clock::milliseconds);
    let (glyph, style, words) = match scene.connection() {
        Connection::Connected if layout.is_wide() => (
            glyphs.online,
            theme.ok,
            delay.map_or_else(|| "connected".to_owned(), |delay| format!("connected  {delay}")),
        ),
        Connection::Connected => (glyphs.online, theme.ok, delay.unwrap_or_default()),
        Connection::LoggingIn => (glyphs.idle, theme.warn, "logging in".to_owned()),
        Connection::Connecting => (glyphs.idle, theme.warn, "connecting".to_owned()),
        Connection::Reconnecting { seconds: 0 } => (glyphs.idle, theme.warn, "reconnecting".to_owned()),
        Connection::Reconnecting { seconds } if layout.is_compact() => {
            (glyphs.idle, theme.warn, format!("in {seconds} s"))
        }
        Connection::Reconnecting { seconds } => (glyphs.idle, theme.warn, format!("reconnecting in {seconds} s")),
        Connection::Offline => (glyphs.offline, theme.error, "offline".to_owned()),
    };
    let is_well = scene.connection() == Connection::Connected;
    let words = if layout.is_compact() && is_well { String::new() } else { words };
    let ink = if is_well { theme.muted } else { style };
    let mut spans = vec![Span::styled(glyph, style)];
    if !words.is_empty() {
        spans.push(Span::styled(format!(" {words}"), ink));
    }
    let columns = spans.iter().map(|span| canvas.width_of(&span.content)).sum::<u16>();
    let x = canvas.width().saturating_sub(columns + 2);
    canvas.put(x, 0, &spans);
    x
}
