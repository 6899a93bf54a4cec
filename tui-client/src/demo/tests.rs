use super::*;

#[test]
fn the_newcomer_goes_by_a_valid_name() {
    let long = "x".repeat(40);
    let table = [
        (Some("anna"), "anna"),
        (Some("Anna.B-2_c"), "Anna.B-2_c"),
        (Some("_anna"), "anna"),
        (Some("an na\u{1b}[2J"), "anna2J"),
        (Some("домой"), "you-there"),
        (Some(""), "you-there"),
        (None, "you-there"),
        // Reserved, and one of the three.
        (Some("root"), "you-root"),
        (Some("Oskar"), "you-Oskar"),
        (Some(&*long), "you-there"),
    ];
    for (user, expected) in table {
        assert_eq!(visitor_name(user), expected, "{user:?}");
        assert!(Name::plain(expected).is_ok());
    }
}

#[test]
fn passwords_are_long_and_differ() {
    use secrecy::ExposeSecret as _;
    let passwords = [random_password().unwrap(), random_password().unwrap()];
    assert!(passwords.iter().all(|password| password.expose_secret().len() == 2 * PASSWORD_BYTES));
    assert_ne!(passwords[0].expose_secret(), passwords[1].expose_secret());
}

/// What a panic does, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_that_is_dropped_leaves_nothing() {
    let demo = Demo::start("anna", Pace::Instant).await.expect("starts");
    let folder = demo.folder.path().to_owned();
    assert!(folder.join("data").is_dir());
    drop(demo);
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_that_is_stopped_is_gone() {
    let demo = Demo::start("anna", Pace::Natural).await.expect("starts");
    let folder = demo.folder.path().to_owned();
    let Target { host, port, .. } = demo.visitor().target;
    demo.stop().await.expect("ends in order");
    assert!(!folder.exists());
    assert!(tokio::net::TcpStream::connect((host, port)).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_demonstrations_do_not_disturb_each_other() {
    let first = Demo::start("anna", Pace::Instant).await.expect("starts");
    let second = Demo::start("anna", Pace::Instant).await.expect("starts");
    assert_ne!(first.visitor().target, second.visitor().target);
    first.stop().await.expect("ends in order");
    second.stop().await.expect("ends in order");
}
