//! What is said at the end: the exact commands for the real thing.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

/// How this program was started, which is how the next ones will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// By `cargo run`, with these options of its own.
    Cargo(&'static str),
    /// By its path.
    Path(String),
    /// By its name, which is in the search path.
    Name,
}

/// The commands for a real server and for a friend's client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// How this program was started.
    pub launch: Launch,
    /// Where friends reach this machine, if that is known.
    pub address: Option<IpAddr>,
}

impl Launch {
    /// Of this process.
    pub fn of_this_process() -> Self {
        // Cargo sets it for the programs it runs.
        if std::env::var_os("CARGO_MANIFEST_DIR").is_some() {
            return Self::Cargo(if cfg!(debug_assertions) { "" } else { " --release" });
        }
        match std::env::args_os().next().map(|name| name.to_string_lossy().into_owned()) {
            Some(path) if path.contains('/') => Self::Path(path),
            _ => Self::Name,
        }
    }

    fn server(&self) -> String {
        match self {
            Self::Cargo(options) => format!("cargo run{options} -p server -- 4000"),
            Self::Path(path) => format!("{} 4000", quoted(&Path::new(path).with_file_name("server").to_string_lossy())),
            Self::Name => "server 4000".to_owned(),
        }
    }

    fn host(&self) -> String {
        match self {
            Self::Cargo(options) => format!("cargo run{options} -- --host"),
            Self::Path(path) => format!("{} --host", quoted(path)),
            Self::Name => "tui-client --host".to_owned(),
        }
    }
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.map_or("ADDRESS-OF-THIS-MACHINE".to_owned(), |address| address.to_string());
        writeln!(f, "Everything that was made here is deleted. For the real thing:")?;
        writeln!(f)?;
        writeln!(f, "  a server on this machine           {}", self.launch.server())?;
        writeln!(f, "  or one inside your client          {}", self.launch.host())?;
        writeln!(f, "  a friend in the same network       tui-client {address} 4000")?;
        writeln!(f)?;
        write!(f, "Both servers also show an invite (tern://...) that a friend can give instead of the address.")
    }
}

/// A path as a shell reads it back.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+');
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_those_that_work_here() {
        let table = [
            (Launch::Cargo(" --release"), "cargo run --release -p server -- 4000", "cargo run --release -- --host"),
            (
                Launch::Path("target/release/tui-client".into()),
                "target/release/server 4000",
                "target/release/tui-client --host",
            ),
            (
                Launch::Path("/a b/it's/tui-client".into()),
                r"'/a b/it'\''s/server' 4000",
                r"'/a b/it'\''s/tui-client' --host",
            ),
            (Launch::Name, "server 4000", "tui-client --host"),
        ];
        for (launch, server, host) in table {
            let address = Some(IpAddr::from([10, 0, 0, 7]));
            let said = Farewell { launch, address }.to_string();
            for command in [server, host, "tui-client 10.0.0.7 4000"] {
                assert!(said.lines().any(|line| line.ends_with(&format!("  {command}"))), "no {command:?} in:\n{said}");
            }
        }
    }

    #[test]
    fn a_machine_without_a_network_has_no_address_to_tell() {
        let said = Farewell { launch: Launch::Name, address: None }.to_string();
        assert!(said.contains("tui-client ADDRESS-OF-THIS-MACHINE 4000"), "{said}");
    }
}
