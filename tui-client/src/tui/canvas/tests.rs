use proptest::prelude::*;
use ratatui::style::Color;

use super::*;

fn drawn(width: u16, height: u16, draw: impl FnOnce(&mut Canvas<'_>)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    draw(&mut Canvas::new(&mut buffer, Rect::new(0, 0, width, height), Drawing::default()));
    buffer
}

/// What a terminal shows: wide characters take the cells behind them.
fn rows(buffer: &Buffer) -> Vec<String> {
    let row = |y: u16| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        row
    };
    (0..buffer.area.height).map(row).collect()
}

fn check(size: (u16, u16), draw: impl FnOnce(&mut Canvas<'_>), expected: &[&str]) {
    assert_eq!(rows(&drawn(size.0, size.1, draw)), expected);
}

#[test]
fn text_is_cut_at_the_edge_and_a_wide_character_whole() {
    check((5, 1), |canvas| assert_eq!(canvas.text(3, 0, "hello", Style::new()), 5), &["   he"]);
    check((4, 1), |canvas| assert_eq!(canvas.text(1, 0, "日本", Style::new()), 3), &[" 日 "]);
    check((3, 1), |canvas| assert_eq!(canvas.text(9, 9, "x", Style::new()), 9), &["   "]);
}

#[test]
fn control_characters_and_hidden_ones_never_reach_a_cell() {
    check(
        (12, 1),
        |canvas| {
            canvas.text(0, 0, "a\u{1b}[2J\u{202e}b\u{7}\n", Style::new());
        },
        &["a\u{fffd}[2Jb\u{fffd}\u{fffd}    "],
    );
}

#[test]
fn what_is_drawn_over_half_a_wide_character_takes_it_away() {
    check(
        (6, 1),
        |canvas| {
            canvas.text(0, 0, "日本語", Style::new());
            canvas.part(Rect::new(3, 0, 2, 1)).text(0, 0, "ab", Style::new());
        },
        &["日 ab "],
    );
    check(
        (6, 2),
        |canvas| {
            canvas.text(0, 0, "日本語", Style::new());
            canvas.fill(Rect::new(1, 0, 2, 2), Style::new());
            canvas.text(1, 0, "xy", Style::new());
        },
        &[" xy 語", "      "],
    );
}

#[test]
fn a_text_too_long_ends_with_an_ellipsis() {
    check(
        (9, 3),
        |canvas| {
            assert_eq!(canvas.text_fit(0, 0, 5, "abcdefgh", Style::new()), 5);
            assert_eq!(canvas.text_fit(0, 1, 5, "日本語", Style::new()), 5);
            assert_eq!(canvas.text_fit(0, 2, 6, "日本語", Style::new()), 6);
        },
        &["abcd…    ", "日本…    ", "日本語   "],
    );
}

#[test]
fn text_can_end_at_a_column() {
    check((8, 1), |canvas| assert_eq!(canvas.text_right(7, 0, "18 ms", Style::new()), 2), &["  18 ms "]);
}

#[test]
fn a_box_a_gauge_and_lines() {
    check(
        (10, 4),
        |canvas| {
            canvas.rounded_box(Rect::new(0, 0, 10, 3), Style::new());
            canvas.gauge(1, 1, 8, 710, [Style::new(); 2]);
            canvas.hline(2, 3, 99, "─", Style::new());
        },
        &["╭────────╮", "│━━━━━╸──│", "╰────────╯", "  ────────"],
    );
}

#[test]
fn a_part_has_its_own_corner_and_no_way_out() {
    check(
        (6, 2),
        |canvas| {
            let mut part = canvas.part(Rect::new(2, 1, 3, 9));
            assert_eq!((part.width(), part.height()), (3, 1));
            part.text(0, 0, "abcdef", Style::new());
            assert_eq!(part.position(2, 0), Some(Position::new(4, 1)));
            assert_eq!(part.position(3, 0), None);
        },
        &["      ", "  abc "],
    );
}

#[test]
fn tint_keeps_what_is_written() {
    let buffer = drawn(3, 1, |canvas| {
        canvas.text(0, 0, "abc", Style::new().fg(Color::Red));
        canvas.tint(Rect::new(1, 0, 9, 9), Style::new().bg(Color::Blue));
    });
    assert_eq!(rows(&buffer), ["abc"]);
    assert_eq!((buffer[(0, 0)].bg, buffer[(1, 0)].bg, buffer[(1, 0)].fg), (Color::Reset, Color::Blue, Color::Red));
}

#[test]
fn a_selected_emoji_says_its_width_when_drawn_in_full() {
    let area = Rect::new(0, 0, 4, 1);
    let mut buffer = Buffer::empty(area);
    let full = Drawing { emoji: Emoji::Full, ..Drawing::default() };
    Canvas::new(&mut buffer, area, full).text(0, 0, "❤\u{fe0f}", Style::new());
    assert_eq!(buffer[(0, 0)].diff_option, CellDiffOption::ForcedWidth(NonZeroU16::MIN.saturating_add(1)));
}

#[test]
fn a_link_is_text_that_a_terminal_can_open_and_nothing_else() {
    let area = Rect::new(0, 0, 6, 1);
    let links = |address: &str, links| {
        let mut buffer = Buffer::empty(area);
        let mut canvas = Canvas::new(&mut buffer, area, Drawing { links, ..Drawing::default() });
        canvas.text(0, 0, "a李b", Style::new());
        canvas.link(0, 0, 4, address);
        canvas.text(5, 0, "|", Style::new());
        buffer
    };
    let buffer = links("https://例.org/\x1b]52;x\x07 ", true);
    let target = "https://%E4%BE%8B.org/%1B]52;x%07%20";
    for (column, shown) in [(0, "a"), (1, "李"), (3, "b")] {
        let symbol = buffer[(column, 0)].symbol();
        let rest = symbol.strip_prefix("\x1b]8;id=").expect("it begins a link");
        let (_, rest) = rest.split_once(';').expect("an id");
        assert_eq!(rest, format!("{target}\x1b\\{shown}\x1b]8;;\x1b\\"));
    }
    assert_eq!((buffer[(4, 0)].symbol(), buffer[(5, 0)].symbol()), (" ", "|"));
    assert_eq!(rows(&links("https://example.org", false)), ["a李 b |".replace("李 ", "李")]);
    assert_eq!(rows(&links(&"x".repeat(5000), true)), rows(&links("", false)), "too long to be a link");
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_outside_changes(
        size in (0_u16..8, 0_u16..8),
        area in (0_u16..10, 0_u16..10, 0_u16..10, 0_u16..10),
        part in (0_u16..=u16::MAX, 0_u16..10, 0_u16..=u16::MAX, 0_u16..=u16::MAX),
        text in "\\PC{0,12}",
    ) {
        let area = Rect::new(area.0, area.1, area.2, area.3);
        let part = Rect { x: part.0, y: part.1, width: part.2, height: part.3 };
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        let mut canvas = Canvas::new(&mut buffer, area, Drawing::default());
        let style = Style::new().bg(Color::Red);
        canvas.text(part.x, part.y, &text, style);
        canvas.text_right(part.x, part.y, &text, style);
        canvas.text_fit(part.x, part.y, part.width, &text, style);
        canvas.rounded_box(part, style);
        canvas.gauge(part.x, part.y, part.width, part.height, [style; 2]);
        canvas.fill(part, style);
        canvas.tint(part, style);
        canvas.link(part.x, part.y, part.width, &text);
        canvas.restyle(|style| style);
        canvas.part(part).vline(0, 0, 9, "x", style);
        for y in 0..size.1 {
            for x in 0..size.0 {
                prop_assert!(area.contains(Position::new(x, y)) || buffer[(x, y)].bg == Color::Reset);
            }
        }
    }
}
