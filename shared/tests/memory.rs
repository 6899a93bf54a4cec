//! What decoding a frame takes of memory at its worst: no stranger turns 64 KiB into a heap. A file of its own with one
//! test, because what is counted is counted for the whole program.

use bytes::BytesMut;
use peak_alloc::PeakAlloc;
use serde::de::DeserializeOwned;
use shared::codec::{Peek, decode, take_frame};
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, ServerMessage};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;

/// What a frame may take at any moment while it is decoded. A list that grows is counted with the smaller one it is copied
/// from, and every element of one byte is 32 or 48 bytes until its message is known: some 3 MiB at worst. A declared length
/// that is believed is gigabytes.
const MOST: usize = 4 * MIB;

/// The same for a message that itself has a list of texts, which may be empty: each is there twice for a moment, as 32 bytes
/// of something and 24 of a text, and the second list grows, too. That makes 5 MiB.
const MOST_FOR_TEXTS: usize = 6 * MIB;

/// What is left of a frame for what is hostile in it, beside the other fields of its message.
const ROOM: usize = FRAME_AFTER_LOGIN - 256;

/// Elements of a list, smallest first.
const ELEMENTS: [(&str, &[u8]); 9] = [
    ("nothing", &[0xc0]),
    ("empty texts", &[0xa0]),
    ("empty lists", &[0x90]),
    ("empty maps", &[0x80]),
    ("texts of one byte", &[0xa1, b'a']),
    ("bytes of none", &[0xc4, 0]),
    ("lists of nothing", &[0x91, 0xc0]),
    ("maps of nothing", &[0x81, 0xc0, 0xc0]),
    ("lists within lists", &[0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x90]),
];

/// Kinds of message, the field of each in which the hostile value stands, and what the frame may take. A field named
/// `later` is one that nobody knows.
const PLACES: [(&str, &str, usize); 7] = [
    ("who", "later", MOST),
    ("who", "id", MOST),
    ("block", "name", MOST),
    ("send", "cid", MOST),
    ("private_ask", "addresses", MOST_FOR_TEXTS),
    ("blocked", "names", MOST_FOR_TEXTS),
    ("history", "messages", MOST),
];

/// A frame's body, and what it may take.
struct Frame {
    name: String,
    body: Vec<u8>,
    most: usize,
}

fn string(text: &str) -> Vec<u8> {
    rmp_serde::to_vec(text).expect("text is encodable")
}

fn bytes<const LENGTH: usize>() -> Vec<u8> {
    rmp_serde::to_vec(serde_bytes::Bytes::new(&[7; LENGTH])).expect("bytes are encodable")
}

/// A marker with a declared length behind it.
fn declared(marker: u8, length: usize) -> Vec<u8> {
    let length = u32::try_from(length).expect("a length has four bytes");
    [&[marker][..], &length.to_be_bytes()].concat()
}

/// A message of this kind that lacks nothing but the field, which is this value.
fn message(tag: &str, field: &str, value: &[u8]) -> Vec<u8> {
    let known = [
        ("t", string(tag)),
        ("id", vec![7]),
        ("re", vec![7]),
        ("name", string("a")),
        ("conv", string("#lobby")),
        ("offer", bytes::<16>()),
        ("key", bytes::<32>()),
    ];
    let others: Vec<_> = known.iter().filter(|(key, _)| *key != field).collect();
    let mut body = vec![0x80 | u8::try_from(others.len() + 1).expect("a small map")];
    for (key, other) in others {
        body.extend(string(key));
        body.extend(other);
    }
    body.extend(string(field));
    body.extend(value);
    body
}

/// Every value that is hostile by its size.
fn values() -> Vec<(String, Vec<u8>)> {
    let mut values = Vec::new();
    for (what, marker, behind) in
        [("array32", 0xdd, 0), ("map32", 0xdf, 0), ("str32", 0xdb, 0), ("bin32", 0xc6, 0), ("ext32", 0xc9, 1)]
    {
        for length in [1 << 20, 0xffff_ffff] {
            // With nothing behind it, and with as much as a frame holds.
            for follows in [behind, ROOM - 16] {
                let value = [declared(marker, length), vec![1; follows]].concat();
                values.push((format!("{what} of {length} with {follows} bytes"), value));
            }
        }
    }
    for (what, element) in ELEMENTS {
        let count = ROOM / element.len();
        values.push((format!("a list of {what}"), [declared(0xdd, count), element.repeat(count)].concat()));
        let pairs = count / 2;
        values.push((format!("a map of {what}"), [declared(0xdf, pairs), element.repeat(2 * pairs)].concat()));
    }
    for (what, open) in [("lists", &[0x91][..]), ("maps", &[0x81, 0xa1, b'a'])] {
        values.push((format!("{what} as deep as a frame"), [&open.repeat(ROOM / open.len())[..], &[0xc0]].concat()));
    }
    // Not small, but what the longest field is.
    values.push(("one long text".to_owned(), [declared(0xdb, ROOM), vec![b'a'; ROOM]].concat()));
    values.push(("many bytes".to_owned(), [declared(0xc6, ROOM), vec![7; ROOM]].concat()));
    values
}

fn frames() -> Vec<Frame> {
    let mut frames = Vec::new();
    for (what, value) in values() {
        for (tag, field, most) in PLACES {
            let (name, body) = (format!("{what} in {tag}.{field}"), message(tag, field, &value));
            frames.push(Frame { name, body, most });
        }
        // Instead of a message, where it can be one.
        frames.push(Frame { name: what, body: value, most: MOST });
    }
    frames
}

/// The most memory that decoding took at any moment.
fn peak<M: DeserializeOwned>(body: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    // What it is does not matter here.
    let _ = decode::<M>(body);
    MEMORY.peak_usage().saturating_sub(before)
}

#[test]
fn no_frame_takes_more_than_a_few_mebibytes_while_it_is_decoded() {
    let mut largest = 0;
    for Frame { name, body, most } in frames() {
        assert!(body.len() <= FRAME_AFTER_LOGIN, "{name}: {} bytes would not come as far as this", body.len());
        let peaks = [peak::<ClientMessage>(&body), peak::<ServerMessage>(&body), peak::<Peek>(&body)];
        assert!(peaks.iter().all(|peak| *peak <= most), "{name}: {peaks:?} bytes");
        largest = peaks.into_iter().fold(largest, usize::max);
    }
    assert!(largest > 2 * MIB, "{largest} bytes are what no list takes: nothing was counted");
    for length in [FRAME_AFTER_LOGIN + 1, 1 << 31, 0xffff_ffff] {
        let mut read = BytesMut::from(&declared(0, length)[1..]);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        assert!(take_frame(&mut read, FRAME_AFTER_LOGIN).is_err(), "{length} bytes are over the limit");
        assert!(MEMORY.peak_usage() - before < FRAME_AFTER_LOGIN, "room was made for {length} bytes");
    }
}
