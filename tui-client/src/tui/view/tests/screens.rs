//! Every screen as text. Colours are in `looks`.

use std::time::Duration;

use insta::assert_snapshot;
use shared::id::{RequestId, UnixMs};

use super::sample::{self, World};
use super::{drawn, gallery, rows};
use crate::app::moment::{Jitter, Moment, Mono};
use crate::app::msg::Msg;
use crate::app::place::{self, Place};
use crate::given;
use crate::tui::composer::Composer;
use crate::tui::state::{
    Anchor, Armed, Choice, Field, Find, FormMessage, Hint, HintKind, Mode, Overlay, Screen, State, Tab, Toast,
};
use crate::tui::theme::{Depth, Shade};

const SIZES: [(u16, u16); 5] = [(30, 8), (40, 12), (80, 24), (120, 34), (180, 40)];
const MIDDLE: [(u16, u16); 1] = [(80, 24)];

fn lobby() -> (World, State) {
    let world = sample::lobby();
    let state = sample::state(&world, Depth::Rgb, Shade::Dark);
    (world, state)
}

fn with_overlay(overlay: Overlay, sizes: &[(u16, u16)]) -> String {
    let (world, mut state) = lobby();
    state.overlay = Some(overlay);
    gallery(sizes, &world.model, &state, world.now())
}

#[test]
fn the_lobby() {
    let (world, state) = lobby();
    assert_snapshot!(gallery(&SIZES, &world.model, &state, world.now()));
}

#[test]
fn a_marked_message_a_search_and_the_messages_alone() {
    let (world, mut state) = lobby();
    let lobby = Place::lobby();
    let lines: Vec<_> = world.model.conversations.get(&lobby).unwrap().transcript.lines().map(|line| line.id).collect();
    let tab = state.tabs.get_mut(&lobby).unwrap();
    tab.marked = lines.get(lines.len() - 2).copied();
    let marked = gallery(&[(30, 8), (80, 24)], &world.model, &state, world.now());
    let tab = state.tabs.get_mut(&lobby).unwrap();
    tab.marked = None;
    let mut query = Composer::one_line();
    query.replace("the");
    let found = lines.clone();
    tab.find = Some(Find { query, is_typed: true, found, at: Some(1), before: Anchor::Bottom });
    let typed = gallery(&[(30, 8), (80, 24)], &world.model, &state, world.now());
    let find = state.tabs.get_mut(&lobby).unwrap().find.as_mut().unwrap();
    find.is_typed = false;
    find.query.replace("a text that is much longer than the row has columns for, whatever the size of the screen is");
    (find.found, find.at) = (Vec::new(), None);
    let nothing = gallery(&[(30, 8), (80, 24)], &world.model, &state, world.now());
    state.tabs.get_mut(&lobby).unwrap().find = None;
    state.bare = true;
    let bare = gallery(&[(30, 8), (80, 24)], &world.model, &state, world.now());
    assert_snapshot!([marked, typed, nothing, bare].join("\n"));
}

#[test]
fn the_sidebar_over_a_narrow_screen() {
    let (world, mut state) = lobby();
    state.sidebar = Some(true);
    assert_snapshot!(gallery(&[(40, 12), (89, 16)], &world.model, &state, world.now()));
}

#[test]
fn the_login() {
    let (world, mut state) = (World::new(), sample::login_state(Depth::Rgb, Shade::Dark));
    let sign_in = gallery(&SIZES, &world.model, &state, world.now());
    state.form.mode = Mode::Register;
    state.form.focus = Field::Again;
    state.form.message = Some(FormMessage::Error("A password needs at least 8 characters.".to_owned()));
    let register = gallery(&[(30, 8), (40, 12), (40, 14), (80, 24)], &world.model, &state, world.now());
    state.form.asks_server = false;
    state.form.message = Some(FormMessage::Locked { until: Mono(57_000) });
    state.form.reveal = true;
    state.form.busy = true;
    let locked = gallery(&MIDDLE, &world.model, &state, world.now());
    assert_snapshot!(format!("{sign_in}\n{register}\n{locked}"));
}

#[test]
fn the_help() {
    let top = with_overlay(Overlay::Help { scroll: 0 }, &SIZES);
    let bottom = with_overlay(Overlay::Help { scroll: usize::MAX }, &[(40, 12), (120, 34)]);
    assert_snapshot!(format!("{top}\n{bottom}"));
}

#[test]
fn the_list_of_what_can_be_completed() {
    let (world, mut state) = lobby();
    sample::completing(&mut state);
    assert_snapshot!(gallery(&[(30, 8), (40, 12), (80, 24)], &world.model, &state, world.now()));
}

