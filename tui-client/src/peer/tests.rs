//! Links over real sockets on loopback: who gets in, who does not, and what is said when nobody does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use shared::codec;
use shared::id::{DeviceKey, OfferId};
use shared::message::{Kind, Meeting, Reason};
use shared::peer::PeerMessage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::doorway::Doorway;
use super::identity::Identity;
use super::link::{Link, LinkOrder, LinkSetup, LinkTiming, spawn};
use super::{session, tls};
use crate::app::peer::{Closed, NoWay, Opened, PeerEvent};

const DEADLINE: Duration = Duration::from_secs(20);
const OFFER: OfferId = OfferId([9; 16]);
const HERE: &str = "127.0.0.1:2000";

/// One side of a session.
struct Side {
    link: Link,
    events: mpsc::Receiver<(OfferId, PeerEvent)>,
    _downloads: tempfile::TempDir,
}

/// A side that is ready to meet.
struct Ready {
    doorway: Doorway,
    identity: Arc<Identity>,
}

fn ready() -> Ready {
    let control: SocketAddr = HERE.parse().expect("an address");
    // The port of another program's connection cannot be had, so this takes any.
    let doorway = Doorway::open(Some(SocketAddr::new(control.ip(), 0)), None).expect("it listens");
    Ready { doorway, identity: Arc::new(Identity::make().expect("a key")) }
}

impl Ready {
    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.doorway.port("127.0.0.1".parse().expect("an address")).expect("IPv4 is here"))
    }

    /// Meets a side that goes by `name`, shows `key`, and is at `addresses`.
    fn meet(self, initiator: bool, name: &str, key: DeviceKey, addresses: &[String]) -> Side {
        self.meet_within(initiator, name, key, addresses, Duration::from_secs(10))
    }

    fn meet_within(self, initiator: bool, name: &str, key: DeviceKey, addresses: &[String], span: Duration) -> Side {
        let meeting =
            Meeting { offer: OFFER, name: name.into(), key, initiator, observed: None, addresses: addresses.to_vec() };
        let downloads = tempfile::tempdir().expect("a folder");
        let me = if initiator { "hans" } else { "yoda" };
        let setup = LinkSetup {
            doorway: self.doorway,
            meeting,
            me: me.into(),
            identity: self.identity,
            downloads: downloads.path().join("downloads"),
            timing: LinkTiming { meet: span, ..LinkTiming::default() },
        };
        let (tx, events) = mpsc::channel(64);
        Side { link: spawn(setup, tx), events, _downloads: downloads }
    }
}

impl Side {
    async fn next(&mut self) -> PeerEvent {
        loop {
            let (offer, event) =
                timeout(DEADLINE, self.events.recv()).await.expect("in time").expect("the link says its last word");
            assert_eq!(offer, OFFER);
            if !matches!(event, PeerEvent::Delay(_)) {
                return event;
            }
        }
    }

    async fn opened(&mut self) -> Opened {
        match self.next().await {
            PeerEvent::Opened(opened) => opened,
            other => panic!("not open: {other:?}"),
        }
    }

    async fn no_way(&mut self) -> NoWay {
        match self.next().await {
            PeerEvent::NoWay(no_way) => no_way,
            other => panic!("a way was found: {other:?}"),
        }
    }

    fn say(&self, n: u64, text: &str) {
        self.link.send(LinkOrder::Say { n, text: text.into(), kind: Kind::TEXT }).expect("it takes orders");
    }
}

/// Two that know each other.
fn pair() -> (Side, Side) {
    let (hans, yoda) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let (hans_at, yoda_at) = ([hans.address()], [yoda.address()]);
    (hans.meet(true, "yoda", yoda_key, &yoda_at), yoda.meet(false, "hans", hans_key, &hans_at))
}

#[tokio::test]
async fn two_meet_with_the_same_words_and_talk() {
    let (mut hans, mut yoda) = pair();
    let (one, other) = (hans.opened().await, yoda.opened().await);
    assert_eq!(one.words, other.words);
    hans.say(1, "hi");
    assert_eq!(yoda.next().await, PeerEvent::Said { text: "hi".into(), kind: Kind::TEXT });
    assert_eq!(hans.next().await, PeerEvent::Delivered { n: 1 });
    hans.link.send(LinkOrder::Typing).expect("it takes orders");
    assert_eq!(yoda.next().await, PeerEvent::Typing);
    yoda.say(1, "hello");
    assert_eq!(hans.next().await, PeerEvent::Said { text: "hello".into(), kind: Kind::TEXT });
    assert_eq!(yoda.next().await, PeerEvent::Delivered { n: 1 });
    hans.link.send(LinkOrder::Close(Reason::STOPPED)).expect("it takes orders");
    assert_eq!(hans.next().await, PeerEvent::Closed(Closed::Here));
    assert_eq!(yoda.next().await, PeerEvent::Closed(Closed::There(Reason::STOPPED)));
}

