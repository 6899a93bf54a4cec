use std::fs;

use shared::caps::Caps;
use tempfile::TempDir;

use super::*;
use crate::auth::phc;
use crate::record::Phc;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A server on a free port of this machine, with the credentials file `text`, if there is one.
fn config(folder: &TempDir, text: Option<&str>) -> Config {
    let mut config = Config::new(folder.path().join("data"));
    config.port = 0;
    config.bind = Some(Ipv4Addr::LOCALHOST.into());
    if let Some(text) = text {
        let path = folder.path().join("c.txt");
        fs::write(&path, text).expect("written");
        config.credentials = CredentialsFile::Named(path);
    }
    config
}

async fn refused(config: Config) -> String {
    match Server::new(config).await {
        Ok(_) => panic!("it starts"),
        Err(error) => crate::logging::one_line(&error),
    }
}

/// The stored accounts, and the hash of each.
async fn accounts(config: Config) -> Vec<(String, Option<Phc>)> {
    let server = Server::new(config).await.expect("starts");
    let store = Arc::clone(&server.parts.store);
    let snapshot = store.snapshot().expect("read");
    let read =
        |account: crate::record::Account| (account.name.as_str().to_owned(), store.password(account.id).expect("read"));
    let found = snapshot.accounts.into_iter().map(read).collect();
    store.close().expect("closed");
    found
}

#[tokio::test]
async fn a_server_listens_and_ends() {
    let folder = folder();
    let running = Server::new(config(&folder, None)).await.expect("starts").listen();
    let address = running.local_addr();
    assert_ne!(address.port(), 0);
    tokio::net::TcpStream::connect(address).await.expect("connected");
    let fingerprint = running.fingerprint().expect("TLS").digits();
    assert_eq!(running.invite(), Some(format!("tern://{address}#{fingerprint}")));
    running.shutdown().await.expect("ends in order");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn it_starts_again_at_once_on_the_same_port_with_the_same_key() {
    let folder = folder();
    let mut config = config(&folder, None);
    let running = Server::new(config.clone()).await.expect("starts").listen();
    let fingerprint = running.fingerprint();
    config.port = running.local_addr().port();
    let _client = tokio::net::TcpStream::connect(running.local_addr()).await.expect("connected");
    running.shutdown().await.expect("ends in order");
    let running = Server::new(config).await.expect("starts again").listen();
    assert_eq!(running.fingerprint(), fingerprint);
    running.shutdown().await.expect("ends in order");
}

#[tokio::test]
async fn what_is_in_use_is_told_in_one_line() {
    let folder = folder();
    let first = Server::new(config(&folder, None)).await.expect("starts").listen();
    let same_data = refused(config(&folder, None)).await;
    let data = folder.path().join("data");
    assert_eq!(same_data, format!("cannot open {}: another server is using it", data.display()));
    let other = self::folder();
    let mut same_port = config(&other, None);
    same_port.port = first.local_addr().port();
    let expected = format!("cannot listen on {}: the port is in use (another server?)", first.local_addr());
    assert_eq!(refused(same_port).await, expected);
    assert!(!other.path().join("data").exists(), "a server that does not start leaves nothing behind");
    let mut elsewhere = config(&other, None);
    elsewhere.bind = Some(Ipv4Addr::new(192, 0, 2, 1).into());
    assert_eq!(refused(elsewhere).await, "cannot listen on 192.0.2.1:0: this machine does not have that address");
    first.shutdown().await.expect("ends in order");
}

#[tokio::test]
async fn a_credentials_file_that_cannot_be_used_stops_the_start() {
    let folder = folder();
    let path = folder.path().join("c.txt");
    let twice = refused(config(&folder, Some("hans a\nyoda b\nHans c\n"))).await;
    assert_eq!(twice, format!("{}: lines 1 and 3 are for the same name; remove one of them", path.display()));
    fs::remove_file(&path).expect("removed");
    let mut missing = config(&folder, None);
    missing.credentials = CredentialsFile::Named(path.clone());
    let told = refused(missing).await;
    assert!(told.starts_with(&format!("cannot read {}: ", path.display())), "{told}");
    assert!(!folder.path().join("data").exists(), "a server that does not start leaves nothing behind");
}

#[tokio::test]
async fn a_file_that_is_not_there_matters_only_when_nobody_could_log_in() {
    let folder = folder();
    let mut config = config(&folder, None);
    config.credentials = CredentialsFile::IfThere(folder.path().join("none.txt"));
    assert_eq!(accounts(config.clone()).await, []);
    config.register = false;
    assert!(refused(config.clone()).await.starts_with("nobody could log in: "));
    fs::write(folder.path().join("none.txt"), "hans secret\n").expect("written");
    assert_eq!(accounts(config.clone()).await.len(), 1);
    fs::remove_file(folder.path().join("none.txt")).expect("removed");
    assert_eq!(accounts(config).await.len(), 1, "the account is still there");
}

#[tokio::test]
async fn each_line_makes_one_account_and_only_once() {
    let folder = folder();
    let hash = phc::hash(&"falcon".into(), phc::Cost { memory: 64, passes: 1, lanes: 1 }).expect("hashed");
    let text = format!("Hans plain one\nyoda {}\n", hash.0);
    let expected = [("Hans".to_owned(), None), ("yoda".to_owned(), Some(hash))];
    assert_eq!(accounts(config(&folder, Some(&text))).await, expected);
    assert_eq!(accounts(config(&folder, Some(&text))).await, expected);
    let changed = accounts(config(&folder, Some("hans other\nYODA another\nvader new\n"))).await;
    assert_eq!(changed[..2], expected);
    assert_eq!(changed[2], ("vader".to_owned(), None));
    let written = fs::read_to_string(folder.path().join("c.txt")).expect("read");
    assert_eq!(written, "hans other\nYODA another\nvader new\n", "the file is never rewritten");
}

#[tokio::test]
async fn more_lines_than_the_store_takes_at_once_all_arrive() {
    let folder = folder();
    // The store's queue holds 4096 jobs.
    let text: Vec<String> = (0..10_000).map(|n| format!("user{n} password {n}")).collect();
    assert_eq!(accounts(config(&folder, Some(&text.join("\n")))).await.len(), text.len());
}

#[tokio::test]
async fn names_that_look_alike_get_one_account() {
    let folder = folder();
    let mut config = config(&folder, Some("paca one\nраса two\n"));
    config.names = crate::names::Policy::Unicode;
    let names: Vec<String> = accounts(config).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["paca"]);
}

