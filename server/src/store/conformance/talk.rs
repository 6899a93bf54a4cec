//! Promises about messages: order, places, duplicates, what is hidden, what waits, and pages.

use shared::id::{Seq, UnixMs};
use shared::limits::PAGE_BYTES;
use shared::message::Kind;

use super::{ANSWERS, Desk, Engine, INBOX, every_store_keeps, message, texts};
use crate::record::{AccountId, Conversation, KeepError, Kept, KeptMessage, NewMessage, Read, TicketHash, Write};
use crate::store::{Job, QUEUE, Store};

every_store_keeps!(
    places_without_gaps_in_each_conversation,
    a_message_as_it_was_said,
    the_first_of_two_messages_with_one_id,
    answers_in_the_order_of_the_jobs,
    a_hidden_message_hidden_for_ever,
    history_in_pages_from_the_newest,
    pages_bounded_by_bytes,
    a_page_of_one_message_larger_than_a_page,
    what_waits_in_the_order_it_was_stored,
    waiting_after_what_was_sent_already,
    rooms_waiting_only_when_asked_for,
    notes_to_oneself_that_never_wait,
    cursors_that_never_move_back_or_ahead,
    conversations_apart,
    an_inbox_full_of_messages,
    an_inbox_full_of_bytes,
    an_inbox_that_many_fill_at_once,
    a_mistaken_write_alone,
    everything_over_a_restart,
    answers_for_more_jobs_than_the_channel_holds,
    a_job_given_back_while_nobody_takes_answers,
);

struct Three<E: Engine> {
    desk: Desk<E>,
    hans: AccountId,
    yoda: AccountId,
    leia: AccountId,
}

fn three<E: Engine>() -> Three<E> {
    let mut desk = Desk::new();
    let (hans, yoda, leia) = (desk.account("hans"), desk.account("yoda"), desk.account("leia"));
    Three { desk, hans, yoda, leia }
}

fn history(reader: AccountId, conversation: &Conversation, before: Option<u64>, limit: u16) -> Read {
    Read::History { reader, conversation: conversation.clone(), before: before.map(Seq), limit }
}

fn waiting(reader: AccountId, after: &[(&Conversation, u64)], limit: u16) -> Read {
    let after = after.iter().map(|(conversation, seq)| ((*conversation).clone(), Seq(*seq))).collect();
    Read::Waiting { reader, after, limit }
}

fn advance(account: AccountId, conversation: &Conversation, seq: u64) -> Write {
    Write::Advance { account, conversation: conversation.clone(), seq: Seq(seq) }
}

fn places_without_gaps_in_each_conversation<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let (lobby, pair) = (Conversation::lobby(), Conversation::direct(yoda, hans));
    let said = [(&lobby, hans), (&pair, yoda), (&lobby, leia), (&pair, hans), (&pair, yoda), (&lobby, yoda)];
    let mut seqs = Vec::new();
    for (number, (conversation, sender)) in (0..).zip(said) {
        seqs.push(desk.say(message(conversation, sender, number, "x")));
    }
    assert_eq!(seqs, [1, 1, 2, 2, 3, 3].map(Seq));
}

fn a_message_as_it_was_said<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let pair = Conversation::direct(hans, yoda);
    let room = Conversation::Room("Ünïcode: room:dm:1".to_owned());
    let text = "tabs\tand\nlines, \u{202e} and 🜨, 'quotes' \"too\" ?1";
    for (conversation, kind) in [(&pair, Kind::TEXT), (&room, Kind::ACTION)] {
        let mut new = message(conversation, yoda, 7, text);
        new.kind = kind.clone();
        // The id of a message is its sender's, whatever the conversation.
        new.client_id.0[15] = u8::from(kind.is_text());
        desk.say(new);
        let kept = KeptMessage {
            conversation: conversation.clone(),
            seq: Seq(1),
            sender: yoda,
            at: UnixMs(1_000_007),
            kind,
            text: text.to_owned(),
        };
        assert_eq!(desk.page(history(hans, conversation, None, 10)), (vec![kept], false));
    }
}

