//! Nobody but the two who agreed gets into a private session, not even with the address, and strangers do not keep the
//! right one out.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use e2e::{RawClient, TestServer};
use shared::id::OfferId;
use shared::message::{ClientMessage, Meeting, ServerMessage};
use tui_client::app::peer::PeerEvent;
use tui_client::peer::doorway::Doorway;
use tui_client::peer::identity::Identity;
use tui_client::peer::link::{LinkSetup, LinkTiming, spawn};

/// How long a stranger tries. What is let in at all is let in within some milliseconds.
const TRIES_FOR: Duration = Duration::from_secs(2);

/// Takes the part of yoda's client up to the meeting.
fn accept(yoda: &mut RawClient, identity: &Identity) -> Meeting {
    let request = yoda.expect("a request", |message| matches!(message, ServerMessage::PrivateRequest { .. }));
    let ServerMessage::PrivateRequest { offer, .. } = request else { unreachable!("it was looked at") };
    let id = yoda.request();
    yoda.say(&ClientMessage::PrivateAccept { id, offer, key: identity.key(), addresses: Vec::new() });
    match yoda.expect("a meeting", |message| matches!(message, ServerMessage::PrivateMeet(_))) {
        ServerMessage::PrivateMeet(meeting) => meeting,
        other => unreachable!("it was looked at: {other:?}"),
    }
}

/// Tries to get in with this key and this meeting, and answers the words if it was let in.
async fn try_in(identity: &Arc<Identity>, meeting: Meeting, within: Duration) -> Option<[&'static str; 4]> {
    let doorway = Doorway::open(Some("127.0.0.1:0".parse().expect("an address")), None).expect("it listens");
    let downloads = std::env::temp_dir();
    let timing = LinkTiming { meet: within, ..LinkTiming::default() };
    let identity = Arc::clone(identity);
    let (tx, mut events) = tokio::sync::mpsc::channel(16);
    let link = spawn(LinkSetup { doorway, meeting, me: "yoda".into(), identity, downloads, timing }, tx);
    let first = events.recv().await.expect("it says how it went");
    drop(link);
    match first.1 {
        PeerEvent::Opened(opened) => Some(opened.words),
        _ => None,
    }
}

/// Links go on while the test waits for a program.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

#[test]
fn strangers_garbage_and_replays_stay_out_and_the_right_one_gets_in() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut yoda = server.raw_login("yoda");
    let runtime = runtime();
    runtime.block_on(async {
        let (right, stranger) =
            (Arc::new(Identity::make().expect("a key")), Arc::new(Identity::make().expect("a key")));
        hans.ok("startprivate yoda");
        let meeting = accept(&mut yoda, &right);
        let door = meeting.addresses.first().or(meeting.observed.as_ref()).expect("an address").clone();
        let mut crowd: Vec<TcpStream> = Vec::new();
        for number in 0..100_u8 {
            let mut stream = TcpStream::connect(&door).expect("the door is open");
            if number % 2 == 0 {
                stream.write_all(b"\x16\x03\x01 garbage").expect("it takes a few bytes");
            }
            crowd.push(stream);
        }
        assert_eq!(try_in(&stranger, meeting.clone(), TRIES_FOR).await, None, "another key");
        let replayed = Meeting { offer: OfferId([3; 16]), ..meeting.clone() };
        assert_eq!(try_in(&right, replayed, TRIES_FOR).await, None, "the offer of another session");
        let words = try_in(&right, meeting, Duration::from_secs(8)).await.expect("the right one gets in");
        let open = hans.expect_prefix("private open yoda ");
        assert!(open.contains(&words.join(" ")), "{open}");
    });
}

#[test]
fn a_server_that_swaps_the_keys_is_seen_in_the_words() {
    // What a lying server would do: it tells each side a key of its own, and stands between the two.
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut yoda = server.raw_login("yoda");
    let runtime = runtime();
    runtime.block_on(async {
        let middle = Arc::new(Identity::make().expect("a key"));
        hans.ok("startprivate yoda");
        let meeting = accept(&mut yoda, &middle);
        let with_hans = try_in(&middle, meeting, Duration::from_secs(8)).await.expect("hans is fooled");
        let shown = hans.expect_prefix("private open yoda ");
        assert!(shown.contains(&with_hans.join(" ")), "{shown}");
        // The other half of the way has other secrets, so other words: yoda reads them to hans, and it is over.
        hans.expect_prefix("private closed yoda");
        let mut leia = server.login("leia");
        let mut again = server.raw_login("vader");
        leia.ok("startprivate vader");
        let meeting = accept(&mut again, &middle);
        let with_leia = try_in(&middle, meeting, Duration::from_secs(8)).await.expect("leia is fooled");
        assert_ne!(with_hans, with_leia);
    });
}

#[test]
fn where_no_way_leads_it_says_so_and_what_was_tried() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut yoda = server.raw_login("yoda");
    hans.ok("startprivate yoda");
    let identity = Identity::make().expect("a key");
    let meeting = accept(&mut yoda, &identity);
    assert!(meeting.observed.is_some());
    let failed = hans.wait_line(Duration::from_secs(20), |line| line.starts_with("private failed yoda: "));
    let failed = failed.unwrap_or_else(|| panic!("{}", hans.report()));
    assert!(failed.contains("no route; tried 127.0.0.1:") && failed.contains("refused"), "{failed}");
    hans.refused("private yoda hi", "no-session");
}
