//! Listening for one private session, on every address this machine has.
//!
//! The port is that of the connection to the server where that is possible: a router that has let that one out then has
//! a way back for this port, and two clients behind such routers can reach each other (measured: with any other port
//! they cannot).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use if_addrs::{IfAddr, Interface};
use shared::limits::{ADDRESSES, PEER_PORT_LOWEST};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that wait until this client looks at them. The right one is among the first.
const BACKLOG: i32 = 64;

/// Beginnings of the names of interfaces that lead to machines inside this machine: they come last.
const INNER: &[&str] = &["docker", "br-", "veth", "virbr", "vbox", "vmnet", "lxc", "cni", "podman"];

/// Open sockets that nobody is let in through yet.
#[derive(Debug)]
pub struct Doorway {
    /// At most one for each version of IP.
    pub(super) listeners: Vec<TcpListener>,
    /// What this machine has, with the ports above.
    pub(super) own: Vec<Own>,
    /// Whether the server is on this machine.
    pub(super) is_on_loopback: bool,
}

/// An address of this machine, and how much of it names the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The address.
    pub ip: IpAddr,
    /// Bits that are the same in the whole network.
    pub prefix: u8,
    /// Whether it leads to machines inside this machine.
    pub is_inner: bool,
}

impl Doorway {
    /// Listens. `control` is where the connection to the server comes from; `fixed` is a port that must be had.
    /// Must be called inside a Tokio runtime.
    ///
    /// # Errors
    ///
    /// When no port can be had, or not the fixed one.
    pub fn open(control: Option<SocketAddr>, fixed: Option<u16>) -> io::Result<Self> {
        let wanted = fixed.or(control.map(|control| control.port())).filter(|port| *port >= PEER_PORT_LOWEST);
        let (v4, v6) = (IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED));
        let mut listeners = Vec::new();
        let mut failure = None;
        for ip in [v4, v6] {
            let listener = listen(ip, wanted.unwrap_or(0));
            let listener = if fixed.is_some() { listener } else { listener.or_else(|_| listen(ip, 0)) };
            match listener {
                Ok(listener) => listeners.push(listener),
                // Many machines have only one version of IP.
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            Some(error) if listeners.is_empty() => Err(error),
            _ => {
                let is_on_loopback = control.is_some_and(|control| control.ip().is_loopback());
                Ok(Self { listeners, own: own(), is_on_loopback })
            }
        }
    }

    /// Where others may reach this client: `ip:port`, the best first, at most [`ADDRESSES`].
    pub fn addresses(&self) -> Vec<String> {
        tellable(&self.own, self.is_on_loopback)
            .filter_map(|ip| Some(SocketAddr::new(ip, self.port(ip)?).to_string()))
            .take(ADDRESSES)
            .collect()
    }

    /// The port that is listened on for this version of IP.
    pub(super) fn port(&self, ip: IpAddr) -> Option<u16> {
        let bound = self.listeners.iter().filter_map(|listener| listener.local_addr().ok());
        bound.into_iter().find(|bound| bound.is_ipv4() == ip.is_ipv4()).map(|bound| bound.port())
    }
}

/// Listens on a port that other sockets of this program use, too.
fn listen(ip: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(ip, port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    if ip.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// The addresses of this machine. Where the system does not tell, there are none, and the one that the server sees has to
/// do.
fn own() -> Vec<Own> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(own_of).collect()
}

fn own_of(interface: &Interface) -> Own {
    let (ip, prefix): (IpAddr, _) = match &interface.addr {
        IfAddr::V4(v4) => (v4.ip.into(), v4.prefixlen),
        IfAddr::V6(v6) => (v6.ip.into(), v6.prefixlen),
    };
    Own { ip, prefix, is_inner: INNER.iter().any(|begin| interface.name.starts_with(begin)) }
}

/// The addresses that mean something to another machine, the best first: loopback only where the server is on this
/// machine, and then first.
fn tellable(own: &[Own], is_on_loopback: bool) -> impl Iterator<Item = IpAddr> {
    let mut usable: Vec<Own> = own.iter().copied().filter(|own| is_usable(own.ip, is_on_loopback)).collect();
    usable.sort_by_key(|own| (own.is_inner, !own.ip.is_loopback(), own.ip.is_ipv6()));
    usable.into_iter().map(|own| own.ip)
}

fn is_usable(ip: IpAddr, is_on_loopback: bool) -> bool {
    match ip {
        _ if ip.is_loopback() => is_on_loopback,
        IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
        // Link-local addresses of IPv6 need the name of an interface, which differs on the other machine.
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(ip: &str, prefix: u8, is_inner: bool) -> Own {
        Own { ip: ip.parse().expect("an address"), prefix, is_inner }
    }

    #[test]
    fn only_addresses_that_mean_something_elsewhere_are_told() {
        let machine = [
            own("172.17.0.1", 16, true),
            own("127.0.0.1", 8, false),
            own("fe80::1", 64, false),
            own("2001:db8::7", 64, false),
            own("192.168.1.7", 24, false),
            own("169.254.3.4", 16, false),
            own("::1", 128, false),
        ];
        let told = |is_on_loopback| tellable(&machine, is_on_loopback).map(|ip| ip.to_string()).collect::<Vec<_>>();
        assert_eq!(told(false), ["192.168.1.7", "2001:db8::7", "172.17.0.1"]);
        assert_eq!(told(true), ["127.0.0.1", "::1", "192.168.1.7", "2001:db8::7", "172.17.0.1"]);
    }

    #[tokio::test]
    async fn the_port_is_that_of_the_connection_to_the_server() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("it listens");
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("it can be set");
        socket.set_reuseport(true).expect("it can be set");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("it binds");
        let control = socket.connect(server.local_addr().expect("bound")).await.expect("it connects");
        let local = control.local_addr().expect("connected");
        let doorway = Doorway::open(Some(local), None).expect("it listens, too");
        assert_eq!(doorway.port(local.ip()), Some(local.port()));
        assert_eq!(doorway.addresses().first(), Some(&local.to_string()), "loopback first: the server is here");
    }
}
