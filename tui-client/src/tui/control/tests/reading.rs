//! Marking, searching, and what counts as read.

use super::*;
use crate::tui::state::Anchor;
use crate::tui::view::Target;

/// The text of the marked line.
fn marked(stage: &Stage) -> Option<String> {
    let front = stage.model.conversations.get(stage.model.conversations.front()).unwrap();
    let marked = stage.tab().marked?;
    front.transcript.lines().find(|line| line.id == marked).map(|line| line.text.as_str().to_owned())
}

/// The text of the line that the search stands at, and its number from the newest with the count of all.
fn found(stage: &Stage) -> (Option<String>, usize) {
    let front = stage.model.conversations.get(stage.model.conversations.front()).unwrap();
    let find = stage.tab().find.as_ref().expect("something is searched for");
    let id = find.at.map(|at| find.found[at]);
    let text = id.and_then(|id| front.transcript.lines().find(|line| line.id == id));
    (text.map(|line| line.text.as_str().to_owned()), find.found.len())
}

/// A hundred lines in the lobby, from `line 200` to `line 299`.
fn long() -> Stage {
    let mut stage = Stage::in_chat();
    let page = (200..300).map(|seq| entry("#lobby", 1000 + seq, "yoda", &format!("line {seq}"))).collect();
    stage.text("/clear").press("enter pgup");
    stage.answer_history("#lobby", page, false);
    stage.press("esc");
    stage.sent.clear();
    stage
}

#[test]
fn the_arrows_mark_one_message_after_the_other_and_keep_it_in_view() {
    let mut stage = long();
    for expected in ["line 299", "line 298", "line 297"] {
        assert_eq!(marked(stage.press("alt+up")).as_deref(), Some(expected));
    }
    assert_eq!(marked(stage.press("alt+down down")).as_deref(), Some("line 299"));
    for _ in 0..99 {
        stage.press("up");
        let line = stage.tab().marked.unwrap();
        let is_seen = stage.seen.targets.iter().any(|(_, target)| *target == Target::Line(line));
        assert!(is_seen, "{:?} is marked and not seen", marked(&stage));
    }
    assert_eq!(marked(&stage).as_deref(), Some("line 200"));
    for _ in 0..99 {
        stage.press("down");
        let line = stage.tab().marked.unwrap();
        assert!(stage.seen.targets.iter().any(|(_, target)| *target == Target::Line(line)));
    }
    // Below the newest nothing is marked, and the view stands at the end.
    stage.press("down");
    assert_eq!((marked(&stage), stage.tab().anchor), (None, Anchor::Bottom));
}

#[test]
fn letters_do_something_with_the_marked_message_and_other_keys_write() {
    let mut stage = Stage::in_chat();
    stage.said("#lobby", "yoda", "see https://example.org/a?b=c, and\nhttps://example.com");
    stage.press("alt+up").text("c");
    assert_eq!((stage.toast(), marked(&stage)), ("The message went to the terminal's clipboard.", None));
    stage.press("alt+up").text("o").sends(&["open https://example.org/a?b=c"]);
    stage.press("esc").text("draft").press("alt+up").text("q");
    assert_eq!(stage.composer().text(), "> yoda:\n> see https://example.org/a?b=c, and\n> https://example.com\ndraft");
    stage.press("ctrl+c").said("#lobby", "leia", "no link here").press("alt+up").text("o").sends(&[]);
    assert_eq!(stage.toast(), "This message has no link.");
    // A letter without a meaning there is the beginning of a text.
    stage.text("hello");
    assert_eq!((stage.composer().text(), marked(&stage)), ("hello", None));
}

#[test]
fn the_key_for_mentions_goes_from_one_to_the_one_before() {
    let mut stage = Stage::in_chat();
    stage.said("#lobby", "yoda", "hans, look").said("#lobby", "leia", "nothing").said("#lobby", "yoda", "@hans!");
    stage.said("#lobby", "leia", "thanks");
    for expected in ["@hans!", "hans, look", "hans, look"] {
        assert_eq!(marked(stage.press("alt+m")).as_deref(), Some(expected));
    }
    assert_eq!(stage.toast(), "Nobody has named you before that, in what is loaded.");
}

