//! Real sockets: TLS or not, the accept loop, the end.

use std::net::SocketAddr;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::Identity;
use super::*;

pub(super) struct Listening {
    pub(super) address: SocketAddr,
    pub(super) hub: FakeHub,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(super) fn listen(settings: Settings) -> Listening {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (events, hub) = mpsc::channel(100);
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(listener, settings, events, async {
        let _ = stopped.await;
    }));
    Listening { address, hub: FakeHub(hub), stop, task }
}

pub(super) fn encrypted() -> Settings {
    Settings { tls: Some(Identity::make().unwrap().server_config().unwrap()), ..settings() }
}

async fn plain_peer(address: SocketAddr) -> Peer<TcpStream> {
    Peer::new(TcpStream::connect(address).await.unwrap())
}

async fn tls_stream(address: SocketAddr, alpn: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut config = (*e2e::any_key::client_config()).clone();
    config.alpn_protocols = vec![alpn.to_vec()];
    let name = ServerName::try_from("tern.invalid").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await.unwrap()).await
}

#[tokio::test]
async fn an_encrypted_connection_is_greeted_and_ends_cleanly() {
    let mut server = listen(encrypted());
    let mut peer = Peer::new(tls_stream(server.address, shared::version::ALPN).await.unwrap());
    let session = peer.stream.get_ref().1;
    assert_eq!(session.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(session.alpn_protocol(), Some(shared::version::ALPN));
    peer.greet().await;
    let outbox = server.hub.opened().await;
    assert_eq!(offer(&outbox, &notice(&"x".repeat(60_000))), Offer::Took);
    outbox.close();
    assert_eq!(peer.hear().await, Some(notice(&"x".repeat(60_000))));
    // Without close_notify this read would be an error.
    assert_eq!(peer.stream.read(&mut [0]).await.unwrap(), 0);
    server.hub.closed().await;
}

#[tokio::test]
async fn another_application_protocol_is_refused_in_the_handshake() {
    let server = listen(encrypted());
    let error = tls_stream(server.address, b"h2").await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

#[tokio::test]
async fn who_speaks_no_tls_reads_why() {
    let server = listen(encrypted());
    let mut peer = plain_peer(server.address).await;
    peer.say(&hello(1, 1)).await;
    assert_eq!(peer.hear_fatal().await, "needs-tls");
    let mut person = TcpStream::connect(server.address).await.unwrap();
    person.write_all(&b"hello?\r\n".repeat(1_000)).await.unwrap();
    let mut read = Vec::new();
    person.read_to_end(&mut read).await.unwrap();
    assert!(String::from_utf8_lossy(&read).contains("This server needs TLS."));
}

#[tokio::test]
async fn who_begins_tls_where_there_is_none_is_told_in_tls() {
    let server = listen(settings());
    let error = tls_stream(server.address, shared::version::ALPN).await.unwrap_err();
    assert!(error.to_string().contains("HandshakeFailure"), "{error}");
}

#[tokio::test]
async fn the_last_error_arrives_although_more_was_said() {
    let mut server = listen(settings());
    let mut peer = plain_peer(server.address).await;
    peer.greet().await;
    server.hub.opened().await;
    let mut flood = u32::MAX.to_be_bytes().to_vec();
    flood.resize(500_000, b'x');
    peer.say_bytes(&flood).await;
    assert_eq!(peer.hear_fatal().await, "frame-too-large");
}

#[test]
fn sixty_thousand_levels_do_not_overflow_a_small_stack() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_stack_size(2 * 1024 * 1024)
        .enable_all()
        .build()
        .unwrap();
    let test = runtime.spawn(async {
        let mut server = listen(settings());
        let mut peer = plain_peer(server.address).await;
        peer.greet().await;
        let outbox = server.hub.opened().await;
        outbox.logged_in();
        assert_eq!(offer(&outbox, &notice("in")), Offer::Took);
        assert_eq!(peer.hear().await, Some(notice("in")));
        let mut deep = b"\x82\xa1t\xa3who\xa1x".to_vec();
        deep.extend(std::iter::repeat_n(0x91, 60_000));
        peer.say_body(&deep).await;
        assert_eq!(peer.hear_fatal().await, "protocol");
        // The server is still there.
        plain_peer(server.address).await.greet().await;
    });
    runtime.block_on(test).unwrap();
}

#[tokio::test]
async fn a_stalled_reader_delays_nobody_else() {
    let mut server = listen(Settings { outbox_bytes: 0, ..settings() });
    let mut stalled = plain_peer(server.address).await;
    stalled.greet().await;
    let to_stalled = server.hub.opened().await;
    let mut healthy = plain_peer(server.address).await;
    healthy.greet().await;
    let to_healthy = server.hub.opened().await;
    let text = notice(&"x".repeat(10_000));
    let mut has_been_full = false;
    // Whatever the kernel takes for the stalled one, at some point its outbox is full.
    for _ in 0..10_000 {
        has_been_full = offer(&to_stalled, &text) == Offer::Full;
        assert_eq!(offer(&to_healthy, &text), Offer::Took);
        assert_eq!(healthy.hear().await, Some(text.clone()));
        if has_been_full {
            break;
        }
    }
    assert!(has_been_full);
}

#[tokio::test]
async fn a_stop_ends_what_is_not_greeted_and_waits_for_the_hub_to_end_the_others() {
    let mut server = listen(encrypted());
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut ungreeted = tls_stream(server.address, shared::version::ALPN).await.unwrap();
    let mut peer = Peer::new(tls_stream(server.address, shared::version::ALPN).await.unwrap());
    peer.greet().await;
    let outbox = server.hub.opened().await;
    server.stop.send(()).unwrap();
    assert_eq!(timeout(LONG, silent.read(&mut [0])).await.unwrap().unwrap_or(0), 0);
    assert_eq!(timeout(LONG, ungreeted.read(&mut [0])).await.unwrap().unwrap_or(0), 0);
    let bye = ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: None };
    assert_eq!(offer(&outbox, &bye), Offer::Took);
    outbox.close();
    assert_eq!(peer.hear().await, Some(bye));
    assert_eq!(peer.hear().await, None);
    drop(peer);
    server.hub.closed().await;
    timeout(LONG, server.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn the_port_is_free_again_at_once() {
    let mut server = listen(settings());
    let mut peer = plain_peer(server.address).await;
    peer.greet().await;
    server.hub.opened().await.close();
    assert_eq!(peer.hear().await, None);
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert!(bind(server.address).is_ok());
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let server = listen(settings());
    assert_eq!(bind(server.address).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn all_interfaces_means_both_families() {
    let listener = bind("[::]:0".parse().unwrap()).unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
}
