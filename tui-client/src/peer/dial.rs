//! Where to dial: what the server and the other client have told, as far as it is safe to follow. Pure.
//!
//! Neither of the two is trusted with this: an address that no client can have, or one in a private network that this
//! machine is not part of, would make this client knock on other people's doors. The one address that the server says it
//! has seen is followed anywhere but to this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use shared::limits::{ADDRESS_BYTES, ADDRESSES, PEER_PORT_LOWEST};
use shared::message::Meeting;

use super::doorway::Own;

/// A place to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where.
    pub address: SocketAddr,
    /// Whether the server says that the other client comes from there. It is tried a moment later than what is nearer.
    pub is_observed: bool,
}

/// Where to dial for a meeting, each place once. `own` are the addresses of this machine, `ports` what it listens on;
/// `is_on_loopback` says whether the server is on this machine.
pub fn candidates(meeting: &Meeting, own: &[Own], ports: &[u16], is_on_loopback: bool) -> Vec<Candidate> {
    let told = meeting.addresses.iter().take(ADDRESSES).map(|address| (address, false));
    let observed = meeting.observed.iter().map(|address| (address, true));
    let mut found: Vec<Candidate> = Vec::new();
    for (address, is_observed) in told.chain(observed) {
        let Some(address) = parse(address) else { continue };
        let is_self = own.iter().any(|own| own.ip == address.ip()) && ports.contains(&address.port());
        let is_safe = is_somewhere(address.ip())
            && (!address.ip().is_loopback() || is_on_loopback)
            && (is_observed || !is_private(address.ip()) || is_near(address.ip(), own));
        if is_safe && !is_self && found.iter().all(|other| other.address != address) {
            found.push(Candidate { address, is_observed });
        }
    }
    found
}

fn parse(address: &str) -> Option<SocketAddr> {
    let address: SocketAddr = Some(address).filter(|address| address.len() <= ADDRESS_BYTES)?.parse().ok()?;
    let address = SocketAddr::new(address.ip().to_canonical(), address.port());
    (address.port() >= PEER_PORT_LOWEST).then_some(address)
}

/// Whether one machine can have this address, and a packet for it means that machine.
fn is_somewhere(ip: IpAddr) -> bool {
    !ip.is_unspecified()
        && !ip.is_multicast()
        && match ip {
            IpAddr::V4(v4) => !v4.is_broadcast() && !v4.is_link_local() && v4.octets()[0] != 0,
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        }
}

/// Whether an address means another machine in every network: RFC 1918, RFC 6598 (carriers), RFC 4193.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || is_of_a_carrier(v4),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
    }
}

fn is_of_a_carrier(v4: Ipv4Addr) -> bool {
    let [first, second, ..] = v4.octets();
    first == 100 && (64..128).contains(&second)
}

/// Whether this machine is in the same network.
fn is_near(ip: IpAddr, own: &[Own]) -> bool {
    own.iter().any(|own| match (own.ip, ip) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let bits = 32 - u32::from(own.prefix.min(32));
            one.to_bits().checked_shr(bits) == other.to_bits().checked_shr(bits)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let bits = 128 - u32::from(own.prefix.min(128));
            one.to_bits().checked_shr(bits) == other.to_bits().checked_shr(bits)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use shared::id::{DeviceKey, OfferId};

    use super::*;

    fn dialled(addresses: &[&str], observed: Option<&str>, is_on_loopback: bool) -> Vec<String> {
        let meeting = Meeting {
            offer: OfferId([0; 16]),
            name: "yoda".into(),
            key: DeviceKey([0; 32]),
            initiator: true,
            observed: observed.map(Into::into),
            addresses: addresses.iter().map(|&address| address.into()).collect(),
        };
        let own = |ip: &str, prefix| Own { ip: ip.parse().expect("an address"), prefix, is_inner: false };
        let own = [own("192.168.1.7", 24), own("127.0.0.1", 8), own("2001:db8:1::7", 64), own("fd00:1::7", 64)];
        candidates(&meeting, &own, &[5000], is_on_loopback).iter().map(|found| found.address.to_string()).collect()
    }

    #[test]
    fn what_is_near_or_public_is_dialled() {
        let told = ["192.168.1.9:5001", "203.0.113.9:5001", "[2001:db8:2::9]:5001", "[fd00:1::9]:5001"];
        assert_eq!(dialled(&told, None, false), told);
        assert_eq!(dialled(&[], Some("10.9.9.9:5001"), false), ["10.9.9.9:5001"], "the server has seen it");
    }

    #[test]
    fn nobody_is_sent_to_other_peoples_doors() {
        let table = [
            "192.168.2.9:5001",
            "10.0.0.1:5001",
            "172.16.0.1:5001",
            "100.64.0.1:5001",
            "[fd00:2::9]:5001",
            "127.0.0.1:5001",
            "[::1]:5001",
            "[::ffff:127.0.0.1]:5001",
            "203.0.113.9:1023",
            "203.0.113.9:22",
            "203.0.113.9:0",
            "0.0.0.0:5001",
            "0.1.2.3:5001",
            "[::]:5001",
            "255.255.255.255:5001",
            "224.0.0.1:5001",
            "[ff02::1]:5001",
            "169.254.169.254:5001",
            "[fe80::1]:5001",
            "192.168.1.7:5000",
            "example.com:5001",
            "203.0.113.9",
            "",
            "\u{1b}[31m",
        ];
        for address in table {
            assert_eq!(dialled(&[address], None, false), [] as [String; 0], "{address}");
        }
        for address in ["127.0.0.1:5001", "169.254.169.254:5001", "224.0.0.1:5001", "203.0.113.9:80"] {
            assert_eq!(dialled(&[], Some(address), false), [] as [String; 0], "{address}");
        }
    }

    #[test]
    fn loopback_is_dialled_where_the_server_is_on_this_machine() {
        assert_eq!(dialled(&["127.0.0.1:5001"], Some("127.0.0.1:5002"), true), ["127.0.0.1:5001", "127.0.0.1:5002"]);
        assert_eq!(dialled(&["127.0.0.1:5000"], None, true), [] as [String; 0], "that is this client");
    }

    #[test]
    fn a_long_list_is_cut_and_nothing_comes_twice() {
        let many: Vec<String> = (0..100).map(|n| format!("203.0.113.{n}:5001")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(dialled(&many, None, false).len(), ADDRESSES);
        assert_eq!(dialled(&["203.0.113.9:5001"; 5], Some("203.0.113.9:5001"), false), ["203.0.113.9:5001"]);
    }
}
