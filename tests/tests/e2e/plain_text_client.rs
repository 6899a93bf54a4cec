//! Whatever else connects to the port gets a clear answer, or none, and hurts nobody.

use bytes::BytesMut;
use e2e::{RawSocket, TestServer};
use shared::codec;
use shared::error::Code;
use shared::limits::FRAME_BEFORE_LOGIN;
use shared::message::{ClientMessage, ServerMessage};

#[test]
fn a_client_without_tls_is_told_that_the_server_needs_it() {
    let server = TestServer::start();
    let mut socket = RawSocket::connect(server.port());
    let hello = ClientMessage::Hello { proto_min: 1, proto_max: 1, client: "e2e".to_owned(), caps: String::new() };
    socket.send(&codec::encode(&hello));
    let mut answer = BytesMut::from(&socket.read_to_end()[..]);
    let body = codec::take_frame(&mut answer, FRAME_BEFORE_LOGIN).expect("the answer is a frame");
    match codec::decode(&body.expect("the answer is whole")) {
        Ok(ServerMessage::Refuse { code, text }) => {
            assert_eq!(code, Code::NEEDS_TLS);
            assert!(text.contains("TLS"), "{text}");
        }
        other => panic!("the answer is {other:?}"),
    }
}

#[test]
fn other_protocols_hurt_nobody() {
    let server = TestServer::start();
    let mut hans = server.raw_login("hans");
    let noise: Vec<u8> = (0..4096_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for bytes in [&b"GET / HTTP/1.1\r\nHost: tern\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"\0", &noise] {
        let mut socket = RawSocket::connect(server.port());
        socket.send(bytes);
        drop(socket);
        hans.assert_alive();
    }
    let mut half_a_handshake = RawSocket::connect(server.port());
    half_a_handshake.send(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
    hans.assert_alive();
    server.assert_serves();
}