#[test]
fn a_search_goes_from_the_newest_to_the_oldest_and_leaves_the_draft_alone() {
    let mut stage = long();
    stage.text("draft").press("ctrl+f").text("LINE 2");
    assert_eq!(found(&stage), (Some("line 299".to_owned()), 100));
    stage.press("enter").text("n");
    assert_eq!(found(&stage), (Some("line 298".to_owned()), 100));
    stage.text("N").text("N");
    assert_eq!(found(&stage), (Some("line 200".to_owned()), 100), "it goes round at the end");
    let Anchor::At { .. } = stage.tab().anchor else { panic!("the view goes along") };
    // A letter that is no key there is written into the draft.
    stage.text("x");
    assert!(stage.tab().find.is_none());
    assert_eq!(stage.composer().text(), "draftx");
    // Escape while it is typed leads back to where one was.
    stage.press("esc ctrl+f").text("line 21").press("esc");
    assert_eq!((stage.tab().anchor, stage.tab().find.is_none()), (Anchor::Bottom, true));
    stage.press("ctrl+c").text("/find nowhere to be found").press("enter").sends(&[]);
    assert_eq!(found(&stage), (None, 0));
}

#[test]
fn who_only_passes_through_a_tab_has_read_nothing() {
    let mut stage = Stage::in_chat();
    stage.text("/go yoda").press("enter").pass(5000).press("alt+1").pass(5000);
    stage.said("@yoda", "yoda", "one").said("@yoda", "yoda", "two");
    let unread = |stage: &Stage| stage.model.conversations.iter().map(|tab| tab.unread).collect::<Vec<_>>();
    stage.press("alt+right").pass(300).press("alt+right");
    assert_eq!((stage.front(), unread(&stage)), ("lobby", vec![0, 2]));
    stage.press("alt+2").pass(300);
    let first = stage.tab().unread_from;
    assert!(first.is_some(), "the unread line stands where it stood");
    // Whoever does something there, or stays, has read it.
    stage.text("x").press("backspace alt+1");
    assert_eq!(unread(&stage), [0, 0]);
    stage.said("@yoda", "yoda", "three").press("alt+2").pass(2000).press("alt+1");
    assert_eq!(unread(&stage), [0, 0]);
}

#[test]
fn tabs_are_moved_and_the_lobby_stays_the_first() {
    let mut stage = Stage::in_chat();
    stage.text("/go yoda").press("enter").text("/go leia").press("enter");
    let order = |stage: &Stage| -> Vec<String> {
        stage.model.conversations.iter().map(|tab| tab.place.as_str().to_owned()).collect()
    };
    stage.text("/move 2").press("enter");
    assert_eq!(order(&stage), ["lobby", "leia", "yoda"]);
    stage.press("altshift+right");
    assert_eq!((order(&stage), stage.front()), (["lobby", "yoda", "leia"].map(str::to_owned).to_vec(), "leia"));
    stage.press("altshift+left altshift+left");
    assert_eq!(order(&stage), ["lobby", "leia", "yoda"]);
    assert_eq!(stage.toast(), "The lobby stays the first tab.");
}

#[test]
fn the_messages_alone_give_way_to_whoever_writes() {
    let mut stage = Stage::in_chat();
    stage.said("#lobby", "yoda", "hello").press("alt+l");
    assert!(stage.state.bare);
    stage.text("h");
    assert_eq!((stage.state.bare, stage.composer().text()), (false, "h"));
    stage.press("alt+l esc");
    assert_eq!((stage.state.bare, stage.composer().text()), (false, "h"));
}

#[test]
fn what_the_server_has_found_is_listed_and_one_key_leads_there() {
    let mut stage = Stage::in_chat();
    stage.text("/clear").press("enter").text("/search old word").press("enter").sends(&["search old word"]);
    let re = stage.last_request();
    let hits = vec![entry("#lobby", 120, "yoda", "an old word"), entry("@leia", 7, "leia", "old\nword")];
    stage.hear(ServerMessage::Found { re, messages: hits, next: None });
    let Some(Overlay::Pick { choices, .. }) = &stage.state.overlay else { panic!("no list") };
    let rows: Vec<&str> = choices.iter().map(|choice| choice.text.as_str()).collect();
    assert!(rows[0].ends_with("#lobby  yoda: an old word") && rows[1].ends_with("@leia  leia: old / word"), "{rows:?}");
    // The lobby was emptied: what is there has to be loaded, back to the message that was chosen.
    stage.press("enter").sends(&["history #lobby"]);
    let page =
        |from: u64, to: u64| (from..to).map(|seq| entry("#lobby", seq, "yoda", &format!("line {seq}"))).collect();
    stage.answer_history("#lobby", page(200, 300), true);
    stage.sends(&["history #lobby before 200"]);
    stage.answer_history("#lobby", page(100, 200), true);
    assert_eq!((marked(&stage).as_deref(), &stage.state.overlay, &stage.state.seek), (Some("line 120"), &None, &None));
    let line = stage.tab().marked.unwrap();
    assert!(stage.seen.targets.iter().any(|(_, target)| *target == Target::Line(line)));
}

