//! Box and block characters as shapes: fonts leave seams between them.

use std::fmt::Write;

use super::svg::{CELL_HEIGHT, CELL_WIDTH};

/// Half the width of a light and of a heavy line.
const LIGHT: f32 = 0.75;
const HEAVY: f32 = 1.75;

/// How thick the four arms of a line character are, from the middle of the cell: left, right, up, down.
type Arms = [f32; 4];

/// Where a character is drawn.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The top left corner of its cell in pixels.
    pub x: u32,
    pub y: u32,
    /// How far a shape that fills the width of the cell reaches over its left and right side: the margin at the edges of
    /// the screen.
    pub over: [u32; 2],
}

/// Draws a character as a shape. `false` if it is not one of these: then it is text.
pub(super) fn draw(svg: &mut String, symbol: &str, place: Place, colour: &str) -> bool {
    let Place { x, y, over } = place;
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    if let Some([left, top, right, bottom]) = block(c) {
        let over_left = if left == 0 { over[0] } else { 0 };
        let over_right = if right == CELL_WIDTH { over[1] } else { 0 };
        let (width, height) = (over_left + right - left + over_right, bottom - top);
        rect(svg, [to_f32(x + left - over_left), to_f32(y + top), to_f32(width), to_f32(height)], colour);
    } else if let Some(arms) = arms(c) {
        lines(svg, arms, to_f32(x), to_f32(y), colour);
    } else if let Some((horizontal, vertical)) = arc(c) {
        let (middle_x, middle_y) = (to_f32(x) + to_f32(CELL_WIDTH) / 2.0, to_f32(y) + to_f32(CELL_HEIGHT) / 2.0);
        let end_x = middle_x + horizontal * to_f32(CELL_WIDTH) / 2.0;
        let end_y = middle_y + vertical * to_f32(CELL_HEIGHT) / 2.0;
        let turn_y = middle_y + vertical * to_f32(CELL_WIDTH) / 2.0;
        let _ = writeln!(
            svg,
            r#"<path d="M{middle_x} {end_y}V{turn_y}Q{middle_x} {middle_y} {end_x} {middle_y}" fill="none" stroke="{colour}" stroke-width="{}"/>"#,
            LIGHT * 2.0
        );
    } else {
        return dot(svg, c, x, y, colour);
    }
    true
}

/// A block character as left, top, right and bottom in pixels, rounded, so that neighbours meet.
fn block(c: char) -> Option<[u32; 4]> {
    let code = u32::from(c);
    let across = |eighths: u32| (CELL_WIDTH * eighths + 4) / 8;
    let down = |eighths: u32| (CELL_HEIGHT * eighths + 4) / 8;
    let (whole_x, whole_y) = (CELL_WIDTH, CELL_HEIGHT);
    match c {
        '▀' => Some([0, 0, whole_x, down(4)]),
        '▁'..='█' => Some([0, whole_y - down(code - 0x2580), whole_x, whole_y]),
        '▉'..='▏' => Some([0, 0, across(0x2590 - code), whole_y]),
        '▐' => Some([across(4), 0, whole_x, whole_y]),
        '▔' => Some([0, 0, whole_x, down(1)]),
        '▕' => Some([across(7), 0, whole_x, whole_y]),
        _ => None,
    }
}

fn arms(c: char) -> Option<Arms> {
    const NONE: f32 = 0.0;
    Some(match c {
        '─' => [LIGHT, LIGHT, NONE, NONE],
        '━' => [HEAVY, HEAVY, NONE, NONE],
        '│' => [NONE, NONE, LIGHT, LIGHT],
        '┃' => [NONE, NONE, HEAVY, HEAVY],
        '╴' => [LIGHT, NONE, NONE, NONE],
        '╶' => [NONE, LIGHT, NONE, NONE],
        '╸' => [HEAVY, NONE, NONE, NONE],
        '╺' => [NONE, HEAVY, NONE, NONE],
        '╾' => [HEAVY, LIGHT, NONE, NONE],
        '╼' => [LIGHT, HEAVY, NONE, NONE],
        '┌' => [NONE, LIGHT, NONE, LIGHT],
        '┐' => [LIGHT, NONE, NONE, LIGHT],
        '└' => [NONE, LIGHT, LIGHT, NONE],
        '┘' => [LIGHT, NONE, LIGHT, NONE],
        '├' => [NONE, LIGHT, LIGHT, LIGHT],
        '┤' => [LIGHT, NONE, LIGHT, LIGHT],
        '┬' => [LIGHT, LIGHT, NONE, LIGHT],
        '┴' => [LIGHT, LIGHT, LIGHT, NONE],
        '┼' => [LIGHT, LIGHT, LIGHT, LIGHT],
        _ => return None,
    })
}

/// Towards which side and which end a round corner goes from the middle of its cell.
fn arc(c: char) -> Option<(f32, f32)> {
    match c {
        '╭' => Some((1.0, 1.0)),
        '╮' => Some((-1.0, 1.0)),
        '╰' => Some((1.0, -1.0)),
        '╯' => Some((-1.0, -1.0)),
        _ => None,
    }
}

fn lines(svg: &mut String, [left, right, up, down]: Arms, x: f32, y: f32, colour: &str) {
    let (width, height) = (to_f32(CELL_WIDTH), to_f32(CELL_HEIGHT));
    let (middle_x, middle_y) = (x + width / 2.0, y + height / 2.0);
    // Arms reach over the middle by half the thickness of those across, so that corners are filled.
    let (over_x, over_y) = (up.max(down), left.max(right));
    for (half, from, to) in [(left, x, middle_x + over_x), (right, middle_x - over_x, x + width)] {
        if half > 0.0 {
            rect(svg, [from, middle_y - half, to - from, half * 2.0], colour);
        }
    }
    for (half, from, to) in [(up, y, middle_y + over_y), (down, middle_y - over_y, y + height)] {
        if half > 0.0 {
            rect(svg, [middle_x - half, from, half * 2.0, to - from], colour);
        }
    }
}

/// Dots of state: as large as letters, and alike.
fn dot(svg: &mut String, c: char, x: u32, y: u32, colour: &str) -> bool {
    let (x, y) = (to_f32(x) + to_f32(CELL_WIDTH) / 2.0, to_f32(y) + to_f32(CELL_HEIGHT) / 2.0);
    let _ = match c {
        '●' => writeln!(svg, r#"<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>"#),
        '○' => {
            writeln!(svg, r#"<circle cx="{x}" cy="{y}" r="4.5" fill="none" stroke="{colour}" stroke-width="1.4"/>"#)
        }
        '◐' => writeln!(
            svg,
            r#"<circle cx="{x}" cy="{y}" r="4.5" fill="none" stroke="{colour}" stroke-width="1.4"/><path d="M{x} {}a5 5 0 0 0 0 10z" fill="{colour}"/>"#,
            y - 5.0
        ),
        '◆' => writeln!(svg, r#"<path d="M{x} {}l6 6l-6 6l-6 -6z" fill="{colour}"/>"#, y - 6.0),
        _ => return false,
    };
    true
}

fn rect(svg: &mut String, [x, y, width, height]: [f32; 4], colour: &str) {
    let _ = writeln!(svg, r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}"/>"#);
}

/// Pixels of a picture are far below where `f32` stops being exact.
#[expect(clippy::cast_precision_loss, reason = "pixels are small numbers")]
fn to_f32(pixels: u32) -> f32 {
    pixels as f32
}
