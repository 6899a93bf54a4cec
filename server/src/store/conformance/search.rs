//! Promises about searches: what is found, by whom, in which order, and page by page.
//!
//! Stores may index what is said at any time: nothing of this may depend on it.

use shared::id::Seq;
use shared::limits::PAGE_BYTES;

use super::{Desk, Engine, every_store_keeps, message, texts};
use crate::record::{AccountId, Conversation, KeptMessage, NewMessage, Read, Write};

every_store_keeps!(
    all_words_in_any_order_and_case,
    nothing_that_is_typed_as_an_operator,
    words_in_every_script_and_length,
    the_newest_first_over_all_conversations,
    only_where_it_was_asked_for,
    nothing_of_others,
    nothing_that_was_hidden,
    nothing_that_was_taken_back,
    pages_that_follow_each_other,
    found_pages_bounded_by_bytes,
    a_start_that_does_not_exist,
    the_same_after_a_restart,
);

struct Three<E: Engine> {
    desk: Desk<E>,
    hans: AccountId,
    yoda: AccountId,
    leia: AccountId,
    said: u64,
}

impl<E: Engine> Three<E> {
    fn new() -> Self {
        let mut desk = Desk::new();
        let (hans, yoda, leia) = (desk.account("hans"), desk.account("yoda"), desk.account("leia"));
        Self { desk, hans, yoda, leia, said: 0 }
    }

    fn message(&mut self, conversation: &Conversation, sender: AccountId, text: &str) -> NewMessage {
        self.said += 1;
        message(conversation, sender, self.said, text)
    }

    fn say(&mut self, conversation: &Conversation, sender: AccountId, text: &str) -> Seq {
        let message = self.message(conversation, sender, text);
        self.desk.say(message)
    }

    /// Everything that is found, as texts, newest first.
    fn found(&mut self, reader: AccountId, words: &[&str]) -> Vec<String> {
        texts(&everything(&mut self.desk, &search(reader, words)))
    }
}

fn search(reader: AccountId, words: &[&str]) -> Read {
    let words = words.iter().map(ToString::to_string).collect();
    Read::Search { reader, words, within: None, start: None, limit: 100 }
}

/// All pages of a search, one after the other.
pub(super) fn everything<E: Engine>(desk: &mut Desk<E>, search: &Read) -> Vec<KeptMessage> {
    let Read::Search { reader, words, within, limit, start } = search.clone() else { panic!("no search: {search:?}") };
    let (mut all, mut start) = (Vec::new(), start);
    loop {
        let read = Read::Search { reader, words: words.clone(), within: within.clone(), start, limit };
        let (messages, next) = desk.found(read);
        all.extend(messages);
        start = next;
        if start.is_none() {
            return all;
        }
    }
}

fn all_words_in_any_order_and_case<E: Engine>() {
    let mut three = Three::<E>::new();
    let (lobby, hans) = (Conversation::lobby(), three.hans);
    for text in ["these are not the droids", "Droids? THESE!", "no droid here", "die Straße"] {
        three.say(&lobby, hans, text);
    }
    assert_eq!(three.found(hans, &["droids", "these"]), ["Droids? THESE!", "these are not the droids"]);
    assert_eq!(three.found(hans, &["THE DROIDS"]), ["these are not the droids"]);
    assert_eq!(three.found(hans, &["droids the"]), [""; 0]);
    assert_eq!(three.found(hans, &["roid"]), ["no droid here", "Droids? THESE!", "these are not the droids"]);
    assert_eq!(three.found(hans, &["STRASSE"]), ["die Straße"]);
    assert_eq!(three.found(hans, &["strase"]), [""; 0]);
}

fn nothing_that_is_typed_as_an_operator<E: Engine>() {
    let mut three = Three::<E>::new();
    let (lobby, hans) = (Conversation::lobby(), three.hans);
    let text = "a \"quoted\" OR b* NEAR(c, 5) AND NOT body:d ^e {f} -g 'h'; DROP TABLE message; 100% _";
    three.say(&lobby, hans, text);
    three.say(&lobby, hans, "nothing of that");
    for word in ["\"quoted\"", "OR b*", "b*", "NEAR(c, 5)", "AND NOT", "body:d", "^e", "{f}", "-g", "'h'", "0%", "_"] {
        assert_eq!(three.found(hans, &[word]), [text], "{word}");
    }
    for word in ["quot*", "\"nothing OR", "quoted OR nothing", "NEAR(a b)", "body:quoted", "%", "b_", "\"\"\"", "\\"] {
        let expected = if text.contains(word) { &[text][..] } else { &[] };
        assert_eq!(three.found(hans, &[word]), expected, "{word}");
    }
}

