//! Who may connect: how many at once, how many that have not logged in, how many and how fast from one place, and from
//! where too many logins were refused.
//!
//! Loopback counts towards the total only, unless limits are strict. Whoever is logged in keeps its place whatever strangers do, and a logged-in
//! session does not count against its address: a classroom sits behind one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;
use super::pace::{Bucket, Rate};
use super::penalty::Penalties;

/// Connections without a login from which some are refused at random. With [`EARLY_DROP_ALL`] the figures of OpenSSH's
/// `MaxStartups 10:30:100`, for a program that needs no process for each.
pub(super) const EARLY_DROP_FROM: usize = 64;

/// Per cent refused at [`EARLY_DROP_FROM`]; grows evenly to 100.
const EARLY_DROP_PERCENT: usize = 30;

/// Connections without a login at which every further one is refused.
pub(super) const EARLY_DROP_ALL: usize = 256;

/// Connections without a login from one place.
pub(super) const WAITING_PER_PLACE: usize = 16;

/// New connections from one place: a room full of people may come at once.
pub(super) const NEW_PER_PLACE: Rate = Rate { burst: 300, per_second: 20 };

/// Places whose new connections are counted at once, to bound the table: 4 MiB. When it is full, the ones that have
/// been quiet are forgotten, and if there are none, all of them.
pub(super) const PLACES: usize = 65_536;

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There are as many as there may be.
    #[error("all connections are taken")]
    Total,
    /// Too many connections without a login.
    #[error("too many connections wait for a login")]
    Waiting,
    /// Too many connections without a login from this place.
    #[error("too many connections from this address wait for a login")]
    Place,
    /// Too many new connections from this place.
    #[error("too many new connections from this address")]
    Pace,
}

/// Counts connections.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Mutex<Counts>>);

#[derive(Debug)]
struct Counts {
    limits: Limits,
    most: usize,
    total: usize,
    waiting: usize,
    waiting_of: HashMap<IpAddr, usize>,
    paces: HashMap<IpAddr, Bucket>,
    penalties: Penalties,
}

/// The right to be connected; given back when it is dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Gate,
    /// The place it comes from, where that is not exempt.
    place: Option<IpAddr>,
    /// The same, while it waits for a login and counts against it.
    waiting: Option<IpAddr>,
}

impl Gate {
    /// A gate for at most `most` connections at once.
    pub fn new(limits: Limits, most: usize) -> Self {
        Self(Arc::new(Mutex::new(Counts {
            limits,
            most,
            total: 0,
            waiting: 0,
            waiting_of: HashMap::new(),
            paces: HashMap::new(),
            penalties: Penalties::default(),
        })))
    }

    /// Lets a connection in or says why not. `roll` is a random number from 0 to 99.
    pub fn admit(&self, address: IpAddr, now: Instant, roll: usize) -> Result<Pass, Refused> {
        let mut counts = self.counts();
        if counts.total >= counts.most {
            return Err(Refused::Total);
        }
        let exempt = counts.limits.spare(address);
        let place = if exempt { None } else { Some(counts.admit_stranger(place(address), now, roll)?) };
        counts.total += 1;
        Ok(Pass { gate: self.clone(), place, waiting: place })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn admit_stranger(&mut self, place: IpAddr, now: Instant, roll: usize) -> Result<IpAddr, Refused> {
        if roll < refused_per_cent(self.waiting) {
            return Err(Refused::Waiting);
        }
        if self.waiting_of.get(&place).is_some_and(|&waiting| waiting >= WAITING_PER_PLACE) {
            return Err(Refused::Place);
        }
        if self.paces.len() >= PLACES {
            self.paces.retain(|_, bucket| !bucket.is_full(now));
            if self.paces.len() >= PLACES {
                self.paces.clear();
            }
        }
        let pace = self.paces.entry(place).or_insert_with(|| Bucket::new(NEW_PER_PLACE, now));
        pace.take(1, now).map_err(|_| Refused::Pace)?;
        self.waiting += 1;
        *self.waiting_of.entry(place).or_default() += 1;
        Ok(place)
    }

    fn stop_waiting(&mut self, place: IpAddr) {
        self.waiting -= 1;
        if let Some(waiting) = self.waiting_of.get_mut(&place) {
            *waiting -= 1;
            if *waiting == 0 {
                self.waiting_of.remove(&place);
            }
        }
    }
}

impl Pass {
    /// A login on this connection was refused: its place will have to wait for its next ones.
    pub fn penalise(&self, now: Instant) {
        if let Some(place) = self.place {
            self.gate.counts().penalties.add(place, now);
        }
    }

    /// How long the place of this connection has to wait before it may log in, because of refused logins.
    pub fn penalty(&self, now: Instant) -> Option<Duration> {
        self.gate.counts().penalties.wait(self.place?, now)
    }

