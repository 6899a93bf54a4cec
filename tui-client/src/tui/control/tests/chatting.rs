//! Typing and sending.

use proptest::prelude::*;

use super::*;
use crate::tui::state::Overlay;

#[test]
fn a_slip_sends_nothing_at_the_first_enter_and_what_was_typed_at_the_second() {
    let mut stage = Stage::in_chat();
    stage.text("message yodq secret").press("enter").sends(&[]);
    assert_eq!(stage.composer().text(), "message yodq secret");
    assert_eq!(stage.state.hint.text, "Enter again: to everyone in the lobby");
    stage.press("enter").sends(&["to #lobby: message yodq secret"]);
    // Another key in between, and it is judged anew.
    stage.text("mesage yoda secret").press("enter").text("s").press("enter").sends(&[]);
    stage.press("ctrl+c").text("/mesage yoda secret").press("enter enter enter").sends(&[]);
    stage.press("ctrl+c").text(" /msg yoda secret").press("enter enter").sends(&[]);
}

#[test]
fn the_border_says_what_enter_does() {
    let mut stage = Stage::in_chat();
    let table = [
        ("hello", "to everyone in the lobby", "to #lobby: hello"),
        ("message yoda hi", "to yoda, through the server", "to @yoda: hi"),
        ("block yoda", "command: block yoda", "block yoda"),
        ("//slash", "to everyone in the lobby", "to #lobby: /slash"),
    ];
    for (typed, border, sent) in table {
        assert_eq!(stage.text(typed).state.hint.text, border);
        stage.press("enter").sends(&[sent]);
    }
    stage.text("/msg yoda over there").press("enter").sends(&["to @yoda: over there", "history @yoda"]);
    assert_eq!((stage.front(), stage.state.hint.text.as_str()), ("yoda", "to yoda, through the server"));
    stage.text("block leia").press("enter").sends(&["to @yoda: block leia"]);
}

#[test]
fn a_text_being_typed_is_told_for_its_own_conversation_and_a_command_is_not() {
    let mut stage = Stage::in_chat();
    let typed = |stage: &mut Stage| std::mem::take(&mut stage.typed).len();
    // Not before it is plain that it becomes no classic command.
    stage.text("me");
    assert_eq!(typed(&mut stage), 0);
    stage.text("n");
    assert_eq!(typed(&mut stage), 1);
    stage.press("left right home");
    assert_eq!(typed(&mut stage), 0, "the text is as it was");
    stage.press("delete");
    assert_eq!(typed(&mut stage), 1);
    for command in ["message yoda hi", "whoelse", "/me waves", "/msg yoda hi", "mesage yoda secret"] {
        stage.press("ctrl+c").typed.clear();
        stage.event(Event::Paste(command.to_owned()));
        assert_eq!(typed(&mut stage), 0, "{command}");
    }
    stage.press("ctrl+c").event(Event::Paste("a pasted text".to_owned()));
    assert_eq!(stage.typed, [Place::lobby()]);
    stage.press("ctrl+c").text("/go yoda").press("enter").typed.clear();
    stage.text("block");
    assert_eq!(stage.typed, vec![Place::With(crate::app::place::name("yoda")); 5]);
    stage.typed.clear();
    stage.press("enter");
    assert_eq!(typed(&mut stage), 0, "it is sent");
}

#[test]
fn typing_goes_on_without_a_connection_and_lines_arrive_in_order() {
    let mut stage = Stage::in_chat();
    stage.text("one").press("enter");
    let lost = stage.last_request();
    stage.lose();
    stage.text("two").press("enter").text("three").press("enter").text("four, begun").sends(&["to #lobby: one"]);
    let states: Vec<String> = stage.lines();
    assert_eq!(states, ["one Unconfirmed", "two Sending", "three Sending"]);
    stage.pass(1000);
    stage.sent.clear();
    stage.connect();
    stage.sends(&["login hans falcon"]);
    let re = stage.last_request();
    stage.hear(given::logged_in(re, "hans"));
    // Between the login and what it brings, order is kept as well.
    stage.press("enter");
    stage.hear(ServerMessage::Ready { stored: 0 });
    let expected = ["history #lobby", "to #lobby: one", "to #lobby: two", "to #lobby: three", "to #lobby: four, begun"];
    stage.sends(&expected);
    assert!(stage.requests.iter().filter(|re| **re == lost).count() == 1);
}

