//! What an attempt says when the other side is no Tern server, or not one for this client.

use std::time::Duration;

use shared::error::Code;
use shared::message::{Refusal, ServerMessage};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::kit::{Client, Identity, Keys, Peer, Place, calm, notice, soon, verdict, welcome};
use crate::net::{ConnectError, NetEvent, Target, Timing};

/// Reads what the client says first and answers with bytes.
async fn answer(mut peer: Peer, bytes: Vec<u8>) {
    let mut first = [0; 5];
    peer.stream.read_exact(&mut first).await.unwrap();
    peer.say_bytes(&bytes).await;
    // Closing with unread bytes would reset the connection and could destroy the answer.
    let mut rest = Vec::new();
    let _ = peer.stream.read_to_end(&mut rest).await;
}

async fn why_not_tern(target: Target, place: &Place, bytes: Vec<u8>) -> String {
    let _server = place.serve(None, |peer| answer(peer, bytes));
    match verdict(target, &Keys::new()).await {
        Err(ConnectError::NotTern { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_told_apart() {
    let place = Place::new().await;
    let refusal = Refusal::new(None, Code::FRAME_TOO_LARGE, "too large");
    let answers = [
        shared::codec::encode(&ServerMessage::Error(refusal)).to_vec(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
    ];
    for bytes in answers {
        let why = why_not_tern(place.target(), &place, bytes).await;
        assert!(why.contains("does not speak TLS") && why.contains("--no-tls"), "{why}");
    }
}

#[tokio::test]
async fn a_peer_with_an_older_tls_is_refused() {
    // Alerts protocol_version (70) and handshake_failure (40); and a ServerHello of TLS 1.2 that chooses a cipher of
    // TLS 1.3, because nothing else was offered.
    let mut server_hello = vec![0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3];
    server_hello.extend([7; 32]);
    server_hello.extend([0, 0x13, 1, 0]);
    let place = Place::new().await;
    for bytes in [vec![0x15, 3, 3, 0, 2, 2, 70], vec![0x15, 3, 3, 0, 2, 2, 40], server_hello] {
        let why = why_not_tern(place.target(), &place, bytes).await;
        assert_eq!(why, "it does not speak TLS 1.3");
    }
}

#[tokio::test]
async fn a_tls_server_is_recognised_by_a_client_without_tls() {
    let place = Place::new().await;
    let why = why_not_tern(place.plain_target(), &place, vec![0x15, 3, 3, 0, 2, 2, 10]).await;
    assert_eq!(why, "it speaks TLS (leave --no-tls out)");
}

#[tokio::test]
async fn garbage_at_the_greeting_is_not_tern() {
    let place = Place::new().await;
    let wrong_answer = shared::codec::encode(&notice("hello")).to_vec();
    let cases = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "it sent something that is not Tern"),
        (vec![0, 0, 0, 0], "it sent something that is not Tern"),
        (vec![0, 0, 0, 1, 0xc0], "it sent something that is not Tern"),
        (wrong_answer, "it did not answer the greeting"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(why_not_tern(place.plain_target(), &place, bytes).await, expected);
    }
}

#[tokio::test]
async fn a_protocol_nobody_offered_is_not_accepted() {
    let place = Place::new().await;
    let mut welcome = welcome();
    welcome.proto = 9;
    let bytes = shared::codec::encode(&ServerMessage::Welcome(welcome)).to_vec();
    let why = why_not_tern(place.plain_target(), &place, bytes).await;
    assert_eq!(why, "it chose protocol 9, which this client does not speak");
}

#[tokio::test]
async fn the_sentence_of_a_refusal_is_passed_on() {
    let place = Place::new().await;
    let refusals = [
        ServerMessage::Refuse { code: Code::NEEDS_TLS, text: "This server needs TLS.".into() },
        ServerMessage::Error(Refusal::new(None, Code::NEEDS_TLS, "This server needs TLS.")),
    ];
    for refusal in refusals {
        let bytes = shared::codec::encode(&refusal).to_vec();
        let _server = place.serve(None, |peer| answer(peer, bytes));
        let expected = ConnectError::Refused { code: "needs-tls".into(), text: "This server needs TLS.".into() };
        assert_eq!(verdict(place.plain_target(), &Keys::new()).await, Err(expected));
    }
}

#[tokio::test]
async fn a_silent_peer_costs_no_more_than_the_deadline() {
    let identity = Identity::new();
    let timing = Timing { greeting: Duration::from_millis(200), ..calm() };
    // Silent before TLS, after TLS, and without TLS.
    for (tls, is_tls) in [(None, true), (Some(identity.tls()), true), (None, false)] {
        let place = Place::new().await;
        let _server = place.serve(tls, |mut peer| async move {
            let mut ignored = Vec::new();
            let _ = peer.stream.read_to_end(&mut ignored).await;
        });
        let target = Target { tls: is_tls, ..place.target() };
        match Client::start(target, &Keys::new(), timing, 4).failure().await {
            ConnectError::Unreachable { why, .. } => assert_eq!(why, "it does not answer within 0.2 s"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told_from_other_failures() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let target = Target { host: "127.0.0.1".into(), port, fingerprint: None, tls: true };
    let expected = ConnectError::NobodyListens { address: format!("127.0.0.1:{port}") };
    assert_eq!(verdict(target, &Keys::new()).await, Err(expected));
}

#[tokio::test]
async fn without_tls_no_other_machine_is_dialled() {
    // An address for documents (RFC 5737): dialling it would take the whole deadline.
    let target = Target { host: "192.0.2.1".into(), port: 4000, fingerprint: None, tls: false };
    match verdict(target, &Keys::new()).await {
        Err(ConnectError::Refused { code, text }) => {
            assert_eq!(code, "needs-tls");
            assert!(text.contains("--no-tls"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn dropping_the_link_gives_an_attempt_up() {
    let place = Place::new().await;
    let (arrived, waiting) = tokio::sync::oneshot::channel();
    let server = place.serve(None, |mut peer| async move {
        arrived.send(()).unwrap();
        let mut ignored = Vec::new();
        let _ = peer.stream.read_to_end(&mut ignored).await;
    });
    let mut client = Client::start(place.target(), &Keys::new(), calm(), 4);
    soon(waiting).await.unwrap();
    client.link = None;
    assert!(matches!(client.next().await, NetEvent::Lost(_)));
    soon(server).await.unwrap().unwrap();
}
