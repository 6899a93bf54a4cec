//! On the screen a request stands on a card that one key answers. It takes nothing from what is being typed, and no key
//! that is meant for the input answers it. The session has a tab of its own, which says how it stands.

use e2e::{PlainClient, PtyClient, TestServer};

use crate::screen_chat::on_screen;

/// This user asks hans for a private session, and hans says yes by the key of the card.
pub fn agree(hans: &mut PtyClient, asker: &mut PlainClient, name: &str) {
    asker.ok("startprivate hans");
    hans.expect_screen("the card", |screen| screen.contains(&format!("{name} wants to talk")));
    hans.keys("\u{1b}y");
    asker.expect_prefix("private open hans ");
}

/// The same with yoda, whose tab is the first one beside the lobby, and then it is in front.
pub fn go_to_a_private_tab(hans: &mut PtyClient, yoda: &mut PlainClient) {
    agree(hans, yoda, "yoda");
    hans.keys("\u{1b}2");
    // The other side may be told first.
    hans.expect_screen("the private tab, open", |screen| {
        screen.contains("direct and private") && screen.contains("with yoda is open")
    });
}

#[test]
fn a_card_is_answered_by_one_key_and_takes_nothing_from_the_input() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let mut yoda = server.login("yoda");
    hans.expect_screen("yoda in the sidebar", |screen| screen.contains("yoda"));
    hans.keys("yes, a half thought");
    yoda.ok("startprivate hans");
    hans.expect_screen("the card", |screen| screen.contains("yoda wants to talk to you directly"));
    hans.keys(" yn");
    hans.expect_screen("what was typed, and the card still", |screen| {
        screen.contains("yes, a half thought yn")
            && screen.contains("to everyone in the lobby")
            && screen.contains("yoda wants to talk")
    });
    hans.keys("\u{1b}y");
    let words = yoda.expect_prefix("private open hans ");
    hans.expect_screen("the tab, the lobby in front, and what was typed", |screen| {
        screen.contains("⇄ yoda")
            && screen.contains("yes, a half thought yn")
            && screen.contains("to everyone in the lobby")
            && !screen.contains("wants to talk")
    });
    hans.keys("\u{1b}2");
    hans.expect_screen("the same words", |screen| {
        let Some(row) = screen.lines().find(|row| row.contains("key new")) else { return false };
        let shown: Vec<&str> = row.split_whitespace().skip(1).take(4).collect();
        words.contains(&shown.join(" ")) && screen.contains("to yoda, direct and private")
    });
    hans.keys("only for you\r");
    hans.expect_screen("the own line, delivered", |screen| screen.contains("only for you ✓"));
    yoda.expect("private from hans: only for you");
    yoda.answers("private hans seen", "ok private hans delivered");
    hans.expect_screen("the answer", |screen| screen.lines().any(|row| row.contains("yoda │ seen")));
}

#[test]
fn a_no_is_one_key_too() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (12, 40));
    let mut yoda = server.login("yoda");
    yoda.ok("startprivate hans");
    hans.expect_screen("the card in one row", |screen| screen.contains("Alt+Y") && screen.contains("Alt+N"));
    hans.keys("\u{1b}n");
    yoda.expect("private declined hans");
    hans.expect_screen("no card", |screen| !screen.contains("Alt+Y"));
}

#[test]
fn who_asks_goes_along_and_a_text_without_a_session_stays_where_it_is() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    let mut yoda = server.login("yoda");
    hans.expect_screen("that yoda is there", |screen| screen.contains("2 online"));
    hans.keys("startprivate yoda\r");
    hans.expect_screen("that yoda is asked", |screen| screen.contains("yoda is asked"));
    hans.keys("too early\r");
    hans.expect_screen("nothing was sent", |screen| {
        screen.contains("too early") && screen.contains("Nothing was sent")
    });
    yoda.expect_prefix("private request from hans");
    yoda.ok("accept hans");
    hans.expect_screen("open", |screen| screen.contains("key new"));
    hans.keys("\r");
    yoda.expect("private from hans: too early");
    yoda.ok("stopprivate hans");
    hans.expect_screen("closed, and what helps", |screen| {
        screen.contains("closed: yoda ended it") && screen.contains("/startprivate")
    });
}

#[test]
fn several_tabs_count_what_is_unread() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let (mut yoda, mut leia) = (server.login("yoda"), server.login("leia"));
    for (client, name) in [(&mut yoda, "yoda"), (&mut leia, "leia")] {
        agree(&mut hans, client, name);
    }
    yoda.answers("private hans one", "ok private hans delivered");
    leia.answers("private hans two", "ok private hans delivered");
    leia.answers("private hans three", "ok private hans delivered");
    hans.expect_screen("both counts", |screen| {
        let tabs = screen.lines().next().unwrap_or_default();
        tabs.contains("⇄ yoda  1 ") && tabs.contains("⇄ leia  2 ")
    });
}

#[test]
fn a_file_is_taken_by_the_same_key() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let mut yoda = server.login("yoda");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.md");
    std::fs::write(&path, "# notes").expect("it is written");
    agree(&mut hans, &mut yoda, "yoda");
    yoda.ok(&format!("send hans {}", path.display()));
    hans.expect_screen("the offer", |screen| screen.contains("yoda offers notes.md"));
    hans.keys("\u{1b}y");
    yoda.expect("file sent 1 to hans size 7: notes.md");
    hans.expect_screen("that it is there", |screen| screen.contains("checked and whole"));
    let kept = hans.home().path().join("Downloads/tern/notes.md");
    assert_eq!(std::fs::read_to_string(kept).expect("in the folder for downloads"), "# notes");
}
