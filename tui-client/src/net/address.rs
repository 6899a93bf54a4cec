//! Reads and writes addresses of servers: `host`, `host:port`, `[v6]:port`, invite links, and fingerprints of keys.
//!
//! Only the form is judged here. Whether a name exists is found out when it is dialled.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use super::{Fingerprint, Target};

/// The port of a server where nothing else is said.
pub const DEFAULT_PORT: u16 = 4000;

/// What an invite link begins with.
const SCHEME: &str = "tern://";

/// The longest host name, in bytes (RFC 1035, 2.3.4).
const HOST_BYTES: usize = 253;

/// A server as it is typed: the HOST argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host name or address without brackets, in the case it was typed in.
    pub host: String,
    /// The port, when it was named.
    pub port: Option<u16>,
    /// The key the server must have; only an invite link names one.
    pub fingerprint: Option<Fingerprint>,
}

/// Why a text is no address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no host in it.
    #[error("the host is missing")]
    NoHost,
    /// The host has a character that no host has, or is too long.
    #[error("this is neither a host name nor an address")]
    BadHost,
    /// A bracket without its partner, or something else than `:PORT` behind it.
    #[error("an address in brackets is written [ADDRESS]:PORT")]
    Brackets,
    /// The port is no number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    BadPort,
    /// An invite link that has lost its end, and with it the key that makes it safe.
    #[error("the invite link is not complete: it ends in # and the fingerprint of the server")]
    NoFingerprint,
    /// The fingerprint in an invite link is wrong.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(typed: &str) -> Result<Self, AddressError> {
        let typed = typed.trim();
        match typed.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME)) {
            Some(_) => invite(&typed[SCHEME.len()..]),
            None => plain(typed),
        }
    }
}

fn invite(link: &str) -> Result<Address, AddressError> {
    let (place, fingerprint) = link.split_once('#').ok_or(AddressError::NoFingerprint)?;
    let address = plain(place.strip_suffix('/').unwrap_or(place))?;
    if fingerprint.is_empty() {
        return Err(AddressError::NoFingerprint);
    }
    Ok(Address { fingerprint: Some(fingerprint.parse()?), ..address })
}

fn plain(typed: &str) -> Result<Address, AddressError> {
    let (host, port) = match typed.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']').ok_or(AddressError::Brackets)?;
            if !is_v6(host) {
                return Err(AddressError::BadHost);
            }
            let port = match behind {
                "" => None,
                _ => Some(behind.strip_prefix(':').ok_or(AddressError::Brackets)?),
            };
            (host, port)
        }
        None if is_v6(typed) => (typed, None),
        None => match typed.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (typed, None),
        },
    };
    if host.is_empty() {
        return Err(AddressError::NoHost);
    }
    if !is_v6(host) && !is_name(host) {
        return Err(AddressError::BadHost);
    }
    Ok(Address { host: host.to_owned(), port: port.map(parse_port).transpose()?, fingerprint: None })
}

/// Whether this is an IPv6 address, with or without a zone (`fe80::1%eth0`).
fn is_v6(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "0"));
    address.parse::<Ipv6Addr>().is_ok() && is_name(zone)
}

/// Whether every character may stand in a host name or an IPv4 address. The same characters are safe in the file of
/// remembered keys, which separates its fields by blanks.
fn is_name(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=HOST_BYTES).contains(&host.len()) && !host.starts_with('-') && host.bytes().all(allowed)
}

/// Digits only: `u16` would take `+4000` too.
fn parse_port(typed: &str) -> Result<u16, AddressError> {
    let digits = Some(typed).filter(|typed| typed.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|typed| typed.parse().ok()).filter(|&port| port != 0).ok_or(AddressError::BadPort)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fingerprint.is_some() {
            f.write_str(SCHEME)?;
        }
        write_host(f, &self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.fingerprint.map_or(Ok(()), |fingerprint| write!(f, "#{fingerprint}"))
    }
}

fn write_host(f: &mut impl fmt::Write, host: &str) -> fmt::Result {
    if host.contains(':') { write!(f, "[{host}]") } else { f.write_str(host) }
}

impl Target {
    /// `host:port` with the host in small letters and IPv6 addresses in brackets: what messages show, and the name
    /// under which a key is remembered.
    pub fn address(&self) -> String {
        let mut address = String::with_capacity(self.host.len() + 8);
        write_host(&mut address, &self.host.to_ascii_lowercase()).expect("a String takes every write");
        format!("{address}:{}", self.port)
    }
}

