use std::collections::BTreeMap;
use std::fs::Permissions;

use clap::CommandFactory as _;
use secrecy::ExposeSecret as _;

use super::*;

const KEY: &str = "SHA256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER_KEY: &str = "SHA256:ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A command line with what surrounds it. Every test has a config file of its own, so that the real one is not read.
struct Case {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, OsString>,
    is_terminal: bool,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap(), variables: BTreeMap::new(), is_terminal: true };
        case.config("").set("TERM", "xterm")
    }

    fn config(self, text: &str) -> Self {
        let path = self.folder.path().join("client.toml");
        std::fs::write(&path, text).unwrap();
        self.set("TERN_CONFIG", path)
    }

    fn set(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    fn file(&self, text: &[u8], mode: u32) -> String {
        let path = self.folder.path().join("password");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    }

    fn resolve(&self, arguments: &[&str]) -> Result<Resolved, String> {
        let arguments = ["tui-client"].iter().chain(arguments);
        let args = Args::try_parse_from(arguments).map_err(|error| error.to_string())?;
        let variable = |name: &str| self.variables.get(name).cloned();
        let (stdin_is_terminal, stdout_is_terminal) = (self.is_terminal, self.is_terminal);
        let surroundings = Surroundings { variable: &variable, stdin_is_terminal, stdout_is_terminal };
        args.resolve(surroundings).map_err(|error| error.to_string())
    }

    fn settings(&self, arguments: &[&str]) -> Settings {
        self.resolve(arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}")).settings
    }

    fn target(&self, arguments: &[&str]) -> (String, Option<String>) {
        let target = self.settings(arguments).target;
        (target.address(), target.fingerprint.map(|fingerprint| fingerprint.to_string()))
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], fragments: &[&str]) {
        let error = self.resolve(arguments).expect_err("these settings are refused");
        for fragment in fragments {
            assert!(error.contains(fragment), "{arguments:?}: no {fragment:?} in: {error}");
        }
    }
}

#[test]
fn the_server_is_named_in_every_way_there_is() {
    let case = Case::new();
    let invite = format!("tern://chat:5000#{KEY}");
    let plain = |address: &str| (address.to_owned(), None);
    assert_eq!(case.target(&[]), plain("127.0.0.1:4000"));
    assert_eq!(case.target(&["chat"]), plain("chat:4000"));
    assert_eq!(case.target(&["chat", "5000"]), plain("chat:5000"));
    assert_eq!(case.target(&["chat:5000"]), plain("chat:5000"));
    assert_eq!(case.target(&["chat:5000", "5000"]), plain("chat:5000"));
    assert_eq!(case.target(&["[::1]:5000"]), plain("[::1]:5000"));
    assert_eq!(case.target(&["::1", "5000"]), plain("[::1]:5000"));
    assert_eq!(case.target(&[&invite]), ("chat:5000".into(), Some(KEY.into())));
    assert_eq!(case.target(&[&invite, "--fingerprint", KEY]), ("chat:5000".into(), Some(KEY.into())));
    assert_eq!(case.target(&["chat", "--fingerprint", KEY]), ("chat:4000".into(), Some(KEY.into())));
    assert_eq!(case.target(&["trust:4000"]), plain("trust:4000"));
}

#[test]
fn options_override_the_environment_which_overrides_the_config_file() {
    let config = "server = \"from-file:1\"\nuser = \"file\"\nhistory = 1\nretry = 7\nlinger = \"9\"\nface = \"json\"";
    let case = Case::new().config(config);
    let settings = case.settings(&[]);
    assert_eq!(settings.target.address(), "from-file:1");
    assert_eq!(settings.user.as_deref(), Some("file"));
    assert_eq!((settings.history, settings.retry, settings.linger), (Some(1), Some(7), Some(Linger::Seconds(9))));
    assert_eq!(settings.face, Face::Json);

    let case = case.set("TERN_SERVER", "from-env:2").set("TERN_USER", "env");
    let settings = case.settings(&[]);
    assert_eq!((settings.target.address().as_str(), settings.user.as_deref()), ("from-env:2", Some("env")));

    let options = ["option:3", "--user", "me", "--history", "3", "--retry", "4", "--linger", "forever", "--plain"];
    let settings = case.settings(&options);
    assert_eq!((settings.target.address().as_str(), settings.user.as_deref()), ("option:3", Some("me")));
    assert_eq!((settings.history, settings.retry, settings.linger), (Some(3), Some(4), Some(Linger::Forever)));
    assert_eq!(settings.face, Face::Plain);
    assert_eq!(case.settings(&["option"]).target.address(), "option:4000", "a port belongs to its host");
}

