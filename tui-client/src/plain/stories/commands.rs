//! Every command and its answers.

use super::*;
use crate::app::transcript::State;

#[test]
fn a_message_is_answered_with_what_became_of_it() {
    let mut story = Story::logged_in();
    story.line("message yoda hi there", &["> text 2 message 1 to @yoda: hi there"]);
    assert!(!story.model.takes_a_line(), "the next line waits for the answer");
    story.check(sent(2, "@yoda", 5, Outcome::DELIVERED), &["ok message yoda delivered"]);
    assert!(story.model.takes_a_line());
    story.line("/w leia psst", &["> text 3 message 2 to @leia: psst"]);
    story.check(sent(3, "@leia", 1, Outcome::STORED), &["ok message leia stored"]);
}

#[test]
fn a_broadcast_says_when_some_did_not_get_it() {
    let mut story = Story::logged_in();
    story.line("broadcast hello all", &["> text 2 message 1 to #lobby: hello all"]);
    story.check(sent(2, "#lobby", 1, Outcome::EVERYONE), &["ok broadcast"]);
    story.line("me smiles", &["> me 3 message 2 to #lobby: smiles"]);
    story.check(sent(3, "#lobby", 2, Outcome::PARTIAL), &["ok me partial"]);
}

#[test]
fn a_refused_message_is_told_and_counts_for_the_exit_code() {
    let mut story = Story::logged_in();
    story.line("message vader hi", &["> text 2 message 1 to @vader: hi"]);
    let line = "error blocked message vader: vader has blocked you";
    story.check(refused(2, Code::BLOCKED, "you are blocked"), &[line]);
    let tab = story.model.conversations.iter().find(|tab| tab.place.as_str() == "vader").unwrap();
    assert!(matches!(tab.transcript.lines().next().unwrap().state, State::Refused { .. }));
    story.line("message nobody hi", &["> text 3 message 2 to @nobody: hi"]);
    let line = "error no-such-user message nobody: nobody is called that";
    story.check(refused(3, Code::NO_SUCH_USER, "nobody is called that"), &[line]);
    story.check(Msg::InputEnded, &["> logout 4"]);
    story.check(ok(4), &[]);
    story.check(bye(Reason::LOGGED_OUT), &["state logged-out logged-out", "> disconnect", "> quit 1"]);
}

#[test]
fn what_is_no_command_is_never_sent() {
    let mut story = Story::logged_in();
    story.line("", &[]);
    story.line("   ", &[]);
    story.line("mesage yoda hi", &["error unknown-command mesage: did you mean message"]);
    story.line("hello everybody", &["error unknown-command hello: type help for the list"]);
    story.line("xyzzyplugh", &["error unknown-command xyzzyplugh: type help for the list"]);
    story.line(" message yoda hi", &["error unknown-command message: a blank stands before it; type it without"]);
    story.line("message", &["error usage message: message USER TEXT"]);
    story.line("message yoda", &["error empty message yoda: there is nothing to send"]);
    story.line("broadcast  ", &["error empty broadcast: there is nothing to send"]);
    story.line(
        "whoelsesince soon",
        &["error bad-time whoelsesince: not a time; write seconds, or a number with s, m, h or d, at most 3650d"],
    );
    let long = format!("broadcast {}", "x".repeat(8193));
    story.line(&long, &["error too-long broadcast: 8193 bytes, at most 8192 are allowed"]);
}

#[test]
fn lists_begin_with_their_count_and_leave_oneself_out() {
    let mut story = Story::logged_in();
    story.line("whoelse", &["> who 2"]);
    let away = UserInfo { away: "at lunch".to_owned(), ..user("yoda", true) };
    let first =
        ServerMessage::Users { re: RequestId(2), users: vec![user("leia", true), user("hans", true)], more: true };
    story.check(Msg::Server(first), &[]);
    let last = ServerMessage::Users { re: RequestId(2), users: vec![away], more: false };
    story.check(
        Msg::Server(last),
        &["users 2", "user leia since 14:02", "user yoda since 14:02: at lunch", "ok whoelse"],
    );
    story.line("whoelsesince 2h", &["> who-since 3 7200000"]);
    let gone = UserInfo { since: UnixMs(START - 24 * 3_600_000), ..user("luke", false) };
    let answer = ServerMessage::Users { re: RequestId(3), users: vec![gone], more: false };
    story.check(Msg::Server(answer), &["users 1", "user luke last-seen 2026-11-19 14:02", "ok whoelsesince"]);
    story.line("blocked", &["> blocked 4"]);
    let answer = ServerMessage::Blocked { re: RequestId(4), names: vec!["vader".to_owned()], more: false };
    story.check(Msg::Server(answer), &["blocked 1", "block vader", "ok blocked"]);
}

