//! Frames from strangers: every broken one is an error value, none costs more memory or stack than a good one.

use bytes::{BufMut, BytesMut};
use proptest::prelude::*;
use shared::codec::{CodecError, Peek, decode, encode, take_frame};
use shared::id::{ClientId, RequestId};
use shared::limits::{DEPTH, FRAME_AFTER_LOGIN, FRAME_BEFORE_LOGIN, HEADER};
use shared::message::{ClientMessage, ServerMessage};

use crate::samples;

const LIMIT: usize = FRAME_BEFORE_LOGIN;

/// The stack of a Tokio worker. Without a limit a debug build overflows it near 570 levels, which ends the process.
const WORKER_STACK: usize = 2 * 1024 * 1024;

fn string(text: &str) -> Vec<u8> {
    rmp_serde::to_vec(text).expect("text is encodable")
}

/// A map of these keys and already encoded values.
fn map(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = vec![0x80 | u8::try_from(fields.len()).expect("a small map")];
    for (key, value) in fields {
        body.extend(string(key));
        body.extend_from_slice(value);
    }
    body
}

fn client(body: &[u8]) -> Result<ClientMessage, CodecError> {
    decode(body)
}

fn who(id: u64) -> ClientMessage {
    ClientMessage::Who { id: RequestId(id) }
}

#[test]
fn every_message_comes_back_as_it_went() {
    for sample in samples::client() {
        assert_eq!(decode::<ClientMessage>(&encode(&sample.message)[HEADER..]).unwrap(), sample.message);
        assert_eq!(samples::client_tag(&sample.message), sample.tag);
    }
    for sample in samples::server() {
        assert_eq!(decode::<ServerMessage>(&encode(&sample.message)[HEADER..]).unwrap(), sample.message);
        assert_eq!(samples::server_tag(&sample.message), sample.tag);
    }
}

