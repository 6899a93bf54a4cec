//! What a client may send: frames out of any bytes, cut anywhere, decoded and checked as the server does it.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use server::names::Policy;
use server::net::request::{self, Fault};
use shared::codec::{decode, encode, take_frame};
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::ClientMessage;

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    // In one piece and in two: the frames are the same.
    let whole = frames(&[bytes]);
    let cut = usize::from(cut).min(bytes.len());
    assert_eq!(whole, frames(&[&bytes[..cut], &bytes[cut..]]));
    for body in whole.iter().map(Vec::as_slice).chain([bytes]) {
        match request::decode(body) {
            Ok(message) => {
                let again = encode(&message);
                assert_eq!(decode::<ClientMessage>(&again[4..]).expect("our own encoding"), message);
                for names in [Policy::Plain, Policy::Unicode] {
                    let _ = request::check(message.clone(), names);
                }
            }
            Err(Fault::Refused(refusal)) => assert!(!refusal.text.is_empty()),
            Err(Fault::Broken(_)) => {}
        }
    }
});

/// The bodies of all frames, up to the first that is wrong.
fn frames(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut read, mut found) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        read.extend_from_slice(piece);
        loop {
            match take_frame(&mut read, FRAME_AFTER_LOGIN) {
                Ok(Some(body)) => found.push(body.to_vec()),
                Ok(None) => break,
                Err(_) => return found,
            }
        }
    }
    found
}
