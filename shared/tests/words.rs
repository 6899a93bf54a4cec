//! Names, versions and codes: the words both sides must judge alike.

use std::collections::{BTreeSet, HashSet};

use shared::caps::Caps;
use shared::error::Code;
use shared::name::{Name, NameError, RESERVED};
use shared::version::{PROTO_MAX, PROTO_MIN, agree};

#[test]
fn plain_names_are_judged_by_their_rules() {
    let longest = "a".repeat(32);
    for good in ["hans", "r2d2", "7of9", "a", "Obi-Wan_K.", "x..", &longest] {
        assert_eq!(Name::plain(good).map(|name| name.as_str().to_owned()).as_deref(), Ok(good));
    }
    let too_long = "a".repeat(33);
    for (bad, why) in [
        ("", NameError::Empty),
        (too_long.as_str(), NameError::TooLong),
        ("-rf", NameError::BadStart),
        ("_x", NameError::BadStart),
        (".x", NameError::BadStart),
        ("a b", NameError::BadCharacter),
        ("@hans", NameError::BadCharacter),
        ("#lobby", NameError::BadCharacter),
        ("hans\n", NameError::BadCharacter),
        ("h\u{430}ns", NameError::BadCharacter),
        ("SERVER", NameError::Reserved),
        ("You", NameError::Reserved),
    ] {
        assert_eq!(Name::plain(bad).map(|name| name.to_string()), Err(why), "{bad:?}");
    }
    for word in RESERVED {
        assert_eq!(Name::plain(word).map(|name| name.to_string()), Err(NameError::Reserved), "{word}");
    }
}

#[test]
fn names_that_differ_in_case_are_one_user() {
    let [one, other] = ["Yoda", "yODA"].map(|raw| Name::plain(raw).expect("a good name"));
    assert_eq!(one, other);
    assert_eq!(one.cmp(&other), std::cmp::Ordering::Equal);
    assert_eq!(HashSet::from([one.clone(), other.clone()]).len(), 1);
    assert_eq!((one.as_str(), other.to_string().as_str(), one.key()), ("Yoda", "yODA", "yoda"));
    assert_ne!(one, Name::plain("yoda2").expect("a good name"));
}

#[test]
fn versions_agree_on_the_highest_that_both_know() {
    for (min, max, agreed) in [
        (PROTO_MIN, PROTO_MAX, Some(PROTO_MAX)),
        (0, u16::MAX, Some(PROTO_MAX)),
        (0, PROTO_MIN, Some(PROTO_MIN)),
        (PROTO_MAX, u16::MAX, Some(PROTO_MAX)),
        (PROTO_MAX + 1, u16::MAX, None),
        (0, PROTO_MIN - 1, None),
        // A range that ends before it begins holds nothing.
        (PROTO_MAX + 1, PROTO_MAX, None),
    ] {
        assert_eq!(agree(min, max), agreed, "{min} to {max}");
    }
}

#[test]
fn codes_are_words_of_their_own() {
    let words: BTreeSet<&str> = Code::ALL.iter().map(Code::as_str).collect();
    assert_eq!(words.len(), Code::ALL.len(), "two codes have the same word");
    for word in words {
        assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{word}");
    }
}

#[test]
fn capabilities_are_known_by_whole_words_among_others_unknown() {
    for (words, typing) in [
        ("", false),
        ("typing", true),
        ("  wave\ttyping  later ", true),
        ("typing typing", true),
        ("typing2", false),
        ("TYPING", false),
        ("typ ing", false),
    ] {
        assert_eq!(Caps::read(words), Caps { typing }, "{words:?}");
        assert_eq!(Caps::read(&Caps { typing }.write()), Caps { typing });
    }
}