fn the_first_of_two_messages_with_one_id<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let (lobby, pair) = (Conversation::lobby(), Conversation::direct(hans, yoda));
    desk.say(message(&lobby, leia, 1, "other"));
    desk.say(message(&lobby, hans, 1, "first"));
    let mut second = message(&pair, hans, 1, "second");
    second.at = UnixMs(5);
    second.hidden_from = vec![yoda];
    let first = Kept::Message { seq: Seq(2), at: UnixMs(1_000_001), duplicate: true };
    // Twice: once after the commit and once beside a further duplicate in what may be one transaction.
    let tickets = [desk.submit(Write::Append(second.clone())), desk.submit(Write::Append(second))];
    assert_eq!(tickets.map(|ticket| desk.answer(ticket)), [Ok(first.clone()), Ok(first)]);
    assert_eq!(desk.history(yoda, &lobby), ["other", "first"]);
    assert_eq!(desk.history(hans, &pair), [""; 0]);
    assert_eq!(desk.say(message(&lobby, hans, 2, "next")), Seq(3));
}

fn answers_in_the_order_of_the_jobs<E: Engine>() {
    let Three { mut desk, hans, .. } = three::<E>();
    let lobby = Conversation::lobby();
    let (mut asked, mut answered) = (Vec::new(), Vec::new());
    for number in 0..1500 {
        asked.push(desk.submit(Write::Append(message(&lobby, hans, number, "x"))));
        // Taking some now and then lets an answer that waited for room and one that found room meet.
        if number % 3 == 0 {
            answered.extend(desk.answers.try_recv().into_iter().flatten());
        }
    }
    while answered.len() < asked.len() {
        answered.extend(desk.batch().unwrap());
    }
    assert_eq!(answered.iter().map(|answer| answer.ticket).collect::<Vec<_>>(), asked);
    for (number, answer) in (1..).zip(&answered) {
        assert!(matches!(answer.result, Ok(Kept::Message { seq, .. }) if seq == Seq(number)), "{answer:?}");
    }
}

fn a_hidden_message_hidden_for_ever<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let (lobby, pair) = (Conversation::lobby(), Conversation::direct(hans, yoda));
    for (number, conversation) in [(1, &lobby), (2, &pair)] {
        let mut hidden = message(conversation, hans, number, "not for yoda");
        hidden.hidden_from = vec![yoda, yoda];
        desk.say(hidden);
        desk.say(message(conversation, hans, 10 + number, "for all"));
    }
    let (mut desk, _) = desk.restart();
    assert_eq!(desk.history(yoda, &lobby), ["for all"]);
    assert_eq!(desk.history(leia, &lobby), ["not for yoda", "for all"]);
    assert_eq!(desk.waiting(yoda), ["for all"]);
    assert_eq!(texts(&desk.page(waiting(yoda, &[(&lobby, 0)], 9)).0), ["for all", "for all"]);
    // There is nothing further for yoda, so nothing may promise it.
    let (page, more) = desk.page(history(yoda, &lobby, None, 1));
    assert_eq!((page[0].seq, more), (Seq(2), false));
}

fn history_in_pages_from_the_newest<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let lobby = Conversation::lobby();
    for number in 1..=5 {
        desk.say(message(&lobby, hans, number, &number.to_string()));
    }
    let mut check = |before, limit, expected: &[&str], more| {
        let (page, is_more) = desk.page(history(yoda, &lobby, before, limit));
        assert_eq!((texts(&page), is_more), (expected.iter().map(ToString::to_string).collect(), more));
    };
    check(None, 2, &["4", "5"], true);
    check(Some(4), 2, &["2", "3"], true);
    check(Some(2), 2, &["1"], false);
    check(Some(1), 2, &[], false);
    check(Some(u64::MAX), 5, &["1", "2", "3", "4", "5"], false);
    check(None, 4, &["2", "3", "4", "5"], true);
    check(None, 0, &["5"], true);
    assert_eq!(desk.page(history(yoda, &Conversation::direct(hans, yoda), None, 2)), (vec![], false));
}

