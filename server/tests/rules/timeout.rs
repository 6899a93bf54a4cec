//! Inactivity: what counts as action and what does not.

use std::time::Duration;

use server::chat::{Request, Rules};
use shared::message::ServerMessage;

use crate::world::{World, announced, default_rules};

fn impatient() -> World {
    let rules = Rules { timeout: Some(Duration::from_secs(120)), ..default_rules() };
    World::with(rules, &["hans", "yoda", "vader"])
}

fn timed_out(message: &ServerMessage) -> bool {
    matches!(message, ServerMessage::Bye { reason, .. } if reason.as_str() == "timed-out")
}

#[test]
fn whoever_does_nothing_is_logged_out_on_time_and_others_see_why() {
    let mut world = impatient();
    let hans = world.login("hans");
    world.pass(Duration::from_secs(60));
    let yoda = world.login("yoda");
    world.read(yoda);
    world.pass(Duration::from_millis(59_700));
    assert!(!world.closed.contains(&hans));
    world.pass(Duration::from_millis(200));
    assert!(timed_out(&world.last(hans)));
    world.pass(Duration::from_millis(100));
    assert_eq!(announced(&world.read(yoda)), ["-hans timed-out"]);
}

#[test]
fn requests_and_activity_count_while_refusals_and_incoming_messages_do_not() {
    let mut world = impatient();
    let (hans, yoda, vader) = (world.login("hans"), world.login("yoda"), world.login("vader"));
    for _ in 0..11 {
        world.pass(Duration::from_secs(20));
        world.ask(hans, Request::Activity);
        if !world.closed.contains(&yoda) {
            world.message(yoda, "nobody", "refused");
            world.ack(yoda, "hans", 1);
        }
        world.message(hans, "vader", "incoming");
    }
    assert!(!world.closed.contains(&hans));
    assert!(world.closed.contains(&yoda) && timed_out(&world.last(yoda)));
    assert!(world.closed.contains(&vader) && timed_out(&world.last(vader)));
}

#[test]
fn without_a_timeout_nobody_is_logged_out() {
    let mut world = World::new();
    let hans = world.login("hans");
    world.pass(Duration::from_secs(1_000_000));
    assert!(!world.closed.contains(&hans));
}
