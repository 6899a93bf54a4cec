//! Typing survives incoming lines, resizes and a restart of the server; what is sent while there is no server arrives
//! when there is one again.

use e2e::TestServer;

use crate::screen_chat::on_screen;

#[test]
fn a_line_being_typed_survives_everything_that_happens_around_it() {
    let mut server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    let mut yoda = server.login("yoda");
    hans.types("first half ");
    for n in 0..40 {
        yoda.answers(&format!("broadcast line {n}"), "ok broadcast");
    }
    hans.expect_screen("the last line", |screen| screen.contains("line 39") && screen.contains("first half"));
    for (rows, columns) in [(12, 40), (1, 1), (34, 120), (8, 30), (24, 80)] {
        hans.resize(rows, columns);
    }
    hans.expect_screen("all of it after the resizes", |screen| {
        screen.contains("first half") && screen.contains("line 39")
    });
    server.restart();
    hans.expect_screen("the connection again", |screen| {
        screen.contains("first half") && screen.contains("●") && !screen.contains("reconnecting")
    });
    hans.keys("second half\r");
    hans.expect_screen("the line, sent", |screen| screen.contains("first half second half ✓"));
}

#[test]
fn lines_typed_without_a_server_arrive_once_and_in_order() {
    let mut server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    hans.keys("before\r");
    hans.expect_screen("the line, sent", |screen| screen.contains("before ✓"));
    server.kill();
    hans.expect_screen("that the server is gone", |screen| !screen.contains("● connected"));
    for text in ["one", "two", "three"] {
        hans.keys(&format!("{text} in the dark\r"));
    }
    hans.expect_screen("the lines", |screen| screen.contains("three in the dark"));
    server.launch();
    hans.expect_screen("all sent", |screen| {
        ["one", "two", "three"].iter().all(|text| screen.contains(&format!("{text} in the dark ✓")))
    });
    let mut yoda = server.login("yoda");
    let texts: Vec<String> = yoda.ok("history 10").into_iter().filter(|line| line.contains("in the dark")).collect();
    let order: Vec<bool> = ["one", "two", "three"].iter().zip(&texts).map(|(text, line)| line.contains(text)).collect();
    assert_eq!((texts.len(), order), (3, vec![true; 3]), "{texts:?}");
}
