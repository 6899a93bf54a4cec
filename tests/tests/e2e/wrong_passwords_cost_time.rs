//! An address from which logins are refused has to wait before it may connect again. It is told for how long; who is
//! connected already is not concerned, and neither is this machine where limits are not strict.

use e2e::{RawClient, TestServer};
use shared::error::Code;
use shared::message::{ClientMessage, ServerMessage};
use shared::version::{PROTO_MAX, PROTO_MIN};

/// Guesses at accounts that do not matter, so many times on one connection.
fn guess(server: &TestServer, times: usize) {
    let mut client = server.raw();
    for number in 0..times {
        let id = client.request();
        let name = ["vader", "r2d2", "luke"][number % 3].to_owned();
        client.say(&ClientMessage::Login { id, name, password: "wrong".to_owned(), device: None, remember: false });
        client.expect(
            "the refusal",
            |message| matches!(message, ServerMessage::Error(refusal) if refusal.re == Some(id)),
        );
    }
}

/// What a new connection hears instead of `welcome`.
fn refusal(server: &TestServer) -> Option<(Code, String)> {
    let mut client = RawClient::connect_silent(server.port());
    let (client_name, caps) = ("e2e".to_owned(), String::new());
    client.say(&ClientMessage::Hello { proto_min: PROTO_MIN, proto_max: PROTO_MAX, client: client_name, caps });
    match client.receive() {
        Some(ServerMessage::Welcome(_)) => None,
        Some(ServerMessage::Refuse { code, text }) => {
            assert_eq!(client.receive(), None, "the connection ends");
            Some((code, text))
        }
        other => panic!("neither welcome nor refusal: {other:?}"),
    }
}

#[test]
fn who_guesses_has_to_wait_and_others_stay() {
    let server = TestServer::with().arg("--limits").arg("strict").start();
    let mut hans = server.login("hans");
    assert_eq!(refusal(&server), None);
    guess(&server, 6);
    let (code, text) = refusal(&server).expect("a refusal");
    assert_eq!(code, Code::BUSY);
    let seconds = text.strip_prefix("Too many logins from your address were refused. Try again in ");
    let seconds = seconds.and_then(|rest| rest.strip_suffix(" seconds.")?.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| (15..=30).contains(&seconds)), "{text}");
    server.expect_log(&["too many refused logins from there"]);
    hans.ok("broadcast still here");
}

#[test]
fn a_slip_of_the_fingers_shuts_nobody_out() {
    let server = TestServer::with().arg("--limits").arg("strict").start();
    guess(&server, 2);
    assert_eq!(refusal(&server), None);
    server.assert_serves();
}

#[test]
fn this_machine_is_exempt() {
    for limits in ["on", "off"] {
        let server = TestServer::with().arg("--limits").arg(limits).start();
        guess(&server, 6);
        assert_eq!(refusal(&server), None, "{limits}");
    }
}