fn pages_bounded_by_bytes<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let pair = Conversation::direct(hans, yoda);
    // Three thirds fill a page to the last byte.
    let third = "ü".repeat(PAGE_BYTES / 6);
    for number in 1..=4 {
        desk.say(message(&pair, hans, number, &third));
    }
    desk.say(message(&pair, hans, 5, "!"));
    let places = |(page, more): (Vec<KeptMessage>, bool)| (page.iter().map(|m| m.seq.0).collect::<Vec<_>>(), more);
    assert_eq!(places(desk.page(history(yoda, &pair, None, 200))), (vec![3, 4, 5], true));
    assert_eq!(places(desk.page(history(yoda, &pair, Some(4), 200))), (vec![1, 2, 3], false));
    assert_eq!(places(desk.page(waiting(yoda, &[], 200))), (vec![1, 2, 3], true));
    assert_eq!(places(desk.page(waiting(yoda, &[(&pair, 3)], 200))), (vec![4, 5], false));
}

fn a_page_of_one_message_larger_than_a_page<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let pair = Conversation::direct(hans, yoda);
    desk.say(message(&pair, hans, 1, &"x".repeat(PAGE_BYTES + 1)));
    desk.say(message(&pair, hans, 2, "y"));
    for read in [history(yoda, &pair, Some(2), 9), waiting(yoda, &[], 9)] {
        let (page, more) = desk.page(read.clone());
        assert_eq!((page.len(), page[0].seq, more), (1, Seq(1), matches!(read, Read::Waiting { .. })));
    }
}

fn what_waits_in_the_order_it_was_stored<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let (with_hans, with_leia) = (Conversation::direct(hans, yoda), Conversation::direct(leia, yoda));
    let said = [(&with_leia, leia), (&with_hans, hans), (&with_hans, yoda), (&with_leia, leia), (&with_hans, hans)];
    for (number, (conversation, sender)) in (1..).zip(said) {
        // Clocks may jump: the order is that of storing, not that of times.
        let mut new = message(conversation, sender, number, &number.to_string());
        new.at = UnixMs(100 - number);
        desk.say(new);
    }
    desk.say(message(&Conversation::direct(hans, leia), hans, 50, "not for yoda"));
    desk.say(message(&Conversation::lobby(), hans, 51, "not direct"));
    assert_eq!(desk.waiting(yoda), ["1", "2", "4", "5"]);
    assert_eq!(desk.waiting(hans), ["3"]);
    let (page, more) = desk.page(waiting(yoda, &[], 3));
    assert_eq!((texts(&page).join(" "), more), ("1 2 4".to_owned(), true));
    let (page, more) = desk.page(waiting(yoda, &[], 4));
    assert_eq!((page.len(), more), (4, false));
    // What has been shown waits no longer.
    desk.done(advance(yoda, &with_leia, 1));
    assert_eq!(desk.waiting(yoda), ["2", "4", "5"]);
    desk.done(advance(yoda, &with_hans, 3));
    desk.done(advance(yoda, &with_leia, 2));
    assert_eq!(desk.waiting(yoda), [""; 0]);
    assert_eq!(desk.waiting(hans), ["3"]);
}

