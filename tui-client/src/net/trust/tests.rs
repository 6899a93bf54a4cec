use std::os::unix::fs::PermissionsExt as _;

use std::path::Path;
use std::thread;

use super::*;

fn store() -> (tempfile::TempDir, TrustStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = TrustStore::in_folder(folder.path().join("state/tern"));
    (folder, store)
}

fn key(byte: u8) -> Fingerprint {
    Fingerprint([byte; 32])
}

#[test]
fn the_first_contact_makes_a_file_for_the_user_alone() {
    let (_folder, store) = store();
    assert_eq!(store.lookup("chat:4000").unwrap(), None);
    assert!(!store.path().exists(), "looking up must not make a file");

    store.remember("chat:4000", key(1)).unwrap();

    assert_eq!(store.lookup("chat:4000").unwrap(), Some(key(1)));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&store.path()), 0o600);
    assert_eq!(mode(store.path().parent().unwrap()), 0o700);
    let text = std::fs::read_to_string(store.path()).unwrap();
    assert_eq!(text, format!("chat:4000 SHA256:{}\n", "01".repeat(32)));
}

#[test]
fn the_same_host_on_another_port_is_another_server() {
    let (_folder, store) = store();
    store.remember("chat:4000", key(1)).unwrap();
    assert_eq!(store.lookup("chat:4001").unwrap(), None);
    store.remember("chat:4001", key(2)).unwrap();
    assert_eq!(store.list().unwrap(), [("chat:4000".to_owned(), key(1)), ("chat:4001".to_owned(), key(2))]);
}

#[test]
fn a_remembered_key_is_never_replaced() {
    let (_folder, store) = store();
    store.remember("chat:4000", key(1)).unwrap();
    store.remember("chat:4000", key(1)).unwrap();
    let refused = store.remember("chat:4000", key(2)).unwrap_err();
    assert!(matches!(refused, TrustError::Taken(known) if known == key(1)), "{refused}");
    assert_eq!(store.list().unwrap(), [("chat:4000".to_owned(), key(1))]);
}

#[test]
fn forgetting_takes_one_server_out_and_keeps_everything_else() {
    let (_folder, store) = store();
    assert!(!store.forget("chat:4000").unwrap());
    store.remember("chat:4000", key(1)).unwrap();
    store.remember("chat:40001", key(2)).unwrap();
    let text = std::fs::read_to_string(store.path()).unwrap();
    std::fs::write(store.path(), format!("# mine\n\n{text}")).unwrap();

    assert!(store.forget("chat:4000").unwrap());

    assert_eq!(store.list().unwrap(), [("chat:40001".to_owned(), key(2))]);
    assert!(std::fs::read_to_string(store.path()).unwrap().starts_with("# mine\n\n"));
    assert!(!store.forget("chat:4000").unwrap());
}

#[test]
fn a_corrupt_file_is_refused_by_line_and_left_as_it_is() {
    let good = format!("chat:4000 {}", key(1));
    let cases = [
        ("garbage".to_owned(), 1),
        (format!("{good}\nchat:5000 SHA256:12"), 2),
        (format!("{good}\n\n{good}"), 3),
        (format!("{good} more"), 1),
        (format!("chat {}", key(1)), 1),
    ];
    for (text, line) in cases {
        let (_folder, store) = store();
        std::fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::fs::write(store.path(), &text).unwrap();
        let outcomes = [
            store.lookup("chat:4000").map(drop),
            store.remember("other:1", key(9)),
            store.forget("chat:4000").map(drop),
        ];
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert!(matches!(&error, TrustError::Corrupt { line: found, .. } if *found == line), "{text:?}: {error}");
            assert!(error.to_string().contains(&store.path().display().to_string()), "{error}");
        }
        assert_eq!(std::fs::read_to_string(store.path()).unwrap(), text);
    }
}

#[test]
fn a_file_that_is_no_text_is_refused_and_left_as_it_is() {
    let (_folder, store) = store();
    std::fs::create_dir_all(store.path().parent().unwrap()).unwrap();
    std::fs::write(store.path(), b"\xff\xfe\x00").unwrap();
    assert!(matches!(store.remember("chat:4000", key(1)), Err(TrustError::Io { .. })));
    assert_eq!(std::fs::read(store.path()).unwrap(), b"\xff\xfe\x00");
}

#[test]
fn a_folder_in_place_of_the_file_is_refused() {
    let (_folder, store) = store();
    std::fs::create_dir_all(store.path()).unwrap();
    assert!(matches!(store.lookup("chat:4000"), Err(TrustError::Io { .. })));
}

#[test]
fn a_half_written_file_of_a_killed_client_is_no_obstacle() {
    let (_folder, store) = store();
    std::fs::create_dir_all(store.path().parent().unwrap()).unwrap();
    std::fs::write(store.path().with_extension("new"), "half of a li").unwrap();
    store.remember("chat:4000", key(1)).unwrap();
    assert_eq!(store.lookup("chat:4000").unwrap(), Some(key(1)));
}

#[test]
fn clients_that_write_at_once_lose_nothing() {
    let (_folder, store) = store();
    thread::scope(|scope| {
        for client in 0..8u8 {
            let store = store.clone();
            scope.spawn(move || {
                for server in 0..8u8 {
                    store.remember(&format!("host{client}:{}", 4000 + u16::from(server)), key(client)).unwrap();
                }
            });
        }
    });
    assert_eq!(store.list().unwrap().len(), 64);
}