#[tokio::test]
async fn words_differ_from_session_to_session() {
    let (mut hans, _yoda) = pair();
    let (mut again, _other) = pair();
    assert_ne!(hans.opened().await.words, again.opened().await.words);
}

#[tokio::test]
async fn either_side_alone_can_dial() {
    for hans_dials in [true, false] {
        let (hans, yoda) = (ready(), ready());
        let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
        let (hans_at, yoda_at) = ([hans.address()], [yoda.address()]);
        let mut hans = hans.meet(true, "yoda", yoda_key, if hans_dials { &yoda_at } else { &[] });
        let mut yoda = yoda.meet(false, "hans", hans_key, if hans_dials { &[] } else { &hans_at });
        assert_eq!(hans.opened().await.words, yoda.opened().await.words);
    }
}

#[tokio::test]
async fn a_dropped_link_ends_the_session_for_the_other_side() {
    let (mut hans, mut yoda) = pair();
    hans.opened().await;
    yoda.opened().await;
    drop(hans);
    assert!(matches!(yoda.next().await, PeerEvent::Closed(_)));
}

/// Connects to a door as a TLS client with this identity, and answers whether it ever hears anything.
async fn intrude(address: &str, identity: &Identity, pin: DeviceKey, hello: &PeerMessage) -> bool {
    intrude_with(address, tls::client_config(identity, pin).expect("usable keys"), hello).await
}

/// Shows the certificate of somebody else and signs with another key.
fn impostor(of: &Identity, pin: DeviceKey) -> Arc<rustls::ClientConfig> {
    let own = Identity::make().expect("a key");
    let mut config = (*tls::client_config(&own, pin).expect("usable keys")).clone();
    let key = config.crypto_provider().key_provider.load_private_key(own.private_key()).expect("a usable key");
    let shown = rustls::sign::CertifiedKey::new(vec![of.certificate()], key);
    config.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(shown));
    Arc::new(config)
}

/// Shows no certificate at all, like a client of the web.
fn nobody(pin: DeviceKey) -> Arc<rustls::ClientConfig> {
    #[derive(Debug)]
    struct NoCertificate;

    impl rustls::client::ResolvesClientCert for NoCertificate {
        fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
            None
        }

        fn has_certs(&self) -> bool {
            false
        }
    }

    let own = Identity::make().expect("a key");
    let mut config = (*tls::client_config(&own, pin).expect("usable keys")).clone();
    config.client_auth_cert_resolver = Arc::new(NoCertificate);
    Arc::new(config)
}

async fn intrude_with(address: &str, config: Arc<rustls::ClientConfig>, hello: &PeerMessage) -> bool {
    let address: SocketAddr = address.parse().expect("an address");
    let stream = TcpStream::connect(address).await.expect("the door is open");
    let Ok(mut stream) = TlsConnector::from(config).connect(ServerName::from(address.ip()), stream).await else {
        return false;
    };
    // In TLS 1.3 this side believes in the handshake before the other one has judged it.
    if stream.write_all(&codec::encode(hello)).await.is_err() || stream.flush().await.is_err() {
        return false;
    }
    matches!(stream.read(&mut [0; 1]).await, Ok(1))
}

fn hello(offer: OfferId, name: &str) -> PeerMessage {
    let key = DeviceKey([0; 32]);
    session::hello(
        &Meeting { offer, name: String::new(), key, initiator: true, observed: None, addresses: vec![] },
        name,
    )
}

#[tokio::test]
async fn strangers_do_not_get_in_and_the_right_one_still_does() {
    let (hans, yoda) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let yoda_at = [yoda.address()];
    let mut yoda = yoda.meet(false, "hans", hans_key, &[]);
    let stranger = Identity::make().expect("a key");
    let copied = impostor(&hans.identity, yoda_key);
    assert!(!intrude(&yoda_at[0], &stranger, yoda_key, &hello(OFFER, "hans")).await, "another key");
    assert!(!intrude_with(&yoda_at[0], copied, &hello(OFFER, "hans")).await, "a copied certificate");
    let replayed = hello(OfferId([1; 16]), "hans");
    assert!(!intrude(&yoda_at[0], &hans.identity, yoda_key, &replayed).await, "the hello of another session");
    assert!(!intrude(&yoda_at[0], &hans.identity, yoda_key, &hello(OFFER, "vader")).await, "another name");
    let mut hans = hans.meet(true, "yoda", yoda_key, &yoda_at);
    assert_eq!(hans.opened().await.words, yoda.opened().await.words);
}

