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
