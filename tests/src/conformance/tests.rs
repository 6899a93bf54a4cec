use super::read::{self, Step};
use super::secrets::Secrets;
use super::template::Variables;
use super::value::Value;

/// Whether the pattern in a case fits the value in it.
#[track_caller]
fn check(pattern: &str, value: &str, expected: bool) {
    let text = format!("case x\na > {value}\na < {pattern}");
    let file = read::file("x", &text).unwrap_or_else(|error| panic!("{error}"));
    let [(_, Step::Say(_, said)), (_, Step::Next(_, patterns))] = file.cases[0].steps.as_slice() else {
        panic!("{file:?}");
    };
    let mut variables = Variables::new(1);
    variables.set("hans", Value::Text("Hans".to_owned()));
    let value = said[0].make(&mut variables).expect("it is a value");
    let wired = Value::decode(&value.encode()).expect("it is a message");
    assert_eq!(wired, value, "it is the same over the wire");
    assert_eq!(patterns[0].fits(&wired, &mut variables), Ok(expected), "{pattern} and {value}");
}

#[test]
fn only_named_fields_count() {
    check("{t: ok}", r#"{t: "ok", re: 7}"#, true);
    check("{t: ok, re: 8}", "{t: ok, re: 7}", false);
    check("{re: -7}", "{re: -7}", true);
    check("{re: *text}", "{re: 7}", false);
    check("{more: false?}", "{t: users}", true);
    check("{more: false?}", "{more: true}", false);
    check("{more: absent}", "{more: true}", false);
    check("{more: absent}", "{t: x}", true);
    check("{more: *}", "{t: x}", false);
    check("{key: *bytes32}", "{key: <00*32>}", true);
    check("{key: *bytes32}", "{key: <00*31>}", false);
}

#[test]
fn lists_are_compared_whole_or_with_others() {
    check("{l: [1, 2]}", "{l: [1, 2]}", true);
    check("{l: [1]}", "{l: [1, 2]}", false);
    check("{l: [..., {name: $hans}, ...]}", r#"{l: [{name: "Yoda"}, {name: "Hans"}, 3]}"#, true);
    check("{l: [..., {name: $hans}]}", r#"{l: [{name: "Hans"}, 3]}"#, false);
    check("{l: []}", "{l: []}", true);
}

#[test]
fn variables_stand_in_texts_and_are_captured() {
    check(r#"{conv: "@$hans"}"#, "{conv: @Hans}", true);
    check("{a: ?x, b: $x}", "{a: 5, b: 5}", true);
    check("{a: ?x, b: $x}", "{a: 5, b: 6}", false);
    check(r#"{text: "x"*3}"#, "{text: xxx}", true);
    check(r#"{text: "a\"\u{1b}\n"}"#, r#"{text: "a\"\u{1b}\n"}"#, true);
}

#[test]
fn what_a_server_may_not_say_is_no_message() {
    for (body, what) in [
        (&b"\x81\xa1t\xa2ok\xc0"[..], "bytes behind"),
        (b"\x82\xa1t\xa2ok\xa1t\xa2ok", "twice"),
        (b"\x81\x01\xa2ok", "no text"),
        (b"\x91\xa2ok", "no map"),
        (b"\x81\xa1t", "MessagePack"),
    ] {
        let error = Value::decode(body).expect_err(what);
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_line() {
    for line in ["a < {t: ok", "a sings", "a > ", "a frame 8", "a > {t: 1} , x", "a < \"x"] {
        let error = read::file("f", &format!("case x\n\n{line}")).expect_err(line);
        assert!(error.starts_with("f:3: "), "{error}");
    }
    assert!(read::file("f", "a < {t: ok}").is_err(), "no case has begun");
}

/// Whether something secret of the message is in the line.
#[track_caller]
fn check_log(message: &str, line: &str, is_fault: bool) {
    let file = read::file("x", &format!("case x\na > {message}")).unwrap_or_else(|error| panic!("{error}"));
    let [(_, Step::Say(_, said))] = file.cases[0].steps.as_slice() else { panic!("{file:?}") };
    let mut secrets = Secrets::default();
    secrets.sent(&said[0].make(&mut Variables::new(1)).expect("it is a value"));
    assert_eq!(!secrets.faults_of(line).is_empty(), is_fault, "{message} and {line:?}");
}

#[test]
fn a_secret_in_a_log_is_found() {
    check_log("{t: login, name: hans, password: one}", "info  hans said one", true);
    check_log("{t: login, name: hans, password: one}", "info  connection 1 of hans", false);
    check_log("{t: send, text: \"between us\"}", "debug text=xbetween usx", true);
    check_log("{t: send, text: \"\\u{1b}]0;title\\u{7}\"}", "debug \\u{1b}]0;title\\u{7}", true);
    check_log("{t: send, text: \"a\"*5000}", &format!("debug {}...", "a".repeat(80)), true);
    check_log("{t: search, words: Café}", "debug café", false);
    check_log("{t: search, words: Café}", "debug \"Café\"", true);
    check_log("{t: resume, ticket: <ab*32>}", "debug ticket abababababababababab", true);
    check_log("{t: resume, ticket: <ab*32>}", "debug ticket [171, 171, 171, 171, 171, 171, 171, 171, 171]", true);
    check_log("{t: who}", "info  a\u{1b}[31mb", true);
    check_log("{t: hello}", "info  listening", true);
    check_log("{t: hello}", "x debug connection 1\n", false);
}
