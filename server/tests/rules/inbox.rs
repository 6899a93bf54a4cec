//! What waits for a user who is away has a bound, and its sender is told.

use std::time::Duration;

use server::store::inbox::MESSAGES;

use crate::world::World;

#[test]
fn who_writes_to_a_full_inbox_is_told_and_what_waits_stays() {
    let mut world = World::new();
    let (hans, vader) = (world.login("hans"), world.login("vader"));
    for number in 0..MESSAGES {
        world.message(hans, "yoda", &number.to_string());
        assert_eq!(world.outcome(hans), "stored");
    }
    world.message(hans, "yoda", "one too many");
    assert_eq!(world.refusal(hans), "inbox-full");
    world.message(vader, "yoda", "it is one inbox for all");
    assert_eq!(world.refusal(vader), "inbox-full");
    world.message(hans, "vader", "others are not concerned");
    assert_eq!(world.outcome(hans), "delivered");
    let yoda = world.connect();
    world.try_login(yoda, "yoda", "yoda-secret");
    world.pass(Duration::from_millis(100));
    assert_eq!(world.texts(yoda).len(), usize::try_from(MESSAGES).unwrap());
    world.ack(yoda, "hans", 1);
    world.logout(yoda);
    world.message(hans, "yoda", "one fits again");
    assert_eq!(world.outcome(hans), "stored");
    world.message(hans, "yoda", "but no two");
    assert_eq!(world.refusal(hans), "inbox-full");
}

#[test]
fn who_is_there_to_read_gets_everything() {
    let mut world = World::new();
    let (hans, yoda) = (world.login("hans"), world.login("yoda"));
    for number in 0..=MESSAGES {
        world.message(hans, "yoda", &number.to_string());
        assert_eq!(world.outcome(hans), "delivered");
    }
    // Nothing was acknowledged, so all of it waits now.
    world.drop_connection(yoda);
    world.message(hans, "yoda", "too many wait");
    assert_eq!(world.refusal(hans), "inbox-full");
}
