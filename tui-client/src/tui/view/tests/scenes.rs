//! Every screen, with a sample conversation: for the tests, and for pictures in every theme.

use tui_client::app::moment::Mono;
use tui_client::app::place::Place;
use tui_client::tui::composer::Composer;
use tui_client::tui::state::{Anchor, Choice, Field, Find, FormMessage, Mode, Overlay, State};
use tui_client::tui::theme::{Depth, Shade};

use super::sample::{self, World};

/// A screen in a look.
pub type Make = fn(Depth, Shade) -> (World, State);

/// All of them by name.
pub const SCREENS: [(&str, Make); 15] = [
    ("lobby", lobby),
    ("direct", |depth, shade| {
        let world = sample::direct();
        let state = sample::direct_state(&world, depth, shade);
        (world, state)
    }),
    ("login", |depth, shade| (World::new(), sample::login_state(depth, shade))),
    ("register", |depth, shade| {
        let mut state = sample::login_state(depth, shade);
        (state.form.mode, state.form.focus) = (Mode::Register, Field::Again);
        state.form.message = Some(FormMessage::Error("The two passwords are not the same.".to_owned()));
        (World::new(), state)
    }),
    ("locked", |depth, shade| {
        let mut state = sample::login_state(depth, shade);
        state.form.message = Some(FormMessage::Locked { until: Mono(57_000) });
        (World::new(), state)
    }),
    ("help", |depth, shade| over(depth, shade, Overlay::Help { scroll: 0 })),
    ("quit", |depth, shade| over(depth, shade, Overlay::Quit)),
    ("paste", |depth, shade| over(depth, shade, Overlay::Paste { text: "one\ntwo".repeat(9), lines: 10 })),
    ("pick", |depth, shade| {
        let choice = |text: &str| Choice { text: text.to_owned(), arguments: String::new(), help: "online".to_owned() };
        let choices = ["#lobby", "@mira", "@kenji"].map(choice).to_vec();
        over(depth, shade, Overlay::Pick { title: "Go to", query: "mi".to_owned(), choices, marked: 1 })
    }),
    ("key-changed", |depth, shade| {
        let [address, expected, found] =
            ["chat.example.org:7070", "SHA256:1f9a20bb", "SHA256:c0ffee00"].map(str::to_owned);
        over(depth, shade, Overlay::KeyChanged { address, expected, found })
    }),
    ("secret", |depth, shade| over(depth, shade, Overlay::Secret { prompt: "Your password now".to_owned() })),
    ("offer-host", |depth, shade| over(depth, shade, Overlay::OfferHost)),
    ("completing", |depth, shade| {
        let (world, mut state) = lobby(depth, shade);
        sample::completing(&mut state);
        (world, state)
    }),
    ("finding", |depth, shade| {
        let (world, mut state) = lobby(depth, shade);
        let mut query = Composer::one_line();
        query.replace("the");
        let found = world.line(&Place::lobby(), 2).into_iter().collect();
        let find = Find { query, is_typed: false, found, at: Some(0), before: Anchor::Bottom };
        let tab = state.tabs.get_mut(&Place::lobby()).expect("a tab for the lobby");
        (tab.find, tab.marked) = (Some(find), world.line(&Place::lobby(), 1));
        (world, state)
    }),
    ("bare", |depth, shade| {
        let (world, mut state) = lobby(depth, shade);
        state.bare = true;
        (world, state)
    }),
];

fn lobby(depth: Depth, shade: Shade) -> (World, State) {
    let world = sample::lobby();
    let state = sample::state(&world, depth, shade);
    (world, state)
}

fn over(depth: Depth, shade: Shade, overlay: Overlay) -> (World, State) {
    let (world, mut state) = lobby(depth, shade);
    state.overlay = Some(overlay);
    (world, state)
}