#[tokio::test]
async fn who_shows_no_certificate_does_not_get_in_and_the_right_one_still_does() {
    let (hans, yoda) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let yoda_at = [yoda.address()];
    let mut yoda = yoda.meet(false, "hans", hans_key, &[]);
    // All else is right: the offer, the name, and the key that the other side is expected to have.
    assert!(!intrude_with(&yoda_at[0], nobody(yoda_key), &hello(OFFER, "hans")).await, "no certificate");
    let mut hans = hans.meet(true, "yoda", yoda_key, &yoda_at);
    assert_eq!(hans.opened().await.words, yoda.opened().await.words);
    hans.say(1, "hi");
    assert_eq!(yoda.next().await, PeerEvent::Said { text: "hi".into(), kind: Kind::TEXT });
}

#[tokio::test]
async fn who_has_everything_right_is_answered() {
    // What the strangers of the other tests would hear if one of them got in.
    let (hans, yoda) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let yoda_at = yoda.address();
    let _yoda = yoda.meet(false, "hans", hans_key, &[]);
    assert!(intrude(&yoda_at, &hans.identity, yoda_key, &hello(OFFER, "hans")).await);
}

/// Everything that this side listens on, as others reach it on this machine.
fn doors(ready: &Ready) -> Vec<SocketAddr> {
    let bound = ready.doorway.listeners.iter().map(|listener| listener.local_addr().expect("it listens"));
    let here = |bound: SocketAddr| match bound {
        SocketAddr::V4(_) => SocketAddr::new("127.0.0.1".parse().expect("an address"), bound.port()),
        SocketAddr::V6(_) => SocketAddr::new("::1".parse().expect("an address"), bound.port()),
    };
    bound.map(here).collect()
}

async fn assert_closed(doors: &[SocketAddr]) {
    for door in doors {
        let refused = TcpStream::connect(door).await.expect_err("nobody listens any more");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "{door}: {refused}");
    }
}

#[tokio::test]
async fn nobody_listens_any_more_once_the_session_is_open() {
    let (hans, yoda) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let doors = [doors(&hans), doors(&yoda)].concat();
    assert!(doors.len() >= 2, "{doors:?}");
    let (hans_at, yoda_at) = ([hans.address()], [yoda.address()]);
    let mut hans = hans.meet(true, "yoda", yoda_key, &yoda_at);
    let mut yoda = yoda.meet(false, "hans", hans_key, &hans_at);
    assert_eq!(hans.opened().await.words, yoda.opened().await.words);
    assert_closed(&doors).await;
    hans.say(1, "hi");
    assert_eq!(yoda.next().await, PeerEvent::Said { text: "hi".into(), kind: Kind::TEXT });
}

/// Until it resumes, time passes at once while everybody waits: nobody has anything else to wait for.
#[tokio::test(start_paused = true)]
async fn nobody_listens_any_more_once_the_time_to_meet_is_over() {
    let mut strangers = Vec::new();
    for initiator in [true, false] {
        let side = ready();
        let doors = doors(&side);
        for door in &doors {
            strangers.push(TcpStream::connect(door).await.expect("the door is open"));
        }
        let other = Identity::make().expect("a key").key();
        let began = tokio::time::Instant::now();
        let span = LinkTiming::default().meet;
        let mut side = side.meet_within(initiator, "other", other, &[], span);
        assert_eq!(side.no_way().await.tried, [] as [String; 0]);
        assert!(began.elapsed() >= span, "it gave up early");
        assert_closed(&doors).await;
    }
    tokio::time::resume();
    for mut stranger in strangers {
        // However it is closed, it is not held any more.
        let closed = timeout(DEADLINE, stranger.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "a stranger is still held");
    }
}

#[tokio::test]
async fn nobody_listens_any_more_once_nobody_wants_the_session() {
    let side = ready();
    let doors = doors(&side);
    let other = Identity::make().expect("a key").key();
    let mut side = side.meet(false, "hans", other, &[]);
    drop(TcpStream::connect(doors[0]).await.expect("the door is open"));
    side.link.send(LinkOrder::Close(Reason::STOPPED)).expect("it takes orders");
    assert_eq!(side.next().await, PeerEvent::Closed(Closed::Here));
    assert_closed(&doors).await;
}

