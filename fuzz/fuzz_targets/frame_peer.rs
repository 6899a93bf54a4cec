//! What another client may send over a private session.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use shared::codec::{decode, encode, take_frame};
use shared::limits::PEER_FRAME;
use shared::peer::PeerMessage;

fuzz_target!(|bytes: &[u8]| {
    let mut read = BytesMut::from(bytes);
    while let Ok(Some(body)) = take_frame(&mut read, PEER_FRAME) {
        let _ = decode::<PeerMessage>(&body);
    }
    if let Ok(message) = decode::<PeerMessage>(bytes) {
        let again = encode(&message);
        assert_eq!(decode::<PeerMessage>(&again[4..]).expect("our own encoding"), message);
    }
});
