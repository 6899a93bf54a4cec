//! How often accounts may be made. Loopback is exempt; the hub's owner can switch it off.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use shared::time::Mono;

/// The span over which registrations are counted.
const WINDOW: Duration = Duration::from_mins(10);

/// Accounts one address may make in the window: enough for a family behind one router.
const PER_ADDRESS: usize = 3;

/// Accounts all addresses together may make in the window.
const IN_ALL: usize = 30;

/// What holds for registrations, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    let minutes = WINDOW.as_secs() / 60;
    vec![("new accounts", format!("{PER_ADDRESS} from one address, {IN_ALL} in all, in {minutes} minutes"))]
}

/// Registrations of the last ten minutes.
#[derive(Debug, Default)]
pub(super) struct Registrations {
    recent: VecDeque<(Mono, IpAddr)>,
    per_address: BTreeMap<IpAddr, usize>,
}

impl Registrations {
    /// Counts one registration, or says how long to wait for it.
    pub(super) fn take(&mut self, from: IpAddr, now: Mono) -> Result<(), Duration> {
        self.forget(now);
        let mine = self.per_address.get(&from).copied().unwrap_or(0);
        let oldest = if self.recent.len() >= IN_ALL {
            self.recent.front()
        } else if mine >= PER_ADDRESS {
            self.recent.iter().find(|(_, address)| *address == from)
        } else {
            None
        };
        if let Some((at, _)) = oldest {
            return Err(at.after(WINDOW).since(now));
        }
        self.recent.push_back((now, from));
        *self.per_address.entry(from).or_default() += 1;
        Ok(())
    }

    fn forget(&mut self, now: Mono) {
        while let Some((at, from)) = self.recent.front().copied() {
            if now.since(at) < WINDOW {
                break;
            }
            self.recent.pop_front();
            if let Some(count) = self.per_address.get_mut(&from) {
                *count -= 1;
                if *count == 0 {
                    self.per_address.remove(&from);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fourth_account_waits_until_the_first_is_ten_minutes_old() {
        let mut registrations = Registrations::default();
        let here = IpAddr::from([10, 0, 0, 5]);
        for at in [0, 1_000, 2_000] {
            assert_eq!(registrations.take(here, Mono(at)), Ok(()));
        }
        assert_eq!(registrations.take(here, Mono(60_000)), Err(Duration::from_mins(9)));
        assert_eq!(registrations.take(IpAddr::from([10, 0, 0, 6]), Mono(60_000)), Ok(()));
        assert_eq!(registrations.take(here, Mono(600_000)), Ok(()));
    }

    #[test]
    fn all_addresses_together_may_make_thirty() {
        let mut registrations = Registrations::default();
        let taken = (0..40).filter(|n| registrations.take(IpAddr::from([10, 0, 1, *n]), Mono(0)).is_ok()).count();
        assert_eq!(taken, IN_ALL);
    }
}