/// Why a text is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is SHA256: and 64 hexadecimal digits")]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    /// Takes it with and without `SHA256:`, in any case, and with colons between the digits, as other tools print it.
    fn from_str(typed: &str) -> Result<Self, FingerprintError> {
        const PREFIX: &str = "SHA256:";
        let typed = typed.trim();
        let prefixed = typed.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
        let digits = if prefixed { &typed[PREFIX.len()..] } else { typed };
        let mut nibbles = digits.chars().filter(|&letter| letter != ':').map(|letter| letter.to_digit(16));
        let mut next = || nibbles.next().flatten().and_then(|nibble| u8::try_from(nibble).ok()).ok_or(FingerprintError);
        let mut hash = [0; 32];
        for byte in &mut hash {
            *byte = next()? << 4 | next()?;
        }
        match nibbles.next() {
            None => Ok(Self(hash)),
            Some(_) => Err(FingerprintError),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHA256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "SHA256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn check(typed: &str, host: &str, port: Option<u16>) {
        let address: Address = typed.parse().unwrap_or_else(|error| panic!("{typed:?}: {error}"));
        assert_eq!((address.host.as_str(), address.port), (host, port), "{typed:?}");
    }

    fn refuse(typed: &str, error: AddressError) {
        assert_eq!(typed.parse::<Address>(), Err(error), "{typed:?}");
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        check("localhost", "localhost", None);
        check("Chat.Example.net:5000", "Chat.Example.net", Some(5000));
        check("127.0.0.1", "127.0.0.1", None);
        check("127.0.0.1:1", "127.0.0.1", Some(1));
        check("::1", "::1", None);
        check("[::1]", "::1", None);
        check("[2001:db8::7]:4000", "2001:db8::7", Some(4000));
        check("fe80::1%eth0", "fe80::1%eth0", None);
        check(" chat ", "chat", None);
        check(&format!("tern://chat:5000#{HASH}"), "chat", Some(5000));
        check(&format!("TERN://[::1]:5000/#{HASH}"), "::1", Some(5000));
        check(&format!("tern://chat#{HASH}"), "chat", None);
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        refuse("", AddressError::NoHost);
        refuse(":4000", AddressError::NoHost);
        refuse("chat:", AddressError::BadPort);
        refuse("chat:0", AddressError::BadPort);
        refuse("chat:65536", AddressError::BadPort);
        refuse("chat:+80", AddressError::BadPort);
        refuse("chat:4000:1", AddressError::BadPort);
        refuse("[::1", AddressError::Brackets);
        refuse("[::1]4000", AddressError::Brackets);
        refuse("[chat]:4000", AddressError::BadHost);
        refuse("a b", AddressError::BadHost);
        refuse("https://chat", AddressError::BadPort);
        refuse("ch\u{e4}t", AddressError::BadHost);
        refuse("a\nb:4000", AddressError::BadHost);
        refuse("-x", AddressError::BadHost);
        refuse("tern://chat:4000", AddressError::NoFingerprint);
        refuse("tern://chat:4000#", AddressError::NoFingerprint);
        refuse("tern://chat:4000#12ab", AddressError::Fingerprint(FingerprintError));
    }

    #[test]
    fn a_fingerprint_is_read_in_the_forms_other_tools_print() {
        let expected: Fingerprint = HASH.parse().unwrap();
        let digits = HASH.trim_start_matches("SHA256:");
        let pairs: Vec<&str> = (0..32).map(|byte| &digits[2 * byte..2 * byte + 2]).collect();
        for form in [digits.to_owned(), HASH.to_uppercase(), HASH.to_lowercase(), pairs.join(":")] {
            assert_eq!(form.parse(), Ok(expected), "{form}");
        }
        for wrong in ["", "SHA256:", &digits[1..], &format!("{digits}0"), &format!("g{}", &digits[1..])] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(FingerprintError), "{wrong}");
        }
        assert_eq!(expected.to_string(), HASH);
    }

    #[test]
    fn the_name_of_a_key_is_host_and_port_in_small_letters() {
        let target = |host: &str| Target { host: host.into(), port: 4000, fingerprint: None, tls: true };
        assert_eq!(target("Chat.Example").address(), "chat.example:4000");
        assert_eq!(target("::1").address(), "[::1]:4000");
    }

    fn addresses() -> impl Strategy<Value = Address> {
        let host = prop_oneof![
            "[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}",
            any::<[u16; 8]>().prop_map(|parts| Ipv6Addr::from(parts).to_string()),
            any::<u32>().prop_map(|bits| std::net::Ipv4Addr::from(bits).to_string()),
        ];
        let port = proptest::option::of(1..=u16::MAX);
        let fingerprint = proptest::option::of(any::<[u8; 32]>().prop_map(Fingerprint));
        (host, port, fingerprint).prop_map(|(host, port, fingerprint)| Address { host, port, fingerprint })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(address in addresses()) {
            prop_assert_eq!(address.to_string().parse::<Address>(), Ok(address));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), tail in r"[\[\]:#/a1%.]{0,12}") {
            let _ = text.parse::<Address>();
            let _ = text.parse::<Fingerprint>();
            let _ = tail.parse::<Address>();
            let _ = format!("tern://{tail}{text}").parse::<Address>();
        }
    }
}
