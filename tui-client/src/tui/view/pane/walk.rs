//! Which rows are visible, and where scrolling leads: lays out line after line from a fixed point, and no further than
//! it has to.

use std::collections::VecDeque;

use crate::app::transcript::LineId;
use crate::tui::state::Anchor;

use super::block::{Block, Row};
use super::{Grid, Scene};

/// What is visible.
pub(super) struct Window<'a> {
    /// The lines of which something may be visible, with their numbers.
    pub blocks: Vec<(usize, Block<'a>)>,
    /// Rows of the first one above the pane.
    pub skip: usize,
    /// Rows that are visible.
    pub rows: usize,
    pub at_top: bool,
    pub at_bottom: bool,
}

impl<'a> Window<'a> {
    /// The visible rows, each with its block.
    pub(super) fn visible(&self) -> impl Iterator<Item = (&Block<'a>, &Row<'a>)> {
        let rows = self.blocks.iter().flat_map(|(_, block)| block.rows.iter().map(move |row| (block, row)));
        rows.skip(self.skip).take(self.rows)
    }

    /// The first line of which text is visible.
    pub(super) fn first(&self) -> Option<LineId> {
        self.visible().find_map(|(block, row)| row.start.and(block.line)).map(|line| line.id)
    }

    /// The last one.
    pub(super) fn last(&self) -> Option<LineId> {
        self.visible().filter_map(|(block, row)| row.start.and(block.line)).last().map(|line| line.id)
    }
}

/// How many blocks there are: one for each line, and one where there is no line.
pub(super) fn count(scene: &Scene<'_>) -> usize {
    scene.transcript().map_or(0, |transcript| transcript.lines().len()).max(1)
}

/// What a pane of so many rows shows.
pub(super) fn window<'a>(scene: &Scene<'a>, grid: Grid, height: u16) -> Window<'a> {
    let height = usize::from(height);
    match scene.tab.anchor {
        Anchor::Bottom => from_bottom(scene, grid, height),
        Anchor::At { line, byte } => {
            from_anchor(scene, grid, line, byte, height).unwrap_or_else(|| from_bottom(scene, grid, height))
        }
    }
}

/// The newest row stands at the bottom.
fn from_bottom<'a>(scene: &Scene<'a>, grid: Grid, height: usize) -> Window<'a> {
    let mut blocks = VecDeque::new();
    let mut rows = 0;
    for index in (0..count(scene)).rev() {
        let block = Block::new(scene, grid, index);
        rows += block.rows.len();
        blocks.push_front((index, block));
        if rows >= height {
            break;
        }
    }
    let at_top = rows <= height && blocks.front().is_some_and(|(index, _)| *index == 0);
    Window { blocks: blocks.into(), skip: rows.saturating_sub(height), rows: rows.min(height), at_top, at_bottom: true }
}

/// The row of this byte of this line stands at the top. `None` where too little follows to fill the pane.
fn from_anchor<'a>(scene: &Scene<'a>, grid: Grid, line: LineId, byte: usize, height: usize) -> Option<Window<'a>> {
    // A line that is no longer kept was older than all that are.
    let found = scene.transcript()?.position(line);
    let (index, byte) = found.map_or((0, 0), |index| (index, byte));
    let top = Block::new(scene, grid, index);
    let skip = top_row(&top, index, byte);
    let mut rows = top.rows.len() - skip;
    let mut blocks = vec![(index, top)];
    for index in index + 1..count(scene) {
        if rows > height {
            break;
        }
        let block = Block::new(scene, grid, index);
        rows += block.rows.len();
        blocks.push((index, block));
    }
    (rows > height).then_some(Window { blocks, skip, rows: height, at_top: index == 0 && skip == 0, at_bottom: false })
}

/// The row at the top for an anchor. What stands over the very first line has no anchor of its own and comes with it.
fn top_row(block: &Block<'_>, index: usize, byte: usize) -> usize {
    let row = block.stop_for(byte);
    let is_first_stop = (0..row).all(|above| !block.is_stop(above));
    if index == 0 && is_first_stop { 0 } else { row }
}

/// A row among all rows: the number of its line, and its place in it.
struct Walker<'s, 'a> {
    scene: &'s Scene<'a>,
    grid: Grid,
    index: usize,
    block: Block<'a>,
    row: usize,
}

impl Walker<'_, '_> {
    fn up(&mut self) -> bool {
        while self.row == 0 {
            let Some(before) = self.index.checked_sub(1) else { return false };
            self.index = before;
            self.block = Block::new(self.scene, self.grid, before);
            self.row = self.block.rows.len();
        }
        self.row -= 1;
        true
    }

    fn down(&mut self) -> bool {
        while self.row + 1 >= self.block.rows.len() {
            if self.index + 1 >= count(self.scene) {
                return false;
            }
            self.index += 1;
            self.block = Block::new(self.scene, self.grid, self.index);
            if !self.block.rows.is_empty() {
                self.row = 0;
                return true;
            }
        }
        self.row += 1;
        true
    }

    fn is_stop(&self) -> bool {
        self.block.is_stop(self.row)
    }

    fn place(&self) -> (usize, usize) {
        (self.index, self.row)
    }

    /// To the next place the view can stand at, from this one on.
    fn settle_down(&mut self) -> bool {
        while !self.is_stop() {
            if !self.down() {
                return false;
            }
        }
        true
    }

    fn settle_up(&mut self) -> bool {
        while !self.is_stop() {
            if !self.up() {
                return false;
            }
        }
        true
    }

