use std::fs;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const HASH: &str = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$H3vnoZu9a8DhqYhB0L3YPyGNw4aTGSw2zNOpV0JQ2Uk";

fn read(text: impl AsRef<[u8]>) -> Credentials {
    parse(Path::new("c.txt"), text.as_ref(), Policy::Plain).unwrap_or_else(|error| panic!("{error}"))
}

/// The good lines as (name, secret), the bad ones as (number, why).
fn check(text: impl AsRef<[u8]>, good: &[(&str, &str)], bad: &[(usize, BadLine)]) {
    let credentials = read(text.as_ref());
    let found: Vec<(&str, &str)> = credentials
        .entries
        .iter()
        .map(|entry| match &entry.secret {
            Secret::Plain(password) => (entry.name.as_str(), password.expose_secret()),
            Secret::Phc(hash) => (entry.name.as_str(), hash.0.as_str()),
        })
        .collect();
    assert_eq!(found, good, "{:?}", String::from_utf8_lossy(text.as_ref()));
    let warnings: Vec<Warning> =
        bad.iter().map(|&(line, why)| Warning::BadLine { path: "c.txt".into(), line, why }).collect();
    assert_eq!(credentials.warnings, warnings, "{:?}", String::from_utf8_lossy(text.as_ref()));
}

#[test]
fn the_classic_file_reads_as_it_looks() {
    check("hans falcon\nyoda wise\n", &[("hans", "falcon"), ("yoda", "wise")], &[]);
    check("hans falcon", &[("hans", "falcon")], &[]);
    check("", &[], &[]);
    check("\n \n\t\n", &[], &[]);
    check("# people\nhans falcon\n  # more\n", &[("hans", "falcon")], &[]);
    check("Hans falcon", &[("Hans", "falcon")], &[]);
}

#[test]
fn blanks_and_line_ends_do_not_change_a_password() {
    check("\u{feff}hans falcon\r\nyoda wise\r\n", &[("hans", "falcon"), ("yoda", "wise")], &[]);
    check("hans\tfalcon", &[("hans", "falcon")], &[]);
    check("hans \t  falcon \t ", &[("hans", "falcon")], &[]);
    check("  hans falcon", &[("hans", "falcon")], &[]);
    check("hans two  words", &[("hans", "two  words")], &[]);
    check("hans # no comment", &[("hans", "# no comment")], &[]);
    check("hans пароль", &[("hans", "пароль")], &[]);
    check(format!("hans {HASH}\r\n"), &[("hans", HASH)], &[]);
}

#[test]
fn a_bad_line_is_skipped_and_named_by_its_number() {
    let rest = &[("yoda", "wise")];
    let long = "x".repeat(PASSWORD_BYTES + 1);
    for (line, why) in [
        ("hans", BadLine::NoSecret),
        ("hans   ", BadLine::NoSecret),
        ("h@ns falcon", BadLine::Name(NameError::BadCharacter)),
        ("server falcon", BadLine::Name(NameError::Reserved)),
        (&format!("hans {long}"), BadLine::TooLong),
        (&format!("{long} falcon"), BadLine::Name(NameError::TooLong)),
        ("hans a\0b", BadLine::Nul),
        ("hans $argon2id$", BadLine::Hash(PhcError::Malformed)),
        ("hans $argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ", BadLine::Hash(PhcError::Malformed)),
        ("hans $argon2xx$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA", BadLine::Hash(PhcError::Malformed)),
        (&format!("hans {}", HASH.replace("m=64", "m=4194304")), BadLine::Hash(PhcError::TooCostly)),
        (&format!("hans {}", HASH.replace("t=1", "t=17")), BadLine::Hash(PhcError::TooCostly)),
    ] {
        check(format!("# first\n{line}\nyoda wise"), rest, &[(2, why)]);
    }
    check(b"hans fal\xffcon\nyoda wise".as_slice(), rest, &[(1, BadLine::NotUtf8)]);
}

#[test]
fn two_lines_for_one_name_are_an_error_that_names_both() {
    for text in ["hans a\n\nHANS b\n", "hans a\nbad\nhans a"] {
        let Err(error) = parse(Path::new("c.txt"), text.as_bytes(), Policy::Plain) else { panic!("{text:?} was read") };
        assert_eq!(error.to_string(), "c.txt: lines 1 and 3 are for the same name; remove one of them");
    }
}

#[test]
fn no_message_tells_a_name_or_a_secret() {
    let text = "h@nsname topsecret\nnamealone\nyoda $argon2id$topsecret\n";
    for warning in read(text).warnings {
        let told = format!("{warning} {warning:?}");
        for secret in ["topsecret", "nsname", "namealone", "yoda"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn unicode_names_follow_the_policy() {
    let text = "Зоя пароль".as_bytes();
    assert_eq!(read(text).entries.len(), 0);
    let credentials = parse(Path::new("c.txt"), text, Policy::Unicode).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(credentials.entries[0].name.key(), "зоя");
}

#[test]
fn a_digest_knows_its_password() {
    let digest = PlainDigest::of(&"falcon".into());
    assert!(digest.is(&"falcon".into()));
    assert!(!digest.is(&"falcon ".into()));
    assert!(!digest.is(&"".into()));
}

#[test]
fn a_line_knows_its_number() {
    assert_eq!(read("# one\nhans falcon").entries[0].line, 2);
}

#[test]
fn the_samples_are_the_classic_six() {
    let names: Vec<&str> = samples().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["hans", "yoda", "vader", "r2d2", "leia", "luke"]);
    assert!(is_sample("yoda", &"wise".into()));
    assert!(!is_sample("yoda", &"falcon".into()));
    assert!(!is_sample("someone", &"wise".into()));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("none.txt");
    for path in [missing.as_path(), folder.path()] {
        let error = load(path, Policy::Plain).err().map(|error| error.to_string());
        assert_eq!(error, Some(format!("cannot read {}", path.display())));
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_warned_about_unless_it_holds_only_samples() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("c.txt");
    for (text, mode, warned) in [
        ("hans secret", 0o644, true),
        ("hans secret", 0o640, true),
        ("hans secret", 0o600, false),
        ("hans falcon", 0o644, false),
        (&format!("hans {HASH}"), 0o604, true),
    ] {
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
        let credentials = load(&path, Policy::Plain).unwrap_or_else(|error| panic!("{error}"));
        let expected = if warned { vec![Warning::OpenToOthers { path: path.clone() }] } else { vec![] };
        assert_eq!(credentials.warnings, expected, "{text} {mode:o}");
    }
}

#[test]
fn a_large_file_loads_in_a_second() {
    let text = (0..100_000).map(|n| format!("user{n} password {n}")).collect::<Vec<_>>().join("\n");
    let begun = Instant::now();
    assert_eq!(read(&text).entries.len(), 100_000);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(Path::new("c.txt"), &bytes, Policy::Unicode);
    }
}
