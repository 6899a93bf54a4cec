//! Whose key is accepted, and what is remembered of it.

use rcgen::date_time_ymd;
use rustls::pki_types::CertificateDer;
use shared::version::ALPN;

use super::kit::{Identity, Keys, Peer, Place, soon, verdict};
use crate::net::{ConnectError, Fingerprint, Target, Trust};

fn changed(place: &Place, expected: Fingerprint, found: Fingerprint) -> ConnectError {
    ConnectError::KeyChanged {
        address: place.target().address(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

fn assert_not_tern(verdict: &Result<Trust, ConnectError>, fragment: &str) {
    match verdict {
        Err(ConnectError::NotTern { why, .. }) if why.contains(fragment) => {}
        other => panic!("expected NotTern with {fragment:?}, got {other:?}"),
    }
}

#[tokio::test]
async fn the_first_key_is_remembered_and_known_the_next_time() {
    let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
    for expected in [Trust::FirstUse(identity.fingerprint()), Trust::Known] {
        let server = place.serve(Some(identity.tls()), Peer::host);
        assert_eq!(verdict(place.target(), &keys).await, Ok(expected));
        soon(server).await.unwrap().unwrap();
    }
    assert_eq!(keys.store.list().unwrap(), [(place.target().address(), identity.fingerprint())]);
}

#[tokio::test]
async fn a_new_or_expired_certificate_for_the_same_key_is_the_same_server() {
    let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
    keys.store.remember(&place.target().address(), identity.fingerprint()).unwrap();
    let expired = identity.certificate_with(|params| {
        params.not_before = date_time_ymd(1999, 1, 1);
        params.not_after = date_time_ymd(2000, 1, 1);
    });
    let server = place.serve(Some(identity.tls_with(expired, &[ALPN])), Peer::host);
    assert_eq!(verdict(place.target(), &keys).await, Ok(Trust::Known));
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn another_key_is_refused_with_both_fingerprints_and_not_remembered() {
    let (place, keys) = (Place::new().await, Keys::new());
    let (old, new) = (Identity::new(), Identity::new());
    keys.store.remember(&place.target().address(), old.fingerprint()).unwrap();
    let server = place.serve(Some(new.tls()), Peer::host);
    assert_eq!(verdict(place.target(), &keys).await, Err(changed(&place, old.fingerprint(), new.fingerprint())));
    soon(server).await.unwrap().expect_err("the handshake fails");
    assert_eq!(keys.store.lookup(&place.target().address()).unwrap(), Some(old.fingerprint()));
}

#[tokio::test]
async fn a_copied_certificate_is_worth_nothing_without_its_key() {
    let (real, thief) = (Identity::new(), Identity::new());
    for is_remembered in [true, false] {
        let (place, keys) = (Place::new().await, Keys::new());
        if is_remembered {
            keys.store.remember(&place.target().address(), real.fingerprint()).unwrap();
        }
        let server = place.serve(Some(thief.tls_with(real.certificate(), &[ALPN])), Peer::host);
        assert_not_tern(&verdict(place.target(), &keys).await, "does not own the key");
        soon(server).await.unwrap().expect_err("the handshake fails");
        assert_eq!(keys.store.list().unwrap().len(), usize::from(is_remembered));
    }
}

#[tokio::test]
async fn a_pinned_key_is_required_at_the_first_contact_and_then_remembered() {
    let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
    let other = Identity::new().fingerprint();

    let server = place.serve(Some(identity.tls()), Peer::host);
    let wrong = Target { fingerprint: Some(other), ..place.target() };
    assert_eq!(verdict(wrong.clone(), &keys).await, Err(changed(&place, other, identity.fingerprint())));
    soon(server).await.unwrap().expect_err("the handshake fails");
    assert!(keys.store.list().unwrap().is_empty());

    let server = place.serve(Some(identity.tls()), Peer::host);
    let right = Target { fingerprint: Some(identity.fingerprint()), ..place.target() };
    assert_eq!(verdict(right, &keys).await, Ok(Trust::Pinned(identity.fingerprint())));
    soon(server).await.unwrap().unwrap();
    assert_eq!(keys.store.lookup(&place.target().address()).unwrap(), Some(identity.fingerprint()));
}

#[tokio::test]
async fn a_pin_does_not_overrule_the_key_that_is_remembered() {
    let (place, keys) = (Place::new().await, Keys::new());
    let (old, new) = (Identity::new(), Identity::new());
    keys.store.remember(&place.target().address(), old.fingerprint()).unwrap();
    let server = place.serve(Some(new.tls()), Peer::host);
    let pinned = Target { fingerprint: Some(new.fingerprint()), ..place.target() };
    assert_eq!(verdict(pinned, &keys).await, Err(changed(&place, old.fingerprint(), new.fingerprint())));
    soon(server).await.unwrap().expect_err("the handshake fails");
}

#[tokio::test]
async fn a_key_is_not_remembered_before_the_server_has_greeted() {
    let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
    let server = place.serve(Some(identity.tls()), |mut peer| async move { drop(peer.hear().await) });
    let verdict = verdict(place.target(), &keys).await;
    assert!(matches!(verdict, Err(ConnectError::Unreachable { .. })), "{verdict:?}");
    soon(server).await.unwrap().unwrap();
    assert!(keys.store.list().unwrap().is_empty());
}

#[tokio::test]
async fn a_tls_server_for_something_else_is_not_tern() {
    for alpn in [&[b"h2".as_slice()][..], &[]] {
        let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
        let _server = place.serve(Some(identity.tls_with(identity.certificate(), alpn)), Peer::host);
        assert_not_tern(&verdict(place.target(), &keys).await, "not the protocol of Tern");
        assert!(keys.store.list().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_certificate_that_is_garbage_is_refused() {
    let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
    let garbage = CertificateDer::from(vec![0x30, 0x82, 0xff, 0xff, 1, 2, 3]);
    let _server = place.serve(Some(identity.tls_with(garbage, &[ALPN])), Peer::host);
    assert_not_tern(&verdict(place.target(), &keys).await, "the TLS handshake failed");
}

#[tokio::test]
async fn a_corrupt_file_of_keys_stops_the_attempt_and_stays_as_it_is() {
    let (place, keys, identity) = (Place::new().await, Keys::new(), Identity::new());
    std::fs::write(keys.store.path(), "garbage\n").unwrap();
    let server = place.serve(Some(identity.tls()), Peer::host);
    match verdict(place.target(), &keys).await {
        Err(ConnectError::TrustFile(text)) => {
            assert!(text.contains(&keys.store.path().display().to_string()) && text.contains("Line 1"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!server.is_finished(), "nothing was dialled");
    assert_eq!(std::fs::read_to_string(keys.store.path()).unwrap(), "garbage\n");
}
