//! The program from outside: its help, its exit codes, and `trust`. What happens inside a chat is tested elsewhere.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use clap::CommandFactory as _;
use tui_client::net::{Fingerprint, TrustStore};

/// Runs the program with a home folder of its own.
fn run(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tui-client"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("XDG_STATE_HOME", home.join("state"))
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program writes UTF-8")
}

#[test]
fn the_help_changes_only_on_purpose() {
    // The width of the terminal must not matter here.
    let mut command = tui_client::cli::Args::command().term_width(100);
    insta::assert_snapshot!("help", command.render_help());
}

#[test]
fn help_and_version_are_answers_and_not_errors() {
    let home = tempfile::tempdir().unwrap();
    for argument in ["--help", "--version", "-h", "-V"] {
        let output = run(home.path(), &[argument]);
        assert_eq!(output.status.code(), Some(0), "{argument}");
        assert!(text(&output.stdout).contains("tui-client") && output.stderr.is_empty(), "{argument}");
    }
}

#[test]
fn wrong_usage_exits_2_and_names_the_argument() {
    let home = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["--colour"], "--colour"),
        (&["chat", "port"], "[PORT]"),
        (&["chat:1", "2"], "HOST and PORT"),
        (&["--config", "missing.toml"], "missing.toml"),
        (&["--tui"], "--tui"),
    ];
    for (arguments, named) in cases {
        let output = run(home.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.starts_with("error: ") && said.contains(named), "{arguments:?}: {said}");
    }
}

#[test]
fn remembered_keys_are_listed_and_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let store = TrustStore::in_folder(home.path().join("state/tern"));
    store.remember("chat.example:4000", Fingerprint([1; 32])).unwrap();
    store.remember("[::1]:5000", Fingerprint([2; 32])).unwrap();

    let listed = run(home.path(), &["trust", "list"]);
    assert_eq!(listed.status.code(), Some(0));
    let expected = format!("chat.example:4000 SHA256:{}\n[::1]:5000 SHA256:{}\n", "01".repeat(32), "02".repeat(32));
    assert_eq!(text(&listed.stdout), expected);

    let forgotten = run(home.path(), &["trust", "forget", "Chat.Example"]);
    assert_eq!((forgotten.status.code(), text(&forgotten.stdout)), (Some(0), "forgot chat.example:4000\n"));
    assert_eq!(store.list().unwrap(), [("[::1]:5000".to_owned(), Fingerprint([2; 32]))]);

    let unknown = run(home.path(), &["trust", "forget", "chat.example:4000"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("No key is remembered for chat.example:4000"));
}

#[test]
fn a_corrupt_file_of_keys_is_named_and_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let store = TrustStore::in_folder(home.path().join("state/tern"));
    std::fs::create_dir_all(store.path().parent().unwrap()).unwrap();
    std::fs::write(store.path(), "garbage\n").unwrap();
    for arguments in [&["trust", "list"][..], &["trust", "forget", "chat:4000"]] {
        let output = run(home.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(&store.path().display().to_string()), "{arguments:?}");
    }
    assert_eq!(std::fs::read_to_string(store.path()).unwrap(), "garbage\n");
}

#[test]
fn config_and_keys_print_what_is_in_force() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/tern");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("client.toml");
    std::fs::write(&file, "user = \"yoda\"\n[keys]\n\"ctrl+x\" = \"go-to\"\n\"ctrl+g\" = \"none\"\n").unwrap();
    let printed = run(home.path(), &["config"]);
    assert_eq!(printed.status.code(), Some(0));
    let printed = text(&printed.stdout).to_owned();
    assert!(printed.contains("\nuser = \"yoda\"\n") && printed.contains("\n# theme = \"auto\"\n"), "{printed}");
    assert!(printed.contains("\n\"ctrl+x\" = \"go-to\"\n"), "{printed}");
    // It can be used as it is.
    std::fs::write(&file, &printed).unwrap();
    assert_eq!(text(&run(home.path(), &["config"]).stdout), printed);
    let keys = run(home.path(), &["keys"]);
    let keys = text(&keys.stdout);
    let row = |key: &str| keys.lines().find(|line| line.split_whitespace().next() == Some(key)).map(str::to_owned);
    assert!(row("ctrl+x").is_some_and(|row| row.contains("go-to")) && row("ctrl+g").is_none(), "{keys}");

    std::fs::write(&file, "\n[keys]\n\"ctrl+x\" = \"goto\"\n").unwrap();
    for command in ["config", "keys"] {
        let refused = run(home.path(), &[command]);
        assert_eq!(refused.status.code(), Some(2), "{command}");
        let said = text(&refused.stderr);
        assert!(said.contains("client.toml, line 3") && said.contains("go-to"), "{said}");
    }
}
