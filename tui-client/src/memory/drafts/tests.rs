use std::os::unix::fs::PermissionsExt as _;

use super::*;

const DAY: u64 = 24 * 60 * 60 * 1000;
const NOW: UnixMs = UnixMs(1_000 * DAY);

fn kept(folder: &tempfile::TempDir) -> Drafts {
    Drafts::in_folder(Some(folder.path().join("state")))
}

fn in_tab(tab: &str, at: u64, text: &str) -> Draft {
    Draft { place: Place::from_wire(tab).expect("a tab"), at: UnixMs(at), text: text.to_owned() }
}

#[test]
fn drafts_are_kept_for_their_account_of_their_server_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let drafts = kept(&folder);
    let of_hans = [in_tab("#lobby", NOW.0, "two\nlines \"quoted\""), in_tab("@yoda", NOW.0, "")];
    drafts.keep("a:1", "Hans", &of_hans, NOW).expect("written");
    drafts.keep("b:1", "hans", &[in_tab("#lobby", NOW.0, "elsewhere")], NOW).expect("written");
    drafts.keep("a:1", "leia", &[in_tab("@hans", NOW.0, "hers")], NOW).expect("written");
    assert_eq!(kept(&folder).of("a:1", "HANS", NOW).expect("readable"), of_hans);
    assert_eq!(drafts.of("b:1", "hans", NOW).expect("readable").len(), 1);
    assert_eq!(drafts.of("a:12", "hans", NOW).expect("readable"), []);
    drafts.keep("a:1", "hans", &[], NOW).expect("what was sent is gone");
    let path = folder.path().join("state").join(FILE);
    let text = std::fs::read_to_string(&path).expect("there");
    assert!(!text.contains("quoted") && text.contains("elsewhere") && text.contains("hers"), "{text}");
    assert_eq!(std::fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn nothing_private_and_no_password_is_kept() {
    let (lobby, user) = (Place::lobby(), name("yoda"));
    let table = [
        (lobby.clone(), "hello", true),
        (Place::With(user.clone()), "hello", true),
        (Place::Private(user), "hello", false),
        (lobby.clone(), "/passwd", false),
        (lobby.clone(), "  /PASSWD falcon", false),
        (lobby.clone(), "passwd falcon", false),
        (lobby.clone(), "/passwordfalcon", false),
        (lobby.clone(), "/private yoda secret", false),
        (lobby.clone(), "private yoda secret", false),
        (lobby.clone(), "/privat yoda secret", false),
        (lobby.clone(), "/message yoda hello", true),
        (lobby, "the password is long", true),
    ];
    for (place, text, expected) in table {
        assert_eq!(may_be_kept(&place, text), expected, "{place:?} {text:?}");
        let folder = tempfile::tempdir().expect("a folder");
        let draft = Draft { place, at: NOW, text: text.to_owned() };
        kept(&folder).keep("a:1", "hans", &[draft], NOW).expect("written");
        let file = std::fs::read_to_string(folder.path().join("state").join(FILE)).unwrap_or_default();
        assert_eq!(!file.is_empty(), expected, "{file}");
    }
}

#[test]
fn the_newest_are_kept_and_the_old_are_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let drafts = kept(&folder);
    for user in 0..9_u64 {
        let all: Vec<Draft> =
            (0..10).map(|tab| in_tab(&format!("@u{tab}"), NOW.0 - user, &format!("{user} {tab}"))).collect();
        drafts.keep("a:1", &format!("user{user}"), &all, NOW).expect("written");
    }
    let count = |user: u64, now| drafts.of("a:1", &format!("user{user}"), now).expect("readable").len();
    // 64 of 90: six accounts whole, and what fits of the seventh.
    assert_eq!((0..9).map(|user| count(user, NOW)).collect::<Vec<_>>(), [10, 10, 10, 10, 10, 10, 4, 0, 0]);
    let later = UnixMs(NOW.0 + 90 * DAY);
    assert_eq!((count(0, later), count(1, later)), (10, 0), "after 90 days");
    drafts.keep("a:1", "nobody", &[in_tab("#lobby", later.0, "new")], later).expect("written");
    let text = std::fs::read_to_string(folder.path().join("state").join(FILE)).expect("there");
    assert_eq!(text.lines().count(), 11, "they are gone from the file as well");
}

#[test]
fn a_draft_as_long_as_the_input_is_kept_and_a_longer_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let drafts = kept(&folder);
    let long: Vec<Draft> = (0..64).map(|tab| in_tab(&format!("@u{tab}"), NOW.0, &"\"".repeat(TEXT_BYTES))).collect();
    drafts.keep("a:1", "hans", &long, NOW).expect("written");
    assert_eq!(drafts.of("a:1", "hans", NOW).expect("the largest file is readable").len(), 64);
    drafts.keep("a:1", "hans", &[in_tab("#lobby", NOW.0, &"x".repeat(TEXT_BYTES + 1))], NOW).expect("written");
    assert_eq!(drafts.of("a:1", "hans", NOW).expect("readable"), []);
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let drafts = kept(&folder);
    drafts.keep("a:1", "hans", &[in_tab("#lobby", NOW.0, "kept")], NOW).expect("written");
    let path = folder.path().join("state").join(FILE);
    let good = std::fs::read_to_string(&path).expect("there");
    for wrong in ["{", "\u{0}\u{1}", "hans", r#"{"account":"a","tab":"?","at":1,"text":""}"#, &good[..good.len() - 3]] {
        let damaged = format!("{good}{wrong}");
        std::fs::write(&path, &damaged).expect("it is damaged");
        let error = drafts.of("a:1", "hans", NOW).expect_err(wrong).to_string();
        assert!(error.contains("line 2 of ") && error.contains("damaged"), "{error}");
        drafts.keep("a:1", "hans", &[], NOW).expect_err("it is not guessed about");
        assert_eq!(std::fs::read_to_string(&path).expect("still there"), damaged);
    }
}

#[test]
fn nothing_is_kept_without_a_folder() {
    let nowhere = Drafts::in_folder(None);
    nowhere.keep("a:1", "hans", &[in_tab("#lobby", NOW.0, "text")], NOW).expect("nothing to do");
    assert_eq!((nowhere.are_kept(), nowhere.of("a:1", "hans", NOW).expect("nothing")), (false, vec![]));
}
