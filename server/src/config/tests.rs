use std::fs;

use super::*;

/// A config file in a folder of its own.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(file: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(text) = file {
            fs::create_dir(folder.path().join("tern")).expect("made");
            fs::write(folder.path().join("tern").join("server.toml"), text).expect("written");
        }
        Self { folder }
    }

    fn join(&self, options: Layer, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let places = Places { config: Some(self.folder.path().to_owned()), state: Some("/state".into()) };
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Config::join(options, None, variable, &places)
    }
}

fn joined(options: Layer, variables: &[(&str, &str)], file: Option<&str>) -> Config {
    Home::new(file).join(options, variables).unwrap_or_else(|error| panic!("{error}"))
}

/// What is said, without where it was said.
fn plain(config: Config) -> Config {
    Config { sources: BTreeMap::new(), ..config }
}

fn refused(variables: &[(&str, &str)], file: Option<&str>, expected: &str) {
    let home = Home::new(file);
    let error = home.join(Layer::default(), variables).expect_err(expected);
    let text = error.to_string().replace(&home.folder.path().display().to_string(), "HOME");
    assert_eq!(text, expected);
    assert!(!text.contains('\n'), "{text}");
    assert!(error.is_usage());
}

#[test]
fn without_any_word_the_defaults_hold() {
    let config = joined(Layer::default(), &[], None);
    let expected = Config {
        credentials: CredentialsFile::IfThere("credentials.txt".into()),
        ..Config::new("/state/tern/server-4000".into())
    };
    assert_eq!(plain(config), expected);
    let rules = expected.rules();
    assert_eq!((rules.lock_for, rules.timeout), (Duration::from_mins(1), None));
    assert!(rules.registration && rules.limits);
}

#[test]
fn options_win_over_variables_and_variables_over_the_file() {
    let file = "port = 1\nblock = 1\ntimeout = 1\n";
    let variables = [("TERN_PORT", "2"), ("TERN_BLOCK", "2")];
    let options = Layer { port: Some(3), ..Layer::default() };
    let config = joined(options, &variables, Some(file));
    assert_eq!((config.port, config.block.as_secs(), config.timeout), (3, 2, Some(Duration::from_secs(1))));
    assert_eq!(config.data, Path::new("/state/tern/server-3"));
}

#[test]
fn every_key_of_the_file_and_every_variable_arrives() {
    let file = r#"
        port = 5000
        block = 10
        timeout = 0
        bind = "127.0.0.1"
        credentials = "people.txt"
        data = "/srv/tern"
        no-register = true
        names = "unicode"
        limits = "off"
        connections = 77
        inbox-messages = 5
        inbox-mib = 0
        disk-floor = 16
        no-tls = true
        log-level = "warn,server=debug"
    "#;
    let variables = [
        ("TERN_PORT", "5000"),
        ("TERN_BLOCK", "10"),
        ("TERN_TIMEOUT", "0"),
        ("TERN_BIND", "127.0.0.1"),
        ("TERN_CREDENTIALS", "people.txt"),
        ("TERN_DATA", "/srv/tern"),
        ("TERN_NO_REGISTER", "1"),
        ("TERN_NAMES", "unicode"),
        ("TERN_LIMITS", "off"),
        ("TERN_CONNECTIONS", "77"),
        ("TERN_INBOX_MESSAGES", "5"),
        ("TERN_INBOX_MIB", "0"),
        ("TERN_DISK_FLOOR", "16"),
        ("TERN_NO_TLS", "yes"),
        ("TERN_LOG", "warn,server=debug"),
    ];
    let expected = Config {
        port: 5000,
        bind: Some("127.0.0.1".parse().expect("an address")),
        block: Duration::from_secs(10),
        timeout: None,
        credentials: CredentialsFile::Named("people.txt".into()),
        data: "/srv/tern".into(),
        register: false,
        names: Policy::Unicode,
        limits: Switch::Off,
        connections: 77,
        inbox: Inbox { messages: 5, bytes: u64::MAX },
        disk_floor: 16,
        tls: false,
        log: "warn,server=debug".to_owned(),
        sources: BTreeMap::new(),
    };
    assert_eq!(plain(joined(Layer::default(), &[], Some(file))), expected);
    assert_eq!(plain(joined(Layer::default(), &variables, None)), expected);
}

#[test]
fn a_variable_can_take_back_what_the_file_says() {
    let config = joined(Layer::default(), &[("TERN_NO_REGISTER", "0")], Some("no-register = true"));
    assert!(config.register);
    let config = joined(Layer::default(), &[("TERN_PORT", "")], Some("port = 7"));
    assert_eq!(config.port, 7, "an empty variable says nothing");
}

