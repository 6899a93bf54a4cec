//! The bytes of every message are fixed: one golden file a sample, read and written by this test.
//!
//! A new message or field needs new files: `TERN_GOLDEN=write cargo test -p shared --test wire` writes those that are
//! missing, and never changes one that is there. Files of a released version stay for ever; a change that would alter
//! one is not compatible and needs a new protocol number.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::codec::{decode, encode, take_frame};
use shared::limits::FRAME_BEFORE_LOGIN;

use crate::samples::{self, Sample};

fn folder(side: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(side)
}

fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for row in bytes.chunks(32) {
        for byte in row {
            write!(text, "{byte:02x}").expect("a string takes everything");
        }
        text.push('\n');
    }
    text
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two hex digits")).collect()
}

fn check<M>(side: &str, samples: Vec<Sample<M>>, tag_of: fn(&M) -> &'static str)
where
    M: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut files = BTreeSet::new();
    for Sample { file, tag, message } in samples {
        assert_eq!(tag_of(&message), tag, "{side}/{file} is a sample of another kind");
        assert!(files.insert(format!("{file}.hex")), "{side}/{file} stands there twice");
        let path = folder(side).join(format!("{file}.hex"));
        if !path.exists() && std::env::var_os("TERN_GOLDEN").is_some_and(|value| value == "write") {
            std::fs::create_dir_all(folder(side)).expect("the folder can be made");
            std::fs::write(&path, to_hex(&encode(&message))).expect("the file can be written");
        }
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{side}/{file}.hex: {error}; TERN_GOLDEN=write makes it"));
        let golden = from_hex(&text);
        let mut read = BytesMut::from(&golden[..]);
        let body = take_frame(&mut read, FRAME_BEFORE_LOGIN).expect("a good length").expect("a whole frame");
        assert!(read.is_empty(), "{side}/{file}: bytes follow the frame");
        assert_eq!(decode::<M>(&body).expect("a good body"), message, "{side}/{file}");
        assert_eq!(to_hex(&encode(&message)), to_hex(&golden), "{side}/{file}: other bytes than before");
        let fields: serde_json::Value = serde_json::to_value(&message).expect("a message is a map");
        assert_eq!(fields["t"], tag, "{side}/{file}");
    }
    let there: BTreeSet<String> = std::fs::read_dir(folder(side))
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, files, "{side}: files and samples differ");
}

#[test]
fn what_clients_say_is_encoded_as_ever() {
    check("client", samples::client(), samples::client_tag);
}

#[test]
fn what_two_clients_say_to_each_other_is_encoded_as_ever() {
    check("peer", samples::peer(), samples::peer_tag);
}

#[test]
fn what_the_server_says_is_encoded_as_ever() {
    check("server", samples::server(), samples::server_tag);
}
