//! Promises about accounts, passwords, blocks, wrong passwords and sessions, and about closing.

use shared::id::{Seq, UnixMs};
use shared::message::Reason;
use shared::name::Name;

use super::{Desk, Engine, account, every_store_keeps, message};
use crate::record::{AccountId, Conversation, Kept, Origin, Phc, SessionRow, Snapshot, Strikes, TicketHash, Write};
use crate::store::{Job, STRIKES, STRIKES_FORGOTTEN, Store};

every_store_keeps!(
    strikes_of_so_many_names_and_no_more,
    an_empty_start_with_a_lobby,
    a_name_for_one_account,
    a_look_for_one_account,
    names_as_they_were_registered,
    the_last_password,
    blocks_until_they_are_taken_away,
    wrong_passwords_until_they_are_forgotten,
    the_end_of_the_last_session,
    sessions_that_a_crash_left_open,
    nothing_after_it_is_closed,
    what_was_submitted_before_closing,
);

fn login<E: Engine>(desk: &mut Desk<E>, account: AccountId, at: u64) -> SessionRow {
    match desk.write(Write::OpenSession {
        account,
        address: "10.0.0.5".to_owned(),
        at: UnixMs(at),
        resume: TicketHash([u8::try_from(at).unwrap(); 32]),
    }) {
        Ok(Kept::Session(row)) => row,
        other => panic!("not a session: {other:?}"),
    }
}

fn logout(row: SessionRow, at: u64) -> Write {
    Write::CloseSession { row, at: UnixMs(at), reason: Reason::LOGGED_OUT }
}

fn last_seen(snapshot: &Snapshot) -> Vec<Option<u64>> {
    snapshot.accounts.iter().map(|account| account.last_seen.map(|at| at.0)).collect()
}

fn an_empty_start_with_a_lobby<E: Engine>() {
    let desk = Desk::<E>::new();
    let expected = Snapshot { rooms: vec![(Conversation::lobby(), Seq(0))], ..Snapshot::default() };
    assert_eq!(desk.store.snapshot().unwrap(), expected);
}

fn a_name_for_one_account<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let yoda = desk.account("Yoda");
    assert_eq!(desk.write(account("yODA", None)), Ok(Kept::NameTaken));
    let (mut desk, _) = desk.restart();
    assert_eq!(desk.write(account("yoda", None)), Ok(Kept::NameTaken));
    assert_ne!(desk.account("yodb"), yoda);
}

fn a_look_for_one_account<E: Engine>() {
    let mut desk = Desk::<E>::new();
    assert!(matches!(desk.write(account("evan", Some("evan"))), Ok(Kept::Account(_))));
    // A Cyrillic letter at the beginning: another name that looks the same.
    assert_eq!(desk.write(account("\u{435}van", Some("evan"))), Ok(Kept::NameTaken));
    let (mut desk, _) = desk.restart();
    assert_eq!(desk.write(account("\u{435}van", Some("evan"))), Ok(Kept::NameTaken));
    // Plain names have no look to compare, however many there are.
    desk.account("l1");
    desk.account("ll");
}

fn names_as_they_were_registered<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let ids = [desk.account("Zoë"), desk.account("adam")];
    let (_, snapshot) = desk.restart();
    let found: Vec<_> = snapshot.accounts.iter().map(|a| (a.id, a.name.as_str(), a.name.key(), a.created)).collect();
    assert_eq!(found, [(ids[0], "Zoë", "zoë", UnixMs(1000)), (ids[1], "adam", "adam", UnixMs(1000))]);
    assert!(ids[0] < ids[1]);
}

fn the_last_password<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let hans = desk.account("hans");
    let (name, password) = (Name::plain("yoda").unwrap(), Some(Phc("first".to_owned())));
    let with = Write::AddAccount { name, skeleton: None, password, origin: Origin::File, at: UnixMs(1) };
    let Ok(Kept::Account(yoda)) = desk.write(with) else { panic!("not an account") };
    let stored = |desk: &Desk<E>, id| desk.store.password(id).unwrap().map(|phc| phc.0);
    assert_eq!(stored(&desk, hans), None);
    assert_eq!(stored(&desk, AccountId(99)), None);
    assert_eq!(stored(&desk, yoda).as_deref(), Some("first"));
    desk.done(Write::SetPassword { account: yoda, password: Phc("second".to_owned()) });
    desk.done(Write::SetPassword { account: AccountId(99), password: Phc("nobody's".to_owned()) });
    assert_eq!(stored(&desk, yoda).as_deref(), Some("second"));
    let (desk, _) = desk.restart();
    assert_eq!([hans, yoda].map(|id| stored(&desk, id)), [None, Some("second".to_owned())]);
}

fn blocks_until_they_are_taken_away<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let (hans, yoda) = (desk.account("hans"), desk.account("yoda"));
    let block = |owner, target, blocked| Write::SetBlock { owner, target, blocked, at: UnixMs(1) };
    desk.done(block(yoda, hans, true));
    desk.done(block(hans, yoda, true));
    desk.done(block(hans, yoda, true));
    let (mut desk, snapshot) = desk.restart();
    assert_eq!(snapshot.blocks, [(hans, yoda), (yoda, hans)]);
    desk.done(block(yoda, hans, false));
    desk.done(block(yoda, hans, false));
    assert_eq!(desk.restart().1.blocks, [(hans, yoda)]);
}

