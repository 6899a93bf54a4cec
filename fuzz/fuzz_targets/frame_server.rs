//! What a server may send to a client.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::codec::{decode, encode};
use shared::message::ServerMessage;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = decode::<ServerMessage>(bytes) {
        let again = encode(&message);
        assert_eq!(decode::<ServerMessage>(&again[4..]).expect("our own encoding"), message);
    }
});
