//! A message has at most 8 KiB and 100 lines. A longer one is refused with the figures, never cut, and nothing of it
//! arrives.

use e2e::TestServer;

#[test]
fn the_longest_text_arrives_whole_and_one_byte_more_is_refused_with_the_figures() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    let longest = "x".repeat(8192);
    hans.answers(&format!("message yoda {longest}"), "ok message yoda delivered");
    yoda.expect(&format!("message from hans: {longest}"));
    for line in [format!("message yoda {longest}y"), format!("broadcast {longest}y")] {
        let refusal = hans.refused(&line, "too-long");
        assert!(refusal.contains("8193") && refusal.contains("8192"), "no figures in `{refusal}`");
    }
    hans.ok("message yoda marker");
    yoda.expect_none_until("message from hans: marker", |line| line.contains("xxx"));
}

#[test]
fn a_hundred_lines_arrive_and_one_more_is_refused_with_the_figures() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").json().start();
    hans.expect_line("the login", |line| line.contains("logged-in"));
    let mut yoda = server.login("yoda");
    let text = |lines: usize| vec!["l"; lines].join("\n");
    let command = |lines: usize| {
        let line = format!("message yoda {}", text(lines));
        serde_json::json!({ "command": line }).to_string()
    };
    hans.send(&command(100));
    yoda.expect(&format!("message from hans: {}", vec!["l"; 100].join(r"\n")));
    hans.send(&command(101));
    let refusal = hans.expect_line("the refusal", |line| line.contains("too-long"));
    assert!(refusal.contains("101") && refusal.contains("100"), "no figures in `{refusal}`");
}