#[tokio::test]
async fn a_hundred_connections_that_say_nothing_or_garbage_keep_nobody_out() {
    let (hans, yoda) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let yoda_at = [yoda.address()];
    let mut yoda = yoda.meet(false, "hans", hans_key, &[]);
    let mut crowd = Vec::new();
    for number in 0..100 {
        let mut stream = TcpStream::connect(&yoda_at[0]).await.expect("the door is open");
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("it takes a few bytes");
        }
        crowd.push(stream);
    }
    let mut hans = hans.meet(true, "yoda", yoda_key, &yoda_at);
    assert_eq!(hans.opened().await.words, yoda.opened().await.words);
}

#[tokio::test]
async fn a_stranger_who_answers_in_place_of_the_other_side_is_not_believed() {
    let (hans, vader) = (ready(), ready());
    let yoda_key = Identity::make().expect("a key").key();
    let hans_key = hans.identity.key();
    let vader_at = vader.address();
    let _vader = vader.meet(false, "hans", hans_key, &[]);
    let within = Duration::from_millis(600);
    let mut hans = hans.meet_within(true, "yoda", yoda_key, std::slice::from_ref(&vader_at), within);
    assert_eq!(hans.no_way().await.tried, [format!("{vader_at} another key")]);
}

#[tokio::test]
async fn a_server_that_swaps_keys_is_seen_in_the_words() {
    // It tells each side its own key and stands in between: both sessions open, and the words differ.
    let (hans, yoda) = (ready(), ready());
    let (middle_one, middle_two) = (ready(), ready());
    let (hans_key, yoda_key) = (hans.identity.key(), yoda.identity.key());
    let (one_key, two_key) = (middle_one.identity.key(), middle_two.identity.key());
    let (one_at, yoda_at) = ([middle_one.address()], [yoda.address()]);
    let _one = middle_one.meet(false, "hans", hans_key, &[]);
    let _two = middle_two.meet(true, "yoda", yoda_key, &yoda_at);
    let mut hans = hans.meet(true, "yoda", one_key, &one_at);
    let mut yoda = yoda.meet(false, "hans", two_key, &[]);
    assert_ne!(hans.opened().await.words, yoda.opened().await.words);
}

#[tokio::test]
async fn somebody_who_offers_and_takes_back_all_the_time_fills_no_memory() {
    let downloads = tempfile::tempdir().expect("a folder");
    let settings = super::transfer::TransferSettings {
        downloads: downloads.path().to_owned(),
        user: "yoda".into(),
        key: DeviceKey([0; 32]),
        initiator: false,
    };
    let mut transfers = super::transfer::Transfers::new(settings);
    let mut heard: u64 = 0;
    while !transfers.is_behind() {
        let file = shared::id::FileId(2 * heard + 1);
        transfers.heard(PeerMessage::FileOffer { file, name: "x".into(), size: 1 }).expect("an offer");
        transfers.heard(PeerMessage::FileCancel { file, why: String::new() }).expect("its end");
        heard += 1;
        assert!(heard < 1000, "it never says that it has heard enough");
    }
    timeout(DEADLINE, transfers.next()).await.expect("what waits can be taken");
    assert!(!transfers.is_behind(), "and then more can be heard");
}

#[tokio::test]
async fn where_no_way_leads_it_says_what_was_tried() {
    let (hans, gone) = (ready(), ready());
    let (key, address) = (gone.identity.key(), gone.address());
    drop(gone);
    let within = Duration::from_millis(400);
    let mut hans = hans.meet_within(true, "yoda", key, std::slice::from_ref(&address), within);
    let NoWay { tried, help } = hans.no_way().await;
    assert_eq!(tried, [format!("{address} refused")]);
    assert!(help.contains("--peer-port"), "{help}");
}

#[tokio::test]
async fn a_device_key_is_made_once_even_by_two_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let keys: Vec<DeviceKey> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Identity::load_or_make(&state).expect("a key").key())).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let files: Vec<_> = std::fs::read_dir(&state).expect("a folder").collect();
    assert_eq!(files.len(), 1, "{files:?}");
    std::fs::write(state.join("device.key"), "damaged").expect("it is written");
    Identity::load_or_make(&state).expect_err("never guessed about");
    assert_eq!(std::fs::read_to_string(state.join("device.key")).expect("there"), "damaged");
}