fn waiting_after_what_was_sent_already<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let (with_hans, with_leia) = (Conversation::direct(hans, yoda), Conversation::direct(leia, yoda));
    for number in 1..=3 {
        desk.say(message(&with_hans, hans, number, &format!("h{number}")));
        desk.say(message(&with_leia, leia, number, &format!("l{number}")));
    }
    desk.done(advance(yoda, &with_leia, 2));
    let mut check = |after: &[(&Conversation, u64)], expected: &str| {
        assert_eq!(texts(&desk.page(waiting(yoda, after, 9)).0).join(" "), expected, "{after:?}");
    };
    check(&[], "h1 h2 h3 l3");
    // Where the cursor is further, the cursor counts; where what was sent is further, that.
    check(&[(&with_hans, 2), (&with_leia, 1)], "h3 l3");
    check(&[(&with_leia, 3)], "h1 h2 h3");
    check(&[(&with_hans, 1), (&with_hans, 3), (&with_hans, 2)], "l3");
    // Naming somebody else's conversation does not open it, nor one that never was.
    check(&[(&Conversation::direct(hans, leia), 0), (&Conversation::Room("empty".to_owned()), 0)], "h1 h2 h3 l3");
}

fn rooms_waiting_only_when_asked_for<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let (lobby, pair, den) =
        (Conversation::lobby(), Conversation::direct(hans, yoda), Conversation::Room("den".to_owned()));
    let said = [(&lobby, hans, "1"), (&pair, hans, "2"), (&den, hans, "3"), (&lobby, yoda, "4"), (&lobby, hans, "5")];
    for (number, (conversation, sender, text)) in (1..).zip(said) {
        desk.say(message(conversation, sender, number, text));
    }
    // The cursor of a room is of no account: lines of the lobby do not wait.
    desk.done(advance(yoda, &lobby, 3));
    let mut check = |after: &[(&Conversation, u64)], expected: &str| {
        assert_eq!(texts(&desk.page(waiting(yoda, after, 9)).0).join(" "), expected, "{after:?}");
    };
    check(&[], "2");
    check(&[(&lobby, 0)], "1 2 4 5");
    check(&[(&lobby, 1), (&den, 0)], "2 3 4 5");
    check(&[(&lobby, 3), (&lobby, 2)], "2");
}

fn notes_to_oneself_that_never_wait<E: Engine>() {
    let Three { mut desk, hans, .. } = three::<E>();
    let own = Conversation::direct(hans, hans);
    desk.say(message(&own, hans, 1, "note"));
    assert_eq!(desk.waiting(hans), [""; 0]);
    assert_eq!(desk.history(hans, &own), ["note"]);
}

fn cursors_that_never_move_back_or_ahead<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let pair = Conversation::direct(hans, yoda);
    // Nothing was said there yet: nothing happens, and nothing is remembered of it.
    desk.done(advance(yoda, &pair, 5));
    for number in 1..=4 {
        desk.say(message(&pair, hans, number, &number.to_string()));
    }
    assert_eq!(desk.waiting(yoda), ["1", "2", "3", "4"]);
    desk.done(advance(yoda, &pair, 3));
    desk.done(advance(yoda, &pair, 1));
    assert_eq!(desk.waiting(yoda), ["4"]);
    desk.done(advance(leia, &pair, 4));
    assert_eq!(desk.waiting(yoda), ["4"]);
    desk.done(advance(yoda, &pair, u64::MAX));
    desk.say(message(&pair, hans, 5, "5"));
    let (mut desk, _) = desk.restart();
    assert_eq!(desk.waiting(yoda), ["5"]);
}

fn conversations_apart<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let rooms = ["lobby", "Lobby", "room:lobby", "dm:1:2", ""].map(|name| Conversation::Room(name.to_owned()));
    let pairs = [Conversation::direct(hans, yoda), Conversation::direct(hans, leia)];
    for conversation in rooms.iter().chain(&pairs) {
        let number = desk.ticket().0;
        assert_eq!(desk.say(message(conversation, hans, number, &format!("{conversation:?}"))), Seq(1));
    }
    for conversation in rooms.iter().chain(&pairs) {
        assert_eq!(desk.history(yoda, conversation), [format!("{conversation:?}")]);
    }
    let snapshot = desk.store.snapshot().unwrap();
    let mut expected = rooms.map(|room| (room, Seq(1)));
    expected.sort();
    assert_eq!(snapshot.rooms, expected);
}