#[test]
fn many_lines_in_one_breath_wait_for_their_answers() {
    let mut stage = Stage::in_chat();
    stage.requests.clear();
    for number in 0..40 {
        stage.text(&number.to_string()).press("enter");
    }
    assert!(stage.sent.len() < 40, "the server takes so many without an answer: {:?}", stage.sent);
    stage.lose();
    stage.pass(1000);
    stage.connect();
    let re = stage.last_request();
    stage.hear(given::logged_in(re, "hans"));
    stage.sent.clear();
    stage.requests.clear();
    stage.hear(ServerMessage::Ready { stored: 0 });
    let on_their_way = stage.sent.len();
    assert!((20..40).contains(&on_their_way), "{on_their_way}");
    // Each answer lets the next one go.
    let mut answered = 0;
    while answered < stage.requests.len() {
        let re = stage.requests[answered];
        stage.confirm_request(re, "#lobby", Outcome::EVERYONE);
        answered += 1;
    }
    let texts: Vec<&String> = stage.sent.iter().filter(|sent| sent.starts_with("to ")).collect();
    assert_eq!(texts.len(), 40);
    assert!(texts.iter().enumerate().all(|(number, sent)| **sent == format!("to #lobby: {number}")), "{texts:?}");
}

#[test]
fn what_comes_in_leaves_the_input_alone() {
    let mut stage = Stage::in_chat();
    stage.text("half a sent").said("#lobby", "yoda", "hello").said("@leia", "leia", "psst").text("ence");
    assert_eq!((stage.front(), stage.composer().text()), ("lobby", "half a sentence"));
}

#[test]
fn a_refused_line_says_so_where_it_stands_and_other_errors_stay_as_a_note() {
    let mut stage = Stage::in_chat();
    stage.text("/msg yoda hi").press("enter");
    let text = stage.requests[stage.requests.len() - 2];
    stage.hear(ServerMessage::Error(Refusal::new(Some(text), Code::BLOCKED, "")));
    assert!(stage.lines()[0].starts_with("hi Refused"), "{:?}", stage.lines());
    assert_eq!(stage.toast(), "Yoda has blocked you.");
    stage.press("alt+1").text("/block leia").press("enter");
    stage.refuse(refusal(Code::ALREADY_BLOCKED, ""));
    assert_eq!(stage.notes(&Place::lobby()), ["leia is blocked already."]);
}

#[test]
fn ctrl_c_clears_first_and_leaves_at_the_second_press_in_time() {
    let mut stage = Stage::in_chat();
    stage.text("text").press("ctrl+c").sends(&[]);
    assert!(stage.composer().is_empty());
    stage.press("ctrl+c").pass(2000).press("ctrl+c").sends(&[]);
    stage.pass(1000).press("ctrl+c").sends(&["leave"]);
    stage.press("ctrl+_");
    assert_eq!(stage.composer().text(), "text", "undo brings back what was cleared");
}

#[test]
fn leaving_asks_while_lines_are_on_their_way() {
    let mut stage = Stage::in_chat();
    stage.text("one").press("enter ctrl+q").sends(&["to #lobby: one"]);
    assert_eq!(stage.state.overlay, Some(Overlay::Quit));
    stage.press("esc");
    stage.confirm("#lobby", Outcome::EVERYONE);
    stage.press("ctrl+q").sends(&["leave"]);
}

#[test]
fn a_large_paste_is_asked_about_and_never_sent_by_itself() {
    let mut stage = Stage::in_chat();
    stage.event(Event::Paste("a\r\nb\r\nc\r\nd\r\ne\r\nf".to_owned()));
    assert!(matches!(stage.state.overlay, Some(Overlay::Paste { lines: 6, .. })));
    stage.press("esc").sends(&[]);
    assert!(stage.composer().is_empty());
    stage.event(Event::Paste("a\nb\nc\nd\ne\nf".to_owned())).press("enter").sends(&[]);
    assert_eq!(stage.composer().text(), "a\nb\nc\nd\ne\nf");
    stage.press("enter").sends(&["to #lobby: a\nb\nc\nd\ne\nf"]);
}

#[test]
fn commands_and_people_are_completed() {
    let mut stage = Stage::in_chat();
    stage.text("/mess").press("tab");
    assert_eq!(stage.composer().text(), "/message ");
    stage.text("yo").press("tab");
    assert_eq!(stage.composer().text(), "/message yoda ");
    stage.press("ctrl+c").text("hi @le").press("tab");
    assert_eq!(stage.composer().text(), "hi @leia ");
    stage.press("ctrl+c").text("/me").press("tab");
    assert_eq!(stage.composer().text(), "/me ", "what is typed out comes first");
    // A suggestion never takes Enter.
    stage.press("ctrl+c").text("/who").press("enter").sends(&["who"]);
}

#[test]
fn lists_lie_on_top_and_typing_goes_on_below() {
    let mut stage = Stage::in_chat();
    stage.text("whoelse").press("enter");
    let re = stage.last_request();
    stage.hear(ServerMessage::Users { re, users: vec![user("hans"), user("yoda")], more: false });
    let Some(Overlay::List { title, rows, .. }) = &stage.state.overlay else { panic!("no list") };
    assert_eq!((title.as_str(), rows.len()), ("1 user", 1));
    stage.text("h");
    assert_eq!((&stage.state.overlay, stage.composer().text()), (&None, "h"));
}

