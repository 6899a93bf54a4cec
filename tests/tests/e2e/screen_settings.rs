//! Settings, keys and themes of the user's own: changed while the program runs, written into the config file, and read
//! from it at the next start.

use std::path::PathBuf;
use std::rc::Rc;

use e2e::{Exit, Home, PtyBuilder, PtyClient, TestServer};

/// The folder with our files in a home, made if it is not there.
fn folder(home: &Home) -> PathBuf {
    let folder = home.path().join("config/tern");
    std::fs::create_dir_all(folder.join("themes")).expect("a home is writable");
    folder
}

fn start(server: &TestServer, home: &Rc<Home>, options: &[&str]) -> PtyClient {
    PtyBuilder::user(server, "hans")
        .args(options)
        .env("COLORTERM", "truecolor")
        .size(34, 120)
        .home(home)
        .start_in_lobby()
}

/// The background in the middle of the message pane.
fn ground(client: &PtyClient) -> vt100::Color {
    client.view().cell(12, 30).map_or(vt100::Color::Default, vt100::Cell::bgcolor)
}

#[test]
fn a_setting_changes_at_once_and_is_saved_with_the_comments_kept() {
    let (server, home) = (TestServer::start(), Rc::new(Home::new()));
    let file = folder(&home).join("client.toml");
    std::fs::write(&file, "# my own words\ntheme = \"dark\" # for the night\n").expect("a home is writable");
    let mut hans = start(&server, &home, &[]);
    assert_eq!(ground(&hans), vt100::Color::Rgb(0x14, 0x17, 0x1f));
    hans.keys("/set theme light\r");
    hans.expect_view("the light ground", |screen| {
        screen.cell(12, 30).is_some_and(|cell| cell.bgcolor() == vt100::Color::Rgb(0xfb, 0xfb, 0xfd))
    });
    hans.keys("/set tiem %H.%M\r");
    hans.expect_screen("the nearest name", |screen| screen.contains("Did you mean time?"));
    hans.keys("/set time %H.%M\r");
    hans.expect_screen("the value", |screen| screen.contains("time = %H.%M"));
    hans.keys("/set --save\r");
    hans.expect_screen("that it was saved", |screen| screen.contains("Saved in"));
    let saved = std::fs::read_to_string(&file).expect("the file is there");
    assert_eq!(saved, "# my own words\ntheme = \"light\" # for the night\ntime = \"%H.%M\"\n");
    hans.keys("/logout\r");
    assert_eq!(hans.exit(), Exit::Code(0));
    let again = start(&server, &home, &[]);
    assert_eq!(ground(&again), vt100::Color::Rgb(0xfb, 0xfb, 0xfd));
}

#[test]
fn a_key_does_what_the_file_says_and_the_help_shows_it() {
    let (server, home) = (TestServer::start(), Rc::new(Home::new()));
    let keys = "[keys]\n\"ctrl+x\" = \"help\"\n\"f1\" = \"none\"\n\"alt+enter\" = \"send\"\n\"enter\" = \"new-line\"\n";
    std::fs::write(folder(&home).join("client.toml"), keys).expect("a home is writable");
    let mut hans = start(&server, &home, &[]);
    hans.keys("one\rtwo");
    hans.expect_screen("two lines being typed", |screen| screen.contains("❯ one") && screen.contains("  two"));
    hans.keys("\u{1b}\r");
    hans.expect_screen("the lines, sent", |screen| screen.contains("two ✓"));
    // F1 does nothing: what is typed after it stands in the input.
    hans.keys("\u{1b}OPstill typing");
    hans.expect_screen("what was typed", |screen| screen.contains("still typing"));
    assert!(!hans.screen().contains("Keys and commands"), "{}", hans.report());
    hans.keys("\u{18}");
    hans.expect_screen("the help with the key", |screen| {
        screen.contains("Keys and commands") && screen.contains("Ctrl+X")
    });
}

#[test]
fn a_theme_of_ones_own_is_painted_and_a_broken_one_is_named() {
    let (server, home) = (TestServer::start(), Rc::new(Home::new()));
    let themes = folder(&home).join("themes");
    std::fs::write(themes.join("sea.toml"), "inherits = \"dark\"\nbg = \"#102030\"\n").expect("a home is writable");
    std::fs::write(themes.join("mud.toml"), "bg = \"brownish\"\n").expect("a home is writable");
    let mut hans = start(&server, &home, &["--theme", "sea"]);
    assert_eq!(ground(&hans), vt100::Color::Rgb(0x10, 0x20, 0x30));
    hans.keys("/theme mud\r");
    hans.expect_screen("what is wrong", |screen| screen.contains("mud.toml") && screen.contains("bg"));
    assert_eq!(ground(&hans), vt100::Color::Rgb(0x10, 0x20, 0x30), "it stays as it was");
    // One that is changed while the program runs is seen when it is asked for again.
    std::fs::write(themes.join("sea.toml"), "inherits = \"dark\"\nbg = \"#203040\"\n").expect("a home is writable");
    hans.keys("/theme sea\r");
    hans.expect_screen("the theme", |screen| screen.contains("Theme: sea."));
    assert_eq!(ground(&hans), vt100::Color::Rgb(0x20, 0x30, 0x40));
    let broken = PtyBuilder::new("xterm-256color", &["127.0.0.1", "--theme", "mud"]).home(&home).start();
    assert_eq!(broken.exit(), Exit::Code(2));
    broken.expect_screen("the file and the token", |screen| {
        let words = screen.replace('\n', "");
        words.contains("mud.toml") && words.contains("line 1, bg") && words.contains("#rrggbb")
    });
}
