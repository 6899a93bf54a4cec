//! `--json`: the same events, one object a line, the first says which version; commands as text or as objects.

use e2e::{PlainClient, TestServer};
use serde_json::{Value, json};

fn event(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert!(value["event"].is_string(), "no event in {line}");
    value
}

/// Waits for an object in which every one of these fields has this value.
fn expect(client: &mut PlainClient, wanted: &Value) -> Value {
    let wanted = wanted.as_object().expect("the test names fields");
    let fits = |line: &str| {
        let event = event(line);
        wanted.iter().all(|(key, value)| event.get(key) == Some(value))
    };
    event(&client.expect_line(&format!("{wanted:?}"), fits))
}

#[test]
fn the_first_line_says_the_version() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").json().start();
    let first = event(&hans.expect_line("a first line", |_| true));
    assert_eq!((first["v"].clone(), first["event"].clone()), (json!(1), json!("hello")));
}

#[test]
fn commands_are_text_or_objects_and_events_are_objects() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").json().start();
    expect(&mut hans, &json!({ "event": "state", "state": "logged-in" }));
    let mut yoda = server.login("yoda");
    hans.send("message yoda as text");
    yoda.expect("message from hans: as text");
    hans.send(r#"{"command":"message","user":"yoda","text":"two\nlines"}"#);
    yoda.expect(r"message from hans: two\nlines");
    expect(&mut hans, &json!({ "event": "ok", "command": "message" }));
    yoda.ok("message hans hi, \"hans\"");
    expect(&mut hans, &json!({ "event": "message", "from": "yoda", "text": "hi, \"hans\"" }));
    hans.send("mesage yoda hi");
    expect(&mut hans, &json!({ "event": "error", "code": "unknown-command" }));
    hans.end_input();
    hans.exits_with(1);
    for line in hans.transcript() {
        event(&line);
    }
}

#[test]
fn nonsense_is_refused_and_the_session_goes_on() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").json().start();
    for nonsense in ["{", "[]", "{}", r#"{"command":7}"#, r#"{"command":"message","time":"5m"}"#, "{\"command\":\"\"}"]
    {
        hans.send(nonsense);
        expect(&mut hans, &json!({ "event": "error" }));
    }
    hans.send("whoelse");
    expect(&mut hans, &json!({ "event": "ok", "command": "whoelse" }));
}
