//! A long paste is asked about before it is taken in, its newlines never press Enter, and a short one is one message.

use e2e::TestServer;

use crate::screen_chat::on_screen;

fn pasted(lines: usize) -> String {
    let text: Vec<String> = (1..=lines).map(|n| format!("pasted {n}")).collect();
    format!("\u{1b}[200~{}\u{1b}[201~", text.join("\r"))
}

#[test]
fn three_lines_become_one_message_when_enter_is_pressed() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = on_screen(&server, "hans", (34, 120));
    hans.keys(&pasted(3));
    hans.expect_screen("the lines in the input", |screen| screen.contains("pasted 1") && screen.contains("pasted 3"));
    hans.keys("\r");
    yoda.expect("broadcast from hans: pasted 1\\npasted 2\\npasted 3");
}

#[test]
fn thirty_lines_are_asked_about_and_esc_drops_them() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = on_screen(&server, "hans", (34, 120));
    hans.keys(&pasted(30));
    hans.expect_screen("the question", |screen| screen.contains("30 lines"));
    hans.keys("\u{1b}");
    hans.expect_screen("an empty input", |screen| screen.contains("Message #lobby") && !screen.contains("30 lines"));
    hans.keys("typed\r");
    yoda.expect_none_until("broadcast from hans: typed", |line| line.contains("pasted"));
}