#[test]
fn many_who_come_at_once_are_one_line() {
    let mut stage = Stage::in_chat();
    let here = ["a", "b", "c", "d", "e"].map(user).to_vec();
    stage.hear(ServerMessage::Presence { here, gone: Vec::new() });
    stage.hear(ServerMessage::Presence { here: vec![user("f")], gone: Vec::new() });
    assert_eq!(stage.notes(&Place::lobby()), ["5 people came online", "f came online"]);
}

#[test]
fn the_bell_rings_for_oneself_and_only_without_the_focus() {
    let mut stage = Stage::in_chat();
    stage.said("@yoda", "yoda", "psst");
    assert!(!stage.rang);
    stage.event(Event::FocusLost).said("#lobby", "yoda", "hello all");
    assert!(!stage.rang);
    stage.said("#lobby", "yoda", "hans: look");
    assert!(std::mem::take(&mut stage.rang));
    stage.pass(4_999).said("@yoda", "yoda", "psst");
    assert!(!stage.rang, "not twice in five seconds");
    stage.pass(1).said("@yoda", "yoda", "psst");
    assert!(stage.rang);
}

/// Any key there is a meaning for, and letters.
fn key() -> impl Strategy<Value = Event> {
    let code = prop_oneof![
        4 => any::<char>().prop_map(KeyCode::Char),
        4 => proptest::sample::select("/@ mesagyoda1x".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        2 => Just(KeyCode::Enter),
        3 => proptest::sample::select(vec![
            KeyCode::Tab, KeyCode::Esc, KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::PageUp, KeyCode::PageDown,
            KeyCode::Home, KeyCode::End, KeyCode::Backspace, KeyCode::F(1), KeyCode::F(2), KeyCode::F(4), KeyCode::F(6),
        ]),
    ];
    let modifiers = prop_oneof![
        6 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::ALT),
        1 => Just(KeyModifiers::CONTROL),
    ];
    let key = (code, modifiers).prop_map(|(code, modifiers)| Event::Key(KeyEvent::new(code, modifiers)));
    // What single letters seldom come to: commands with arguments, blanks of several bytes, characters of several.
    let words = proptest::sample::select(vec![
        "/send",
        "/send yoda ",
        "/go ",
        "/message leia ",
        "/search ",
        "/theme ",
        "/set ",
        "/history ",
        "yoda",
        "~/do",
        " ",
        "\u{3000}",
        "\u{a0}",
        "\u{2028}",
        "おはよう",
        "e\u{301}",
        "👩\u{200d}👩\u{200d}👧",
        "`a",
        "https://a.b/",
        "\n",
    ]);
    prop_oneof![4 => key, 1 => words.prop_map(|words| Event::Paste(words.to_owned()))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_key_panics_at_any_size_and_esc_never_changes_text(
        keys in proptest::collection::vec(key(), 0..60),
        size in proptest::sample::select(vec![(0, 0), (1, 1), (30, 8), (40, 12), (80, 24)]),
    ) {
        let mut stage = Stage::in_chat();
        stage.size = size;
        for (at, event) in keys.into_iter().enumerate() {
            stage.event(event);
            if at % 5 == 0 {
                stage.said("#lobby", "yoda", "hello").said("@leia", "leia", "psst");
            }
            if stage.state.screen == Screen::Chat {
                let before = stage.composer().text().to_owned();
                stage.press("esc");
                prop_assert_eq!(stage.composer().text(), before);
            }
        }
    }
}

#[test]
fn a_path_is_completed_with_what_is_in_its_folder() {
    let mut stage = Stage::in_chat();
    let choices = |stage: &Stage| {
        let completion = stage.state.completion.as_ref();
        completion
            .map_or(Vec::new(), |completion| completion.choices.iter().map(|choice| choice.text.clone()).collect())
    };
    stage.text("/send yoda ~/do/not").press("tab");
    assert_eq!(choices(&stage), ["~/do/notes old/", "~/do/notes.md"]);
    stage.press("down tab");
    assert_eq!(stage.composer().text(), "/send yoda ~/do/notes.md");
    stage.press("ctrl+c").text("/send yoda notes ").press("tab");
    assert_eq!(stage.composer().text(), "/send yoda notes old/");
    // What is hidden has to be asked for, and what would act on a terminal is not offered.
    stage.press("ctrl+c").text("/send yoda .").press("tab");
    assert_eq!(stage.composer().text(), "/send yoda .hidden");
    stage.press("ctrl+c").text("/send yoda a").press("tab");
    assert_eq!((stage.composer().text(), choices(&stage)), ("/send yoda a", vec![]));
    // A blank of several bytes is one, too.
    stage.press("ctrl+c").text("/send\u{3000}yoda\u{a0}.").press("tab");
    assert_eq!(stage.composer().text(), "/send\u{3000}yoda\u{a0}.hidden");
}