#[test]
fn a_block_says_what_changes_and_a_message_then_hints_once() {
    let mut story = Story::logged_in();
    story.line("ignore vader", &["> block 2 vader"]);
    story.check(
        ok(2),
        &["ok block vader: nothing from vader reaches you and vader sees you as offline; you still see vader and may \
         write to vader"],
    );
    story.line(
        "message vader bye",
        &["hint vader: you have blocked vader, who cannot answer", "> text 3 message 2 to @vader: bye"],
    );
    story.tell(sent(3, "@vader", 1, Outcome::DELIVERED));
    story.line("message vader really", &["> text 4 message 3 to @vader: really"]);
    story.tell(sent(4, "@vader", 2, Outcome::DELIVERED));
    story.line("unblock vader", &["> unblock 5 vader"]);
    story.check(ok(5), &["ok unblock vader"]);
}

#[test]
fn history_comes_whole_and_oldest_first() {
    let mut story = Story::logged_in();
    story.line("history 3", &["> history 2 #lobby 3"]);
    let page = |re, messages, more| {
        Msg::Server(ServerMessage::History { re: RequestId(re), conv: "#lobby".to_owned(), messages, more })
    };
    let newest = vec![entry("#lobby", 8, "leia", "two"), entry("#lobby", 9, "hans", "three")];
    story.check(page(2, newest, true), &["> history 3 #lobby 1 before 8"]);
    story.check(
        page(3, vec![entry("#lobby", 7, "yoda", "one")], true),
        &[
            "messages 3",
            "history from yoda at 2026-11-20 13:40: one",
            "history from leia at 2026-11-20 13:40: two",
            "history from hans at 2026-11-20 13:40: three",
            "ok history",
        ],
    );
    story.line("history @yoda 400", &["> history 4 @yoda 200"]);
    story.check(page(4, Vec::new(), true), &["messages 0", "ok history yoda"]);
}

#[test]
fn people_and_their_words() {
    let mut story = Story::logged_in();
    story.line("away out for tea", &["> away 2 out for tea"]);
    story.check(ok(2), &["ok away"]);
    story.line("away", &["> away 3 "]);
    story.check(ok(3), &["ok away"]);
    story.line("whois YODA", &["> whois 4 YODA"]);
    let answer = |re, user, last_seen| {
        Msg::Server(ServerMessage::Whois { re: RequestId(re), user, created: UnixMs(START - 3_600_000), last_seen })
    };
    story.check(
        answer(4, user("yoda", true), None),
        &["whois yoda online since 14:02 created 2026-11-20 13:02", "ok whois yoda"],
    );
    story.line("whois luke", &["> whois 5 luke"]);
    story.check(
        answer(5, user("luke", false), Some(UnixMs(START))),
        &["whois luke offline last-seen 2026-11-20 14:02 created 2026-11-20 13:02", "ok whois luke"],
    );
}

#[test]
fn a_password_is_changed_by_three_answers() {
    let mut story = Story::logged_in();
    story.line("passwd", &[]);
    story.answer("falcon", &[]);
    story.answer("millennium", &[]);
    story.answer("millenium", &["error password-mismatch passwd"]);
    story.line("passwd", &[]);
    for answer in ["falcon", "millennium"] {
        story.answer(answer, &[]);
    }
    story.answer("millennium", &["> passwd 2 falcon millennium"]);
    story.check(ok(2), &["ok passwd"]);
    // From now on the new one brings a lost connection back.
    story.check(lost(), &["state reconnecting 1"]);
    story.wake(&["> connect"]);
    story.check(connected(), &["state connected", "> login 3 hans millennium"]);
}

#[test]
fn help_explains_all_commands_or_one() {
    let mut story = Story::logged_in();
    let lines = story.tell(Msg::Line { text: "help".to_owned(), cid: ClientId([0; 16]) });
    assert_eq!(lines.len(), 31);
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("commands 29", "ok help"));
    story.line("help dm", &[
        "command message USER TEXT: send a direct message",
        "about message: It goes through the server. If USER is offline it is stored and delivered at the next login. \
         Also called msg, w, dm.",
        "ok help",
    ]);
    story.line("help mesage", &["error unknown-command mesage: did you mean message"]);
    story.line("clear", &["ok clear: nothing to do in plain mode"]);
}

#[test]
fn a_server_that_takes_less_is_heeded() {
    let mut story = Story::new(settings(), Some("hans"), Some("falcon"));
    story.begin();
    story.tell(Msg::Connected { welcome: Welcome { text_max: 3, ..welcome() }, trust: Trust::Known });
    story.tell(logged_in(1));
    story.tell(ready());
    story.line("message yoda hello", &["error too-long message yoda: 5 bytes, at most 3 are allowed"]);
}