fn a_mistaken_write_alone<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let (lobby, nobody) = (Conversation::lobby(), AccountId(99));
    let mut hidden_from_nobody = message(&lobby, hans, 9, "x");
    hidden_from_nobody.hidden_from = vec![yoda, nobody];
    let mistakes = [
        Write::Append(message(&lobby, nobody, 1, "x")),
        Write::Append(message(&Conversation::direct(hans, nobody), hans, 8, "x")),
        Write::Append(hidden_from_nobody),
        Write::SetBlock { owner: hans, target: nobody, blocked: true, at: UnixMs(1) },
        Write::OpenSession { account: nobody, address: String::new(), at: UnixMs(1), resume: TicketHash([1; 32]) },
    ];
    let mut asked = Vec::new();
    for (number, mistake) in (10..).zip(mistakes) {
        asked.push(desk.submit(Write::Append(message(&lobby, hans, number, "good"))));
        asked.push(desk.submit(mistake));
    }
    for (number, pair) in (1..).zip(asked.chunks(2)) {
        // The place that the mistake would have taken is free.
        let good = Kept::Message { seq: Seq(number), at: UnixMs(1_000_009 + number), duplicate: false };
        assert_eq!(desk.answer(pair[0]), Ok(good));
        assert_eq!(desk.answer(pair[1]), Err(KeepError::Broken));
    }
    assert_eq!(desk.write(advance(nobody, &lobby, 1)), Err(KeepError::Broken));
    assert_eq!(desk.history(yoda, &lobby), ["good"; 5]);
    assert_eq!(desk.say(message(&Conversation::direct(hans, yoda), hans, 8, "again")), Seq(1));
}

fn everything_over_a_restart<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    let (lobby, pair) = (Conversation::lobby(), Conversation::direct(hans, yoda));
    desk.say(message(&lobby, hans, 1, "one"));
    desk.say(message(&pair, hans, 2, "two"));
    let (mut desk, snapshot) = desk.restart();
    assert_eq!(snapshot.rooms, [(lobby.clone(), Seq(1))]);
    assert_eq!(desk.history(yoda, &lobby), ["one"]);
    assert_eq!(desk.waiting(yoda), ["two"]);
    let again = Kept::Message { seq: Seq(1), at: UnixMs(1_000_002), duplicate: true };
    assert_eq!(desk.write(Write::Append(message(&pair, hans, 2, "two"))), Ok(again));
    assert_eq!(desk.say(message(&lobby, yoda, 3, "three")), Seq(2));
    assert_eq!(desk.say(message(&pair, yoda, 4, "four")), Seq(2));
}

fn answers_for_more_jobs_than_the_channel_holds<E: Engine>() {
    let Three { mut desk, hans, .. } = three::<E>();
    let lobby = Conversation::lobby();
    let before = desk.say(message(&lobby, hans, 1, "x"));
    let reads: Vec<_> = (0..500)
        .map(|_| {
            let ticket = desk.ticket();
            desk.store.submit(Job::Read(ticket, history(hans, &lobby, None, 1))).unwrap();
            ticket
        })
        .collect();
    let write = desk.submit(Write::Append(message(&lobby, hans, 2, "y")));
    for read in reads {
        assert!(matches!(desk.answer(read), Ok(Kept::Page { messages, .. }) if messages[0].seq >= before));
    }
    assert!(matches!(desk.answer(write), Ok(Kept::Message { seq: Seq(2), .. })));
}

fn a_job_given_back_while_nobody_takes_answers<E: Engine>() {
    let mut desk = Desk::<E>::new();
    // More than the queue, the channel of answers and the hands of the threads can ever hold.
    let most = 2 * QUEUE + (ANSWERS + 2) * 512;
    let beat = |desk: &mut Desk<E>| {
        let ticket = desk.ticket();
        desk.store.submit(Job::Write(ticket, Write::Heartbeat { at: UnixMs(ticket.0) })).is_ok()
    };
    let taken = (0..most).take_while(|_| beat(&mut desk)).count();
    assert!((QUEUE..most).contains(&taken), "{taken}");
    let mut answered = 0;
    while answered < taken {
        answered += desk.batch().unwrap().len();
    }
    assert_eq!((answered, beat(&mut desk)), (taken, true));
}

