//! The chat screen: tabs, messages, sidebar, input, status.

use ratatui::layout::{Position, Rect};

use super::layout::Layout;
use super::{
    Scene, Seen, Size, Target, bare, card, completion, composer, find, notice, pane, private, sidebar, status, tabs,
};
use crate::tui::canvas::Canvas;

/// Draws it and answers where the cursor stands.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, seen: &mut Seen) -> Option<Position> {
    if scene.state.bare {
        bare::draw(canvas, scene, seen);
        return None;
    }
    let layout = Layout::new(canvas.width(), canvas.height(), scene);
    canvas.fill(Rect::new(0, 0, canvas.width(), canvas.height()), scene.theme.bg.patch(scene.theme.text));
    tabs::draw(&mut canvas.part(layout.tabs), scene, &layout, seen);
    pane::draw(&mut canvas.part(layout.pane), scene, layout.airy, seen);
    private::draw(&mut canvas.part(layout.head), scene);
    card::draw(&mut canvas.part(layout.pane), scene, seen);
    let cursor = composer::draw(canvas, scene, &layout);
    seen.composer = Size { width: layout.field.width, height: layout.field.height };
    let searching = scene.tab.find.as_ref().map(|search| find::draw(&mut canvas.part(layout.notice), scene, search));
    if searching.is_none()
        && let Some(part) = notice::draw(&mut canvas.part(layout.notice), scene, &layout, seen.at_bottom)
    {
        seen.targets.push((part, Target::Newest));
    }
    completion::draw(canvas, scene, &layout);
    if let Some(part) = layout.sidebar {
        sidebar::draw(&mut canvas.part(part), scene, seen);
    }
    status::draw(&mut canvas.part(layout.status), scene, &layout);
    searching.flatten().or(cursor)
}