fn words_in_every_script_and_length<E: Engine>() {
    let mut three = Three::<E>::new();
    let (lobby, hans) = (Conversation::lobby(), three.hans);
    let texts = ["这些不是你要找的机器人", "привет, ДРОИД", "🤖🤖🤖 ok", "e\u{301}t\u{e9}"];
    // More than the index leaves out, so that both the indexed and the other part are met.
    for _ in 0..5 {
        for text in texts {
            three.say(&lobby, hans, text);
        }
    }
    let cases = [
        ("机器人", 0),
        ("机器", 0),
        ("机", 0),
        ("дроид", 1),
        ("ИВ", 1),
        ("🤖🤖", 2),
        ("OK", 2),
        ("k", 2),
        ("t\u{e9}", 3),
        (texts[0], 0),
    ];
    for (word, index) in cases {
        assert_eq!(three.found(hans, &[word]), [texts[index]; 5], "{word}");
    }
    assert_eq!(three.found(hans, &["机器", "找", "这些不是你"]), [texts[0]; 5]);
}

fn the_newest_first_over_all_conversations<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda, leia) = (three.hans, three.yoda, three.leia);
    let places = [
        (Conversation::lobby(), leia),
        (Conversation::direct(hans, yoda), yoda),
        (Conversation::direct(hans, leia), hans),
        (Conversation::direct(hans, hans), hans),
    ];
    for number in 0..24 {
        let (place, sender) = &places[number % 4 * (number % 3) % 4];
        three.say(place, *sender, &format!("word {number}"));
    }
    let expected: Vec<String> = (0..24).rev().map(|number| format!("word {number}")).collect();
    assert_eq!(three.found(hans, &["word"]), expected);
    assert_eq!(three.found(hans, &["wo"]), expected);
}

fn only_where_it_was_asked_for<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda) = (three.hans, three.yoda);
    let (lobby, pair, den) =
        (Conversation::lobby(), Conversation::direct(hans, yoda), Conversation::Room("den".to_owned()));
    for (place, text) in [(&lobby, "word: lobby"), (&pair, "word: pair"), (&den, "word: den"), (&lobby, "other")] {
        three.say(place, hans, text);
    }
    for (place, expected) in [(&lobby, &["word: lobby"][..]), (&pair, &["word: pair"]), (&den, &["word: den"])] {
        let words = vec!["word".to_owned()];
        let read = Read::Search { reader: yoda, words, within: Some(place.clone()), start: None, limit: 9 };
        assert_eq!(texts(&three.desk.found(read).0), expected);
    }
    assert_eq!(three.found(yoda, &["word"]), ["word: pair", "word: lobby"], "only the lobby is everybody's room");
}

fn nothing_of_others<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda, leia) = (three.hans, three.yoda, three.leia);
    for _ in 0..6 {
        three.say(&Conversation::direct(hans, yoda), hans, "a secret");
    }
    assert_eq!(three.found(leia, &["secret"]), [""; 0]);
    assert_eq!(three.found(leia, &["se"]), [""; 0]);
    assert_eq!(three.found(yoda, &["secret"]).len(), 6);
    assert_eq!(three.found(hans, &["se"]).len(), 6);
}

fn nothing_that_was_hidden<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda) = (three.hans, three.yoda);
    for place in [Conversation::lobby(), Conversation::direct(hans, yoda)] {
        for number in 0..6 {
            let mut new = three.message(&place, hans, &format!("word {number}"));
            new.hidden_from = if number % 2 == 0 { vec![yoda] } else { vec![] };
            three.desk.say(new);
        }
    }
    let (odd, all) = (["word 5", "word 3", "word 1"], ["word 5", "word 4", "word 3", "word 2", "word 1", "word 0"]);
    for word in ["word", "wo"] {
        assert_eq!(three.found(yoda, &[word]), [odd, odd].concat());
        assert_eq!(three.found(hans, &[word]), [all, all].concat());
    }
    // There is nothing further for yoda, so nothing may promise it.
    let (page, next) = three.desk.found(Read::Search {
        reader: yoda,
        words: vec!["word".to_owned()],
        within: Some(Conversation::lobby()),
        start: None,
        limit: 3,
    });
    assert_eq!((texts(&page), next), (odd.map(str::to_owned).to_vec(), None));
}

