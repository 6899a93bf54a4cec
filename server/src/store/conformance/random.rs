//! Random sequences of writes: both stores answer them alike, and afterwards every read finds the same.

use proptest::prelude::*;
use shared::id::{Seq, UnixMs};
use shared::message::Reason;

use super::search::everything;
use super::{Desk, Engine, Memory, Sqlite, account, message};
use crate::record::{
    AccountId, Conversation, Device, KeepError, Kept, Phc, Read, SessionRow, Strikes, TicketHash, Write,
};
use crate::store::Store;

/// Accounts that exist from the start; ids go up to one more, which is nobody until the sequence makes it.
const PEOPLE: [&str; 3] = ["hans", "yoda", "leia"];

fn person() -> impl Strategy<Value = AccountId> {
    (1..=4i64).prop_map(AccountId)
}

fn place() -> impl Strategy<Value = Conversation> {
    prop_oneof![
        Just(Conversation::lobby()),
        Just(Conversation::Room("den".to_owned())),
        (person(), person()).prop_map(|(one, other)| Conversation::direct(one, other)),
    ]
}

fn append() -> impl Strategy<Value = Write> {
    let text = prop_oneof![9 => Just(0), 1 => Just(20_000usize)];
    let hidden_from = prop_oneof![3 => Just(vec![]), 1 => proptest::collection::vec(person(), 0..3)];
    // Few ids, so that some repeat; two thirds of the senders belong to a direct conversation.
    (place(), person(), 0..40u64, text, hidden_from).prop_map(|(conversation, sender, number, bytes, hidden_from)| {
        let text = format!("{number} {number:0>3} {}", "x".repeat(bytes));
        let sender = match conversation {
            Conversation::Direct(one, _) if number % 3 == 0 => one,
            Conversation::Direct(_, other) if number % 3 == 1 => other,
            _ => sender,
        };
        let mut new = message(&conversation, sender, number, &text);
        new.hidden_from = hidden_from;
        new.bounded = number % 2 == 0;
        Write::Append(new)
    })
}

fn write() -> impl Strategy<Value = Write> {
    let at = || (0..100u64).prop_map(UnixMs);
    prop_oneof![
        12 => append(),
        4 => (person(), place(), 0..9u64)
            .prop_map(|(account, conversation, seq)| Write::Advance { account, conversation, seq: Seq(seq) }),
        1 => ("[ab]", proptest::option::of("[cd]")).prop_map(|(name, look)| account(&name, look.as_deref())),
        1 => (person(), "[a-z]").prop_map(|(account, phc)| Write::SetPassword { account, password: Phc(phc) }),
        2 => (person(), person(), any::<bool>(), at())
            .prop_map(|(owner, target, blocked, at)| Write::SetBlock { owner, target, blocked, at }),
        2 => (person(), place(), 0..9u64)
            .prop_map(|(sender, conversation, seq)| Write::Unsend { sender, conversation, seq: Seq(seq) }),
        2 => (person(), at(), never_twice())
            .prop_map(|(account, at, resume)| Write::OpenSession { account, address: String::new(), at, resume }),
        1 => person().prop_map(|account| Write::ForgetResume { account }),
        4 => (ticket(), person(), at(), 0..3u8)
            .prop_map(|(ticket, account, used, wrong)| Write::KeepDevice(Device { ticket, account, used, wrong })),
        1 => ticket().prop_map(Write::ForgetDevice),
        1 => person().prop_map(|account| Write::ForgetDevices { account }),
        2 => (1..6i64, at())
            .prop_map(|(row, at)| Write::CloseSession { row: SessionRow(row), at, reason: Reason::TIMED_OUT }),
        1 => ("[ab]", 0..3u8, proptest::option::of(at())).prop_map(|(name_key, count, locked_until)| {
            Write::SetStrikes(Strikes { name_key, count, locked_until })
        }),
        1 => at().prop_map(|at| Write::Heartbeat { at }),
    ]
}

/// The tickets of two logins are never the same: which of the two would be kept first is nobody's promise.
fn never_twice() -> impl Strategy<Value = TicketHash> {
    any::<[u8; 32]>().prop_map(TicketHash)
}

/// From few enough for devices to be found again.
fn ticket() -> impl Strategy<Value = TicketHash> {
    any::<u8>().prop_map(|byte| TicketHash([byte; 32]))
}

/// Parts of the texts of [`append`], for the index and too short for it.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just("xxx".to_owned()), Just("x".to_owned()), (0..40u64).prop_map(|n| n.to_string()), "[0-9]"]
}

fn after() -> impl Strategy<Value = Vec<(Conversation, Seq)>> {
    proptest::collection::vec((place(), (0..6u64).prop_map(Seq)), 0..4)
}

fn read() -> impl Strategy<Value = Read> {
    prop_oneof![
        (person(), place(), proptest::option::of((0..9u64).prop_map(Seq)), 0..6u16)
            .prop_map(|(reader, conversation, before, limit)| Read::History { reader, conversation, before, limit }),
        (person(), after(), 0..12u16).prop_map(|(reader, after, limit)| Read::Waiting { reader, after, limit }),
        (person(), 0..6u16).prop_map(|(sender, limit)| Read::Unseen { sender, limit }),
        (person(), word(), proptest::option::of(place()), 1..6u16).prop_map(|(reader, word, within, limit)| {
            Read::Search { reader, words: vec![word], within, start: None, limit }
        }),
        (person(), place(), (0..6u64).prop_map(Seq)).prop_map(|(reader, conversation, seq)| {
            let start = Some((conversation, seq));
            Read::Search { reader, words: vec!["x".to_owned()], within: None, start, limit: 9 }
        }),
    ]
}

/// What a store makes of the sequence: its answers, the pages, the start after it, and the passwords.
fn story<E: Engine>(writes: &[Write], reads: &[Read]) -> impl PartialEq + std::fmt::Debug + use<E> {
    let mut desk = Desk::<E>::new();
    for name in PEOPLE {
        desk.account(name);
    }
    let tickets: Vec<_> = writes.iter().map(|write| desk.submit(write.clone())).collect();
    let answers: Vec<Result<Kept, KeepError>> = tickets.into_iter().map(|ticket| desk.answer(ticket)).collect();
    // Where a page of a search ends may depend on what was indexed by then; what is found may not.
    let mut answer = |read: &Read| match read {
        Read::Search { .. } => (everything(&mut desk, read), false),
        _ => desk.page(read.clone()),
    };
    let pages: Vec<_> = reads.iter().map(&mut answer).collect();
    let (desk, snapshot) = desk.restart();
    let passwords: Vec<_> = (1..=6).map(|id| desk.store.password(AccountId(id)).unwrap()).collect();
    (answers, pages, snapshot, passwords)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_tell_the_same_story(
        writes in proptest::collection::vec(write(), 0..80),
        reads in proptest::collection::vec(read(), 12),
    ) {
        prop_assert_eq!(format!("{:?}", story::<Memory>(&writes, &reads)), format!("{:?}", story::<Sqlite>(&writes, &reads)));
    }
}