/// A message that has to wait.
fn bounded(sender: AccountId, reader: AccountId, number: u64, text: &str) -> NewMessage {
    NewMessage { bounded: true, ..message(&Conversation::direct(sender, reader), sender, number, text) }
}

fn an_inbox_full_of_messages<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let pair = Conversation::direct(hans, yoda);
    for number in 1..INBOX.messages {
        desk.say(bounded(hans, yoda, number, "x"));
    }
    // Whoever writes: it is one inbox. What yoda says does not wait for yoda, and lines of the lobby wait for nobody.
    desk.say(bounded(leia, yoda, 1, "the last that fits"));
    let refused = Write::Append(bounded(hans, yoda, 90, "too many"));
    assert_eq!(desk.write(refused.clone()), Ok(Kept::InboxFull));
    desk.say(bounded(yoda, hans, 1, "x"));
    desk.say(NewMessage { bounded: true, ..message(&Conversation::lobby(), hans, 91, "x") });
    // What was stored before is no further message, and whoever is there to read gets everything.
    let first = Kept::Message { seq: Seq(1), at: UnixMs(1_000_001), duplicate: true };
    assert_eq!(desk.write(Write::Append(bounded(hans, yoda, 1, "x"))), Ok(first));
    assert_eq!(desk.say(message(&pair, hans, 92, "unbounded")), Seq(6), "the refused one has taken no place");
    // What is known of the inbox is no other after a restart.
    let (mut desk, _) = desk.restart();
    assert_eq!(desk.write(refused.clone()), Ok(Kept::InboxFull));
    desk.done(advance(yoda, &pair, 1));
    assert_eq!(desk.write(refused.clone()), Ok(Kept::InboxFull), "five still wait");
    desk.done(advance(yoda, &pair, 2));
    assert!(matches!(desk.write(refused), Ok(Kept::Message { seq: Seq(7), duplicate: false, .. })));
    assert_eq!(desk.waiting(yoda).last().map(String::as_str), Some("too many"));
}

fn an_inbox_full_of_bytes<E: Engine>() {
    let Three { mut desk, hans, yoda, .. } = three::<E>();
    desk.say(bounded(hans, yoda, 1, &"ü".repeat(10_000)));
    let fits = |number, bytes| Write::Append(bounded(hans, yoda, number, &"x".repeat(bytes)));
    assert_eq!(desk.write(fits(2, 10_001)), Ok(Kept::InboxFull));
    assert!(matches!(desk.write(fits(3, 10_000)), Ok(Kept::Message { seq: Seq(2), .. })));
    assert_eq!(desk.write(fits(4, 1)), Ok(Kept::InboxFull));
    desk.done(advance(yoda, &Conversation::direct(hans, yoda), 2));
    assert!(matches!(desk.write(fits(4, 30_000)), Ok(Kept::Message { seq: Seq(3), .. })));
}

fn an_inbox_that_many_fill_at_once<E: Engine>() {
    let Three { mut desk, hans, yoda, leia } = three::<E>();
    let tickets: Vec<_> = (0..100)
        .map(|number| desk.submit(Write::Append(bounded([hans, leia][number % 2], yoda, number as u64, "x"))))
        .collect();
    let kept: Vec<_> = tickets.into_iter().map(|ticket| desk.answer(ticket).unwrap()).collect();
    let (stored, refused): (Vec<_>, Vec<_>) = kept.into_iter().partition(|kept| *kept != Kept::InboxFull);
    assert_eq!((stored.len(), refused.len()), (5, 95));
    assert_eq!(desk.waiting(yoda).len(), 5);
}
