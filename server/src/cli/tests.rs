use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("server").chain(line.split_whitespace()))
}

/// What a command line says of serving.
fn layer(line: &str) -> Layer {
    let cli = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    assert!(cli.command.is_none(), "{line}");
    cli.serve.into_layer().0
}

fn seconds(text: &str) -> Seconds {
    text.parse().expect("seconds")
}

#[test]
fn the_classic_form_and_the_options_say_the_same() {
    assert_eq!(layer(""), Layer::default());
    assert_eq!(layer("4000"), Layer { port: Some(4000), ..Layer::default() });
    let all = Layer { port: Some(4000), block: Some(seconds("60")), timeout: Some(seconds("120")), ..Layer::default() };
    assert_eq!(layer("4000 60 120"), all);
    assert_eq!(layer("--port 4000 --block 60 --timeout 120"), all);
    assert_eq!(layer("--block-for 60 4000 --timeout 120"), all);
    assert_eq!(
        layer("0 0 0"),
        Layer { port: Some(0), block: Some(seconds("0")), timeout: Some(seconds("0")), ..Layer::default() }
    );
}

#[test]
fn every_option_arrives() {
    let line = "--bind ::1 --credentials c.txt --data d --no-register --names unicode --limits strict --connections 7 \
                --inbox-messages 8 --inbox-mib 9 --disk-floor 10 --no-tls --log-level warn";
    assert_eq!(
        layer(line),
        Layer {
            bind: Some("::1".parse().expect("an address")),
            credentials: Some("c.txt".into()),
            data: Some("d".into()),
            no_register: Some(true),
            names: Some(Policy::Unicode),
            limits: Some(Switch::Strict),
            connections: Some(7),
            inbox_messages: Some(8),
            inbox_mib: Some(9),
            disk_floor: Some(10),
            no_tls: Some(true),
            log_level: Some("warn".to_owned()),
            ..Layer::default()
        }
    );
    let cli = parse("4000 --config s.toml").expect("parsed");
    assert_eq!(cli.serve.into_layer().1, Some("s.toml".into()));
}

#[test]
fn passwd_and_config_are_no_ports() {
    let Ok(Cli { command: Some(Command::Passwd(passwd)), .. }) = parse("passwd hans --port 5000 --data d") else {
        panic!("no passwd");
    };
    assert_eq!(passwd.name, "hans");
    let expected = Layer { port: Some(5000), data: Some("d".into()), ..Layer::default() };
    assert_eq!(passwd.to_layer().0, expected);
    let Ok(Cli { command: Some(Command::Config(serve)), .. }) = parse("config 5000 --limits off") else {
        panic!("no config");
    };
    let expected = Layer { port: Some(5000), limits: Some(Switch::Off), ..Layer::default() };
    assert_eq!(serve.into_layer().0, expected);
    assert!(parse("passwd").is_err());
    assert!(parse("4000 passwd hans").is_err());
}

#[test]
fn a_usage_error_names_the_argument_and_exits_with_2() {
    for (line, named) in [
        ("abc", "'abc'"),
        ("70000", "[PORT]"),
        ("4000 -1", "-1"),
        ("4000 1m", "[BLOCK]"),
        ("4000 60 x", "[TIMEOUT]"),
        ("4000 60 31536001", "[TIMEOUT]"),
        ("4000 60 120 7", "'7'"),
        ("4000 --port 5000", "--port"),
        ("--port", "--port"),
        ("--bind here", "--bind"),
        ("--names latin", "--names"),
        ("--limits maybe", "--limits"),
        ("--log-level loud", "--log-level"),
        ("--verbose", "--verbose"),
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(named), "{line}: {error}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    assert_eq!(parse("--help").expect_err("help").kind(), ErrorKind::DisplayHelp);
    assert_eq!(parse("--help").expect_err("help").exit_code(), 0);
    let version = parse("--version").expect_err("version").to_string();
    assert_eq!(version, format!("server {}\n", env!("CARGO_PKG_VERSION")));
}

/// When this fails and the new text is meant, write it to the golden file: what people see changes only on purpose.
#[test]
fn the_help_is_the_golden_one() {
    let shown = Cli::command().term_width(100).try_get_matches_from(["server", "--help"]);
    let help = shown.expect_err("help").to_string();
    assert_eq!(help.trim_end(), include_str!("../../tests/golden/help.txt").trim_end(), "\n{help}");
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}
