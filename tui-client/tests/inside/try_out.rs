//! `tui-client try`.

use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::kit::{Home, entries};

/// The last thing that is said without being asked.
const LAST_OF_THE_STORY: &str = "broadcast from wen: next tunnel.";

#[test]
fn a_newcomer_is_greeted_answered_and_left_with_nothing() {
    let home = Home::of("anna");
    let mut program = home.run(&["try", "--plain"]);
    program.expect("notice: nadia, oskar and wen are scripted.");
    program.expect("state logged-in anna");
    program.expect("stored from wen at ");
    program.expect("broadcast from nadia: Welcome, anna.");
    program.expect("message from oskar: ");
    program.expect("broadcast from oskar action: ");
    program.expect("presence wen online");
    program.expect(LAST_OF_THE_STORY);
    let made = entries(&home.runtime());
    assert_eq!(made.len(), 1, "everything lies in one folder: {made:?}");
    let mode = made[0].metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else may look into it");

    program.enter("say is there tea, oskar?");
    program.expect("broadcast from oskar: Tea it is.");
    program.enter("message nadia thanks");
    program.expect("ok message nadia delivered");
    program.expect("message from nadia: You are welcome.");
    program.enter("logout");

    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // At this pace it may come before the greeting or after it.
    assert!(ended.stdout.iter().any(|line| line.starts_with("history from oskar at ")), "{ended:?}");
    assert!(ended.stdout.iter().all(|line| !line.contains("real thing")), "stdout carries events only");
    for command in ["server 4000", "tui-client --host", "tui-client "] {
        assert!(ended.stderr.contains(command), "{command} in: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("Its key is remembered"), "{}", ended.stderr);
    assert!(entries(&home.runtime()).is_empty());
    assert!(entries(&home.home()).is_empty(), "{:?}", entries(&home.home()));
}

#[test]
fn every_signal_ends_it_in_order() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        for moment in ["plain mode", LAST_OF_THE_STORY] {
            let home = Home::of("anna");
            let mut program = home.run(&["try"]);
            program.expect(moment);
            assert_eq!(entries(&home.runtime()).len(), 1);
            program.signal(signal);
            let ended = program.end();
            assert_eq!(ended.code, Some(0), "{signal:?} at {moment}: {ended:?}");
            assert!(entries(&home.runtime()).is_empty() && entries(&home.home()).is_empty(), "{signal:?} at {moment}");
        }
    }
}

/// Before it listens to signals there is nothing to delete, and afterwards it deletes.
#[test]
fn a_signal_at_any_time_of_the_start_leaves_nothing() {
    for _ in 0..5 {
        let home = Home::of("anna");
        let program = home.run(&["try"]);
        program.signal(Signal::TERM);
        program.end();
        assert!(entries(&home.runtime()).is_empty() && entries(&home.home()).is_empty());
    }
}

#[test]
fn an_input_that_ends_ends_it() {
    let home = Home::of("anna");
    let mut program = home.run(&["try", "--json"]);
    program.close_input();
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.iter().all(|line| line.starts_with('{')), "{ended:?}");
    assert!(ended.stdout.iter().any(|line| line.contains(r#""event":"stored","from":"wen""#)), "{ended:?}");
    assert!(entries(&home.runtime()).is_empty());
}

#[test]
fn somebody_who_is_blocked_says_nothing_more() {
    let home = Home::of("anna");
    let mut program = home.run(&["try"]);
    program.expect(LAST_OF_THE_STORY);
    program.enter("block oskar");
    program.expect("ok block oskar");
    program.enter("say oskar, are you there?");
    program.expect("ok broadcast partial");
    program.enter("say hello nadia");
    program.expect("broadcast from nadia: Hello.");
    program.enter("unblock oskar");
    program.expect("ok unblock oskar");
    program.enter("msg oskar hello");
    program.expect("message from oskar: Hello hello!");
    program.enter("logout");
    let ended = program.end();
    let at = |fragment: &str| ended.stdout.iter().position(|line| line.contains(fragment)).expect("it was seen");
    let blocked = &ended.stdout[at("ok block oskar")..at("ok unblock oskar")];
    assert!(blocked.iter().all(|line| !line.contains(" from oskar: ")), "{blocked:#?}");
}

#[test]
fn what_is_set_up_for_real_servers_means_nothing_here() {
    let home = Home::of("oskar");
    std::fs::create_dir_all(home.home().join(".config/tern")).unwrap();
    std::fs::write(home.home().join(".config/tern/client.toml"), "server = \"192.0.2.1\"\nuser = \"hans\"\n").unwrap();
    let mut program = home.run(&["try"]);
    program.expect("state logged-in you-oskar");
    program.enter("logout");
    assert_eq!(program.end().code, Some(0));
}