#[test]
fn what_is_wrong_is_named_in_one_line() {
    refused(&[("TERN_PORT", "x")], None, r#"TERN_PORT is "x": invalid digit found in string"#);
    refused(&[("TERN_BLOCK", "1m")], None, r#"TERN_BLOCK is "1m": it is a whole number of seconds"#);
    refused(&[("TERN_NAMES", "latin")], None, r#"TERN_NAMES is "latin": it is plain or unicode"#);
    refused(&[("TERN_NO_TLS", "2")], None, r#"TERN_NO_TLS is "2": it is 1 or 0"#);
    refused(
        &[],
        Some("port = 4000\nprot = 1"),
        "HOME/tern/server.toml: line 2: unknown field `prot`, expected one of `port`, `block`, `timeout`, `bind`, \
         `credentials`, `data`, `no-register`, `names`, `limits`, `connections`, `inbox-messages`, `inbox-mib`, `disk-floor`, \
         `no-tls`, `log-level`",
    );
    refused(&[], Some("\nnames = \"latin\""), "HOME/tern/server.toml: line 2: it is plain or unicode");
    refused(&[], Some("block = 99999999999"), "HOME/tern/server.toml: line 1: a year (31536000 seconds) is the most");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let home = Home::new(None);
    let missing = home.folder.path().join("none.toml");
    let error =
        Config::join(Layer::default(), Some(missing.clone()), |_| None, &Places::default()).expect_err("missing");
    assert_eq!(error.to_string(), format!("cannot read {}", missing.display()));
    assert!(!error.is_usage());
}

#[test]
fn without_tls_only_this_machine_is_served() {
    let no_tls = |bind: Option<&str>| Layer {
        no_tls: Some(true),
        bind: bind.map(|address| address.parse().expect("an address")),
        ..Layer::default()
    };
    for (bind, allowed) in [
        (None, false),
        (Some("0.0.0.0"), false),
        (Some("10.0.0.7"), false),
        (Some("127.0.0.1"), true),
        (Some("::1"), true),
    ] {
        assert_eq!(Home::new(None).join(no_tls(bind), &[]).is_ok(), allowed, "{bind:?}");
    }
}

#[test]
fn a_user_without_a_home_must_name_the_data_folder() {
    let join = |data: Option<&str>| {
        let options = Layer { data: data.map(PathBuf::from), ..Layer::default() };
        Config::join(options, None, |_| None, &Places::default())
    };
    assert!(matches!(join(None), Err(ConfigError::NoPlace)));
    assert!(join(Some("here")).is_ok());
}

#[test]
fn what_is_described_says_the_same_when_read() {
    let options = Layer {
        port: Some(0),
        bind: Some("::1".parse().expect("an address")),
        credentials: Some("with \"quotes\".txt".into()),
        no_register: Some(true),
        limits: Some(Switch::Off),
        timeout: Some(Seconds(120)),
        inbox_messages: Some(0),
        ..Layer::default()
    };
    let config = joined(options, &[("TERN_BLOCK", "5")], Some("names = \"unicode\""));
    let text = config.describe();
    assert_eq!(plain(joined(Layer::default(), &[], Some(&text))), plain(config), "{text}");
    for (line, source) in [
        ("port = 0", "# option"),
        ("block = 5", "# environment"),
        ("names = \"unicode\"", "# config file"),
        ("no-tls = false", "# default"),
        ("inbox-messages = 0", "# option"),
        ("inbox-mib = 8", "# default"),
        ("disk-floor = 64", "# default"),
        ("# waiting to be written to all sessions", "268435456 bytes"),
        ("# frame before login", "4096 bytes"),
        ("# password hash ", "argon2id m=19456,t=2,p=1"),
    ] {
        assert!(
            text.lines().any(|found| found.starts_with(line) && found.ends_with(source)),
            "{line} {source}: {text}"
        );
    }

    let defaults = joined(Layer::default(), &[], None);
    assert_eq!(plain(joined(Layer::default(), &[], Some(&defaults.describe()))), plain(defaults));
}

/// The rows of a table of the documentation: the first two cells of each.
fn documented(begin: &str) -> Vec<(String, String)> {
    let text = include_str!("../../../docs/operations.md");
    let table = text.split_once(begin).expect("the table is there").1;
    let cells = |line: &str| {
        let mut cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
        Some((cells.next()?, cells.next()?))
    };
    table.lines().skip(3).take_while(|line| line.starts_with('|')).filter_map(cells).collect()
}

#[test]
fn the_documentation_has_every_limit_with_its_figure() {
    let cores = "one fewer than there are cores";
    let figure = |what: &str, figure: String| if what == "password hashes at once" { cores.to_owned() } else { figure };
    let limits: Vec<_> =
        limits_in_force().into_iter().map(|(what, value)| (what.to_owned(), figure(what, value))).collect();
    let documented = documented("<!-- limits: compared with the program by a test -->");
    for row in &limits {
        assert!(documented.contains(row), "docs/operations.md lacks or has another figure for {row:?}");
    }
    for row in &documented {
        assert!(limits.contains(row), "there is no such limit as docs/operations.md says: {row:?}");
    }
    let names: std::collections::BTreeSet<_> = limits.iter().map(|(what, _)| what).collect();
    assert_eq!(names.len(), limits.len(), "two limits have one name");
}

#[test]
fn the_documentation_has_the_defaults_of_the_options_about_limits() {
    let text = joined(Layer::default(), &[], None).describe();
    let rows = documented("## What you may want to set\n");
    assert!(rows.len() > 4, "{rows:?}");
    for (option, default) in rows {
        let key = option.trim_matches('`').trim_start_matches("--");
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        let value = line.and_then(|line| line.split_whitespace().next()).map(|value| value.trim_matches('"'));
        assert_eq!(value, Some(default.trim_matches('`')), "{option}");
    }
}
