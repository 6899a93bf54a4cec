//! `whoelse` lists who is online now, but oneself, with the count first.

use e2e::TestServer;

#[test]
fn it_lists_who_is_online_but_oneself() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let alone = hans.ask("whoelse");
    assert_eq!((alone.lines, alone.verdict.as_str()), (vec!["users 0".to_owned()], "ok whoelse"));
    let (_yoda, leia) = (server.login("yoda"), server.login("leia"));
    let answer = hans.ask("whoelse");
    assert_eq!(answer.lines[0], "users 2");
    let mut users = answer.users();
    users.sort();
    assert_eq!(users, ["leia", "yoda"]);
    for line in &answer.lines[1..] {
        let since = line.split_once(" since ").map(|(_, time)| time.len());
        assert_eq!(since, Some("14:02".len()), "`{line}`");
    }
    leia.logout();
    assert_eq!(hans.ask("who").users(), ["yoda"]);
    assert_eq!(hans.ask("names").users(), ["yoda"]);
}