    /// The connection is logged in and no longer counts among those that are not.
    pub fn logged_in(&mut self) {
        if let Some(place) = self.waiting.take() {
            self.gate.counts().stop_waiting(place);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.logged_in();
        self.gate.counts().total -= 1;
    }
}

/// How many of a hundred new connections are refused when so many wait for a login.
fn refused_per_cent(waiting: usize) -> usize {
    match waiting {
        ..EARLY_DROP_FROM => 0,
        EARLY_DROP_ALL.. => 100,
        _ => {
            let above = waiting - EARLY_DROP_FROM;
            EARLY_DROP_PERCENT + (100 - EARLY_DROP_PERCENT) * above / (EARLY_DROP_ALL - EARLY_DROP_FROM)
        }
    }
}

/// What counts as one place: an IPv4 address, or an IPv6 network of 64 bits, which is what one customer gets.
fn place(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: usize = 99;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn gate() -> Gate {
        Gate::new(Limits::On, 10_000)
    }

    /// A different IPv4 address for each number.
    fn other(n: usize) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(n).unwrap()))
    }

    #[test]
    fn strangers_are_dropped_early_and_at_256_always() {
        assert_eq!([0, 63, 64, 160, 255, 256, 9_999].map(refused_per_cent), [0, 0, 30, 65, 99, 100, 100]);
        let (gate, now) = (gate(), Instant::now());
        let passes = (0..256).map(|n| gate.admit(other(n), now, NEVER).unwrap()).collect::<Vec<_>>();
        assert_eq!(gate.admit(other(256), now, NEVER).unwrap_err(), Refused::Waiting);
        drop(passes);
        assert!(gate.admit(other(256), now, 0).is_ok());
    }

    #[test]
    fn a_login_makes_room_for_the_next() {
        let (gate, now) = (gate(), Instant::now());
        let here = address("192.0.2.1");
        let mut passes = (0..16).map(|_| gate.admit(here, now, NEVER).unwrap()).collect::<Vec<_>>();
        assert_eq!(gate.admit(here, now, NEVER).unwrap_err(), Refused::Place);
        assert!(gate.admit(address("192.0.2.2"), now, NEVER).is_ok());
        passes[3].logged_in();
        passes[3].logged_in();
        assert!(gate.admit(here, now, NEVER).is_ok());
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_place() {
        let (gate, now) = (gate(), Instant::now());
        let _passes =
            (0..16).map(|n| gate.admit(address(&format!("2001:db8::{n}")), now, NEVER).unwrap()).collect::<Vec<_>>();
        assert_eq!(gate.admit(address("2001:db8::ffff:1"), now, NEVER).unwrap_err(), Refused::Place);
        assert!(gate.admit(address("2001:db8:0:1::1"), now, NEVER).is_ok());
    }

    #[test]
    fn new_connections_of_a_place_have_a_pace() {
        let (gate, now) = (gate(), Instant::now());
        let here = address("192.0.2.1");
        for _ in 0..300 {
            gate.admit(here, now, NEVER).unwrap();
        }
        assert_eq!(gate.admit(here, now, NEVER).unwrap_err(), Refused::Pace);
        assert!(gate.admit(here, now + Duration::from_millis(50), NEVER).is_ok());
    }

    #[test]
    fn refused_logins_count_against_the_network_they_come_from() {
        let (gate, now) = (gate(), Instant::now());
        let guesser = gate.admit(address("2001:db8::1"), now, NEVER).unwrap();
        (0..3).for_each(|_| guesser.penalise(now));
        let neighbour = gate.admit(address("2001:db8::2"), now, NEVER).unwrap();
        assert_eq!(neighbour.penalty(now), Some(Duration::from_secs(15)));
        assert_eq!(gate.admit(address("2001:db8:0:1::1"), now, NEVER).unwrap().penalty(now), None);
        for (limits, from, expected) in [
            (Limits::On, "127.0.0.1", None),
            (Limits::Off, "192.0.2.1", None),
            (Limits::Strict, "127.0.0.1", Some(Duration::from_secs(15))),
        ] {
            let pass = Gate::new(limits, 10).admit(address(from), now, NEVER).unwrap();
            (0..3).for_each(|_| pass.penalise(now));
            assert_eq!(pass.penalty(now), expected, "{limits:?} {from}");
        }
    }

    #[test]
    fn loopback_and_limits_off_know_only_the_total() {
        let now = Instant::now();
        for (gate, from) in [
            (Gate::new(Limits::On, 1_000), "127.0.0.1"),
            (Gate::new(Limits::On, 1_000), "::1"),
            (Gate::new(Limits::Off, 1_000), "192.0.2.1"),
        ] {
            let passes = (0..1_000).map(|_| gate.admit(address(from), now, 0).unwrap()).collect::<Vec<_>>();
            assert_eq!(gate.admit(address(from), now, 0).unwrap_err(), Refused::Total);
            drop(passes);
            assert!(gate.admit(address(from), now, 0).is_ok());
        }
    }
}