    fn anchor(&self) -> Anchor {
        let start = self.block.rows.get(self.row).and_then(|row| row.start);
        match (self.block.line, start) {
            (Some(line), Some(byte)) => Anchor::At { line: line.id, byte },
            _ => Anchor::Bottom,
        }
    }
}

/// Where the view stands after scrolling by so many rows.
pub(super) fn scrolled(scene: &Scene<'_>, grid: Grid, height: u16, rows: isize) -> Anchor {
    if scene.transcript().is_none_or(|transcript| transcript.lines().len() == 0) {
        return Anchor::Bottom;
    }
    let top = known_top(scene, grid, height).map_or_else(|| laid_out_top(scene, grid, height, rows), Some);
    match top {
        Some(mut walker) if rows < 0 => up(&mut walker, rows.unsigned_abs()),
        Some(mut walker) => down(&mut walker, rows.unsigned_abs(), height),
        None => scene.tab.anchor,
    }
}

/// The row at the top, where nothing below it has to be laid out to know it.
fn known_top<'s, 'a>(scene: &'s Scene<'a>, grid: Grid, height: u16) -> Option<Walker<'s, 'a>> {
    let Anchor::At { line, byte } = scene.tab.anchor else { return None };
    let index = scene.transcript()?.position(line)?;
    if !fills(scene, index, height) {
        return None;
    }
    let block = Block::new(scene, grid, index);
    let row = top_row(&block, index, byte);
    Some(Walker { scene, grid, index, block, row })
}

/// Whether the lines behind this one fill a pane by themselves: each has a row at least.
fn fills(scene: &Scene<'_>, index: usize, height: u16) -> bool {
    index + usize::from(height) < count(scene)
}

/// The row at the top of what is visible. `None` where there is nowhere to scroll to.
fn laid_out_top<'s, 'a>(scene: &'s Scene<'a>, grid: Grid, height: u16, rows: isize) -> Option<Walker<'s, 'a>> {
    let mut window = window(scene, grid, height);
    if window.blocks.is_empty() || rows < 0 && window.at_top || rows > 0 && window.at_bottom {
        return None;
    }
    let skipped = window.skip;
    let (at, row) = place_of(&window, skipped);
    let (index, block) = window.blocks.swap_remove(at);
    Some(Walker { scene, grid, index, block, row })
}

/// Where the view stands so that the whole of a line is visible, moved as little as possible. Of a line that is larger
/// than the pane the beginning is.
pub(super) fn revealed(scene: &Scene<'_>, grid: Grid, height: u16, line: LineId) -> Anchor {
    let window = window(scene, grid, height);
    let height = usize::from(height);
    let index = scene.transcript().and_then(|transcript| transcript.position(line));
    let (Some(index), Some((first, _))) = (index, window.blocks.first()) else { return scene.tab.anchor };
    let top = Anchor::At { line, byte: 0 };
    if index < *first {
        return top;
    }
    let before: usize = window.blocks.iter().take(index - first).map(|(_, block)| block.rows.len()).sum();
    if let Some((_, block)) = window.blocks.get(index - first) {
        if before < window.skip {
            return top;
        }
        if before + block.rows.len() <= window.skip + height {
            return scene.tab.anchor;
        }
    }
    let block = Block::new(scene, grid, index);
    if block.rows.len() >= height {
        return top;
    }
    let row = block.rows.len().saturating_sub(1);
    let mut walker = Walker { scene, grid, index, block, row };
    for _ in 1..height {
        if !walker.up() {
            break;
        }
    }
    let landed = walker.place();
    walker.settle_down();
    // What stands over the very first line comes with its first row, and would push the wanted one out.
    if walker.index == 0 && landed.1 > 0 && (0..walker.row).all(|above| !walker.block.is_stop(above)) {
        walker.down();
        walker.settle_down();
    }
    walker.anchor()
}

/// The block and the row in it of a row counted from the first block.
fn place_of(window: &Window<'_>, mut row: usize) -> (usize, usize) {
    for (at, (_, block)) in window.blocks.iter().enumerate() {
        if row < block.rows.len() {
            return (at, row);
        }
        row -= block.rows.len();
    }
    (0, 0)
}

fn up(walker: &mut Walker<'_, '_>, rows: usize) -> Anchor {
    let from = walker.place();
    for _ in 0..rows {
        if !walker.up() {
            break;
        }
    }
    // The next place to stand at, but at least one step up.
    let landed = walker.place();
    if walker.settle_down() && walker.place() < from {
        return walker.anchor();
    }
    while walker.place() > landed && walker.up() {}
    if !walker.settle_up() {
        walker.settle_down();
    }
    walker.anchor()
}

fn down(walker: &mut Walker<'_, '_>, rows: usize, height: u16) -> Anchor {
    // What stands over the very first line goes with its first row.
    let rest = walker.row..walker.block.rows.len();
    let from = (walker.index, rest.clone().find(|&row| walker.block.is_stop(row)).unwrap_or(walker.row));
    for _ in 0..rows {
        if !walker.down() {
            return Anchor::Bottom;
        }
    }
    // The place to stand at before that, but at least one step down.
    walker.settle_up();
    while walker.place() <= from || !walker.is_stop() {
        if !walker.down() {
            return Anchor::Bottom;
        }
    }
    let anchor = walker.anchor();
    if fills(walker.scene, walker.index, height) {
        return anchor;
    }
    // Where less than a pane follows, the newest row is at the bottom, and stays there.
    let mut below = 0;
    while below < usize::from(height) {
        if !walker.down() {
            return Anchor::Bottom;
        }
        below += 1;
    }
    anchor
}
