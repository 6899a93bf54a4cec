//! Every request is answered once: a connection counts what is open, and would wait for ever for an answer that never
//! comes.

use std::time::Duration;

use server::chat::{Input, Place, Presented, Request, Search, SessionId};
use shared::id::{DeviceKey, DeviceTicket, OfferId, RequestId, ResumeTicket, Seq};
use shared::message::{Kind, ServerMessage};
use shared::name::Name;

use crate::world::World;

/// Every kind of request that has an id, about `whom`.
fn requests(world: &mut World, whom: &str) -> Vec<(RequestId, Request)> {
    let name = Name::plain(whom).unwrap();
    let offer = OfferId([7; 16]);
    let presented = || Presented { key: DeviceKey([1; 32]), addresses: vec!["192.168.1.7:6001".parse().unwrap()] };
    let with = |id| Request::History { id, place: Place::With(name.clone()), before: None, limit: 10 };
    let say =
        |id, client_id| Request::Message { id, client_id, to: name.clone(), text: "hi".to_owned(), kind: Kind::TEXT };
    let mut made = Vec::new();
    let mut add = |world: &mut World, request: &dyn Fn(RequestId) -> Request| {
        let id = world.id();
        made.push((id, request(id)));
    };
    let (one, two) = (world.client_id(), world.client_id());
    let login =
        |id, device| Request::Login { id, name: name.clone(), password: "wrong".into(), device, remember: true };
    add(world, &|id| login(id, None));
    add(world, &|id| login(id, Some(DeviceTicket([9; 32]))));
    add(world, &|id| Request::Resume { id, ticket: ResumeTicket([9; 32]), lobby: None });
    let register = |id, password: &str| Request::Register {
        id,
        name: name.clone(),
        skeleton: None,
        password: password.into(),
        remember: false,
    };
    add(world, &|id| register(id, "long enough"));
    add(world, &|id| Request::Broadcast { id, client_id: one, text: "hi".to_owned(), kind: Kind::TEXT });
    add(world, &|id| say(id, two));
    add(world, &|id| say(id, two));
    add(world, &|id| Request::Who { id });
    add(world, &|id| Request::WhoSince { id, span: Duration::from_secs(60) });
    add(world, &|id| Request::Block { id, name: name.clone() });
    add(world, &|id| Request::Block { id, name: name.clone() });
    add(world, &|id| Request::Blocked { id });
    add(world, &|id| Request::Unblock { id, name: name.clone() });
    add(world, &|id| Request::Unblock { id, name: name.clone() });
    add(world, &|id| Request::History { id, place: Place::Lobby, before: None, limit: 10 });
    add(world, &with);
    let search = |place| Search { words: vec!["hi".to_owned()], place, start: None, limit: 10 };
    add(world, &|id| Request::Search { id, search: search(None) });
    add(world, &|id| Request::Search { id, search: search(Some(Place::With(name.clone()))) });
    add(world, &|id| Request::Queue { id });
    add(world, &|id| Request::Unsend { id, to: name.clone(), seq: Seq(1) });
    add(world, &|id| Request::Unsend { id, to: name.clone(), seq: Seq(1) });
    add(world, &|id| Request::Away { id, text: "lunch".to_owned() });
    add(world, &|id| Request::Whois { id, name: name.clone() });
    add(world, &|id| Request::Passwd { id, old: "wrong".into(), new: "new password".into() });
    add(world, &|id| Request::Passwd { id, old: "hans-secret".into(), new: "new password".into() });
    add(world, &|id| Request::PrivateAsk { id, offer, name: name.clone(), presented: presented() });
    add(world, &|id| Request::PrivateAsk { id, offer, name: name.clone(), presented: presented() });
    add(world, &|id| Request::PrivateAccept { id, offer, presented: presented() });
    add(world, &|id| Request::PrivateDecline { id, offer });
    add(world, &|id| Request::PrivateDecline { id, offer });
    add(world, &|id| Request::Logout { id });
    made
}

/// The request that this answers, if it is an answer and no further part follows.
fn answered(message: &ServerMessage) -> Option<RequestId> {
    match message {
        ServerMessage::LoggedIn { re, .. }
        | ServerMessage::Ok { re }
        | ServerMessage::Sent { re, .. }
        | ServerMessage::History { re, .. }
        | ServerMessage::Found { re, .. }
        | ServerMessage::Queue { re, .. }
        | ServerMessage::Whois { re, .. }
        | ServerMessage::Users { re, more: false, .. }
        | ServerMessage::Blocked { re, more: false, .. } => Some(*re),
        ServerMessage::Error(refusal) => refusal.re,
        _ => None,
    }
}

fn check(world: &mut World, session: SessionId, whom: &str) {
    for (id, request) in requests(world, whom) {
        let shown = format!("{request:?}");
        world.read(session);
        world.input(Input::Asked { session, request });
        world.pass(Duration::from_millis(500));
        let answers = world.read(session).iter().filter_map(answered).collect::<Vec<_>>();
        assert_eq!(answers, [id], "{shown} about {whom}");
    }
}

#[test]
fn every_request_of_somebody_logged_in_is_answered_once() {
    for whom in ["yoda", "vader", "hans", "nobody"] {
        let mut world = World::new();
        let hans = world.login("hans");
        world.login("yoda");
        check(&mut world, hans, whom);
    }
}

#[test]
fn every_request_of_a_stranger_is_answered_once() {
    for whom in ["yoda", "nobody"] {
        let mut world = World::new();
        world.login("yoda");
        let stranger = world.connect();
        for (id, request) in requests(&mut world, whom) {
            if world.closed.contains(&stranger) || matches!(request, Request::Register { .. }) {
                continue;
            }
            let shown = format!("{request:?}");
            world.read(stranger);
            world.input(Input::Asked { session: stranger, request });
            world.pass(Duration::from_millis(500));
            let answers = world.read(stranger).iter().filter_map(answered).collect::<Vec<_>>();
            assert_eq!(answers, [id], "{shown} about {whom}");
        }
    }
}
