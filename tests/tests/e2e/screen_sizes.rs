//! Every size is lived with: too small is said, nothing ends the program, and a usable size brings everything back.

use e2e::TestServer;

use crate::screen_chat::on_screen;

#[test]
fn from_one_cell_up_nothing_ends_the_program() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let hans = on_screen(&server, "hans", (34, 120));
    for (rows, columns) in [(1, 1), (2, 5), (5, 20), (7, 29)] {
        hans.resize(rows, columns);
        yoda.answers(&format!("broadcast at {columns}x{rows}"), "ok broadcast");
    }
    hans.expect_screen("that it is too small", |screen| screen.contains("too small"));
    for (rows, columns) in [(8, 30), (12, 40), (24, 80), (40, 180), (200, 500), (34, 120)] {
        hans.resize(rows, columns);
        hans.expect_screen("the input", |screen| screen.contains("lobby"));
    }
    hans.expect_screen("what was said meanwhile", |screen| screen.contains("at 29x7"));
}
