//! What clients hold that have logged in before: the resume ticket of a session and the device tickets of an account.
//! Only hashes are known here.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};
use shared::id::{DeviceTicket, ResumeTicket, UnixMs};
use shared::limits::{DEVICE_MS, DEVICES, RESUME_MS, TRIES};
use shared::time::{Moment, Mono};

use crate::record::{AccountId, Device, Resumable, TicketHash};

/// How long a client can come back after its connection was lost.
const RESUME: Duration = Duration::from_millis(RESUME_MS);

/// How long a device ticket is good after its last use.
const DEVICE: Duration = Duration::from_millis(DEVICE_MS);

/// What holds for tickets, for people.
pub(super) fn limits() -> Vec<(&'static str, String)> {
    vec![
        ("coming back without a password, after a lost connection", format!("{} s", RESUME.as_secs())),
        ("device tickets of one account", format!("{DEVICES}, for {} days", DEVICE.as_secs() / 86_400)),
    ]
}

/// Two new tickets, made at the edge for each connection, because the rules know no randomness. They are handed out if
/// a login on that connection wants them.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// For coming back.
    pub resume: ResumeTicket,
    /// For the next login.
    pub device: DeviceTicket,
}

/// What is kept of a resume ticket.
pub(super) fn resume_hash(ticket: &ResumeTicket) -> TicketHash {
    TicketHash(Sha256::digest(ticket.0).into())
}

/// What is kept of a device ticket.
pub(super) fn device_hash(ticket: &DeviceTicket) -> TicketHash {
    TicketHash(Sha256::digest(ticket.0).into())
}

/// A session to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Back {
    pub(super) account: AccountId,
    /// The user's last action, for the inactivity timeout.
    pub(super) last_action: Mono,
    /// Until when; `None` while the session lives.
    until: Option<Mono>,
}

/// Every good ticket. An account has one resume ticket at most.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    back: BTreeMap<TicketHash, Back>,
    resume_of: BTreeMap<AccountId, TicketHash>,
    devices: BTreeMap<TicketHash, Device>,
    devices_of: BTreeMap<AccountId, Vec<TicketHash>>,
}

/// What a wrong password with a device ticket leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DeviceStrike {
    /// The ticket as it is to be kept, and the tries left.
    Left(Device, u8),
    /// The ticket is good no more.
    Revoked,
}

impl Tickets {
    /// The tickets as stored. None lasts longer than it would have from now on, whatever the clocks say.
    pub(super) fn new(resumable: Vec<Resumable>, devices: Vec<Device>, now: Moment) -> Self {
        let mut tickets = Self::default();
        for Resumable { ticket, account, ended } in resumable {
            let rest = Duration::from_millis(ended.after(RESUME).0.saturating_sub(now.wall.0)).min(RESUME);
            tickets.begin(ticket, account, now.mono);
            tickets.end(account, now.mono, now.mono.after(rest));
        }
        for device in devices {
            tickets.keep_device(device);
        }
        tickets
    }

    /// A session of this account begins, or goes on, with this ticket; any other is forgotten.
    pub(super) fn begin(&mut self, ticket: TicketHash, account: AccountId, last_action: Mono) {
        self.forget_resume(account);
        self.back.insert(ticket, Back { account, last_action, until: None });
        self.resume_of.insert(account, ticket);
    }

    /// The connection of the account's session was lost.
    pub(super) fn lost(&mut self, account: AccountId, last_action: Mono, now: Mono) {
        self.end(account, last_action, now.after(RESUME));
    }

    fn end(&mut self, account: AccountId, last_action: Mono, until: Mono) {
        let back = self.resume_of.get(&account).and_then(|ticket| self.back.get_mut(ticket));
        if let Some(back) = back {
            (back.last_action, back.until) = (last_action, Some(until));
        }
    }

    /// The session that this ticket leads to.
    pub(super) fn find(&self, ticket: TicketHash, now: Mono) -> Option<Back> {
        self.back.get(&ticket).filter(|back| back.until.is_none_or(|until| until > now)).copied()
    }

    /// Nobody comes back to a session of this account any more.
    pub(super) fn forget_resume(&mut self, account: AccountId) {
        if let Some(ticket) = self.resume_of.remove(&account) {
            self.back.remove(&ticket);
        }
    }

    /// The device that this ticket stands for, if it is good for this account.
    pub(super) fn device(&self, ticket: TicketHash, account: AccountId, now: UnixMs) -> Option<&Device> {
        self.devices.get(&ticket).filter(|device| device.account == account && device.used.after(DEVICE) > now)
    }

    /// Adds a device ticket or replaces what is known of it. The one used longest ago makes room.
    pub(super) fn keep_device(&mut self, device: Device) {
        let own = self.devices_of.entry(device.account).or_default();
        if !own.contains(&device.ticket) {
            own.push(device.ticket);
        }
        self.devices.insert(device.ticket, device);
        if own.len() > DEVICES {
            let used = |ticket: &TicketHash| self.devices.get(ticket).map(|device| device.used);
            let oldest = (0..own.len()).min_by_key(|place| used(&own[*place])).expect("the list is not empty");
            let surplus = own.swap_remove(oldest);
            self.devices.remove(&surplus);
        }
    }