#[test]
fn what_is_said_nowhere_is_not_said() {
    let settings = Case::new().settings(&[]);
    assert_eq!((settings.user, settings.linger, settings.history, settings.peers.port), (None, None, None, None));
    assert!(!settings.server_is_named);
}

#[test]
fn a_usage_error_names_the_argument() {
    let case = Case::new();
    let invite = format!("tern://chat:5000#{KEY}");
    case.refuses(&["a b"], &["[HOST]", "neither a host name nor an address"]);
    case.refuses(&["chat", "99999"], &["[PORT]", "99999"]);
    case.refuses(&["chat", "0"], &["[PORT]"]);
    case.refuses(&["chat:1", "2"], &["HOST and PORT"]);
    case.refuses(&["tern://chat:5000"], &["[HOST]", "invite link is not complete"]);
    case.refuses(&[&invite, "--fingerprint", OTHER_KEY], &["--fingerprint", "different keys"]);
    case.refuses(&["--fingerprint", "12"], &["--fingerprint", "64 hexadecimal digits"]);
    case.refuses(&["--linger", "long"], &["--linger", "number of seconds, or forever"]);
    case.refuses(&["--history", "201"], &["--history", "201"]);
    case.refuses(&["--plain", "--json"], &["--plain", "--json"]);
    case.refuses(&["--colour"], &["--colour"]);
    case.refuses(&["--no-tls", "--fingerprint", KEY], &["--no-tls", "--fingerprint"]);
    case.refuses(&["--no-tls", "192.0.2.1"], &["--no-tls"]);
    case.refuses(&["--no-tls", &invite], &["--no-tls", "invite"]);
    assert!(!case.settings(&["--no-tls", "localhost"]).target.tls);
    assert!(!case.settings(&["--no-tls", "::1"]).target.tls);
}

#[test]
fn a_wrong_value_outside_the_command_line_names_its_place() {
    Case::new().set("TERN_SERVER", "a b").refuses(&[], &["TERN_SERVER", "neither"]);
    Case::new().config("server = \"a b\"").refuses(&[], &["server in the config file", "neither"]);
    Case::new().config("linger = \"long\"").refuses(&[], &["linger in the config file"]);
    Case::new().config("face = \"round\"").refuses(&[], &["face in the config file", "auto, plain or json"]);
    Case::new().config("servr = \"chat\"").refuses(&[], &["client.toml", "servr"]);
    Case::new().config("= =").refuses(&[], &["client.toml"]);
    Case::new().refuses(&["--config", "/nonexistent/c.toml"], &["/nonexistent/c.toml", "cannot be read"]);
}

#[test]
fn the_password_comes_from_the_first_place_that_has_one() {
    let case = Case::new();
    let path = case.file(b"from a file\r\n", 0o600);
    let password = |case: &Case, arguments: &[&str]| {
        case.settings(arguments).password.map(|password| password.expose_secret().to_owned())
    };
    assert_eq!(password(&case, &[]), None);
    let case = case.set("TERN_PASSWORD_FILE", &path);
    assert_eq!(password(&case, &[]).as_deref(), Some("from a file"));
    let case = case.set("TERN_PASSWORD", "from a variable");
    assert_eq!(password(&case, &[]).as_deref(), Some("from a variable"));
    assert_eq!(password(&case, &["--password-file", &path]).as_deref(), Some("from a file"));
}

#[test]
fn a_password_is_never_shown() {
    let case = Case::new().set("TERN_PASSWORD", "hunter22");
    assert!(!format!("{:?}", case.settings(&[])).contains("hunter22"));
}

