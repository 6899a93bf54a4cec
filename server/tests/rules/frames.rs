//! No answer is larger than a frame may be, however long names and texts are: a client that meets one is lost.

use server::chat::{Place, Request, SessionId};
use shared::codec;
use shared::id::{RequestId, Seq};
use shared::limits::{AWAY_BYTES, FRAME_AFTER_LOGIN, HEADER, HISTORY_PAGE, PAGE_BYTES};
use shared::message::{Entry, Kind, ServerMessage};
use shared::name::Name;

use crate::world::{World, default_rules};

/// Fills a page of history to both of its bounds.
const TEXT: usize = PAGE_BYTES / HISTORY_PAGE as usize;

/// The longest name there can be where names have letters of all the world: 16 columns, 32 characters, 128 bytes.
fn long_name(number: usize) -> Name {
    let number: String = format!("{number:015}")
        .chars()
        .map(|digit| char::from_u32(0x1_0400 + u32::from(digit) - 48).unwrap())
        .collect();
    let name = format!("\u{10428}{number}{}", "\u{1e000}".repeat(16));
    Name::from_checked(&name, &name)
}

fn register(world: &mut World, name: Name) -> SessionId {
    let (session, id) = (world.connect(), world.id());
    let password = "long enough".into();
    world.ask(session, Request::Register { id, name, skeleton: None, password, remember: false });
    world.pass(std::time::Duration::from_secs(1));
    session
}

/// What the session was sent, each within a frame.
fn read(world: &mut World, session: SessionId) -> Vec<ServerMessage> {
    let messages = world.read(session);
    for message in &messages {
        let bytes = codec::encode(message).len() - HEADER;
        assert!(bytes <= FRAME_AFTER_LOGIN, "a frame of {bytes} bytes");
    }
    messages
}

fn say(world: &mut World, from: SessionId, to: Option<&Name>, text: String) {
    let (id, client_id, kind) = (world.id(), world.client_id(), Kind::ACTION);
    world.ask(
        from,
        match to {
            None => Request::Broadcast { id, client_id, text, kind },
            Some(to) => Request::Message { id, client_id, to: to.clone(), text, kind },
        },
    );
}

/// Pages of a conversation, until there are no more: oldest first.
fn history(world: &mut World, session: SessionId, place: &Place) -> Vec<Entry> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let id = world.id();
        world.ask(session, Request::History { id, place: place.clone(), before, limit: HISTORY_PAGE });
        let Some(ServerMessage::History { mut messages, more, .. }) = read(world, session).pop() else {
            panic!("no history")
        };
        assert!(!messages.is_empty(), "a page that nobody can get past");
        before = messages.first().map(|oldest| oldest.seq);
        messages.append(&mut all);
        all = messages;
        if !more {
            return all;
        }
    }
}

#[test]
fn a_page_of_history_fits_a_frame_whatever_the_names_are() {
    let mut world = World::with(default_rules(), &[]);
    let (one, other) = (long_name(1), long_name(2));
    let (session, reader) = (register(&mut world, one.clone()), register(&mut world, other.clone()));
    for n in 0..u64::from(HISTORY_PAGE) {
        say(&mut world, session, None, format!("{n:0TEXT$}"));
        say(&mut world, session, Some(&other), format!("{n:0TEXT$}"));
        world.read(session);
        world.read(reader);
    }
    for place in [Place::Lobby, Place::With(one)] {
        let all: Vec<Seq> = history(&mut world, reader, &place).iter().map(|entry| entry.seq).collect();
        assert_eq!(all, (1..=u64::from(HISTORY_PAGE)).map(Seq).collect::<Vec<_>>(), "{place:?}");
    }
}

#[test]
fn a_list_of_own_messages_fits_a_frame_and_says_that_there_are_more() {
    let mut world = World::with(default_rules(), &[]);
    let (one, other) = (long_name(1), long_name(2));
    let (session, reader) = (register(&mut world, one), register(&mut world, other.clone()));
    world.logout(reader);
    for n in 0..HISTORY_PAGE {
        say(&mut world, session, Some(&other), format!("{n:0TEXT$}"));
    }
    world.read(session);
    world.ask(session, Request::Queue { id: RequestId(9999) });
    let Some(ServerMessage::Queue { messages, more, .. }) = read(&mut world, session).pop() else { panic!("no queue") };
    assert!(more && messages.len() > 100, "{} messages", messages.len());
    assert_eq!(messages[0].seq, Seq(1));
}

#[test]
fn lists_of_people_fit_frames_and_are_whole() {
    const PEOPLE: usize = 250;
    let mut world = World::with(default_rules(), &[]);
    let sessions: Vec<SessionId> = (0..PEOPLE).map(|number| register(&mut world, long_name(number))).collect();
    for session in &sessions {
        let id = world.id();
        world.ask(*session, Request::Away { id, text: "x".repeat(AWAY_BYTES) });
    }
    world.pass(std::time::Duration::from_secs(5));
    for session in &sessions {
        read(&mut world, *session);
    }
    let id = world.id();
    world.ask(sessions[0], Request::Who { id });
    let lists = read(&mut world, sessions[0]);
    let parts = lists.iter().filter_map(|message| match message {
        ServerMessage::Users { users, more, .. } => Some((users.len(), *more)),
        _ => None,
    });
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.iter().map(|(count, _)| count).sum::<usize>(), PEOPLE - 1);
    assert!(parts.len() > 1 && parts.iter().rev().skip(1).all(|(_, more)| *more) && !parts[parts.len() - 1].1);
    // Somebody who comes gets them all at once, and everybody leaves in one moment.
    let newcomer = register(&mut world, long_name(PEOPLE));
    let rosters = read(&mut world, newcomer);
    let seen = rosters.iter().map(|message| match message {
        ServerMessage::Roster { users } => users.len(),
        _ => 0,
    });
    assert_eq!(seen.sum::<usize>(), PEOPLE + 1);
    for session in &sessions {
        world.lose_connection(*session);
    }
    world.pass(std::time::Duration::from_mins(1));
    read(&mut world, newcomer);
}
