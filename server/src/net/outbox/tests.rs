use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

/// The smallest bound there is.
const BOUND: usize = 2 * (4 + 64 * 1024);

/// An outbox with a budget of its own.
fn alone(bound: usize) -> (Outbox, Mailbox) {
    outbox(bound, &Budget::new(usize::MAX))
}

fn frame(length: usize) -> Bytes {
    Bytes::from(vec![7; length])
}

/// Offers frames of a KiB until one is refused, and says how many were taken.
fn fill(outbox: &Outbox) -> usize {
    (0..10_000).take_while(|_| outbox.offer(&frame(1024)) == Offer::Took).count()
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn frames_leave_whole_and_in_order() {
    let (outbox, mailbox) = alone(OUTBOX_BYTES);
    for text in ["one", "two", "three"] {
        assert_eq!(outbox.offer(&Bytes::from_static(text.as_bytes())), Offer::Took);
    }
    let mut bytes = b"written long ago".to_vec();
    assert_eq!(mailbox.take(&mut bytes), News::default());
    assert_eq!(bytes, b"onetwothree");
    mailbox.take(&mut bytes);
    assert!(bytes.is_empty());
}

#[test]
fn what_is_being_written_counts_until_the_next_take() {
    let (outbox, mailbox) = alone(0);
    let full = fill(&outbox);
    assert_eq!(full, BOUND / 1024);
    let mut bytes = Vec::new();
    assert!(!mailbox.take(&mut bytes).drained);
    assert_eq!(bytes.len(), full * 1024);
    outbox.resume();
    assert_eq!(outbox.offer(&frame(1024)), Offer::Full);
}

#[test]
fn a_full_outbox_takes_no_event_until_the_hub_knows_that_it_has_drained() {
    let (outbox, mailbox) = alone(0);
    fill(&outbox);
    let mut bytes = Vec::new();
    assert_eq!(mailbox.take(&mut bytes), News::default());
    assert_eq!(mailbox.take(&mut bytes), News { drained: true, ..News::default() });
    assert_eq!(mailbox.take(&mut bytes), News::default(), "said once");
    assert_eq!(outbox.offer(&frame(1)), Offer::Full);
    assert!(mailbox.is_lagging());
    outbox.resume();
    assert!(!mailbox.is_lagging());
    assert_eq!(outbox.offer(&frame(1)), Offer::Took);
    fill(&outbox);
    mailbox.take(&mut bytes);
    assert!(mailbox.take(&mut bytes).drained, "said again the next time");
}

#[test]
fn what_may_be_lost_is_taken_only_where_little_waits() {
    let (outbox, mailbox) = alone(OUTBOX_BYTES);
    let mut bytes = Vec::new();
    assert_eq!((0..1000).filter(|_| outbox.offer_if_idle(&frame(40))).count(), LITTLE.div_ceil(40));
    mailbox.take(&mut bytes);
    assert_eq!(bytes.len(), LITTLE.div_ceil(40) * 40);
    assert!(outbox.offer_if_idle(&frame(40)), "what is being written does not wait");
    mailbox.take(&mut bytes);
    mailbox.take(&mut bytes);
    assert!(outbox.offer_if_idle(&frame(40)));
    fill(&outbox);
    assert_eq!((mailbox.take(&mut bytes).drained, mailbox.take(&mut bytes).drained), (false, true));
    assert!(!outbox.offer_if_idle(&frame(40)), "the hub does not know yet that it has drained");
    outbox.resume();
    mailbox.take(&mut bytes);
    assert!(outbox.offer_if_idle(&frame(40)));
    assert!(!mailbox.is_lagging());
    mailbox.take(&mut bytes);
    outbox.close();
    assert!(!outbox.offer_if_idle(&frame(40)), "it ends");
}

#[test]
fn answers_find_room_where_events_do_not_but_not_for_ever() {
    let (outbox, mailbox) = alone(0);
    fill(&outbox);
    let answers = (0..10_000).take_while(|_| outbox.answer(&frame(1024)) == Offer::Took).count();
    assert!((ANSWER_RESERVE / 1024 - 1..=ANSWER_RESERVE / 1024 + 1).contains(&answers), "{answers}");
    assert!(mailbox.is_lagging());
}

#[test]
fn answers_alone_stop_the_reading_too() {
    let (outbox, mailbox) = alone(0);
    for _ in 0..=BOUND / 1024 {
        assert_eq!(outbox.answer(&frame(1024)), Offer::Took);
    }
    assert!(mailbox.is_lagging());
}

#[test]
fn closing_keeps_what_was_taken_before_and_drops_what_comes_later() {
    let (outbox, mailbox) = alone(OUTBOX_BYTES);
    assert_eq!(outbox.offer(&Bytes::from_static(b"bye")), Offer::Took);
    outbox.close();
    assert_eq!(outbox.offer(&Bytes::from_static(b"more")), Offer::Took);
    let mut bytes = Vec::new();
    assert!(mailbox.take(&mut bytes).closing);
    assert_eq!(bytes, b"bye");
}

#[test]
fn a_dropped_mailbox_keeps_no_memory() {
    let (outbox, mailbox) = alone(OUTBOX_BYTES);
    fill(&outbox);
    drop(mailbox);
    outbox.resume();
    assert_eq!(outbox.offer(&frame(1024)), Offer::Took);
    assert_eq!(outbox.0.queue().bytes.capacity(), 0);
}

#[test]
fn an_idle_session_gives_its_buffers_back() {
    let (outbox, mailbox) = alone(OUTBOX_BYTES);
    let mut bytes = Vec::new();
    for _ in 0..3 {
        fill(&outbox);
        mailbox.take(&mut bytes);
        outbox.resume();
    }
    mailbox.take(&mut bytes);
    mailbox.take(&mut bytes);
    assert!(bytes.capacity() + outbox.0.queue().bytes.capacity() <= 2 * KEEP_BYTES);
}

#[test]
fn one_wake_is_enough_and_none_is_lost() {
    let (outbox, mailbox) = alone(OUTBOX_BYTES);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    assert!(mailbox.poll_news(&mut context).is_pending());
    assert_eq!(outbox.offer(&frame(1)), Offer::Took);
    assert_eq!(bell.0.load(Ordering::Relaxed), 0);
    outbox.wake();
    outbox.wake();
    assert_eq!(bell.0.load(Ordering::Relaxed), 1);
    assert!(mailbox.poll_news(&mut context).is_ready());
    mailbox.take(&mut Vec::new());
    assert!(mailbox.poll_news(&mut context).is_pending());
}

/// Offers one frame, and says whether there was room.
fn takes(outbox: &Outbox, length: usize) -> bool {
    outbox.offer(&frame(length)) == Offer::Took
}

#[test]
fn when_all_owe_much_the_fullest_are_fed_from_the_log_and_the_others_notice_nothing() {
    let budget = Budget::new(2 * 1024 * 1024);
    let pairs: Vec<_> = (0..4).map(|_| outbox(1024 * 1024, &budget)).collect();
    let (fullest, other) = (&pairs[0], &pairs[1]);
    // One alone may owe as much as it likes, within its own bound.
    assert!((0..1000).all(|_| takes(&fullest.0, 1024)));
    assert!((0..30).all(|_| takes(&other.0, 1024)));
    assert!(!takes(&fullest.0, 1024), "above half of the whole, nobody may owe more than its share");
    assert!(fullest.1.is_lagging());
    assert!((0..100).all(|_| takes(&other.0, 1024)));
    assert!(!other.1.is_lagging());
    // It has drained when it owes less than half of what it may; that the others do well again is not enough.
    let mut bytes = Vec::new();
    assert!(!fullest.1.take(&mut bytes).drained);
    assert!(fullest.1.take(&mut bytes).drained);
    fullest.0.resume();
    assert!((0..800).all(|_| takes(&fullest.0, 1024)));
}

#[test]
fn all_together_never_owe_more_than_the_whole() {
    const SESSIONS: usize = 40;
    let budget = Budget::new(1024 * 1024);
    let pairs: Vec<_> = (0..SESSIONS).map(|_| outbox(OUTBOX_BYTES, &budget)).collect();
    let mut owed = 0;
    for round in 0..2_000 {
        // Some are filled early, some late.
        for (outbox, _) in pairs.iter().skip(round % SESSIONS) {
            owed += if takes(outbox, 1000) { 1000 } else { 0 };
        }
    }
    assert!((512 * 1024..=1024 * 1024 + SESSIONS * 4096).contains(&owed), "{owed}");
    assert!(pairs.iter().all(|(_, mailbox)| mailbox.is_lagging()));
    // An answer may still be larger than the share, but not than the whole.
    let answers = pairs.iter().filter(|(outbox, _)| outbox.answer(&frame(60_000)) == Offer::Took).count();
    assert!(owed + answers * 60_000 <= 1024 * 1024 + SESSIONS * 4096 + 60_000, "{answers}");
    for (_, mailbox) in &pairs {
        mailbox.take(&mut Vec::new());
        mailbox.take(&mut Vec::new());
    }
    assert_eq!(budget.owed(), 0);
}

#[test]
fn what_a_closed_connection_owed_is_owed_no_longer() {
    let budget = Budget::new(1024 * 1024);
    let (outbox, mailbox) = outbox(OUTBOX_BYTES, &budget);
    assert!(takes(&outbox, 60_000));
    assert_eq!(budget.owed(), 60_000);
    drop(mailbox);
    assert_eq!(budget.owed(), 0);
    assert!(takes(&outbox, 60_000), "it goes nowhere");
    assert_eq!(budget.owed(), 0);
}

#[test]
fn however_small_the_share_whoever_owes_nothing_gets_on() {
    let budget = Budget::new(10_000);
    let pairs: Vec<_> = (0..100).map(|_| outbox(OUTBOX_BYTES, &budget)).collect();
    for (outbox, mailbox) in &pairs {
        assert!(takes(outbox, 8_000));
        assert!(!mailbox.is_lagging());
    }
}