fn wrong_passwords_until_they_are_forgotten<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let strikes = |name_key: &str, count, locked_until: Option<u64>| Strikes {
        name_key: name_key.to_owned(),
        count,
        locked_until: locked_until.map(UnixMs),
    };
    // Names need no account.
    let kept = [strikes("b", 0, Some(9)), strikes("c", 2, None), strikes("d", 3, Some(7)), strikes("e", 1, None)];
    for one in kept.iter().rev() {
        desk.done(Write::SetStrikes(one.clone()));
    }
    let (mut desk, snapshot) = desk.restart();
    assert_eq!(snapshot.strikes, kept);
    desk.done(Write::SetStrikes(strikes("c", 0, None)));
    desk.done(Write::SetStrikes(strikes("d", 1, None)));
    desk.done(Write::SetStrikes(strikes("never", 0, None)));
    let left = desk.restart().1.strikes;
    assert_eq!(left, [strikes("b", 0, Some(9)), strikes("d", 1, None), strikes("e", 1, None)]);
}

fn the_end_of_the_last_session<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let (hans, yoda, _) = (desk.account("hans"), desk.account("yoda"), desk.account("leia"));
    let (first, second) = (login(&mut desk, hans, 10), login(&mut desk, hans, 20));
    let third = login(&mut desk, yoda, 5);
    desk.done(logout(second, 60));
    desk.done(logout(first, 30));
    desk.done(logout(third, 6));
    // A session ends once; one that never was cannot end.
    desk.done(logout(third, 99));
    desk.done(logout(SessionRow(99), 99));
    assert_eq!(last_seen(&desk.restart().1), [Some(60), Some(6), None]);
}

fn sessions_that_a_crash_left_open<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let (hans, yoda, leia) = (desk.account("hans"), desk.account("yoda"), desk.account("leia"));
    login(&mut desk, hans, 10);
    let ended = login(&mut desk, leia, 10);
    desk.done(logout(ended, 15));
    desk.done(Write::Heartbeat { at: UnixMs(40) });
    desk.done(Write::Heartbeat { at: UnixMs(50) });
    login(&mut desk, yoda, 70);
    let (mut desk, snapshot) = desk.restart();
    assert_eq!(last_seen(&snapshot), [Some(50), Some(70), Some(15)]);
    // They stay ended where they ended.
    desk.done(Write::Heartbeat { at: UnixMs(90) });
    assert_eq!(last_seen(&desk.restart().1), [Some(50), Some(70), Some(15)]);
}

fn nothing_after_it_is_closed<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let hans = desk.account("hans");
    desk.store.close().unwrap();
    desk.store.close().unwrap();
    let ticket = desk.ticket();
    let job = Job::Write(ticket, Write::Append(message(&Conversation::lobby(), hans, 1, "too late")));
    assert_eq!(desk.store.submit(job.clone()), Err(job));
    assert_eq!(desk.batch(), None);
}

fn what_was_submitted_before_closing<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let hans = desk.account("hans");
    let lobby = Conversation::lobby();
    let asked: Vec<_> = (1..=40).map(|n| desk.submit(Write::Append(message(&lobby, hans, n, "x")))).collect();
    desk.store.close().unwrap();
    for (number, ticket) in (1..).zip(asked) {
        assert!(matches!(desk.answer(ticket), Ok(Kept::Message { seq, .. }) if seq == Seq(number)));
    }
    let (_, snapshot) = desk.restart();
    assert_eq!(snapshot.rooms, [(lobby, Seq(40))]);
}

fn strikes_of_so_many_names_and_no_more<E: Engine>() {
    let mut desk = Desk::<E>::new();
    let most = STRIKES as usize;
    let set = |name: String, locked_until| Write::SetStrikes(Strikes { name_key: name, count: 1, locked_until });
    for number in 0..STRIKES / 2 {
        desk.done(set(format!("a{number:05}"), Some(UnixMs(1_000_000 - u64::from(number)))));
        desk.done(set(format!("b{number:05}"), None));
    }
    assert_eq!(desk.store.snapshot().unwrap().strikes.len(), most);
    desk.done(set("a00000".to_owned(), Some(UnixMs(2_000_000))));
    assert_eq!(desk.store.snapshot().unwrap().strikes.len(), most, "it is no further name");
    // The first in order that is not locked; it is the latest and stays all the same.
    desk.done(set("b".to_owned(), None));
    let names = |desk: &Desk<E>| {
        let strikes = desk.store.snapshot().unwrap().strikes;
        strikes.into_iter().map(|strikes| strikes.name_key).collect::<Vec<_>>()
    };
    let left = names(&desk);
    assert_eq!(left.len(), most + 1 - STRIKES_FORGOTTEN as usize);
    assert!(left.contains(&"b".to_owned()) && !left.contains(&"b00000".to_owned()));
    assert!((0..STRIKES / 2).all(|number| left.contains(&format!("a{number:05}"))), "the locked ones stay longest");
    for number in 0..2 * STRIKES {
        desk.done(set(format!("c{number:05}"), Some(UnixMs(3_000_000 + u64::from(number)))));
        assert!(names(&desk).len() <= most);
    }
    assert!(names(&desk).iter().all(|name| name.starts_with('c')));
}
