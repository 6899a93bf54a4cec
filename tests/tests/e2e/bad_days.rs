//! Short forms of the scenarios that `cargo xtask chaos` runs at length: what was promised is compared with what clients
//! saw on bad days.

use e2e::chaos::network::Dead;
use e2e::chaos::{Outcome, block_on, cut_points, drain, kill_on_ack, lost_ack, network, stalled_reader, storm};

#[track_caller]
fn holds(outcome: Outcome) {
    if let Err(broken) = outcome {
        panic!("{broken}\n{}", broken.history);
    }
}

#[test]
fn kills_on_a_read_acknowledgement_lose_nothing() {
    holds(block_on(kill_on_ack::run(3, 6, 20_261_121)));
}

#[test]
fn a_lost_acknowledgement_stores_nothing_twice() {
    holds(block_on(lost_ack::run(6, 20_261_121)));
}

#[test]
fn a_replay_cut_anywhere_loses_and_repeats_nothing() {
    holds(block_on(cut_points::run(20, 211)));
}

#[test]
fn everybody_is_back_after_a_crash_without_a_password() {
    holds(block_on(storm::run(12, None)));
}

#[test]
fn a_stop_in_the_middle_of_everything_tells_everybody_and_loses_nothing() {
    holds(block_on(drain::run(12, 20_261_121)));
}

#[test]
fn a_bad_network_loses_and_repeats_nothing() {
    holds(block_on(network::run(4, Dead::No, 20_261_121)));
}

#[test]
fn a_reader_who_stalls_holds_nobody_up_and_gets_what_was_stored() {
    holds(block_on(stalled_reader::once(20, 200)));
}