fn nothing_that_was_taken_back<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda) = (three.hans, three.yoda);
    let pair = Conversation::direct(hans, yoda);
    for number in 1..=8 {
        three.say(&pair, hans, &format!("word {number}"));
    }
    for seq in [2, 8] {
        three.desk.done(Write::Unsend { sender: hans, conversation: pair.clone(), seq: Seq(seq) });
    }
    for word in ["word", "wo"] {
        assert_eq!(three.found(yoda, &[word]), ["word 7", "word 6", "word 5", "word 4", "word 3", "word 1"]);
    }
}

fn pages_that_follow_each_other<E: Engine>() {
    for word in ["word", "wo"] {
        let mut three = Three::<E>::new();
        let (hans, yoda) = (three.hans, three.yoda);
        let (lobby, pair) = (Conversation::lobby(), Conversation::direct(hans, yoda));
        for number in 1..=10 {
            three.say(if number % 2 == 0 { &lobby } else { &pair }, hans, &format!("word {number}"));
        }
        let mut start = None;
        let mut page = |three: &mut Three<E>, expected: &[&str]| {
            let words = vec![word.to_owned()];
            let read = Read::Search { reader: yoda, words, within: None, start: start.take(), limit: 4 };
            let (messages, next) = three.desk.found(read);
            assert_eq!(texts(&messages), expected);
            start.clone_from(&next);
            next
        };
        let next = page(&mut three, &["word 10", "word 9", "word 8", "word 7"]);
        assert_eq!(next, Some((lobby.clone(), Seq(3))));
        // What is said meanwhile does not move the pages.
        three.say(&lobby, hans, "a newer word");
        page(&mut three, &["word 6", "word 5", "word 4", "word 3"]);
        assert_eq!(page(&mut three, &["word 2", "word 1"]), None);
        assert_eq!(three.found(yoda, &[word, "10"]), ["word 10"]);
    }
}

fn found_pages_bounded_by_bytes<E: Engine>() {
    let mut three = Three::<E>::new();
    let (lobby, hans) = (Conversation::lobby(), three.hans);
    let half = format!("word {}", "x".repeat(PAGE_BYTES / 2 - 5));
    for _ in 0..3 {
        three.say(&lobby, hans, &half);
    }
    let (page, next) = three.desk.found(search(hans, &["word"]));
    assert_eq!((page.len(), next), (2, Some((lobby.clone(), Seq(1)))));
    three.say(&lobby, hans, &format!("huge {}", "x".repeat(PAGE_BYTES)));
    let (page, next) = three.desk.found(search(hans, &["huge"]));
    assert_eq!((page.len(), next), (1, None), "a page has at least one message");
}

fn a_start_that_does_not_exist<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda) = (three.hans, three.yoda);
    three.say(&Conversation::lobby(), hans, "word");
    for (conversation, seq) in [
        (Conversation::lobby(), 0),
        (Conversation::lobby(), 2),
        (Conversation::lobby(), u64::MAX),
        (Conversation::direct(hans, yoda), 1),
    ] {
        let start = Some((conversation, Seq(seq)));
        let read = Read::Search { reader: hans, words: vec!["word".to_owned()], within: None, start, limit: 9 };
        assert_eq!(three.desk.found(read), (vec![], None));
    }
}

fn the_same_after_a_restart<E: Engine>() {
    let mut three = Three::<E>::new();
    let (hans, yoda) = (three.hans, three.yoda);
    let places = [Conversation::lobby(), Conversation::direct(hans, yoda)];
    for number in 0..30 {
        three.say(&places[number % 2], hans, &format!("word {number}"));
    }
    let before = three.found(yoda, &["word"]);
    let (desk, _) = three.desk.restart();
    let mut three = Three { desk, ..three };
    assert_eq!(three.found(yoda, &["word"]), before);
    assert_eq!(before.len(), 30);
    three.say(&places[1], yoda, "a newer word");
    assert_eq!(three.found(yoda, &["word"])[..2], ["a newer word", "word 29"]);
}
