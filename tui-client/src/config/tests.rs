use super::*;

fn read(text: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("client.toml");
    std::fs::write(&path, text).unwrap();
    Config::read(&path).map_err(|error| error.to_string())
}

#[track_caller]
fn refuses(text: &str, fragments: &[&str]) {
    let error = read(text).expect_err("this file is refused");
    for fragment in fragments {
        assert!(error.contains(fragment), "no {fragment:?} in: {error}");
    }
}

#[test]
fn every_default_and_example_is_a_value_of_its_setting() {
    for setting in SETTINGS {
        for value in [setting.default, setting.example].iter().filter(|value| !value.is_empty()) {
            assert_eq!(setting.check(value), Ok(()), "{}", setting.name);
        }
        assert!(setting.meaning.len() <= 120 && !setting.meaning.ends_with('.'), "{}", setting.name);
        assert!(find(setting.name).is_some_and(|found| std::ptr::eq(found, setting)));
        assert!(setting.default.is_empty() || Values::default().value(setting.name) == setting.default);
    }
}

#[test]
fn what_is_printed_is_read_back_as_the_same_values() {
    let mut values = Values::default();
    for setting in SETTINGS {
        values.set(setting, setting.example).unwrap();
    }
    assert_eq!(read(&document(&values, &Keymap::default())).unwrap().values, values);
    assert_eq!(
        read(&document(&Values::default(), &Keymap::default())).unwrap().values,
        Values::default(),
        "defaults are comments"
    );
    // What the comments say is right as well.
    let uncommented: Vec<String> = document(&Values::default(), &Keymap::default())
        .lines()
        .filter_map(|line| {
            line.strip_prefix("# ").filter(|rest| rest.split(" = ").next().is_some_and(|name| find(name).is_some()))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let uncommented = uncommented.concat();
    let all = read(&uncommented).unwrap().values;
    assert!(SETTINGS.iter().all(|setting| all.given(setting.name).is_some()), "{uncommented}");
}

#[test]
fn a_mistake_is_named_with_its_line() {
    refuses("user = \"yoda\"\n\nservr = \"chat\"\n", &["client.toml", "line 3", "servr", "did you mean server?"]);
    refuses("mouse = \"true\"\n", &["mouse in the config file", "line 1", "without quotes"]);
    refuses("\ntheme = 3\n", &["theme", "line 2", "between quotes"]);
    refuses("history = 201\n", &["history", "200"]);
    refuses("history = -1\n", &["history"]);
    refuses("peer_port = 80\n", &["peer_port", "below 1024"]);
    refuses("notifications = \"loud\"\n", &["notifications", "off, mentions or all"]);
    refuses("time = \"%H:%M:%S\"\n", &["time", "5 columns"]);
    refuses("emoji = \"big\"\n", &["emoji", "auto, safe or full"]);
    refuses("user = \"a\\u001bb\"\n", &["user", "one line"]);
    refuses("wholly = \"other\"\n", &["wholly", "tui-client config"]);
    refuses("mouse = true\nmouse = false\n", &["client.toml", "line 2"]);
    refuses("[mouse]\n", &["mouse"]);
}

#[test]
fn a_value_that_is_refused_changes_nothing() {
    let mut values = Values::default();
    let theme = find("theme").unwrap();
    values.set(theme, "dark").unwrap();
    assert!(values.set(theme, "no/such").is_err());
    assert_eq!(values.given("theme"), Some("dark"));
}

#[test]
fn keys_are_read_and_written_and_mistakes_have_their_line() {
    let config = read("mouse = true\n[keys]\n\"ctrl+x\" = \"go-to\"\n\"alt+w\" = \"none\"\n").unwrap();
    assert_eq!(
        config.keys.bindings().collect::<Vec<_>>(),
        [("ctrl+x".to_owned(), "go-to"), ("alt+w".to_owned(), "none")]
    );
    let again = read(&document(&config.values, &config.keys)).unwrap();
    assert_eq!((again.keys, again.values), (config.keys, config.values));
    refuses("\n[keys]\n\"ctrl+x\" = \"goto\"\n", &["ctrl+x", "line 3", "did you mean go-to?"]);
    refuses("[keys]\n\"ctrl+i\" = \"help\"\n", &["ctrl+i", "line 2", "as tab"]);
    refuses("[keys]\n\"enter\" = \"help\"\n", &["keys", "line 1", "send"]);
    refuses("[keys]\n\"f5\" = 3\n", &["f5", "line 2", "between quotes"]);
    refuses("keys = 3\n", &["keys", "line 1", "a table"]);
}

#[test]
fn the_page_about_settings_names_every_setting_as_it_is() {
    let page = include_str!("../../../docs/settings.md");
    for setting in SETTINGS {
        let value = match setting.kind {
            Kind::Text => "text",
            Kind::Switch => "true/false",
            Kind::Number => "number",
        };
        let default = if setting.default.is_empty() { "none".to_owned() } else { format!("`{}`", setting.default) };
        let changes = if setting.effect == Effect::AtOnce { "at once" } else { "at the start" };
        let row = format!("| `{}` | {value} | {default} | {} | {changes} |", setting.name, setting.meaning);
        assert!(page.contains(&row), "docs/settings.md has no row: {row}");
    }
    let table = Keymap::default().table();
    for action in table.lines().filter_map(|line| line.split_whitespace().nth(1)) {
        let is_tab = action.starts_with("tab-");
        assert!(is_tab || page.contains(&format!("`{action}`")), "docs/settings.md does not name {action}");
    }
}
