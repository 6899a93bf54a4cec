use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// Names and values.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// An environment of these variables.
fn of(variables: Variables<'_>) -> impl Fn(&str) -> Option<OsString> + use<> {
    let all: Vec<(String, OsString)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    move |wanted| all.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

#[test]
fn visual_comes_before_editor_and_vi_is_last() {
    let table: [(Variables<'_>, &[&str]); 6] = [
        (&[("VISUAL", "emacs -nw"), ("EDITOR", "ed")], &["emacs", "-nw"]),
        (&[("VISUAL", ""), ("EDITOR", "ed")], &["ed"]),
        (&[], &["vi"]),
        (&[("EDITOR", "'/opt/my editor' --wait")], &["/opt/my editor", "--wait"]),
        (&[("EDITOR", "code\\ x -n")], &["code x", "-n"]),
        // Nothing is expanded, and nothing runs but the first word.
        (&[("EDITOR", "vi $HOME `id`;rm *")], &["vi", "$HOME", "`id`;rm", "*"]),
    ];
    for (variables, expected) in table {
        assert_eq!(words(&of(variables)).expect("words"), expected, "{variables:?}");
    }
    for wrong in ["'open", "   ", "\"open"] {
        let error = words(&of(&[("EDITOR", wrong)])).expect_err(wrong).to_string();
        assert!(error.contains("$EDITOR"), "{error}");
    }
}

/// Edits `typed` with a shell's script, which gets the file as `$1`.
async fn edit(typed: &str, script: &str, folder: &tempfile::TempDir) -> Result<String, EditorError> {
    let editor = format!("/bin/sh -c {} sh", shell_words::quote(script));
    let path = folder.path().to_str().expect("the test's folder is text");
    let variables = of(&[("EDITOR", &editor), ("XDG_RUNTIME_DIR", path)]);
    let mut editing = Prepared::new(Place::lobby(), typed, variables)?.start()?;
    let mode = editing.file.as_file().metadata().expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    editing.ended().await;
    let mut taken = String::new();
    editing
        .finish(|place, text| {
            assert_eq!(place, Place::lobby());
            let fits = if text == "refused" { Err(TooLong { bytes: 7 }) } else { Ok(()) };
            text.clone_into(&mut taken);
            fits
        })
        .map(|()| taken)
}

/// What is left in the folder, with what is in it.
fn left(folder: &tempfile::TempDir) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("a file").path());
    entries.map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file"))).collect()
}

#[tokio::test]
async fn what_the_editor_saves_is_the_text_also_in_a_new_file() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(edit("one\ntwo", "cat >/dev/null </dev/null", &folder).await.expect("as it was"), "one\ntwo");
    assert_eq!(edit("one", "echo more >> \"$1\"", &folder).await.expect("longer"), "one\nmore");
    let replaced = r#"printf 'new\n\n' > "$1.new"; mv "$1.new" "$1""#;
    assert_eq!(edit("one", replaced, &folder).await.expect("another file"), "new\n");
    assert_eq!(edit("", "test ! -s \"$1\"", &folder).await.expect("an empty file"), "");
    assert_eq!(left(&folder), [], "the files are gone");
}

#[tokio::test]
async fn what_cannot_be_taken_stays_in_its_file() {
    let long = vec![0; 70_000];
    let table = [
        ("printf '\\377' > \"$1\"", "What the editor wrote is not UTF-8", &b"\xff"[..]),
        ("head -c 70000 /dev/zero > \"$1\"", "More than the 65536 bytes that fit", &long),
        ("printf refused > \"$1\"", "More than the 65536 bytes that fit", b"refused"),
    ];
    for (script, expected, written) in table {
        let folder = tempfile::tempdir().expect("a folder");
        let error = edit("one", script, &folder).await.expect_err(script).to_string();
        let [(path, kept)] = &left(&folder)[..] else { panic!("{script}: {:?}", left(&folder)) };
        assert!(error.starts_with(expected) && error.ends_with(&format!("is kept in {path}.")), "{error}");
        assert!(kept == written, "{script}");
    }
}

#[tokio::test]
async fn an_editor_that_fails_changes_nothing_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = [
        ("echo lost > \"$1\"; exit 3", "ended with code 3"),
        ("kill -9 $$", "ended with signal 9"),
        ("rm \"$1\"", "cannot be read"),
    ];
    for (script, expected) in table {
        let error = edit("one", script, &folder).await.expect_err(script).to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(left(&folder), [], "the file is gone");
    }
    let missing = of(&[("EDITOR", "/nowhere/ed"), ("XDG_RUNTIME_DIR", "/nowhere")]);
    let error = Prepared::new(Place::lobby(), "", missing).expect("a file").start().expect_err("no such program");
    assert!(error.to_string().starts_with("The editor ed cannot be started: "), "{error}");
}

#[tokio::test]
async fn an_editor_left_behind_is_ended_and_its_file_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let editor = format!("/bin/sh -c {} sh", shell_words::quote("exec sleep 1000"));
    let path = folder.path().to_str().expect("the test's folder is text");
    let variables = of(&[("EDITOR", &editor), ("XDG_RUNTIME_DIR", path)]);
    let editing = Prepared::new(Place::lobby(), "x", variables).and_then(Prepared::start).expect("it starts");
    let pid = pid(&editing.child).expect("a child has a process id");
    editing.abandon().await;
    assert_eq!(kill_process(pid, Signal::TERM), Err(rustix::io::Errno::SRCH), "it is collected");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
