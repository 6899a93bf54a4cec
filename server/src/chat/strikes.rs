//! Wrong passwords in a row, and the lock that follows.
//!
//! The count belongs to the name, from whatever address the tries come, and names without an account are counted alike,
//! so that nobody can tell from the answers which names exist where registration is off.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use shared::limits::TRIES;

use crate::record::Strikes;
use shared::time::{Moment, Mono};

/// How many names are counted at most. A stranger can invent names; the oldest harmless ones are forgotten.
const NAMES: usize = 65_536;

/// What is known of one name.
#[derive(Clone, Debug)]
struct Record {
    count: u8,
    locked_until: Option<Mono>,
    /// Failures since the last good login, and where the latest came from: told to the user then.
    failures: u32,
    latest_from: Option<IpAddr>,
}

/// The counts of all names.
#[derive(Debug)]
pub(super) struct StrikeBook {
    lock_for: Duration,
    names: BTreeMap<String, Record>,
}

/// What a wrong password leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strike {
    /// So many tries are left.
    Left(u8),
    /// The name is locked from now on.
    Locked,
}

impl StrikeBook {
    /// The counts as stored. A lock never lasts longer than `lock_for` from now, whatever the clocks say.
    pub(super) fn new(lock_for: Duration, stored: Vec<Strikes>, now: Moment) -> Self {
        let names = stored
            .into_iter()
            .map(|strikes| {
                let locked_until = strikes.locked_until.map(|until| {
                    let rest = Duration::from_millis(until.0.saturating_sub(now.wall.0));
                    now.mono.after(rest.min(lock_for))
                });
                let record = Record {
                    count: strikes.count,
                    locked_until,
                    failures: u32::from(strikes.count),
                    latest_from: None,
                };
                (strikes.name_key, record)
            })
            .collect();
        Self { lock_for, names }
    }

    /// How long the name stays locked; `None` when it is not.
    pub(super) fn locked(&self, key: &str, now: Moment) -> Option<Duration> {
        let until = self.names.get(key)?.locked_until?;
        (until > now.mono).then(|| until.since(now.mono))
    }

    /// Counts a wrong password. A lock that has ended starts the count anew.
    pub(super) fn strike(&mut self, key: &str, from: IpAddr, now: Moment) -> Strike {
        self.make_room(key, now);
        let fresh = Record { count: 0, locked_until: None, failures: 0, latest_from: None };
        let record = self.names.entry(key.to_owned()).or_insert(fresh);
        if record.locked_until.is_some_and(|until| until <= now.mono) {
            record.locked_until = None;
            record.count = 0;
        }
        record.count = record.count.saturating_add(1);
        record.failures = record.failures.saturating_add(1);
        record.latest_from = Some(from);
        if record.count < TRIES {
            return Strike::Left(TRIES - record.count);
        }
        record.locked_until = Some(now.mono.after(self.lock_for));
        Strike::Locked
    }

    /// Locks the name as after its last try.
    pub(super) fn lock(&mut self, key: &str, from: IpAddr, now: Moment) {
        for _ in 0..TRIES {
            if self.strike(key, from, now) == Strike::Locked {
                break;
            }
        }
    }

    /// The sentence about failures for the user, who is told them once; the count stays.
    pub(super) fn tell(&mut self, key: &str) -> String {
        let Some(record) = self.names.get_mut(key) else { return String::new() };
        sentence(std::mem::take(&mut record.failures), record.latest_from)
    }

    /// A good login forgets the count. Returns whether there was one to forget, and the sentence about failures for the
    /// user, empty when there were none.
    pub(super) fn forgive(&mut self, key: &str) -> (bool, String) {
        let Some(record) = self.names.remove(key) else {
            return (false, String::new());
        };
        (true, sentence(record.failures, record.latest_from))
    }

    /// The record of a name as it is to be stored.
    pub(super) fn stored(&self, key: &str, now: Moment) -> Strikes {
        let record = self.names.get(key);
        Strikes {
            name_key: key.to_owned(),
            count: record.map_or(0, |record| record.count),
            locked_until: record
                .and_then(|record| record.locked_until)
                .map(|until| now.wall.after(until.since(now.mono))),
        }
    }

    /// Forgets one name that is not locked when the book is full.
    fn make_room(&mut self, key: &str, now: Moment) {
        if self.names.len() < NAMES || self.names.contains_key(key) {
            return;
        }
        let harmless = |record: &Record| record.locked_until.is_none_or(|until| until <= now.mono);
        let victim = self.names.iter().find(|(_, record)| harmless(record)).or_else(|| self.names.iter().next());
        if let Some(victim) = victim.map(|(key, _)| key.clone()) {
            self.names.remove(&victim);
        }
    }
}

fn sentence(failures: u32, latest_from: Option<IpAddr>) -> String {
    let times = match failures {
        0 => return String::new(),
        1 => "1 failed login".to_owned(),
        more => format!("{more} failed logins"),
    };
    let from = latest_from.map(|address| format!(", the latest from {address}")).unwrap_or_default();
    format!("{times} since your last one{from}")
}
