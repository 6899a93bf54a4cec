//! Frames: cut out of a stream, decoded, encoded again.

use std::fmt::Debug;

use bytes::BytesMut;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server::chat::{Place, Request};
use server::names::Policy;
use server::net::request::{self, Fault, Said};
use shared::codec::{self, take_frame};
use shared::limits::{
    ADDRESSES, AWAY_BYTES, FRAME_AFTER_LOGIN, FRAME_BEFORE_LOGIN, HEADER, HISTORY_PAGE, NAME_CHARS, PASSWORD_BYTES,
    PEER_FRAME, PEER_PORT_LOWEST, SEARCH_PAGE, SEARCH_WORDS, TEXT_BYTES, TEXT_LINES,
};
use shared::message::{ClientMessage, Refusal, ServerMessage};
use shared::peer::PeerMessage;

/// What a server may send to a client.
pub fn server(data: &[u8]) {
    for body in bodies(data, FRAME_AFTER_LOGIN) {
        decoder::<ServerMessage>(&body);
    }
}

/// What two clients may send to each other.
pub fn peer(data: &[u8]) {
    for body in bodies(data, PEER_FRAME) {
        decoder::<PeerMessage>(&body);
    }
}

/// What a client may send to a server, up to the checked request.
pub fn client(data: &[u8]) {
    for body in bodies(data, FRAME_AFTER_LOGIN) {
        decoder::<ClientMessage>(&body);
        match request::decode(&body) {
            Ok(message) => {
                for names in [Policy::Plain, Policy::Unicode] {
                    match request::check(message.clone(), names) {
                        Ok(Said::Request(request)) => checked(&request),
                        Ok(Said::Ping(_) | Said::Pong | Said::Nothing) => {}
                        Err(refusal) => refused(&refusal),
                    }
                }
            }
            Err(Fault::Refused(refusal)) => refused(&refusal),
            Err(Fault::Broken(_)) => {}
        }
    }
}

/// The frames of a stream, and the whole of it as one body.
fn bodies(data: &[u8], limit: usize) -> Vec<Vec<u8>> {
    let mut bodies = stream(data, limit);
    bodies.push(data.to_vec());
    bodies
}

/// The frames of a stream are the same however it arrives. The last byte says into what pieces it is cut.
fn stream(data: &[u8], limit: usize) -> Vec<Vec<u8>> {
    let step = usize::from(data.last().copied().unwrap_or(0) % 64) + 1;
    let whole = frames([data], limit);
    assert_eq!(frames(data.chunks(step), limit), whole, "in pieces of {step}");
    whole.0
}

/// The frames of a stream, and whether it broke after them.
fn frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> (Vec<Vec<u8>>, bool) {
    let mut read = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        read.extend_from_slice(piece);
        loop {
            match take_frame(&mut read, limit) {
                Ok(Some(body)) => {
                    assert!((1..=limit).contains(&body.len()));
                    frames.push(body.to_vec());
                }
                Ok(None) => break,
                Err(_) => return (frames, true),
            }
        }
    }
    (frames, false)
}

/// What decodes is encoded and decoded to the same.
fn decoder<M: Serialize + DeserializeOwned + PartialEq + Debug>(body: &[u8]) {
    let Ok(message) = codec::decode::<M>(body) else { return };
    let frame = codec::encode(&message);
    let again: M = codec::decode(&frame[HEADER..]).expect("what we encode can be decoded");
    assert_eq!(again, message);
    assert_eq!(codec::encode(&again), frame);
}

/// A refusal is small and says something, whatever it is about.
fn refused(refusal: &Refusal) {
    assert!(!refusal.text.is_empty());
    assert!(codec::encode(refusal).len() <= FRAME_BEFORE_LOGIN);
}

/// What the server's edge lets through is within all limits.
fn checked(request: &Request) {
    let name = |name: &shared::name::Name| {
        assert!((1..=NAME_CHARS).contains(&name.as_str().chars().count()), "{name:?}");
        assert!(!name.as_str().chars().any(char::is_control), "{name:?}");
    };
    let text = |text: &str| {
        let fits = text.len() <= TEXT_BYTES && text.lines().count() <= TEXT_LINES;
        assert!(fits && !text.contains('\0') && !text.trim().is_empty());
    };
    match request {
        Request::Login { name: who, .. }
        | Request::Block { name: who, .. }
        | Request::Unblock { name: who, .. }
        | Request::Whois { name: who, .. } => name(who),
        Request::Register { name: who, password, .. } => {
            use secrecy::ExposeSecret;
            name(who);
            assert!(password.expose_secret().len() <= PASSWORD_BYTES);
        }
        Request::Broadcast { text: said, .. } => text(said),
        Request::Message { to, text: said, .. } => {
            name(to);
            text(said);
        }
        Request::Ack { place: Place::With(who), .. } => name(who),
        Request::Search { search, .. } => {
            assert!((1..=SEARCH_PAGE).contains(&search.limit) && (1..=SEARCH_WORDS).contains(&search.words.len()));
            assert!(search.words.iter().all(|word| !word.is_empty() && !word.contains(['"', '\0'])));
        }
        Request::History { limit, .. } => assert!((1..=HISTORY_PAGE).contains(limit)),
        Request::Away { text, .. } => assert!(text.len() <= AWAY_BYTES && !text.contains(['\0', '\n', '\r'])),
        Request::PrivateAsk { presented, .. } | Request::PrivateAccept { presented, .. } => {
            assert!(presented.addresses.len() <= ADDRESSES);
            assert!(presented.addresses.iter().all(|address| address.port() >= PEER_PORT_LOWEST));
        }
        _ => {}
    }
}
