//! The terminal is given back as it was: after a logout, a signal, and while the program is stopped by Ctrl-Z.

use e2e::{Exit, PtyBuilder, TestServer};
use rustix::process::Signal;

use crate::screen_chat::on_screen;

#[test]
fn after_a_logout_the_screen_before_is_back_with_its_cursor() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    hans.expect_view("the alternate screen", vt100::Screen::alternate_screen);
    hans.keys("/logout\r");
    assert_eq!(hans.exit(), Exit::Code(0), "{}", hans.report());
    hans.expect_view("the main screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let server = TestServer::start();
        let hans = on_screen(&server, "hans", (24, 80));
        hans.signal(signal);
        hans.exit();
        hans.expect_view("the main screen", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_the_program_goes_on() {
    let server = TestServer::start();
    let mut hans = PtyBuilder::user(&server, "hans")
        .script(r#"set -m; "$@"; echo the shell is back; read line; fg"#)
        .start_in_lobby();
    hans.types("a draft");
    hans.keys("\u{1a}");
    hans.expect_view("the shell", |screen| {
        !screen.alternate_screen() && screen.contents().contains("the shell is back")
    });
    hans.keys("\r");
    hans.expect_view("the full screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("a draft")
    });
    hans.keys("\u{3}");
    hans.expect_screen("that keys work", |screen| screen.contains("Message #lobby"));
}

#[test]
fn a_signal_to_stop_from_outside_gives_the_terminal_back_too() {
    let server = TestServer::start();
    let mut hans = PtyBuilder::user(&server, "hans")
        .script(r#"set -m; "$@"; echo the shell is back; stty -a | grep -o -E -- '-?icanon'; read line; fg"#)
        .start_in_lobby();
    hans.types("a draft");
    let port = server.port().to_string();
    rustix::process::kill_process(running(&["127.0.0.1", &port, "--user", "hans"]), Signal::TSTP).expect("it runs");
    hans.expect_view("the shell, with a terminal that reads lines", |screen| {
        let contents = screen.contents();
        !screen.alternate_screen() && contents.contains("the shell is back") && contents.contains("\nicanon")
    });
    hans.keys("\r");
    hans.expect_view("the full screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("a draft")
    });
}

#[test]
fn a_panic_gives_the_terminal_back_and_says_why() {
    let server = TestServer::start();
    let hans = PtyBuilder::user(&server, "hans")
        .env("TERN_PANIC", "screen")
        .env("RUST_BACKTRACE", "0")
        .script(r#""$@"; echo "ended with $?"; stty -a | grep -o -E -- '-?icanon'"#)
        .start();
    hans.expect_view("the main screen, the reason, and a terminal that reads lines", |screen| {
        let contents = screen.contents();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && contents.contains("a rehearsed panic")
            && contents.contains("ended with 101")
            && contents.contains("\nicanon")
    });
}

#[test]
fn a_panic_of_a_task_is_told_and_the_screen_goes_on() {
    let server = TestServer::start();
    let mut hans = PtyBuilder::user(&server, "hans").env("TERN_PANIC", "task").size(24, 80).start();
    hans.expect_screen("the sentence", |screen| screen.contains("Something inside went wrong: a rehearsed panic"));
    hans.keys("still here\r");
    hans.expect_screen("that it goes on", |screen| screen.contains("still here ✓"));
}

/// The process of the client with these arguments.
fn running(arguments: &[&str]) -> rustix::process::Pid {
    let end = format!("\0{}\0", arguments.join("\0"));
    let processes = std::fs::read_dir("/proc").expect("the list of processes");
    let found = processes.filter_map(|entry| {
        let entry = entry.ok()?;
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
        let (program, rest) = line.split_at(line.find('\0')?);
        (program.ends_with("tui-client") && rest == end).then(|| rustix::process::Pid::from_raw(pid)).flatten()
    });
    found.last().expect("the client runs")
}