#[test]
fn a_password_file_loses_one_line_end_and_nothing_else() {
    let longest = vec![b'x'; PASSWORD_BYTES];
    let kept: [(&[u8], &[u8]); 5] = [
        (b"wise\n", b"wise"),
        (b"wise", b"wise"),
        (b" wi se \n", b" wi se "),
        (b"wise\n\n", b"wise\n"),
        (&longest, &longest),
    ];
    let case = Case::new();
    for (content, expected) in kept {
        let path = case.file(content, 0o600);
        let password = case.settings(&["--password-file", &path]).password.unwrap();
        assert_eq!(password.expose_secret().as_bytes(), expected);
    }
    for (content, fragment) in [(&b"\n"[..], "empty"), (&[b'x'; PASSWORD_BYTES + 1], "256"), (&[0xff], "UTF-8")] {
        let path = case.file(content, 0o600);
        case.refuses(&["--password-file", &path], &[&path, fragment]);
    }
    case.refuses(&["--password-file", "/nonexistent/p"], &["/nonexistent/p"]);
}

#[test]
fn a_password_file_that_others_can_read_is_warned_about() {
    let case = Case::new();
    for (mode, warnings) in [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1)] {
        let path = case.file(b"wise\n", mode);
        let resolved = case.resolve(&["--password-file", &path]).unwrap();
        assert_eq!(resolved.warnings.len(), warnings, "{mode:o}");
        assert!(resolved.warnings.iter().all(|warning| warning.contains(&format!("chmod 600 {path}"))));
    }
}

#[test]
fn without_a_terminal_a_run_gives_up_after_a_minute() {
    let mut case = Case::new();
    assert_eq!(case.settings(&[]).retry, None);
    case.is_terminal = false;
    assert_eq!(case.settings(&[]).retry, Some(60));
    assert_eq!(case.settings(&["--retry", "5"]).retry, Some(5));
}

#[test]
fn the_face_is_what_was_asked_for_or_what_the_terminal_can_show() {
    let table = [
        (Wish::Auto, true, true, Some("xterm"), Some(Face::Screen)),
        (Wish::Auto, true, true, Some("dumb"), Some(Face::Plain)),
        (Wish::Auto, true, true, Some(""), Some(Face::Plain)),
        (Wish::Auto, true, true, None, Some(Face::Plain)),
        (Wish::Auto, false, true, Some("xterm"), Some(Face::Plain)),
        (Wish::Auto, true, false, Some("xterm"), Some(Face::Plain)),
        (Wish::Screen, true, true, Some("dumb"), Some(Face::Screen)),
        (Wish::Screen, false, true, Some("xterm"), None),
        (Wish::Screen, true, false, Some("xterm"), None),
        (Wish::Plain, true, true, Some("xterm"), Some(Face::Plain)),
        (Wish::Json, true, true, Some("xterm"), Some(Face::Json)),
        (Wish::Json, false, false, None, Some(Face::Json)),
    ];
    for (wish, stdin_is_terminal, stdout_is_terminal, term, expected) in table {
        let variable = |name: &str| term.filter(|_| name == "TERM").map(OsString::from);
        let surroundings = Surroundings { variable: &variable, stdin_is_terminal, stdout_is_terminal };
        let choice = choose_face(wish, surroundings).ok();
        assert_eq!(choice, expected, "{wish:?} {stdin_is_terminal} {stdout_is_terminal} {term:?}");
    }
}

#[test]
fn typing_is_on_unless_the_option_or_the_config_file_says_no() {
    let (unsaid, on, off) = (Case::new(), Case::new().config("typing = true"), Case::new().config("typing = false"));
    let said = |case: &Case, arguments: &[&str]| case.settings(arguments).typing;
    assert!(said(&unsaid, &[]) && said(&on, &[]) && !said(&off, &[]));
    assert!([unsaid, on, off].iter().all(|case| !said(case, &["--no-typing"])));
}

#[test]
fn a_switch_on_the_command_line_wins_over_the_face_in_the_config_file() {
    assert_eq!(Case::new().config("face = \"plain\"").settings(&["--json"]).face, Face::Json);
    assert_eq!(Case::new().config("face = \"json\"").settings(&["--plain"]).face, Face::Plain);
}

