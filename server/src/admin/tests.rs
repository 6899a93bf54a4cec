use tokio::sync::mpsc;

use super::*;
use crate::record::{AccountId, Kept, Origin, Phc, Ticket, Write};
use crate::store::sqlite::SqliteStore;
use crate::store::{Job, Store};

const AT: UnixMs = UnixMs(1_800_000_000_000);

/// A person who types these.
struct Person(Vec<Option<&'static str>>);

impl Source for Person {
    fn ask(&mut self, _: &str) -> io::Result<Option<SecretString>> {
        Ok(self.0.remove(0).map(SecretString::from))
    }

    fn is_a_person(&self) -> bool {
        true
    }
}

/// A data folder with the account Hans.
fn data() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let (sender, mut answers) = mpsc::channel(1);
    let store = SqliteStore::open(folder.path(), sender).expect("opened");
    let name = Policy::Plain.parse("Hans").expect("plain");
    let write = Write::AddAccount { name, skeleton: None, password: None, origin: Origin::File, at: AT };
    assert!(store.submit(Job::Write(Ticket(1), write)).is_ok());
    let answer = answers.blocking_recv().expect("answered").remove(0);
    assert_eq!(answer.result, Ok(Kept::Account(AccountId(1))));
    (folder, store)
}

fn stored(store: &SqliteStore) -> Option<Phc> {
    store.password(AccountId(1)).expect("read")
}

#[test]
fn a_password_changes_beside_a_running_server() {
    let (folder, store) = data();
    let mut person = Person(vec![Some("new password"), Some("new password")]);
    let told = change(folder.path(), "hANS", &mut person, AT).expect("changed");
    assert_eq!(told, "the password of Hans is changed; it holds from the next login on");
    assert_eq!(phc::verify(&"new password".into(), &stored(&store).expect("stored")), Ok(true));
}

#[test]
fn the_first_line_of_a_pipe_is_the_password() {
    let (folder, store) = data();
    let mut pipe = FirstLine(&b"from a pipe \r\nsecond line\n"[..]);
    change(folder.path(), "hans", &mut pipe, AT).expect("changed");
    assert_eq!(phc::verify(&"from a pipe ".into(), &stored(&store).expect("stored")), Ok(true));
}

#[test]
fn what_cannot_be_a_password_changes_nothing() {
    let (folder, store) = data();
    let long: &str = "x".repeat(PASSWORD_BYTES + 1).leak();
    for (typed, expected) in [
        (vec![Some("short")], "a password has at least 8 characters; nothing was changed"),
        (vec![Some(long)], "a password has at most 256 bytes and no NUL; nothing was changed"),
        (vec![Some("with a \0 in it")], "a password has at most 256 bytes and no NUL; nothing was changed"),
        (vec![Some("new password"), Some("new passwort")], "the two passwords differ; nothing was changed"),
        (vec![Some("new password"), None], "no password was given; nothing was changed"),
        (vec![Some("")], "no password was given; nothing was changed"),
        (vec![None], "no password was given; nothing was changed"),
    ] {
        let error = change(folder.path(), "hans", &mut Person(typed), AT).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
    let error = change(folder.path(), "hans", &mut FirstLine(&b""[..]), AT).expect_err("empty");
    assert_eq!(error.to_string(), "no password was given; nothing was changed");
    assert!(change(folder.path(), "hans", &mut FirstLine(format!("{long}\n").as_bytes()), AT).is_err());
    assert_eq!(stored(&store), None);
}

#[test]
fn a_name_without_an_account_is_told_before_a_password_is_asked() {
    let (folder, _store) = data();
    let nobody = || Person(vec![]);
    let error = change(folder.path(), "yoda", &mut nobody(), AT).expect_err("no account");
    assert_eq!(error.to_string(), format!("there is no account \"yoda\" in {}", folder.path().display()));
    let error = change(folder.path(), "y\u{1b}da", &mut nobody(), AT).expect_err("no name");
    assert!(error.to_string().starts_with("there is no account \"y\\u{1b}da\": "), "{error}");
    let nowhere = folder.path().join("nowhere");
    let error = change(&nowhere, "hans", &mut nobody(), AT).expect_err("no folder");
    assert_eq!(error.to_string(), format!("cannot open {}", nowhere.display()));
    assert!(!nowhere.exists(), "a look makes no folder");
}

#[test]
fn keys_make_a_password() {
    for (keys, expected) in [
        (&b"falcon\r"[..], Some("falcon")),
        (b"falcon\nmore", Some("falcon")),
        (b"falcom\x7fn\r", Some("falcon")),
        (b"\x7f\x08falcon\r", Some("falcon")),
        ("fa\u{ef}\u{7f}lcon\r".as_bytes(), Some("falcon")),
        (b"wrong\x15falcon\r", Some("falcon")),
        (b"\r", Some("")),
        (b"falcon\x03", None),
        (b"falcon\x04", None),
        (b"falcon", None),
    ] {
        let typed = prompt::typed(keys.iter().map(|key| Ok(*key))).expect("text");
        assert_eq!(typed.as_ref().map(ExposeSecret::expose_secret), expected, "{keys:?}");
    }
    assert!(prompt::typed(b"\xff\r".iter().map(|key| Ok(*key))).is_err());
    let long = prompt::typed(b"x".repeat(1000).into_iter().chain([b'\r']).map(Ok)).expect("text").expect("typed");
    assert!(long.expose_secret().len() > PASSWORD_BYTES);
}
