//! What is typed and not sent stands in its tab again after the program has ended, however it was asked to. What was
//! sent does not come back, and nothing private is in any file.

use std::rc::Rc;

use e2e::{Home, PtyBuilder, PtyClient, TestServer};
use rustix::process::Signal;

use crate::screen_chat::go_to;
use crate::screen_private::go_to_a_private_tab;

/// hans on a screen, with this home and these further options.
fn hans_at(server: &TestServer, home: &Rc<Home>, options: &[&str]) -> PtyClient {
    PtyBuilder::user(server, "hans").args(options).home(home).size(24, 100).start_in_lobby()
}

/// Every file below a home that holds this text, in whatever form.
fn files_with(home: &Home, text: &str) -> Vec<std::path::PathBuf> {
    let holds = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    home.files().into_iter().filter(holds).collect()
}

#[test]
fn drafts_and_direct_tabs_are_there_again_after_a_signal() {
    let server = TestServer::start();
    for (signal, animal) in [(Signal::TERM, "otter"), (Signal::HUP, "heron"), (Signal::INT, "newt")] {
        let home = Rc::new(Home::new());
        let mut hans = hans_at(&server, &home, &[]);
        go_to(&mut hans, "leia");
        go_to(&mut hans, "yoda");
        hans.keys(&format!("half an {animal}\u{1b}\rand its other half"));
        hans.expect_screen("what was typed", |screen| screen.contains(&format!("half an {animal}")));
        hans.keys("\u{1b}1");
        hans.types("all of you");
        hans.signal(signal);
        hans.exit();
        let mut hans = hans_at(&server, &home, &[]);
        hans.expect_screen("the lobby's draft, and both tabs", |screen| {
            ["all of you", "@leia", "@yoda"].iter().all(|text| screen.contains(text))
        });
        hans.keys("\u{1b}3");
        hans.expect_screen("the other draft", |screen| {
            screen.contains(&format!("half an {animal}")) && screen.contains("and its other half")
        });
        // What is sent is gone.
        hans.keys("\r");
        hans.expect_screen("the line, sent", |screen| {
            screen.contains("other half ◐ stored") && screen.contains("Message @yoda")
        });
        // The file and, while it is written, the one that takes its place.
        assert!((1..=2).contains(&files_with(&home, "all of you").len()));
        hans.signal(Signal::TERM);
        hans.exit();
        assert_eq!(
            (files_with(&home, &format!("half an {animal}")).len(), files_with(&home, "all of you").len()),
            (0, 1)
        );
    }
}

#[test]
fn nothing_private_and_no_password_is_in_any_file() {
    let server = TestServer::start();
    let home = Rc::new(Home::new());
    let mut hans = hans_at(&server, &home, &[]);
    let mut yoda = server.login("yoda");
    go_to_a_private_tab(&mut hans, &mut yoda);
    hans.keys("sent-quokka\r");
    yoda.expect("private from hans: sent-quokka");
    hans.types("typed-quokka");
    hans.keys("\u{1b}1");
    hans.types("/private yoda lobby-quokka");
    // Out of focus, and into another tab: both write what may be written.
    hans.keys("\u{1b}[O\u{1b}[I\u{1b}2\u{1b}1");
    hans.expect_screen("the lobby", |screen| screen.contains("lobby-quokka"));
    hans.keys("\u{3}");
    go_to(&mut hans, "leia");
    hans.types("open-wombat");
    hans.signal(Signal::TERM);
    hans.exit();
    assert_eq!(files_with(&home, "quokka"), [] as [std::path::PathBuf; 0]);
    assert_eq!(files_with(&home, "falcon"), [] as [std::path::PathBuf; 0]);
    assert_eq!(files_with(&home, "open-wombat").len(), 1, "what is not private is kept");
    let hans = hans_at(&server, &home, &[]);
    hans.expect_screen("the direct tab, and no private one", |screen| {
        screen.contains("@leia") && !screen.contains("⇄")
    });
}

#[test]
fn without_drafts_nothing_is_written_and_nothing_comes_back() {
    let server = TestServer::start();
    let home = Rc::new(Home::new());
    let config = home.path().join("config/tern");
    for (options, text) in [(&["--no-drafts"][..], ""), (&[], "drafts = false\n")] {
        std::fs::create_dir_all(&config).expect("a folder");
        std::fs::write(config.join("client.toml"), text).expect("a file");
        let mut hans = hans_at(&server, &home, options);
        hans.types("gone-quokka");
        hans.signal(Signal::TERM);
        hans.exit();
        assert_eq!(files_with(&home, "quokka").len(), 0);
        assert!(!home.files().iter().any(|path| path.ends_with("tern/servers") || path.ends_with("tern/drafts")));
    }
}

#[test]
fn a_damaged_file_is_named_left_alone_and_no_reason_not_to_start() {
    let server = TestServer::start();
    let home = Rc::new(Home::new());
    let file = home.path().join("state/tern/drafts");
    std::fs::create_dir_all(home.path().join("state/tern")).expect("a folder");
    std::fs::write(&file, "no draft of ours\n").expect("a file");
    let mut hans = hans_at(&server, &home, &[]);
    hans.expect_screen("why", |screen| screen.contains("Drafts are not kept: line 1 of "));
    hans.types("gone");
    hans.signal(Signal::TERM);
    hans.exit();
    assert_eq!(std::fs::read_to_string(file).expect("still there"), "no draft of ours\n");
}

#[test]
fn the_login_begins_where_it_led_last_and_knows_the_servers_before() {
    let (near, far) = (TestServer::start(), TestServer::start());
    let home = Rc::new(Home::new());
    let mut hans = hans_at(&near, &home, &[]);
    hans.keys("\u{11}");
    hans.exit();
    let mut leia = PtyBuilder::user(&far, "leia").home(&home).start_in_lobby();
    leia.keys("\u{11}");
    leia.exit();
    let mut somebody = PtyBuilder::new("xterm-256color", &[]).home(&home).size(34, 120).start();
    somebody.expect_screen("the last server and name", |screen| {
        screen.contains(&far.address()) && screen.contains("leia") && screen.contains("server reachable")
    });
    // Two fields up is the address, and Up there is the server before.
    somebody.keys("\u{1b}[Z\u{1b}[Z\u{1b}[A");
    somebody.expect_screen("the server before with its name", |screen| {
        screen.contains(&near.address()) && screen.contains("hans") && !screen.contains("leia")
    });
    somebody.keys("\u{1b}[B");
    somebody.expect_screen("the last one again", |screen| screen.contains(&far.address()) && screen.contains("leia"));
    somebody.keys("\u{1b}[A\t\tfalcon\r");
    somebody.expect_screen("the lobby of the other server", |screen| {
        screen.contains("to everyone in the lobby") && screen.contains("hans")
    });
    somebody.keys("\u{11}");
    somebody.exit();
    let kept = std::fs::read_to_string(home.path().join("state/tern/servers")).expect("it is kept");
    assert_eq!(kept, format!("{} leia\n{} hans\n", far.address(), near.address()));
    assert_eq!(files_with(&home, "falcon").len(), 0);
}