#[test]
fn commands_are_kept_in_their_order() {
    let settings = Case::new().settings(&["chat", "-e", "who", "--execute", "say hi", "--register", "--hold"]);
    assert_eq!(settings.execute, ["who", "say hi"]);
    assert!(settings.register && settings.hold && !settings.presence);
}

#[test]
fn trust_is_a_command_and_everything_else_is_a_host() {
    let command = |arguments: &[&str]| Args::try_parse_from(["tui-client"].iter().chain(arguments));
    assert!(matches!(command(&["trust", "list"]).unwrap().command, Some(Command::Trust(trust::TrustCommand::List))));
    let forget = command(&["trust", "forget", "Chat:5000"]).unwrap().command;
    assert!(matches!(forget, Some(Command::Trust(trust::TrustCommand::Forget { server })) if server.host == "Chat"));
    assert!(command(&["trust"]).is_err(), "a host named trust needs its port");
    for host in ["trusty", "help"] {
        assert_eq!(command(&[host]).unwrap().host.unwrap().host, host);
    }
}

#[test]
fn the_command_line_is_well_formed() {
    Args::command().debug_assert();
}

#[cfg(feature = "host")]
mod with_a_server_inside {
    use super::*;
    use crate::cli::try_out::TrySettings;
    use crate::demo::Pace;

    #[test]
    fn host_is_about_this_machine_whatever_else_says() {
        let case = Case::new().config("server = \"from-file:1\"").set("TERN_SERVER", "from-env:2");
        let table: [(&[&str], &str); 6] = [
            (&["--host"], "127.0.0.1:4000"),
            (&["--host", "5000"], "127.0.0.1:5000"),
            (&["5000", "--host"], "127.0.0.1:5000"),
            (&["--host", "localhost", "5000"], "127.0.0.1:5000"),
            (&["--host", "127.0.0.1:5000"], "127.0.0.1:5000"),
            (&["--host", "0"], "127.0.0.1:0"),
        ];
        for (arguments, expected) in table {
            let settings = case.settings(arguments);
            assert!(settings.host && settings.target.tls, "{arguments:?}");
            assert_eq!(settings.target.address(), expected, "{arguments:?}");
        }
        assert!(!case.settings(&[]).host);
        let invite = format!("tern://127.0.0.1:5000#{KEY}");
        for other in ["chat", "192.0.2.1", "70000", &invite] {
            case.refuses(&["--host", other], &["--host", "this machine"]);
        }
        case.refuses(&["--host", "localhost:1", "2"], &["--host"]);
        case.refuses(&["--host", "--no-tls"], &["--host", "--no-tls"]);
        case.refuses(&["--host", "--fingerprint", KEY], &["--host", "--fingerprint"]);
    }

    fn try_settings(case: &Case, arguments: &[&str]) -> Result<TrySettings, String> {
        let arguments = ["tui-client", "try"].iter().chain(arguments);
        let args = Args::try_parse_from(arguments).map_err(|error| error.to_string())?;
        let Some(Command::Try(args)) = args.command else { panic!("try was typed") };
        let variable = |name: &str| case.variables.get(name).cloned();
        let surroundings = Surroundings { variable: &variable, stdin_is_terminal: false, stdout_is_terminal: false };
        args.resolve(surroundings).map_err(|error| error.to_string())
    }

    #[test]
    fn try_takes_the_looks_of_the_chat_and_nothing_else() {
        let case = Case::new().config("face = \"json\"\nhold = true\nuser = \"hans\"").set("TERN_SERVER", "a b");
        let settings = try_settings(&case, &[]).unwrap();
        assert_eq!((settings.face, settings.hold, settings.pace), (Face::Json, true, Pace::Natural));
        assert_eq!(settings.name, "you-there");
        let case = case.set("USER", "anna").set("TERN_DEMO_PACE", "instant");
        let settings = try_settings(&case, &["--plain"]).unwrap();
        assert_eq!((settings.face, settings.pace, settings.name.as_str()), (Face::Plain, Pace::Instant, "anna"));
        assert!(try_settings(&case, &["--plain", "--json"]).unwrap_err().contains("--json"));
        assert!(try_settings(&case, &["192.0.2.1"]).is_err(), "it has a server of its own");
    }
}
