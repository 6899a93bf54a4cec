//! The form: every refusal is a sentence in it, and nothing typed in secret stays.

use shared::message::Reason;

use super::*;
use crate::app::msg::Fault;
use crate::tui::state::{Field, FormMessage, Mode, Overlay};

#[track_caller]
fn says(stage: &Stage, expected: &str) {
    let said = match &stage.state.form.message {
        Some(FormMessage::Error(text) | FormMessage::Note(text)) => text.clone(),
        Some(FormMessage::Locked { until }) => format!("locked until {}", until.0),
        None => String::new(),
    };
    assert_eq!(said, expected);
}

/// hans has typed his name and a password and sent them off.
fn tried() -> Stage {
    let mut stage = Stage::new();
    stage.text("hans").press("enter").text("falcon").press("enter");
    stage
}

#[test]
fn enter_goes_from_the_name_to_the_password_and_then_logs_in() {
    let mut stage = Stage::new();
    stage.sent.clear();
    assert_eq!(stage.state.form.focus, Field::Name);
    stage.text("hans").press("enter").sends(&[]);
    assert_eq!(stage.state.form.focus, Field::Password);
    stage.text("falcon").press("enter").sends(&["login hans falcon"]);
    assert!(stage.state.form.busy && stage.state.form.password.is_empty());
    stage.press("enter").sends(&[]);
}

#[test]
fn every_refusal_is_a_sentence_in_the_form() {
    let since = Refusal {
        at: Some(UnixMs(START)),
        from: Some("10.0.0.5".to_owned()),
        ..refusal(Code::ALREADY_ONLINE, "in use")
    };
    let table = [
        (Refusal { left: Some(2), ..refusal(Code::BAD_PASSWORD, "") }, "Wrong password. 2 tries left."),
        (Refusal { left: Some(1), ..refusal(Code::BAD_LOGIN, "") }, "Wrong name or password. 1 try left."),
        (since, "This account is logged in already since 14:02 from 10.0.0.5."),
        (refusal(Code::BAD_NAME, "a name begins with a letter or a digit"), "A name begins with a letter or a digit."),
        (refusal(Code::SAMPLE_PASSWORD, "everybody can read this password"), "Everybody can read this password."),
        (Refusal { wait_ms: Some(57_000), ..refusal(Code::LOCKED, "") }, "locked until 57000"),
    ];
    for (refusal, sentence) in table {
        let mut stage = tried();
        stage.refuse(refusal);
        says(&stage, sentence);
        assert!(!stage.state.form.busy && stage.state.form.name.text() == "hans");
        stage.sent.clear();
        if stage.state.form.focus == Field::Name {
            stage.press("enter");
        }
        stage.text("again").press("enter").sends(&["login hans again"]);
    }
}

#[test]
fn a_lock_is_counted_down_second_by_second_and_goes_away() {
    let mut stage = tried();
    stage.refuse(Refusal { wait_ms: Some(3000), ..refusal(Code::LOCKED, "") });
    assert_eq!(deadline(&stage.state, &stage.model, Mono(0)), Some(Mono(1000)));
    stage.pass(2500);
    assert_eq!(deadline(&stage.state, &stage.model, Mono(2500)), Some(Mono(3000)));
    stage.pass(500);
    says(&stage, "");
    assert_eq!(deadline(&stage.state, &stage.model, Mono(3000)), None);
}

#[test]
fn a_name_without_an_account_leads_to_a_new_one() {
    let mut stage = tried();
    stage.refuse(refusal(Code::NO_SUCH_ACCOUNT, ""));
    says(&stage, "Nobody is called hans yet. Choose a password to create the account.");
    assert_eq!((stage.state.form.mode, stage.state.form.focus), (Mode::Register, Field::Password));
    stage.sent.clear();
    stage.text("longenough").press("enter").text("longenuogh").press("enter").sends(&[]);
    says(&stage, "The two passwords are not the same: type the second one again.");
    stage.text("longenough").press("enter").sends(&["register hans longenough"]);
    stage.refuse(refusal(Code::NAME_TAKEN, ""));
    says(&stage, "That name is taken.");
}

