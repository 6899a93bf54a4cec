//! Nobody counts as there who is not, and nothing is kept of who has gone.

use std::time::Duration;

use server::record::KeepError;
use shared::message::ServerMessage;

use crate::world::{World, announced};

const SECOND: Duration = Duration::from_secs(1);

/// The connection of a user is lost; a second one logs in, and is lost while its password is checked.
#[test]
fn a_login_that_was_given_up_takes_nobodys_place() {
    for comes_back in [true, false] {
        let mut world = World::new();
        let (hans, yoda) = (world.login("hans"), world.login("yoda"));
        world.read(yoda);
        world.lose_connection(hans);
        world.hold_checks = true;
        let other = world.connect();
        world.try_login(other, "hans", "hans-secret");
        world.lose_connection(other);
        world.release_checks();
        if comes_back {
            let back = world.resume(hans, None);
            assert!(matches!(world.read(back)[..], [ServerMessage::LoggedIn { .. }, ..]));
        }
        world.pass(11 * SECOND);
        let left: &[&str] = if comes_back { &[] } else { &["-hans connection-lost"] };
        assert_eq!(announced(&world.read(yoda)), left);
        assert_eq!(world.who(yoda).is_empty(), !comes_back);
    }
}

/// The same, where the login waits until the living session has shown whether it lives.
#[test]
fn a_login_that_was_given_up_while_it_waited_takes_nobodys_place() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    world.read(yoda);
    let other = world.connect();
    world.try_login(other, "hans", "hans-secret");
    world.lose_connection(other);
    world.lose_connection(hans);
    world.pass(11 * SECOND);
    assert_eq!(announced(&world.read(yoda)), ["-hans connection-lost"]);
    assert_eq!(world.who(yoda), [""; 0]);
    let hans = world.login("hans");
    world.broadcast(hans, "again");
    assert_eq!(world.outcome(hans), "everyone");
}

/// On a full disk a login cannot be noted; it works all the same, and leaves nothing behind, whether the answer of the disk
/// comes before its end or after it.
#[test]
fn nothing_is_kept_of_a_login_that_could_not_be_noted() {
    for comes_late in [true, false] {
        let mut world = World::new();
        (world.hold, world.broken) = (true, Some(KeepError::Full));
        let hans = world.connect();
        world.try_login(hans, "hans", "hans-secret");
        if !comes_late {
            world.release();
        }
        world.lose_connection(hans);
        world.pass(11 * SECOND);
        world.release();
        let rules = format!("{:?}", world.chat);
        assert!(rules.contains("ended_early: {}") && rules.contains("sessions: {}"), "{comes_late}: {rules}");
    }
}