#[test]
fn questions_and_lists() {
    let lines = |count: usize| (1..=count).map(|line| format!("line {line}")).collect::<Vec<_>>();
    let choice = |text: &str, help: &str| Choice { text: text.into(), arguments: String::new(), help: help.into() };
    let overlays = [
        Overlay::Quit,
        Overlay::Paste { text: lines(34).join("\n"), lines: 34 },
        Overlay::List { title: "Online".into(), rows: lines(30), scroll: 3 },
        Overlay::List { title: "Blocked".into(), rows: Vec::new(), scroll: 0 },
        Overlay::Pick {
            title: "Go to",
            query: "mi".into(),
            choices: vec![choice("@mira", "online"), choice("@emil", "at lunch")],
            marked: 1,
        },
        Overlay::Pick { title: "Go to", query: "xyz".into(), choices: Vec::new(), marked: 0 },
        Overlay::KeyChanged {
            address: "chat.example.org:7070".into(),
            expected: "1f:9a:20:bb".into(),
            found: "c0:ff:ee:00".into(),
        },
        Overlay::Secret { prompt: "Your password now:".into() },
        Overlay::OfferHost,
    ];
    let all: Vec<String> = overlays.into_iter().map(|overlay| with_overlay(overlay, &[(60, 17)])).collect();
    assert_snapshot!(all.join("\n"));
}

fn direct() -> (World, State) {
    let world = sample::direct();
    let state = sample::direct_state(&world, Depth::Rgb, Shade::Dark);
    (world, state)
}

#[test]
fn a_direct_conversation_with_own_lines_in_every_state() {
    let (mut world, state) = direct();
    let before = gallery(&[(40, 18), (80, 24)], &world.model, &state, world.now());
    world.tell(Msg::Lost { why: "connection reset".into(), jitter: Jitter::thousandths(1000) });
    let after = gallery(&MIDDLE, &world.model, &state, world.now());
    assert_snapshot!(format!("{before}\n{after}"));
}

#[test]
fn nothing_said_yet() {
    let mut world = World::with(&[], &[]);
    let mut state = sample::state(&world, Depth::Rgb, Shade::Dark);
    let with_note = gallery(&[(80, 24)], &world.model, &state, world.now());
    state.tabs.clear();
    let lobby = gallery(&[(40, 12)], &world.model, &state, world.now());
    world.show(&Place::With(place::name("mira")));
    let direct = gallery(&[(40, 12)], &world.model, &state, world.now());
    assert_snapshot!(format!("{with_note}\n{lobby}\n{direct}"));
}

#[test]
fn what_is_typed_grows_and_then_scrolls() {
    let (world, mut state) = lobby();
    let composer = &mut state.tabs.get_mut(&Place::lobby()).unwrap().composer;
    composer
        .replace("one\ntwo\nthree\nfour\nfive\nsix\nseven and this one is long enough to be wrapped into another row");
    assert_snapshot!(gallery(&[(40, 12), (80, 24)], &world.model, &state, world.now()));
}

/// The row between the messages and the input.
fn notice(world: &World, state: &State, now: Moment) -> String {
    rows(&drawn((80, 24), &world.model, state, now).0).swap_remove(19)
}

#[test]
fn what_has_to_be_said_now_stands_over_the_input() {
    let (world, mut state) = lobby();
    let now = world.now();
    let later = now.mono.after(Duration::from_secs(4));
    assert_eq!(notice(&world, &state, now), "");
    state.toast = Some(Toast { text: "Theme: light.".into(), is_error: false, until: later });
    assert_eq!(notice(&world, &state, now), "  > Theme: light.");
    assert_eq!(notice(&world, &state, Moment { mono: later, ..now }), "", "its time is over");
    state.armed = Some(Armed::Quit { until: later });
    assert_eq!(notice(&world, &state, now), "  ! Ctrl+C again quits");
    state.tabs.get_mut(&Place::lobby()).unwrap().composer.replace("mesage yoda hi");
    state.armed = Some(Armed::Send { text: "mesage yoda hi".into() });
    state.hint = Hint { text: "did you mean message?".into(), kind: HintKind::Error };
    assert_eq!(notice(&world, &state, now), "  ! Enter again sends it as text to everyone in the lobby");
    state.toast = Some(Toast { text: "Nobody is called yoda.".into(), is_error: true, until: later });
    assert_eq!(notice(&world, &state, now), "  ! Nobody is called yoda.", "why nothing was sent comes first");
    state.toast = None;
    state.armed = Some(Armed::Send { text: "another".into() });
    assert_eq!(notice(&world, &state, now), "");
    state.ended = Some("Logged out: no key was pressed for 10 minutes.".into());
    let ended = "  ! Logged out: no key was pressed for 10 minutes. Enter brings the login back.";
    assert_eq!(notice(&world, &state, now), ended);
}

