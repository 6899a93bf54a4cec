//! Tabs, what is unread, and scrolling.

use super::*;
use crate::app::model::Older;
use crate::tui::state::Anchor;

#[test]
fn each_tab_has_its_draft_and_what_comes_in_never_takes_the_focus() {
    let mut stage = Stage::in_chat();
    stage.text("for all").said("@yoda", "yoda", "psst");
    let unread = |stage: &Stage| stage.model.conversations.iter().map(|tab| tab.unread).collect::<Vec<_>>();
    assert_eq!((stage.front(), unread(&stage)), ("lobby", vec![0, 1]));
    stage.press("alt+2").text("for yoda");
    assert_eq!((stage.front(), unread(&stage)), ("yoda", vec![0, 0]));
    stage.press("alt+1");
    assert_eq!(stage.composer().text(), "for all");
    stage.press("alt+0");
    assert_eq!(stage.composer().text(), "for yoda");
    for (keys, expected) in
        [("alt+left", "lobby"), ("alt+right", "yoda"), ("alt+right", "lobby"), ("ctrl+pgdn", "yoda")]
    {
        assert_eq!(stage.press(keys).front(), expected, "{keys}");
    }
}

#[test]
fn the_key_for_unread_tabs_goes_there_and_back() {
    let mut stage = Stage::in_chat();
    stage.said("@yoda", "yoda", "1").said("@leia", "leia", "2");
    for expected in ["yoda", "leia", "lobby"] {
        assert_eq!(stage.press("alt+a").front(), expected);
    }
    stage.press("alt+a");
    assert_eq!((stage.front(), stage.toast()), ("lobby", "Nothing is unread."));
}

#[test]
fn the_unread_line_stands_where_one_left_until_one_leaves_again() {
    let mut stage = Stage::in_chat();
    stage.said("#lobby", "yoda", "seen");
    stage.event(Event::FocusLost).said("#lobby", "yoda", "first").said("#lobby", "yoda", "second");
    let line = |stage: &Stage, text: &str| {
        let lobby = stage.model.conversations.get(&Place::lobby()).unwrap();
        lobby.transcript.lines().find(|line| line.text.as_str() == text).map(|line| line.id)
    };
    assert_eq!(stage.tab().unread_from, line(&stage, "first"));
    stage.event(Event::FocusGained).said("#lobby", "yoda", "third");
    assert_eq!(stage.tab().unread_from, line(&stage, "first"), "it stays while one reads");
    assert_eq!(stage.tab().unread_to, line(&stage, "second"), "what comes while one looks is not counted as new");
    stage.text("hello").press("enter");
    assert_eq!((stage.tab().unread_from, stage.tab().unread_to), (None, None));
    stage.text("/go yoda").press("enter").said("#lobby", "leia", "fourth").press("alt+1");
    assert_eq!(stage.tab().unread_from, line(&stage, "fourth"));
}

#[test]
fn a_tab_closes_unless_something_would_be_lost() {
    let mut stage = Stage::in_chat();
    stage.press("alt+w");
    assert_eq!(stage.toast(), "The lobby stays open.");
    stage.text("/go yoda").press("enter").text("draft").press("alt+w");
    assert_eq!(stage.front(), "yoda", "{}", stage.toast());
    stage.press("ctrl+c").text("/close").press("enter");
    assert_eq!((stage.front(), stage.model.conversations.iter().count()), ("lobby", 1));
    stage.text("/go yoda").press("enter");
    assert!(stage.composer().is_empty());
}

#[test]
fn scrolling_to_the_top_loads_what_is_older_and_the_view_stays() {
    let mut stage = Stage::new();
    stage.text("hans").press("enter").text("falcon").press("enter");
    let re = stage.last_request();
    stage.hear(given::logged_in(re, "hans"));
    stage.hear(ServerMessage::Ready { stored: 0 });
    let page =
        |from: u64, to: u64| (from..to).map(|seq| entry("#lobby", seq, "yoda", &format!("line {seq}"))).collect();
    stage.answer_history("#lobby", page(100, 150), true);
    stage.sent.clear();
    stage.press("pgup");
    let Anchor::At { .. } = stage.tab().anchor else { panic!("the view moves") };
    for _ in 0..20 {
        stage.press("pgup");
    }
    stage.sends(&["history #lobby before 100"]);
    assert!(stage.tab().loading);
    let anchor = stage.tab().anchor;
    stage.answer_history("#lobby", page(50, 100), false);
    assert_eq!(stage.tab().anchor, anchor);
    assert!(stage.tab().complete && !stage.tab().loading);
    // What comes in meanwhile is counted, and the view stays.
    stage.said("#lobby", "leia", "new");
    assert_eq!(stage.tab().anchor, anchor);
    assert!(stage.tab().seen_to.is_some());
    stage.press("esc");
    assert_eq!((stage.tab().anchor, stage.tab().seen_to), (Anchor::Bottom, None));
}

#[test]
fn a_direct_tab_loads_its_last_lines_when_it_is_first_looked_at() {
    let mut stage = Stage::in_chat();
    stage.text("/go yoda").press("enter").sends(&["history @yoda"]);
    stage.answer_history("@yoda", vec![entry("@yoda", 1, "yoda", "long ago")], false);
    assert_eq!(stage.lines(), ["long ago History"]);
    stage.press("alt+1 alt+2").sends(&[]);
}

#[test]
fn a_cleared_tab_is_empty_until_one_scrolls() {
    let mut stage = Stage::in_chat();
    stage.said("#lobby", "yoda", "hello").text("/clear").press("enter");
    assert_eq!(stage.lines().len(), 0);
    let lobby = stage.model.conversations.get(&Place::lobby()).unwrap();
    assert_eq!(lobby.older, Older::Cleared);
    stage.press("pgup").sends(&["history #lobby"]);
}

#[test]
fn the_list_of_everybody_finds_people_and_tabs() {
    let mut stage = Stage::in_chat();
    stage.press("ctrl+g").text("lei").press("enter");
    assert_eq!((stage.front(), &stage.state.overlay), ("leia", &None));
    stage.press("ctrl+g").text("lob").press("enter");
    assert_eq!(stage.front(), "lobby");
}

#[test]
fn the_list_takes_letters_in_their_order_and_tells_a_private_tab_from_a_direct_one() {
    let mut stage = Stage::in_chat();
    let choices = |stage: &Stage| match &stage.state.overlay {
        Some(Overlay::Pick { choices, .. }) => choices.iter().map(|choice| choice.text.clone()).collect::<Vec<_>>(),
        other => panic!("no list: {other:?}"),
    };
    stage.press("alt+k");
    assert_eq!(choices(&stage), ["#lobby", "@leia", "@yoda"]);
    stage.text("yd");
    assert_eq!(choices(&stage), ["@yoda"]);
    stage.press("backspace backspace").text("l");
    assert_eq!(choices(&stage), ["#lobby", "@leia"]);
    stage.press("esc").text("/go yoda").press("enter alt+1 ctrl+g").text("@y").press("enter");
    assert_eq!(stage.front(), "yoda");
}