    /// A wrong password came with this ticket, which was good.
    pub(super) fn strike(&mut self, ticket: TicketHash) -> DeviceStrike {
        let Some(device) = self.devices.get_mut(&ticket) else { return DeviceStrike::Revoked };
        device.wrong = device.wrong.saturating_add(1);
        if device.wrong < TRIES {
            return DeviceStrike::Left(device.clone(), TRIES - device.wrong);
        }
        let account = device.account;
        self.devices.remove(&ticket);
        if let Some(own) = self.devices_of.get_mut(&account) {
            own.retain(|other| *other != ticket);
        }
        DeviceStrike::Revoked
    }

    /// No device ticket of this account is good any more.
    pub(super) fn forget_devices(&mut self, account: AccountId) {
        for ticket in self.devices_of.remove(&account).unwrap_or_default() {
            self.devices.remove(&ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANS: AccountId = AccountId(1);
    const YODA: AccountId = AccountId(2);

    fn hash(n: u8) -> TicketHash {
        TicketHash([n; 32])
    }

    fn device(n: u8, account: AccountId, used: u64) -> Device {
        Device { ticket: hash(n), account, used: UnixMs(used), wrong: 0 }
    }

    #[test]
    fn a_ticket_is_good_while_the_session_lives_and_ten_minutes_longer() {
        let mut tickets = Tickets::default();
        tickets.begin(hash(1), HANS, Mono(5));
        assert_eq!(tickets.find(hash(1), Mono(u64::MAX)).unwrap().account, HANS);
        tickets.lost(HANS, Mono(7), Mono(1_000));
        assert_eq!(tickets.find(hash(1), Mono(600_999)).unwrap().last_action, Mono(7));
        assert_eq!(tickets.find(hash(1), Mono(601_000)), None);
    }

    #[test]
    fn another_session_of_the_account_takes_the_place_of_the_first() {
        let mut tickets = Tickets::default();
        tickets.begin(hash(1), HANS, Mono(5));
        tickets.begin(hash(2), YODA, Mono(5));
        tickets.begin(hash(3), HANS, Mono(5));
        assert_eq!([1, 2, 3].map(|n| tickets.find(hash(n), Mono(6)).is_some()), [false, true, true]);
        tickets.forget_resume(HANS);
        assert_eq!([1, 2, 3].map(|n| tickets.find(hash(n), Mono(6)).is_some()), [false, true, false]);
    }

    #[test]
    fn a_stored_ticket_lasts_no_longer_than_from_the_end_of_its_session_and_never_longer_than_ten_minutes() {
        let now = Moment { mono: Mono(0), wall: UnixMs(1_000_000) };
        let resumable = |n, ended| Resumable { ticket: hash(n), account: AccountId(n.into()), ended: UnixMs(ended) };
        let stored = vec![resumable(1, 300_000), resumable(2, 900_000), resumable(3, 99_000_000)];
        let tickets = Tickets::new(stored, vec![], now);
        let good = |at| [1, 2, 3].map(|n| tickets.find(hash(n), Mono(at)).is_some());
        assert_eq!(
            [good(1), good(499_999), good(500_000), good(600_000)],
            [[false, true, true], [false, true, true], [false, false, true], [false, false, false],]
        );
    }

    #[test]
    fn a_device_is_good_for_its_account_for_ninety_days() {
        let mut tickets = Tickets::default();
        tickets.keep_device(device(1, HANS, 1_000));
        let last = UnixMs(1_000 + DEVICE_MS);
        assert!(tickets.device(hash(1), HANS, UnixMs(last.0 - 1)).is_some());
        assert!(tickets.device(hash(1), HANS, last).is_none());
        assert!(tickets.device(hash(1), YODA, UnixMs(1_000)).is_none());
        tickets.forget_devices(HANS);
        assert!(tickets.device(hash(1), HANS, UnixMs(1_000)).is_none());
    }

    #[test]
    fn the_eleventh_device_takes_the_place_of_the_one_used_longest_ago() {
        let mut tickets = Tickets::default();
        for n in 1..=10 {
            tickets.keep_device(device(n, HANS, u64::from(n)));
        }
        tickets.keep_device(device(1, HANS, 50));
        tickets.keep_device(device(11, HANS, 60));
        let good: Vec<u8> = (1..=11).filter(|n| tickets.device(hash(*n), HANS, UnixMs(60)).is_some()).collect();
        assert_eq!(good, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn three_wrong_passwords_revoke_a_device() {
        let mut tickets = Tickets::default();
        tickets.keep_device(device(1, HANS, 1));
        assert!(matches!(tickets.strike(hash(1)), DeviceStrike::Left(Device { wrong: 1, .. }, 2)));
        assert!(matches!(tickets.strike(hash(1)), DeviceStrike::Left(Device { wrong: 2, .. }, 1)));
        assert_eq!(tickets.strike(hash(1)), DeviceStrike::Revoked);
        assert!(tickets.device(hash(1), HANS, UnixMs(1)).is_none());
    }
}
