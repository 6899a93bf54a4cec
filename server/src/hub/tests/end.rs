//! How the hub ends: asked to, or because something has failed.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_stop_says_bye_waits_for_it_to_be_heard_and_closes_the_store() {
    let mut stage = stage(|input, _| match input {
        Input::StopAsked => vec![
            Effect::Send {
                to: vec![SessionId(1)],
                message: ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: None },
            },
            Effect::Close { session: SessionId(1) },
        ],
        Input::SessionClosed { .. } => vec![heartbeat(9)],
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    let Stage { hub, store, answers, events, .. } = stage;
    let stopping = tokio::spawn(hub.stop());
    assert_eq!(reader.hear().await, ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: Some(500) });
    assert!(reader.fetch().closing && !store.0.is_closed.load(Ordering::Relaxed));
    let closed = Input::SessionClosed { session: SessionId(1), reason: Reason::GOING_AWAY };
    events.send(Event::Input(closed)).await.unwrap();
    timeout(Duration::from_secs(1), stopping).await.unwrap().unwrap().unwrap();
    assert!(store.0.is_closed.load(Ordering::Relaxed));
    assert!(matches!(*store.0.job.lock().unwrap(), Some(Job::Write(Ticket(9), _))), "the last write was handed over");
    drop(answers);
}

#[tokio::test(start_paused = true)]
async fn at_a_stop_each_session_is_told_another_time_to_come_back() {
    const SESSIONS: u64 = 6_000;
    let mut stage = stage(|input, _| match input {
        Input::StopAsked => {
            let bye = |session| Effect::Send {
                to: vec![SessionId(session)],
                message: ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: None },
            };
            (0..SESSIONS).map(bye).collect()
        }
        _ => vec![],
    });
    let mut readers = Vec::new();
    for session in 0..SESSIONS {
        readers.push(stage.open(session).await);
    }
    let stopping = tokio::spawn(stage.hub.stop());
    let mut times = std::collections::BTreeMap::new();
    for reader in &mut readers {
        match reader.hear().await {
            ServerMessage::Bye { retry_ms: Some(wait), .. } => *times.entry(wait).or_insert(0) += 1,
            other => panic!("no time to come back: {other:?}"),
        }
    }
    // The first 5,000 each at a time of their own, then a second one with some of them.
    assert_eq!((times.len(), times.values().max()), (5_000, Some(&2)));
    assert!(times.keys().all(|wait| (500..=15_500).contains(wait)));
    stopping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_ever_and_lets_nobody_in() {
    let mut stage = stage(|_, _| vec![]);
    let mut stuck = stage.open(1).await;
    let events = stage.events.clone();
    let start = Instant::now();
    let stopping = tokio::spawn(stage.hub.stop());
    tokio::task::yield_now().await;
    let (late_outbox, late_mailbox) = outbox(OUTBOX_BYTES, &Budget::new(usize::MAX));
    let address = "127.0.0.1:5000".parse().unwrap();
    events
        .send(Event::Opened {
            session: SessionId(2),
            address,
            fresh: Box::new(fresh()),
            caps: Caps::default(),
            outbox: late_outbox,
        })
        .await
        .unwrap();
    std::future::poll_fn(|context| late_mailbox.poll_news(context)).await;
    assert!(late_mailbox.take(&mut Vec::new()).closing);
    stopping.await.unwrap().unwrap();
    assert_eq!(start.elapsed().as_secs(), 5);
    assert!(stuck.fetch().closing);
    assert!(events.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_fails_is_noticed() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => panic!("a bug in the rules, made by this test"),
        _ => vec![],
    });
    let _reader = stage.open(1).await;
    stage.ask(1, 1).await;
    assert!(matches!(timeout(LONG, stage.hub.failed()).await, Ok(HubError::Failed(_))));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_failed_ends_the_hub_and_nobody_is_told_anything_more() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => vec![heartbeat(1)],
        Input::Committed { .. } => vec![notice(&[1], "kept, or not")],
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    let broken = || vec![Answer { ticket: Ticket(1), result: Err(KeepError::Broken) }];
    // One mistaken write is no failure of the store.
    stage.answers.send(broken()).await.unwrap();
    assert_eq!(reader.hear().await, ServerMessage::Notice { text: "kept, or not".into() });
    stage.store.0.has_failed.store(true, Ordering::Relaxed);
    stage.answers.send([broken(), broken()].concat()).await.unwrap();
    let Ok(error) = timeout(LONG, stage.hub.failed()).await else { panic!("the hub goes on") };
    assert_eq!(crate::logging::one_line(&error), "stopped keeping messages: the disk is gone: really");
    assert!(!reader.has_news());
    assert!(!stage.store.0.is_closed.load(Ordering::Relaxed));
}
