use std::collections::BTreeSet;

use super::palette::fixed;
use super::*;

fn environment<'a>(no_color: &'a str, colorterm: &'a str, term: &'a str) -> Environment<'a> {
    let set = |value: &'a str| (!value.is_empty()).then_some(value);
    Environment { no_color: set(no_color), colorterm: set(colorterm), term: set(term), colorfgbg: None }
}

/// Contrast of two colours as WCAG 2 defines it.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |Rgb(r, g, b): Rgb| 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn shown(colour: Option<Color>) -> Rgb {
    match colour {
        Some(Color::Rgb(r, g, b)) => Rgb(r, g, b),
        Some(Color::Indexed(index)) => fixed(index),
        other => panic!("not painted: {other:?}"),
    }
}

#[test]
fn the_environment_says_how_many_colours() {
    assert_eq!(depth(environment("1", "truecolor", "xterm-256color")), Depth::None);
    assert_eq!(depth(environment("", "truecolor", "xterm")), Depth::Rgb);
    assert_eq!(depth(environment("", "24bit", "")), Depth::Rgb);
    assert_eq!(depth(environment("", "", "xterm-direct")), Depth::Rgb);
    assert_eq!(depth(environment("", "", "tmux-256color")), Depth::Indexed256);
    assert_eq!(depth(environment("", "yes", "xterm")), Depth::Ansi16);
    let empty = Environment { no_color: Some(""), ..environment("", "truecolor", "") };
    assert_eq!(depth(empty), Depth::Rgb, "an empty NO_COLOR is none");
}

#[test]
fn the_terminal_says_whether_it_is_dark() {
    let fgbg = |value| shade_of_environment(Environment { colorfgbg: Some(value), ..Environment::default() });
    assert_eq!(fgbg("15;0"), Some(Shade::Dark));
    assert_eq!(fgbg("0;default;15"), Some(Shade::Light));
    assert_eq!(fgbg("0;default"), None);
    assert_eq!(shade_of(Rgb(0x14, 0x17, 0x1f)), Shade::Dark);
    assert_eq!(shade_of(Rgb(0xfd, 0xf6, 0xe3)), Shade::Light);
}

#[test]
fn an_answer_about_the_background_is_read_in_every_form() {
    assert_eq!(parse_osc11(b"\x1b]11;rgb:1414/1717/1f1f\x1b\\"), Some(Rgb(0x14, 0x17, 0x1f)));
    assert_eq!(parse_osc11(b"typed\x1b]11;rgb:ff/00/80\x07more"), Some(Rgb(0xff, 0, 0x80)));
    assert_eq!(parse_osc11(b"\x1b]11;rgba:f/f/f/8\x07"), Some(Rgb(255, 255, 255)));
    assert_eq!(parse_osc11(b"\x1b]11;#fdf6e3\x07"), Some(Rgb(0xfd, 0xf6, 0xe3)));
    for hostile in [&b""[..], b"\x1b]11;", b"\x1b]11;rgb:1/2\x07", b"\x1b]11;rgb:+1/2/3\x07", b"\x1b]11;#12345\x07"] {
        assert_eq!(parse_osc11(hostile), None, "{hostile:?}");
    }
}

#[test]
fn text_can_be_read_on_its_ground_in_every_painted_theme() {
    for depth in [Depth::Rgb, Depth::Indexed256] {
        for shade in [Shade::Dark, Shade::Light] {
            let theme = Theme::new(ThemeChoice::Auto, depth, shade);
            let bg = shown(theme.bg.bg);
            let inks = [theme.text, theme.muted, theme.accent, theme.private, theme.ok, theme.warn, theme.error];
            for ink in inks.into_iter().chain(theme.people) {
                let contrast = contrast(shown(ink.fg), bg);
                assert!(contrast >= 4.5, "{contrast:.2} in {depth:?} {shade:?}: {ink:?}");
            }
            assert!(contrast(shown(theme.faint.fg), bg) >= 4.0, "faint in {depth:?} {shade:?}");
        }
    }
}

#[test]
fn layers_stay_apart_with_256_colours() {
    for shade in [Shade::Dark, Shade::Light] {
        let theme = Theme::new(ThemeChoice::Auto, Depth::Indexed256, shade);
        let layers = [theme.bg, theme.alt, theme.surface, theme.raised];
        let distinct: BTreeSet<_> = layers.iter().map(|style| format!("{style:?}")).collect();
        assert_eq!(distinct.len(), layers.len(), "{shade:?}");
    }
}

#[test]
fn the_users_own_background_stays_with_16_colours_and_when_asked_for() {
    for theme in [
        Theme::new(ThemeChoice::Auto, Depth::Ansi16, Shade::Dark),
        Theme::new(ThemeChoice::Terminal, Depth::Rgb, Shade::Light),
        Theme::new(ThemeChoice::Dark, Depth::None, Shade::Dark),
    ] {
        for ground in [theme.bg, theme.alt, theme.surface, theme.code, theme.mention] {
            assert_eq!(ground.bg, Some(Color::Reset));
        }
        assert_eq!(theme.picture(), None);
    }
}

