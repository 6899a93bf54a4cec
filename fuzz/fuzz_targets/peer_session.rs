//! A whole private session with a client that sends whatever it likes, in any order and at any time.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use shared::codec::{decode, take_frame};
use shared::limits::PEER_FRAME;
use shared::message::Kind;
use shared::peer::PeerMessage;
use tui_client::app::moment::Mono;
use tui_client::peer::session::{Out, Session};

fuzz_target!(|bytes: &[u8]| {
    let mut session = Session::new(Mono(0));
    let (mut now, mut said) = (0, 0);
    let mut read = BytesMut::from(bytes);
    while let Ok(Some(body)) = take_frame(&mut read, PEER_FRAME) {
        // What is no message stands for time and for the own user.
        let Ok(message) = decode::<PeerMessage>(&body) else {
            now += u64::from(body[0]) * 100;
            said += 1;
            if session.tick(Mono(now)).is_err() || session.say(said, "own".to_owned(), Kind::TEXT).is_err() {
                return;
            }
            continue;
        };
        match session.handle(message, Mono(now)) {
            Ok(out) => {
                // One frame never causes many.
                let sent = out.iter().filter(|out| matches!(out, Out::Send(_))).count();
                assert!(sent <= 128, "{sent} frames for one");
            }
            Err(_) => return,
        }
    }
});