#[test]
fn a_search_without_a_hit_says_so() {
    let mut stage = Stage::in_chat();
    stage.text("/search nowhere").press("enter");
    let re = stage.last_request();
    stage.hear(ServerMessage::Found { re, messages: Vec::new(), next: None });
    assert_eq!((stage.toast(), &stage.state.overlay), ("Nothing was found.", &None));
}

/// Chooses a message of the lobby that was found and is not here; a page around `newest` is.
fn on_the_way_to(seq: u64, newest: u64) -> Stage {
    let mut stage = Stage::in_chat();
    stage.text("/clear").press("enter").text("/search old").press("enter").sends(&["search old"]);
    let re = stage.last_request();
    stage.hear(ServerMessage::Found { re, messages: vec![entry("#lobby", seq, "yoda", "old")], next: None });
    stage.press("enter").sends(&["history #lobby"]);
    stage.answer_history("#lobby", page(newest - 100..newest), true);
    stage
}

fn page(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.map(|seq| entry("#lobby", seq, "yoda", &format!("line {seq}"))).collect()
}

/// Answers what was asked for before `number`, five pages of 200, with more to come.
fn a_thousand_before(stage: &mut Stage, number: u64) {
    for before in [0, 200, 400, 600, 800].map(|back| number - back) {
        stage.sends(&[&format!("history #lobby before {before}")]);
        stage.answer_history("#lobby", page(before - 200..before), true);
    }
}

#[test]
fn a_way_far_back_is_told_and_ends_at_the_message() {
    let mut stage = on_the_way_to(3500, 5100);
    assert_eq!(stage.toast(), "Going back: 0 of 1500 messages. Esc stops.");
    a_thousand_before(&mut stage, 5000);
    assert_eq!(stage.toast(), "Going back: 1000 of 1500 messages. Esc stops.");
    // No more than what is missing, and a little before it.
    stage.sends(&["history #lobby before 4000"]);
    stage.answer_history("#lobby", page(3800..4000), true);
    stage.sends(&["history #lobby before 3800"]);
    stage.answer_history("#lobby", page(3600..3800), true);
    stage.sends(&["history #lobby before 3600"]);
    stage.answer_history("#lobby", page(3480..3600), true);
    assert_eq!((marked(&stage).as_deref(), &stage.state.seek, &stage.state.toast), (Some("line 3500"), &None, &None));
}

#[test]
fn a_way_far_back_can_be_left() {
    let mut stage = on_the_way_to(1, 5100);
    stage.press("esc");
    assert_eq!((&stage.state.seek, &stage.state.toast), (&None, &None));
    a_thousand_before(&mut stage, 5000);
    stage.sends(&[]);
    assert_eq!(marked(&stage), None);
}

#[test]
fn a_way_far_back_ends_where_its_tab_is_left() {
    let mut stage = on_the_way_to(1, 5100);
    stage.said("@leia", "leia", "hello").press("alt+2");
    assert_eq!((stage.front(), &stage.state.seek), ("leia", &None));
    stage.press("alt+1");
    assert_eq!(stage.state.seek, None);
}

#[test]
fn a_message_that_cannot_be_reached_is_told() {
    // Taken back since, or kept from this user.
    let mut stage = on_the_way_to(4850, 5000);
    stage.sends(&["history #lobby before 4900"]);
    let without = page(4800..4900).into_iter().filter(|entry| entry.seq.0 != 4850);
    stage.answer_history("#lobby", without.chain(page(4799..4800)).collect(), true);
    stage.sends(&[]);
    assert_eq!((stage.toast(), &stage.state.seek), ("That message is not there any more.", &None));
    let mut stage = on_the_way_to(1, 200_000);
    stage.sends(&[]);
    let too_far = "That message is further back than a tab keeps. The setting scrollback changes that.";
    assert_eq!((stage.toast(), &stage.state.seek), (too_far, &None));
}
