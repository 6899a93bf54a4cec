//! How long a place whose logins are refused has to wait before it may connect again.
//!
//! Each refused login costs a few seconds. One slip costs nothing that anybody notices: only what has added up is
//! enforced, and only against new connections. Whoever guesses adds up quickly. A good login takes nothing back, because
//! an attacker may have one account of its own.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

/// What one refused login costs. With the two below the figures of OpenSSH's `PerSourcePenalties`.
pub(super) const EACH: Duration = Duration::from_secs(5);

/// From how much on it is enforced: three at once, like the tries of one account.
pub(super) const FROM: Duration = Duration::from_secs(15);

/// The most that adds up: as long as new accounts are counted.
pub(super) const MOST: Duration = Duration::from_mins(10);

/// Places that are remembered, to bound the memory: 8 MiB. When there are more, the one that was quiet the longest is
/// forgotten.
pub(super) const PLACES: usize = 65_536;

/// The penalties of all places.
#[derive(Debug, Default)]
pub(super) struct Penalties {
    of: HashMap<IpAddr, Penalty>,
    /// The places in the order in which they were last heard of.
    by_use: BTreeMap<u64, IpAddr>,
    uses: u64,
}

#[derive(Clone, Copy, Debug)]
struct Penalty {
    until: Instant,
    /// Once it is enforced, it is so to its end.
    is_enforced: bool,
    used: u64,
}

impl Penalties {
    /// A login from this place was refused.
    pub(super) fn add(&mut self, place: IpAddr, now: Instant) {
        let before = self.of.get(&place).filter(|penalty| penalty.until > now);
        let until = before.map_or(now, |penalty| penalty.until) + EACH;
        let until = until.min(now + MOST);
        let is_enforced = before.is_some_and(|penalty| penalty.is_enforced) || until - now >= FROM;
        self.put(place, Penalty { until, is_enforced, used: 0 });
        if self.of.len() > PLACES
            && let Some((_, quiet)) = self.by_use.pop_first()
        {
            self.of.remove(&quiet);
        }
    }

    /// How long this place has to wait; `None` when it has not.
    pub(super) fn wait(&mut self, place: IpAddr, now: Instant) -> Option<Duration> {
        let penalty = *self.of.get(&place)?;
        if penalty.until <= now {
            self.of.remove(&place);
            self.by_use.remove(&penalty.used);
            return None;
        }
        self.put(place, penalty);
        penalty.is_enforced.then(|| penalty.until - now)
    }

    fn put(&mut self, place: IpAddr, penalty: Penalty) {
        self.uses += 1;
        let penalty = Penalty { used: self.uses, ..penalty };
        if let Some(before) = self.of.insert(place, penalty) {
            self.by_use.remove(&before.used);
        }
        self.by_use.insert(penalty.used, place);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn place(n: usize) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(n).unwrap()))
    }

    fn seconds(span: u64) -> Duration {
        Duration::from_secs(span)
    }

    #[test]
    fn a_slip_costs_nothing_and_three_at_once_cost_15_seconds() {
        let (mut penalties, now) = (Penalties::default(), Instant::now());
        assert_eq!(penalties.wait(place(1), now), None);
        penalties.add(place(1), now);
        penalties.add(place(1), now);
        assert_eq!(penalties.wait(place(1), now), None);
        penalties.add(place(1), now);
        assert_eq!(penalties.wait(place(1), now), Some(seconds(15)));
        assert_eq!(penalties.wait(place(2), now), None, "others are not concerned");
        assert_eq!(penalties.wait(place(1), now + seconds(14)), Some(seconds(1)));
        assert_eq!(penalties.wait(place(1), now + seconds(15)), None);
        assert!(penalties.of.is_empty() && penalties.by_use.is_empty());
        penalties.add(place(1), now + seconds(15));
        assert_eq!(penalties.wait(place(1), now + seconds(15)), None, "it begins anew");
    }

    #[test]
    fn who_mistypes_as_fast_as_people_do_is_let_in() {
        let (mut penalties, mut now) = (Penalties::default(), Instant::now());
        for _ in 0..100 {
            penalties.add(place(1), now);
            assert_eq!(penalties.wait(place(1), now), None);
            now += seconds(6);
        }
    }

    #[test]
    fn what_is_enforced_grows_to_ten_minutes_and_is_enforced_to_its_end() {
        let (mut penalties, now) = (Penalties::default(), Instant::now());
        for _ in 0..1_000 {
            penalties.add(place(1), now);
        }
        assert_eq!(penalties.wait(place(1), now), Some(seconds(600)));
        assert_eq!(penalties.wait(place(1), now + seconds(599)), Some(seconds(1)));
        assert_eq!(penalties.wait(place(1), now + seconds(600)), None);
    }

    #[test]
    fn the_place_that_was_quiet_the_longest_is_forgotten() {
        let (mut penalties, now) = (Penalties::default(), Instant::now());
        let guess = |penalties: &mut Penalties, n| (0..3).for_each(|_| penalties.add(place(n), now));
        guess(&mut penalties, 0);
        guess(&mut penalties, 1);
        assert!(penalties.wait(place(0), now).is_some());
        for n in 2..=PLACES {
            guess(&mut penalties, n);
        }
        assert_eq!((penalties.of.len(), penalties.by_use.len()), (PLACES, PLACES));
        assert!(penalties.wait(place(0), now).is_some(), "it was heard of after the other");
        assert!(penalties.wait(place(1), now).is_none());
    }
}
