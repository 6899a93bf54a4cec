use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// What a line is: a command, or `CODE ABOUT: SENTENCE`.
#[track_caller]
fn check(line: &str, expected: Result<Command, &str>) {
    let got = parse(line).map(|command| command.expect("the line is not blank"));
    let got = got.map_err(|error| format!("{} {}: {error}", error.code().as_str(), error.command()));
    assert_eq!(got, expected.map_err(str::to_owned), "{line:?}");
}

fn message(to: &str, text: &str) -> Command {
    Command::Message { to: to.to_owned(), text: text.to_owned() }
}

#[test]
fn lines_become_commands() {
    for line in ["message yoda hi", "/message yoda hi", "msg yoda hi", "w yoda hi", "dm @yoda hi", "MESSAGE  yoda hi"] {
        check(line, Ok(message("yoda", "hi")));
    }
    check("message yoda  two blanks, kept ", Ok(message("yoda", " two blanks, kept ")));
    check("say hello all", Ok(Command::Broadcast { text: "hello all".to_owned() }));
    check("me smiles", Ok(Command::Me { action: "smiles".to_owned() }));
    check("away", Ok(Command::Away { text: String::new() }));
    check("ignore vader ", Ok(Command::Block { user: "vader".to_owned() }));
    for (typed, verb) in
        [("who", Verb::Whoelse), ("names", Verb::Whoelse), ("quit", Verb::Logout), ("exit", Verb::Logout)]
    {
        assert_eq!(parse(typed).unwrap().unwrap().verb(), verb);
    }
    assert_eq!(parse(""), Ok(None));
    assert_eq!(parse(" \t "), Ok(None));
}

#[test]
fn times_are_seconds_or_have_a_unit() {
    let table =
        [("300", 300), ("300s", 300), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("3650d", 315_360_000), ("007", 7)];
    for (typed, seconds) in table {
        check(&format!("whoelsesince {typed}"), Ok(Command::Whoelsesince { span: Duration::from_secs(seconds) }));
    }
    let sentence = "bad-time whoelsesince: not a time; write seconds, or a number with s, m, h or d, at most 3650d";
    for typed in ["soon", "0", "-5", "+5", "1.5h", "5x", "m", "3651d", "99999999999999999999", "9999999999999999d", "٣"]
    {
        check(&format!("whoelsesince {typed}"), Err(sentence));
    }
    check("whoelsesince", Err("usage whoelsesince: whoelsesince TIME"));
}

#[test]
fn history_takes_a_user_a_number_both_or_neither() {
    let history = |with: Option<&str>, count| Ok(Command::History { with: with.map(str::to_owned), count });
    check("history", history(None, HISTORY_DEFAULT));
    check("history 3", history(None, 3));
    check("history @yoda", history(Some("yoda"), HISTORY_DEFAULT));
    check("history @20 5", history(Some("20"), 5));
    check("history 0", Err("usage history: not a number from 1 to 1000"));
    check("history many", Err("usage history: not a number from 1 to 1000"));
    check("history 3 4", Err("usage history: history [@USER] [N]"));
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    check("message", Err("usage message: message USER TEXT"));
    check("message yoda", Err("empty message: there is nothing to send"));
    check("broadcast", Err("empty broadcast: there is nothing to send"));
    check("whoelse now", Err("usage whoelse: whoelse"));
    check("block", Err("usage block: block USER"));
    check("block yoda leia", Err("usage block: block USER"));
    check("message @ hi", Err("no-such-user message: nobody can be called that"));
    check(&format!("block {}", "x".repeat(129)), Err("no-such-user block: nobody can be called that"));
    check(&format!("say {}", "x".repeat(8193)), Err("too-long broadcast: 8193 bytes, at most 8192 are allowed"));
    let lines = vec!["l"; 101].join("\n");
    check(&format!("say {lines}"), Err("too-long broadcast: 101 lines, at most 100 are allowed"));
    check(&format!("away {}", "z".repeat(201)), Err("too-long away: 201 bytes, at most 200 are allowed"));
}

#[test]
fn a_blank_before_a_command_is_an_error_that_names_it() {
    for line in [" message yoda hi", "\tmsg yoda hi", " /message yoda hi"] {
        check(line, Err("unknown-command message: a blank stands before it; type it without"));
    }
}

#[test]
fn a_slip_finds_the_nearest_word() {
    let table = [
        ("mesage", Some("message")),
        ("messsage", Some("message")),
        ("emssage", Some("message")),
        ("mgs", Some("msg")),
        ("brodcast", Some("broadcast")),
        ("whoelsesinc", Some("whoelsesince")),
        ("blokc", Some("block")),
        ("unblok", Some("unblock")),
        ("LOGUT", Some("logout")),
        ("ext", Some("exit")),
        ("xyzzyplugh", None),
        ("x", None),
        ("", None),
        ("startprivat", Some("startprivate")),
        ("saerch", Some("search")),
        ("thiswordislongerthananycommand", None),
    ];
    for (typed, expected) in table {
        assert_eq!(nearest(typed), expected, "{typed:?}");
    }
    check("mesage yoda hi", Err("unknown-command mesage: did you mean message"));
    check("help mesage", Err("unknown-command mesage: did you mean message"));
}

#[test]
fn no_word_names_two_commands() {
    let mut seen = BTreeSet::new();
    for name in TABLE.iter().flat_map(Spec::names) {
        assert!(seen.insert(name), "{name} stands twice in the table");
        assert_eq!(find(name).map(|spec| spec.is_called(name)), Some(true));
    }
}

#[test]
fn every_command_leads_to_its_own_row() {
    let mut verbs = BTreeSet::new();
    for spec in TABLE {
        assert!(verbs.insert(spec.verb), "{} has two rows", spec.name);
        assert_eq!(spec.verb.spec(), spec);
        let example =
            |kind, word: &str| spec.arguments.iter().any(|argument| argument.kind == kind).then(|| word.to_owned());
        let (user, text, time) = (
            example(Kind::User, "yoda"),
            example(Kind::Text, "hi").or(example(Kind::Path, "hi")),
            example(Kind::Time, "5m"),
        );
        let number = example(Kind::Number, "2");
        let command = build(spec, Fields { user, text, time, number, ..Fields::default() }).unwrap();
        assert_eq!(command.verb(), spec.verb);
    }
}

#[test]
fn a_text_is_the_last_argument() {
    for spec in TABLE {
        let text = spec.arguments.iter().position(|argument| argument.kind == Kind::Text);
        assert!(text.is_none_or(|index| index + 1 == spec.arguments.len()), "{}", spec.name);
    }
}

proptest! {
    #[test]
    fn no_line_is_too_strange(line in any::<String>()) {
        let _ = parse(&line);
    }

    #[test]
    fn no_argument_is_too_strange(index in 0..TABLE.len(), rest in any::<String>()) {
        let line = format!("{} {rest}", TABLE[index].name);
        if let Err(error) = parse(&line) {
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn a_text_arrives_as_it_was_typed(text in "\\PC*[a-z]\\PC*") {
        prop_assume!(text.len() <= 8192);
        let command = parse(&format!("message yoda {text}")).unwrap().unwrap();
        prop_assert_eq!(command, message("yoda", &text));
    }
}