#[tokio::test]
async fn the_start_tells_whether_sample_passwords_are_in_force() {
    for (text, in_force) in [("hans falcon\n", true), ("hans secret\n", false)] {
        let folder = folder();
        let server = Server::new(config(&folder, Some(text))).await.expect("starts");
        assert_eq!(server.has_sample_passwords(), in_force, "{text}");
    }
}

#[tokio::test]
async fn an_invite_names_a_real_address() {
    let folder = folder();
    let mut config = config(&folder, None);
    config.bind = None;
    let running = Server::new(config).await.expect("starts").listen();
    let invite = running.invite().expect("TLS");
    let address = invite.strip_prefix("tern://").and_then(|rest| rest.split_once('#')).expect("an invite").0;
    let address: SocketAddr = address.parse().expect("an address");
    assert!(!address.ip().is_unspecified());
    running.shutdown().await.expect("ends in order");
}

#[tokio::test]
async fn rules_that_fail_end_the_server_and_it_says_so() {
    let folder = folder();
    let mut running = Server::new(config(&folder, None)).await.expect("starts").listen();
    // The same server with rules that have a bug.
    let (answering, answers) = mpsc::channel(1);
    let (resulting, results) = mpsc::channel(1);
    let store = Arc::new(crate::store::memory::MemoryStore::new(answering));
    let auth = Auth::new(Arc::clone(&store) as Arc<dyn Store>, Vec::new(), resulting, auth::Settings::default());
    let bug = |_: Input, _: Moment| -> Vec<crate::chat::Effect> { panic!("a bug, made by this test") };
    let before = std::mem::replace(&mut running.hub, hub::spawn(bug, store, answers, auth, results));
    let (outbox, _mailbox) = net::outbox(OUTBOX_BYTES, &Budget::new(TOTAL_OUTBOX_BYTES));
    let (session, address) = (crate::chat::SessionId(1), running.local_addr());
    let fresh =
        crate::chat::Fresh { resume: shared::id::ResumeTicket([1; 32]), device: shared::id::DeviceTicket([2; 32]) };
    let opened = net::Event::Opened { session, address, fresh: Box::new(fresh), caps: Caps::default(), outbox };
    running.hub.events().send(opened).await.expect("the hub listens");
    let error = running.failed().await;
    let said = crate::logging::one_line(&error);
    assert!(said.starts_with("the hub failed, which is a bug: task "), "{said}");
    before.stop().await.expect("ends in order");
}
