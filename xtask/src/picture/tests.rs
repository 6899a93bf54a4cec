use std::path::PathBuf;

use super::*;

fn size(columns: u16, rows: u16) -> Size {
    let cells = |cells| NonZeroU16::new(cells).expect("not zero");
    Size { columns: cells(columns), rows: cells(rows) }
}

fn picture(bytes: &str, columns: u16, rows: u16) -> Picture {
    Picture::of(&screen(bytes.as_bytes(), size(columns, rows)), "tern", &DARK)
}

#[test]
fn the_text_of_a_picture_is_what_the_screen_says() {
    let picture = picture("\x1b[1mhello\x1b[m  \r\n日本 x", 20, 3);
    assert_eq!(picture.text, "hello\n日本 x\n\n");
}

#[test]
fn box_and_block_characters_are_shapes_and_letters_are_text() {
    let svg = picture("╭─╮│▀▎━╸● ab", 20, 1).svg;
    assert!(svg.contains("<path") && svg.contains("<circle"));
    assert!(!svg.contains('╭') && !svg.contains('▀') && !svg.contains('●'));
    assert!(svg.contains(">ab</text>"));
}

#[test]
fn each_piece_of_text_names_the_font_that_has_it() {
    let svg = picture("日🎉ж", 20, 1).svg;
    let line_of = |text: &str| svg.lines().find(|line| line.contains(text)).expect("it is drawn").to_owned();
    assert!(line_of(">日<").contains("Noto Sans CJK JP"));
    assert!(line_of(">🎉<").contains("Noto Color Emoji"));
    assert!(!line_of(">ж<").contains("font-family"), "the font of the picture");
}

#[test]
fn signs_that_a_font_would_join_are_drawn_apart() {
    let svg = picture("a->b != <script>&", 20, 1).svg;
    assert!(!svg.contains("-&gt;") && !svg.contains("<script"));
    assert!(svg.contains(">script</text>") && svg.contains(">&amp;</text>"));
}

#[test]
fn styles_show_in_the_picture() {
    let svg = picture("\x1b[1mbold\x1b[0;3mslant\x1b[0;7mturned\x1b[0;4;38;2;1;2;3mline", 40, 1).svg;
    let line_of = |text: &str| svg.lines().find(|line| line.contains(text)).expect("it is drawn").to_owned();
    assert!(line_of("bold<").contains(r#"font-weight="bold""#));
    assert!(line_of("slant<").contains(r#"font-style="italic""#));
    assert!(line_of("turned<").contains(&format!(r#"fill="{}""#, DARK.ground)));
    assert!(svg.contains(r##"height="1" fill="#010203""##), "the line under the text");
}

#[test]
fn a_wide_character_has_one_ground() {
    let svg = picture("\x1b[48;2;1;2;3m日\x1b[m", 4, 1).svg;
    assert!(svg.contains(r##"width="38" height="40" fill="#010203""##), "two cells and the margins: {svg}");
}

#[test]
fn a_size_is_two_numbers() {
    assert_eq!(Size::parse("120x34").expect("a size"), size(120, 34));
    for wrong in ["", "120", "0x3", "axb", "120x34x5"] {
        assert!(Size::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_missing_font_is_named_by_its_package() {
    let error = fonts::find_in(&[PathBuf::from("/nonexistent")]).expect_err("there are no fonts there").to_string();
    for package in ["fonts-jetbrains-mono", "fonts-dejavu-core", "fonts-noto-cjk", "fonts-noto-color-emoji"] {
        assert_eq!(error.matches(package).count(), 1, "{error}");
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    // On a machine without the fonts there is nothing to compare; the test above says what is said then.
    let (Ok(first), Ok(second)) = (Renderer::new(), Renderer::new()) else { return };
    let specimen = || crate::specimen::pages(size(60, 12)).expect("memory can be written to").remove(0).1;
    let (one, two) = (specimen(), specimen());
    assert_eq!(one, two);
    let [one, two] = [first.png(&one), second.png(&two)].map(|png| png.expect("a valid picture"));
    assert!(one.starts_with(b"\x89PNG") && one == two);
}

#[test]
fn the_smallest_screens_can_be_drawn() {
    for (columns, rows) in [(1, 1), (5, 2), (20, 5)] {
        let pages = crate::specimen::pages(size(columns, rows)).expect("memory can be written to");
        assert_eq!(pages.len(), 6);
    }
}
