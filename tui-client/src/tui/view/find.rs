//! The row over the input while something is searched for in the tab.

use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::{Scene, fresh};
use crate::tui::canvas::Canvas;
use crate::tui::state::Find;

/// Columns that the text itself gets at least; the keys are left out first.
const QUERY: u16 = 12;

/// Draws it and answers where the cursor stands while the text is typed.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, find: &Find) -> Option<Position> {
    let theme = scene.theme;
    canvas.fill(Rect::new(0, 0, canvas.width(), 1), fresh(theme.surface.patch(theme.text)));
    let from = canvas.text(2, 0, "find ", theme.accent.add_modifier(Modifier::BOLD));
    let count = count(find);
    let keys =
        if find.is_typed { [("Enter", "keep"), ("Esc", "back")] } else { [("n N", "older, newer"), ("Esc", "done")] };
    let keys: Vec<Span<'_>> = keys
        .into_iter()
        .flat_map(|(key, words)| {
            [Span::styled(format!("  {key}"), theme.text), Span::styled(format!(" {words}"), theme.muted)]
        })
        .collect();
    let wide = |spans: &[Span<'_>]| spans.iter().map(|span| canvas.width_of(&span.content)).sum::<u16>();
    let (count_columns, key_columns) = (canvas.width_of(&count) + 2, wide(&keys));
    let free = canvas.width().saturating_sub(from + count_columns + 2);
    let shows_keys = free >= QUERY + key_columns;
    let columns = if shows_keys { free - key_columns } else { free };
    let end = query(canvas, scene, find, from, columns);
    let style = if find.found.is_empty() && !find.query.is_empty() { theme.warn } else { theme.muted };
    let x = canvas.text(end.0 + 2, 0, &count, style);
    if shows_keys {
        canvas.put(x + 1, 0, &keys);
    }
    canvas.position(end.1, 0).filter(|_| find.is_typed)
}

/// The end of what is searched for where not all of it fits. Answers the column after it, and that of the cursor.
fn query(canvas: &mut Canvas<'_>, scene: &Scene<'_>, find: &Find, from: u16, columns: u16) -> (u16, u16) {
    let (text, cursor) = (find.query.text(), find.query.cursor());
    let mut start = 0;
    while canvas.width_of(&text[start..cursor]) >= columns.max(1) {
        start += text[start..].chars().next().map_or(1, char::len_utf8);
    }
    let end = canvas.part(Rect::new(0, 0, from + columns, 1)).text(from, 0, &text[start..], scene.theme.text);
    (end, from + canvas.width_of(&text[start..cursor]))
}

/// How many there are, and which one the view stands at, counted from the newest.
fn count(find: &Find) -> String {
    match (find.found.len(), find.at) {
        _ if find.query.is_empty() => "in this tab".to_owned(),
        (0, _) => "Nothing found.".to_owned(),
        (all, Some(at)) => format!("{} of {all}", all - at),
        (all, None) => all.to_string(),
    }
}
