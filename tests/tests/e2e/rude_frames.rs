//! Garbage, oversized and deeply nested frames end their own connection, with a code where one can be sent, and hurt
//! neither the server nor anybody else. This holds in a debug build, where deep nesting would overflow the stack.

use e2e::{RawClient, TestServer};
use shared::error::Code;
use shared::limits::{DEPTH, FRAME_AFTER_LOGIN, FRAME_BEFORE_LOGIN};
use shared::message::{ClientMessage, ServerMessage};

/// What to send, and the code of the last word.
fn attacks(limit: usize) -> Vec<(&'static str, Vec<u8>, Code)> {
    let length = |length: usize| u32::try_from(length).expect("a frame is small").to_be_bytes().to_vec();
    let framed = |body: &[u8]| [length(body.len()), body.to_vec()].concat();
    // {"t": [[[...]]]}
    let nested = |depth: usize| framed(&[&[0x81, 0xa1, b't'][..], &vec![0x91; depth], &[0xc0]].concat());
    let declared = |marker: u8| framed(&[&[0x81, 0xa1, b't', marker][..], &[0xff; 4]].concat());
    vec![
        ("an empty frame", length(0), Code::PROTOCOL),
        ("one byte over the limit", length(limit + 1), Code::FRAME_TOO_LARGE),
        ("the largest length", vec![0xff; 4], Code::FRAME_TOO_LARGE),
        ("half of the largest length", vec![0x80, 0, 0, 0], Code::FRAME_TOO_LARGE),
        ("no MessagePack at all", framed(&[0xc1; 64]), Code::PROTOCOL),
        ("an array", framed(&[0x91, 0xa2, b'h', b'i']), Code::PROTOCOL),
        ("bytes behind the map", framed(&[0x81, 0xa1, b't', 0xa3, b'w', b'h', b'o', 0xc0]), Code::PROTOCOL),
        ("half a map", framed(&[0x82, 0xa1, b't']), Code::PROTOCOL),
        ("one level too deep", nested(DEPTH + 1), Code::PROTOCOL),
        ("a thousand levels", nested(1000), Code::PROTOCOL),
        ("as deep as a frame can be", nested(limit - 8), Code::PROTOCOL),
        ("an array of four billion", declared(0xdd), Code::PROTOCOL),
        ("a map of four billion", declared(0xdf), Code::PROTOCOL),
        ("a string of four billion bytes", declared(0xdb), Code::PROTOCOL),
        ("four billion bytes", declared(0xc6), Code::PROTOCOL),
    ]
}

fn assert_ends_with(name: &str, client: &mut RawClient, code: &Code) {
    let said = client.to_end();
    let codes: Vec<_> = said
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Error(refusal) => Some(&refusal.code),
            ServerMessage::Refuse { code, .. } => Some(code),
            _ => None,
        })
        .collect();
    assert_eq!(codes, [code], "after {name} the server said {said:?}");
}

#[test]
fn before_the_login() {
    let server = TestServer::start();
    let mut hans = server.raw_login("hans");
    for (name, bytes, code) in attacks(FRAME_BEFORE_LOGIN) {
        let mut rude = server.raw();
        rude.send(&bytes);
        assert_ends_with(name, &mut rude, &code);
        hans.assert_alive();
    }
}

#[test]
fn after_the_login() {
    let server = TestServer::start();
    let mut hans = server.raw_login("hans");
    for (name, bytes, code) in attacks(FRAME_AFTER_LOGIN) {
        let mut rude = server.raw();
        rude.login("vader");
        rude.send(&bytes);
        assert_ends_with(name, &mut rude, &code);
        hans.assert_alive();
    }
}

#[test]
fn instead_of_the_first_word() {
    let server = TestServer::start();
    for (_, bytes, _) in attacks(FRAME_BEFORE_LOGIN) {
        let mut rude = RawClient::connect_silent(server.port());
        rude.send(&bytes);
        rude.to_end();
    }
    server.assert_serves();
}

#[test]
fn a_request_that_is_not_understood_is_answered_and_the_connection_lives_on() {
    let server = TestServer::start();
    let mut client = server.raw_login("hans");
    let id = [0xa2, b'i', b'd', 7];
    for (name, body, code, what) in [
        ("an unknown kind", [&b"\x82\xa1t\xa5dance"[..], &id].concat(), Code::UNSUPPORTED, Some("dance")),
        ("a missing field", [&b"\x82\xa1t\xa5whois"[..], &id].concat(), Code::BAD_REQUEST, None),
        ("a wrong type", [&b"\x83\xa1t\xa5whois\xa4name\xc3"[..], &id].concat(), Code::BAD_REQUEST, None),
        ("no UTF-8", [&b"\x83\xa1t\xa5whois\xa4name\xa2\xc3\x28"[..], &id].concat(), Code::BAD_REQUEST, None),
    ] {
        client.send_body(&body);
        match client.receive() {
            Some(ServerMessage::Error(refusal)) => {
                assert_eq!((refusal.re.map(|re| re.0), &refusal.code), (Some(7), &code), "{name}: {refusal:?}");
                assert_eq!(refusal.what.as_deref(), what, "{name}");
            }
            other => panic!("{name} is answered with {other:?}"),
        }
        client.assert_alive();
    }
}

#[test]
fn frames_in_small_pieces_and_many_in_one_are_understood() {
    let server = TestServer::start();
    let mut client = server.raw();
    client.login("hans");
    let ping = |n| shared::codec::encode(&ClientMessage::Ping { n });
    for byte in &ping(1) {
        client.send(&[*byte]);
    }
    assert_eq!(client.receive(), Some(ServerMessage::Pong { n: 1 }));
    let many: Vec<u8> = (2..502).flat_map(|n| ping(n).to_vec()).collect();
    client.send(&many);
    for n in 2..502 {
        assert_eq!(client.receive(), Some(ServerMessage::Pong { n }));
    }
}