#[test]
fn a_server_that_is_not_there_is_tried_again_and_takes_the_login_then() {
    let mut stage = Stage::new();
    stage.lose();
    stage.text("hans").press("enter").text("falcon").press("enter");
    let fault = Fault::Unreachable("cannot reach 127.0.0.1:4000: connection refused".to_owned());
    stage.tell(Msg::NotConnected { fault, jitter: Jitter::thousandths(1000) });
    says(&stage, "Cannot reach 127.0.0.1:4000: connection refused.");
    stage.sent.clear();
    stage.press("alt+r").sends(&["connect"]);
    stage.connect();
    stage.sends(&["login hans falcon"]);
    says(&stage, "");
}

#[test]
fn a_key_that_has_changed_is_shown_and_told_by_the_exit_code() {
    let mut stage = Stage::new();
    let [address, expected, found] = ["h:1", "SHA256:a", "SHA256:b"].map(str::to_owned);
    stage.tell(Msg::NotConnected {
        fault: Fault::KeyChanged { address, expected, found },
        jitter: Jitter::thousandths(0),
    });
    assert!(matches!(&stage.state.overlay, Some(Overlay::KeyChanged { address, .. }) if address == "h:1"));
    stage.sent.clear();
    stage.press("esc ctrl+q").sends(&["leave"]);
    stage.tell(Msg::Interrupted);
    stage.sends(&["quit 7"]);
}

#[test]
fn after_inactivity_the_screen_stays_and_enter_brings_everything_back_for_the_same_user() {
    let mut stage = Stage::in_chat();
    stage.text("/msg yoda hi").press("enter").text("a draft");
    stage.hear(ServerMessage::Bye { reason: Reason::TIMED_OUT, retry_ms: None });
    assert_eq!(stage.state.ended.as_deref(), Some("You were logged out for inactivity."));
    assert_eq!((stage.state.screen, stage.front()), (Screen::Chat, "yoda"));
    stage.press("enter");
    assert_eq!((stage.state.screen, stage.state.form.focus), (Screen::Login, Field::Password));
    assert_eq!(stage.state.form.name.text(), "hans");
    stage.connect();
    stage.sent.clear();
    stage.text("falcon").press("enter").sends(&["login hans falcon"]);
    let re = stage.last_request();
    stage.hear(given::logged_in(re, "hans"));
    assert_eq!((stage.state.screen, stage.front(), stage.composer().text()), (Screen::Chat, "yoda", "a draft"));
    stage.hear(ServerMessage::Ready { stored: 0 });
    assert!(stage.sent.contains(&"to @yoda: hi".to_owned()), "{:?}", stage.sent);
}

#[test]
fn another_user_finds_nothing_of_the_one_before() {
    let mut stage = Stage::in_chat();
    stage.text("/msg yoda hi").press("enter").text("a draft");
    stage.hear(ServerMessage::Bye { reason: Reason::TIMED_OUT, retry_ms: None });
    stage.press("enter");
    stage.connect();
    stage.press("up ctrl+u").text("vader").press("enter").text("sith").press("enter");
    stage.take_the_login("vader", 0);
    assert_eq!((stage.front(), stage.composer().text(), stage.lines().len()), ("lobby", "", 0));
    assert_eq!(stage.model.conversations.iter().count(), 1);
}

#[test]
fn a_changed_password_goes_through_a_field_of_its_own() {
    let mut stage = Stage::in_chat();
    stage.text("/passwd").press("enter");
    assert!(matches!(stage.state.overlay, Some(Overlay::Secret { .. })));
    stage.text("falcon").press("enter").text("longenough").press("enter").text("longenough").press("enter");
    stage.sends(&["passwd falcon longenough"]);
    assert!(stage.state.overlay.is_none() && stage.state.form.password.is_empty());
    stage.text("/passwd").press("enter").text("fal").press("esc");
    assert!(stage.state.overlay.is_none() && stage.state.form.password.is_empty());
    stage.sends(&[]);
}
