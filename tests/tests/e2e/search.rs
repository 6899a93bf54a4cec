//! `search WORDS` finds what was said, in the lobby and in the own direct conversations: all words, in any order and case,
//! in every script, the newest first; also after a restart. What a block kept away or was taken back is not found.

use e2e::{PlainClient, TestServer};

/// The texts that are found, newest first, after the count.
fn found(client: &mut PlainClient, words: &str) -> Vec<String> {
    let lines = client.ok(&format!("search {words}"));
    let texts = lines[1..].iter().filter_map(|line| line.split_once(": "));
    let texts: Vec<String> = texts.map(|(_, text)| text.to_owned()).collect();
    assert_eq!(lines[0], format!("found {}", texts.len()), "{lines:?}");
    texts
}

#[test]
fn words_are_found_in_any_order_case_and_script() {
    let mut server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok("broadcast These are not the droids");
    hans.ok("broadcast 这些不是机器人");
    hans.ok("message yoda Droids? Go.");
    yoda.expect("message from hans: Droids? Go.");
    let check = |client: &mut PlainClient| {
        assert_eq!(found(client, "droids"), ["Droids? Go.", "These are not the droids"]);
        assert_eq!(found(client, "DROIDS these"), ["These are not the droids"]);
        assert_eq!(found(client, "\"not the\" these"), ["These are not the droids"]);
        assert_eq!(found(client, "\"the not\""), [""; 0]);
        assert_eq!(found(client, "go"), ["Droids? Go."]);
        for word in ["机器人", "机器", "不 人"] {
            assert_eq!(found(client, word), ["这些不是机器人"], "{word}");
        }
        let lines = client.ok("search droids");
        let (one, two) = (&lines[1], &lines[2]);
        assert!(one.starts_with("match 1 in @") && one.contains(" from hans at "), "{one}");
        assert!(two.starts_with("match 2 in #lobby from hans at "), "{two}");
    };
    check(&mut yoda);
    yoda.logout();
    hans.logout();
    server.restart();
    check(&mut server.login("yoda"));
    check(&mut server.login("hans"));
    assert_eq!(found(&mut server.login("leia"), "droids"), ["These are not the droids"], "not what is said to others");
}

#[test]
fn a_search_is_words_and_nothing_else() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.ok("broadcast a cat and a dog");
    hans.ok("broadcast 100% sure, 'quoted'; b*");
    let operators =
        ["\"a\" OR b*", "NEAR(cat dog)", "cat NOT bird", "body:cat", "ca*", "c_t", "'; DROP TABLE message; --", "^cat"];
    for words in operators {
        assert_eq!(found(&mut hans, words), [""; 0], "{words}");
    }
    for words in ["b*", "100%", "'quoted';", "SURE, 0%"] {
        assert_eq!(found(&mut hans, words).len(), 1, "{words}");
    }
    hans.refused("search", "usage");
    hans.refused("search \"\"", "empty");
    hans.refused(&format!("search {}", "x".repeat(257)), "too-long");
    hans.refused(&format!("search {}", "x ".repeat(17)), "too-long");
    server.assert_serves();
}

#[test]
fn what_was_kept_away_or_taken_back_is_not_found() {
    let mut server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    vader.ok("broadcast dark plans");
    hans.ok("broadcast bright plans");
    hans.ok("unblock vader");
    assert_eq!(found(&mut hans, "plans"), ["bright plans"]);
    assert_eq!(found(&mut vader, "plans"), ["dark plans"]);
    hans.answers("message yoda secret plans", "ok message yoda stored");
    assert_eq!(found(&mut hans, "secret"), ["secret plans"]);
    hans.ok("queue");
    hans.answers("unsend 1", "ok unsend yoda");
    assert_eq!(found(&mut hans, "secret"), [""; 0]);
    server.crash();
    hans.expect_prefix("state logged-in");
    assert_eq!(found(&mut hans, "plans"), ["bright plans"]);
    assert_eq!(found(&mut server.login("yoda"), "secret"), [""; 0]);
}

/// More than the index takes at once, and more than is shown.
#[test]
fn the_newest_of_many_are_shown() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    for number in 0..700 {
        hans.send(&format!("broadcast line {number} {}.", if number % 7 == 0 { "droid" } else { "" }));
    }
    for _ in 0..700 {
        hans.expect_prefix("ok broadcast");
    }
    for words in ["droid", "dr"] {
        let lines = hans.ok(&format!("search {words}"));
        assert_eq!((lines[0].as_str(), lines.len()), ("found 20", 22));
        assert!(lines[1].contains(": line 693 ") && lines[20].contains(": line 560 "), "{lines:#?}");
        assert_eq!(lines[21], "notice: there are more; these are the newest");
    }
    assert_eq!(found(&mut hans, "\"line 14 droid\""), ["line 14 droid."]);
}