#[test]
fn the_last_seconds_before_the_logout_are_counted() {
    let mut world = World::new();
    world.tell(Msg::Started);
    world.tell(sample::connected());
    world.hear(given::logged_in_with(RequestId(1), sample::ME, 120_000, ""));
    let mut state = sample::state(&world, Depth::Rgb, Shade::Dark);
    state.tabs.clear();
    let at = |ms| Moment { mono: Mono(ms), wall: UnixMs(sample::MORNING + ms) };
    assert_eq!(notice(&world, &state, at(107_000)), "");
    assert_eq!(notice(&world, &state, at(108_000)), "  ◐ logged out in 12 s, any key keeps you here");
    assert_eq!(notice(&world, &state, at(119_001)), "  ◐ logged out in 1 s, any key keeps you here");
}

#[test]
fn the_way_to_the_newest_is_shown_while_scrolled_up() {
    let (mut world, mut state) = lobby();
    let lobby = Place::lobby();
    let tab = state.tabs.get_mut(&lobby).unwrap();
    tab.anchor = Anchor::At { line: world.line(&lobby, 12).unwrap(), byte: 0 };
    tab.seen_to = world.line(&lobby, 0);
    let (buffer, seen) = drawn((80, 24), &world.model, &state, world.now());
    assert!(!seen.at_bottom && rows(&buffer)[19].ends_with("↓ newest  Esc"), "{}", rows(&buffer)[19]);
    world.said("#lobby", "mira", "one").said("#lobby", "mira", "two");
    let (buffer, seen) = drawn((80, 24), &world.model, &state, world.now());
    assert!(rows(&buffer)[19].ends_with("↓ 2 new  Esc"));
    let column = u16::try_from(rows(&buffer)[19].chars().count() - 3).unwrap();
    assert_eq!(seen.target(column, 19), Some(&super::super::Target::Newest));
}

#[test]
fn connections_in_every_state() {
    let (mut world, state) = lobby();
    let mut bars = Vec::new();
    let mut bar = |world: &World| {
        for size in [(120, 34), (80, 24), (40, 12)] {
            bars.push(rows(&drawn(size, &world.model, &state, world.now()).0).swap_remove(0));
        }
    };
    bar(&world);
    world.tell(Msg::Lost { why: "connection reset".into(), jitter: Jitter::thousandths(1000) });
    bar(&world);
    assert_snapshot!(bars.join("\n"));
}

#[test]
fn tabs_that_do_not_fit_are_counted_and_the_one_in_front_is_always_there() {
    let mut world = World::with(&[], &[]);
    for number in 1..=12 {
        let name = format!("visitor-number-{number}");
        world.said(&format!("@{name}"), &name, "hello");
    }
    let last = Place::With(place::name("visitor-number-12"));
    world.show(&last);
    let state = State { screen: Screen::Chat, ..sample::state(&world, Depth::Rgb, Shade::Dark) };
    let bar = |width| rows(&drawn((width, 12), &world.model, &state, world.now()).0).swap_remove(0);
    assert_snapshot!([120, 80, 40, 30].map(bar).join("\n"));
}

#[test]
fn a_click_finds_tabs_and_people() {
    use super::super::Target;
    let (world, state) = lobby();
    let (_, seen) = drawn((120, 34), &world.model, &state, world.now());
    let mira = place::name("mira");
    assert_eq!(seen.target(31, 0), Some(&Target::Tab(Place::With(mira.clone()))));
    assert_eq!(seen.target(100, 6), Some(&Target::User(mira)));
    assert_eq!((seen.target(100, 3), seen.target(50, 10)), (None, None), "oneself, and a message");
}

#[test]
fn what_is_too_small_says_so() {
    let (world, state) = lobby();
    let login = sample::login_state(Depth::Rgb, Shade::Dark);
    for size in [(0, 0), (1, 1), (5, 2), (20, 5), (29, 8), (30, 7)] {
        for state in [&state, &login] {
            let (buffer, seen) = drawn(size, &world.model, state, world.now());
            assert_eq!(seen, super::Seen::default());
            let text = rows(&buffer).join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            if size.0 * size.1 >= 100 {
                assert_eq!(text, format!("Terminal too small ({}x{}), needs 30x8", size.0, size.1));
            }
        }
    }
}

#[test]
fn history_is_told_from_what_is_said_now() {
    let mut world = World::with(&[], &[("mira", "said yesterday")]);
    let state =
        State { tabs: [(Place::lobby(), Tab::default())].into(), ..sample::state(&world, Depth::Rgb, Shade::Dark) };
    let alone = gallery(&[(80, 18)], &world.model, &state, world.now());
    world.at(5).said("#lobby", "mira", "said now");
    let both = gallery(&[(80, 18)], &world.model, &state, world.now());
    assert_snapshot!(format!("{alone}\n{both}"));
}