#[test]
fn a_length_is_judged_before_its_body_arrives() {
    for (length, expected) in [
        (0_u32, "empty frame"),
        (1, "ok"),
        (4096, "ok"),
        (4097, "frame of 4097 bytes is over the limit of 4096"),
        (1 << 31, "frame of 2147483648 bytes is over the limit of 4096"),
        (u32::MAX, "frame of 4294967295 bytes is over the limit of 4096"),
    ] {
        let mut read = BytesMut::from(&length.to_be_bytes()[..]);
        let before = read.capacity();
        let found = match take_frame(&mut read, LIMIT) {
            Ok(frame) => {
                assert!(frame.is_none(), "nothing has arrived");
                "ok".to_owned()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
        assert!(read.capacity() <= before, "nothing is reserved for what has not arrived");
    }
}

#[test]
fn frames_are_found_however_they_are_cut() {
    let stream: Vec<u8> = (0..3).flat_map(|id| encode(&who(id)).to_vec()).collect();
    for cut in 0..=stream.len() {
        let mut read = BytesMut::new();
        let mut seen = Vec::new();
        for part in [&stream[..cut], &stream[cut..]] {
            read.put_slice(part);
            while let Some(body) = take_frame(&mut read, LIMIT).unwrap() {
                seen.push(client(&body).unwrap());
            }
        }
        assert_eq!(seen, [who(0), who(1), who(2)], "cut at {cut}");
        assert!(read.is_empty());
    }
}

#[test]
fn a_thousand_frames_in_one_piece_are_a_thousand_messages() {
    let mut read = BytesMut::new();
    (0..1000).for_each(|id| read.put_slice(&encode(&who(id))));
    for id in 0..1000 {
        let body = take_frame(&mut read, LIMIT).unwrap().unwrap();
        assert_eq!(client(&body).unwrap(), who(id));
    }
    assert!(take_frame(&mut read, LIMIT).unwrap().is_none());
}

/// `who` with a field it does not know, which holds `levels` maps or lists inside one another.
fn nested(levels: usize, open: &[u8]) -> Vec<u8> {
    let mut body = vec![0x83];
    for part in [string("t"), string("who"), string("id"), vec![7], string("later")] {
        body.extend(part);
    }
    body.extend(open.repeat(levels));
    body.push(0xc0);
    body
}

#[test]
fn deep_frames_end_in_an_error_not_in_the_stack() {
    let test = || {
        for open in [&[0x91][..], &[0x81, 0xa1, b'a'][..]] {
            // The message itself is one level and the value at the bottom another.
            assert_eq!(client(&nested(DEPTH - 2, open)).unwrap(), who(7));
            for levels in [DEPTH - 1, DEPTH, DEPTH + 1, 1000, 60_000] {
                let body = nested(levels, open);
                assert!(matches!(client(&body), Err(CodecError::Malformed(_))), "{levels} levels");
                assert!(matches!(decode::<ServerMessage>(&body), Err(CodecError::Malformed(_))), "{levels} levels");
                assert!(matches!(decode::<Peek>(&body), Err(CodecError::Malformed(_))), "{levels} levels");
            }
        }
    };
    std::thread::Builder::new().stack_size(WORKER_STACK).spawn(test).unwrap().join().unwrap();
}

#[test]
fn huge_declared_lengths_cost_nothing() {
    for (what, value) in [
        ("array32", &[0xdd, 0xff, 0xff, 0xff, 0xff][..]),
        ("map32", &[0xdf, 0xff, 0xff, 0xff, 0xff]),
        ("str32", &[0xdb, 0xff, 0xff, 0xff, 0xff]),
        ("bin32", &[0xc6, 0xff, 0xff, 0xff, 0xff]),
        ("ext32", &[0xc9, 0xff, 0xff, 0xff, 0xff, 1]),
    ] {
        for (field, tag) in [("id", "who"), ("later", "who"), ("name", "block"), ("cid", "send"), ("users", "roster")] {
            let body = map(&[("t", &string(tag)), (field, value)]);
            assert!(matches!(client(&body), Err(CodecError::Malformed(_))), "{what} in {tag}.{field}");
            let answer = decode::<ServerMessage>(&body);
            assert!(matches!(answer, Err(CodecError::Malformed(_))), "{what} in {tag}.{field}: {answer:?}");
        }
    }
    // The message itself.
    assert!(matches!(client(&[0xdf, 0xff, 0xff, 0xff, 0xff]), Err(CodecError::Malformed(_))));
}

#[test]
fn only_one_whole_map_is_a_message() {
    let good = encode(&who(7))[HEADER..].to_vec();
    let with = |more: &[u8]| [&good[..], more].concat();
    assert!(matches!(client(&[]), Err(CodecError::Empty)));
    assert!(matches!(client(&with(&[0xc0])), Err(CodecError::Trailing(1))));
    assert!(matches!(client(&with(&good)), Err(CodecError::Trailing(count)) if count == good.len()));
    // An array of the fields, a bare tag, nothing, a forbidden byte, an extension type.
    let array = rmp_serde::to_vec(&("who", 7)).unwrap();
    for body in [&array[..], &string("activity"), &[0xc0], &[0xc1], &[0xd4, 1, 0], b"GET / HTTP/1.1\r\n"] {
        assert!(matches!(client(body), Err(CodecError::NotAMap)), "{body:?}");
    }
    for end in 1..good.len() {
        assert!(matches!(client(&good[..end]), Err(CodecError::Malformed(_))), "cut after {end}");
    }
}

#[test]
fn wrong_values_are_refused() {
    let tag = |t: &str| string(t);
    for (what, body) in [
        ("no kind", map(&[("id", &[7])])),
        ("no id", map(&[("t", &tag("who"))])),
        ("text for a number", map(&[("t", &tag("who")), ("id", &string("7"))])),
        ("negative number", map(&[("t", &tag("who")), ("id", &[0xff])])),
        ("fraction", map(&[("t", &tag("who")), ("id", &[0xca, 0x40, 0xe0, 0, 0])])),
        ("not a number", map(&[("t", &tag("who")), ("id", &[0xca, 0x7f, 0xc0, 0, 0])])),
        ("nil", map(&[("t", &tag("who")), ("id", &[0xc0])])),
        ("forbidden byte", map(&[("t", &tag("who")), ("id", &[0xc1])])),
        ("extension", map(&[("t", &tag("who")), ("id", &[0xd4, 1, 0])])),
        ("number for text", map(&[("t", &tag("block")), ("id", &[7]), ("name", &[7])])),
        ("invalid UTF-8", map(&[("t", &tag("block")), ("id", &[7]), ("name", &[0xa2, 0xc3, 0x28])])),
        ("lone surrogate", map(&[("t", &tag("block")), ("id", &[7]), ("name", &[0xa3, 0xed, 0xa0, 0x80])])),
        ("kind twice", map(&[("t", &tag("who")), ("t", &tag("who")), ("id", &[7])])),
        ("field twice", map(&[("t", &tag("who")), ("id", &[7]), ("id", &[7])])),
        ("number too large", map(&[("t", &tag("hello")), ("proto_min", &[0xce, 0, 1, 0, 0])])),
        ("kind is a list", map(&[("t", &[0x90]), ("id", &[7])])),
    ] {
        let found = client(&body);
        assert!(matches!(found, Err(CodecError::Malformed(_))), "{what}: {found:?}");
    }
}

#[test]
fn newer_peers_are_understood_as_far_as_possible() {
    let extra = map(&[("t", &string("who")), ("later", &[0x91, 0xc3]), ("id", &[7])]);
    assert_eq!(client(&extra).unwrap(), who(7));
    let newer = map(&[("t", &string("frobnicate")), ("id", &[7]), ("with", &[0x80])]);
    assert_eq!(client(&newer).unwrap(), ClientMessage::Unknown);
    assert_eq!(decode::<ServerMessage>(&newer).unwrap(), ServerMessage::Unknown);
    let peek: Peek = decode(&newer).unwrap();
    assert_eq!((peek.t.as_str(), peek.id), ("frobnicate", Some(RequestId(7))));
}

#[test]
fn a_peek_reads_what_it_can() {
    for (what, id) in [("text", &string("seven")[..]), ("nil", &[0xc0]), ("negative", &[0xff]), ("list", &[0x91, 7])] {
        let peek: Peek = decode(&map(&[("t", &string("frobnicate")), ("id", id)])).unwrap();
        assert_eq!((peek.t.as_str(), peek.id), ("frobnicate", None), "{what}");
    }
    let peek: Peek = decode(&map(&[("t", &string("wave"))])).unwrap();
    assert_eq!((peek.t.as_str(), peek.id), ("wave", None));
}

#[test]
fn other_encoders_may_write_numbers_and_bytes_their_way() {
    let send = |id: &[u8], cid: &[u8]| {
        client(&map(&[("t", &string("send")), ("text", &string("x")), ("to", &string("@a")), ("id", id), ("cid", cid)]))
    };
    let bytes: Vec<u8> = [vec![0xc4, 16], (0..16).collect()].concat();
    // A number may be longer than it must be, and bytes may have a longer header: bin8, bin16, bin32.
    for id in [&[7][..], &[0xcc, 7], &[0xcf, 0, 0, 0, 0, 0, 0, 0, 7], &[0xd0, 7]] {
        for header in [&[0xc4, 16][..], &[0xc5, 0, 16], &[0xc6, 0, 0, 0, 16]] {
            let ClientMessage::Send { id, cid, .. } = send(id, &[header, &bytes[2..]].concat()).unwrap() else {
                panic!("it is a send");
            };
            assert_eq!(id, RequestId(7));
            assert_eq!(cid, ClientId(std::array::from_fn(|at| u8::try_from(at).unwrap())));
        }
    }
    for length in [0_u8, 15, 17] {
        let wrong = [vec![0xc4, length], vec![1; usize::from(length)]].concat();
        assert!(matches!(send(&[7], &wrong), Err(CodecError::Malformed(_))), "{length} bytes");
    }
}

#[test]
fn a_full_frame_of_small_things_is_bounded() {
    let count = u16::try_from(FRAME_AFTER_LOGIN - 64).unwrap();
    let mut list = vec![0xdc];
    list.extend(count.to_be_bytes());
    list.extend(vec![0xc0; usize::from(count)]);
    let body = map(&[("t", &string("who")), ("id", &[7]), ("later", &list)]);
    assert!(body.len() <= FRAME_AFTER_LOGIN);
    assert_eq!(client(&body).unwrap(), who(7));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Arbitrary bytes, and good frames with some bytes changed: an error or a message that survives another round.
    #[test]
    fn no_bytes_break_the_decoder(which in 0_usize..64, noise in prop::collection::vec(any::<u8>(), 1..80),
                                  at in 0_usize..200, byte: u8) {
        let messages = samples::client();
        let mut body = encode(&messages[which % messages.len()].message)[HEADER..].to_vec();
        let at = at % body.len();
        body[at] = byte;
        for body in [&body[..], &noise] {
            if let Ok(message) = client(body) {
                let again = encode(&message);
                if message != ClientMessage::Unknown {
                    prop_assert_eq!(client(&again[HEADER..]).unwrap(), message);
                }
            }
            let _ = decode::<ServerMessage>(body);
            let _ = decode::<Peek>(body);
        }
    }
}