#[test]
fn with_16_colours_no_text_has_the_colour_of_what_it_may_stand_on() {
    for shade in [Shade::Dark, Shade::Light] {
        let theme = Theme::new(ThemeChoice::Auto, Depth::Ansi16, shade);
        let signs = [theme.muted, theme.faint, theme.accent, theme.private, theme.ok, theme.warn, theme.error];
        for style in [theme.text].into_iter().chain(signs).chain(theme.people) {
            assert_ne!(style.fg, theme.raised.bg, "{shade:?}");
        }
        for pill in [Pill::Accent, Pill::Alert, Pill::Private].map(|pill| theme.pill(pill)) {
            assert_eq!(pill.fg, Some(if shade == Shade::Dark { Color::Black } else { Color::White }));
        }
    }
}

#[test]
fn without_colour_no_token_names_one() {
    let theme = Theme::new(ThemeChoice::Auto, Depth::None, Shade::Dark);
    let pills = [Pill::Accent, Pill::Alert, Pill::Private].map(|pill| theme.pill(pill));
    let tokens = [theme.raised, theme.accent, theme.private, theme.faint, theme.ok, theme.error, theme.dim(theme.text)];
    for style in tokens.into_iter().chain(pills).chain(theme.people) {
        for colour in [style.fg, style.bg] {
            assert!(matches!(colour, None | Some(Color::Reset)), "{style:?}");
        }
    }
    assert!(theme.raised.add_modifier.contains(Modifier::REVERSED));
    assert!(theme.accent.add_modifier.contains(Modifier::BOLD));
}

#[test]
fn a_name_has_one_colour_whatever_its_case_and_ones_own_is_the_accent() {
    let theme = Theme::new(ThemeChoice::Auto, Depth::Rgb, Shade::Dark);
    let [yoda, shouted] = ["yoda", "YODA"].map(|name| Name::plain(name).expect("a valid name"));
    assert_eq!(theme.person(&yoda, None), theme.person(&shouted, None));
    assert_eq!(theme.person(&yoda, Some(&shouted)), theme.accent);
    // Published values of FNV-1a, 32 bits, so that other clients can agree.
    assert_eq!(person_index(""), 0x811c_9dc5_usize % PEOPLE);
    assert_eq!(person_index("a"), 0xe40c_292c_usize % PEOPLE);
    assert_eq!(person_index("foobar"), 0xbf9c_f968_usize % PEOPLE);
}

#[test]
fn under_an_overlay_everything_sinks_towards_the_ground() {
    for shade in [Shade::Dark, Shade::Light] {
        let theme = Theme::new(ThemeChoice::Auto, Depth::Rgb, shade);
        let dimmed = theme.dim(theme.text.patch(theme.bg));
        let before = contrast(shown(theme.text.fg), shown(theme.bg.bg));
        let after = contrast(shown(dimmed.fg), shown(dimmed.bg));
        assert!(after < before / 2.0, "{before} {after}");
    }
    let bare = Theme::new(ThemeChoice::Auto, Depth::Ansi16, Shade::Dark);
    assert!(bare.dim(bare.text).add_modifier.contains(Modifier::DIM));
}

#[test]
fn the_gradient_goes_from_the_accent_to_the_private_colour() {
    let theme = Theme::new(ThemeChoice::Auto, Depth::Rgb, Shade::Dark);
    assert_eq!((theme.gradient(0), theme.gradient(1000)), (theme.accent, theme.private));
    assert_eq!(mix(Rgb(0, 0, 0), Rgb(255, 10, 1), 500), Rgb(128, 5, 1));
}

#[test]
fn theme_words_are_read_back() {
    let sea = OwnTheme::parse("bg = \"#102030\"").expect("a theme");
    let themes = Themes::from([("mud".to_owned(), Err("broken".to_owned())), ("sea".to_owned(), Ok(sea))]);
    let mut choice = ThemeChoice::Auto;
    for _ in 0..5 {
        assert_eq!(choice.as_str().parse().as_ref(), Ok(&choice));
        choice = choice.next(&themes);
    }
    assert_eq!(choice, ThemeChoice::Auto);
    for word in ["ansi", "ansi16"] {
        assert_eq!(word.parse(), Ok(ThemeChoice::Terminal));
    }
    for word in ["", "../../etc/passwd", "a.b", "sea sick", "ünder"] {
        assert_eq!(word.parse::<ThemeChoice>(), Err(NoSuchTheme), "{word}");
    }
}

#[test]
fn what_is_read_much_can_be_read_on_every_ground() {
    for depth in [Depth::Rgb, Depth::Indexed256] {
        for shade in [Shade::Dark, Shade::Light] {
            let theme = Theme::new(ThemeChoice::Auto, depth, shade);
            for ground in [theme.bg, theme.alt, theme.surface, theme.raised, theme.mention, theme.code] {
                for ink in [theme.text, theme.muted] {
                    let contrast = contrast(shown(ink.fg), shown(ground.bg));
                    assert!(contrast >= 4.0, "{contrast:.2} in {depth:?} {shade:?}: {ink:?} on {ground:?}");
                }
            }
        }
    }
}
