//! The command `set`: shows settings, changes them at once where they can be, and has them written into the config file.

use crate::config::{self, Effect, SETTINGS, Setting, Values};
use crate::tui::glyphs::ASCII;
use crate::tui::notify;
use crate::tui::preferences::{Level, Preferences};
use crate::tui::state::{Overlay, State};
use crate::tui::terminal::Answers;
use crate::tui::theme::{Theme, Themes, shade_of};

use super::{Control, Sight, Wish, words};

/// The word that saves.
const SAVE: &str = "--save";

/// Takes the settings that the program was started with.
pub fn take_settings(state: &mut State, values: Values) {
    state.preferences = Preferences::of(&values);
    state.look.drawing.emoji = state.preferences.emoji.on(state.measured);
    state.values = values;
}

/// Takes what the terminal has said about itself.
pub fn learn(state: &mut State, answers: &Answers) {
    state.measured = answers.emoji;
    state.look.drawing.emoji = state.preferences.emoji.on(state.measured);
    if answers.wide_symbols {
        state.look.drawing.glyphs = &ASCII;
    }
    let Some(background) = answers.background else { return };
    state.terminal_shade = shade_of(background);
    let look = &mut state.look;
    if let Ok(theme) = Theme::choose(&look.choice, &state.themes, look.theme.depth, state.terminal_shade) {
        look.theme = theme;
    }
}

/// Takes the theme that was named, or the next one, of the themes as they are now, and has it saved where that is wished.
pub fn dress(state: &mut State, sight: Sight<'_>, themes: Themes, named: Option<&str>, saves: bool) -> Vec<Wish> {
    state.themes = themes;
    let mut control = Control { state, sight, wishes: Vec::new() };
    match control.wear(named) {
        Ok(()) if saves => control.save(config::find("theme").into_iter().collect()),
        Ok(()) => {}
        Err(why) => control.toast(why, true),
    }
    control.wishes
}

impl Control<'_> {
    fn wear(&mut self, named: Option<&str>) -> Result<(), String> {
        let State { look, themes, terminal_shade, .. } = &mut *self.state;
        let choice = match named.map(str::parse) {
            None => look.choice.next(themes),
            Some(Ok(choice)) => choice,
            Some(Err(error)) => return Err(words::sentence(&error.to_string())),
        };
        look.theme = Theme::choose(&choice, themes, look.theme.depth, *terminal_shade)?;
        let name = choice.as_str().to_owned();
        look.choice = choice;
        self.note_value("theme", &name);
        self.toast(format!("Theme: {name}."), false);
        Ok(())
    }

    /// `set`, `set NAME`, `set NAME VALUE`, each with `--save` behind it.
    pub(super) fn set(&mut self, typed: &str) {
        let typed = typed.trim();
        let before = typed.strip_suffix(SAVE).filter(|rest| rest.is_empty() || rest.ends_with(char::is_whitespace));
        let (rest, saves) = before.map_or((typed, false), |rest| (rest.trim(), true));
        let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if name.is_empty() {
            return if saves { self.save_changed() } else { self.list_settings() };
        }
        let Some(setting) = config::find(name) else {
            let hint = config::nearest(name).map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            return self.toast(words::sentence("there is no such setting") + &hint, true);
        };
        match (value.trim(), saves) {
            ("", false) => self.show_setting(setting),
            ("", true) => self.save(vec![setting]),
            (value, saves) => self.change(setting, value, saves),
        }
    }

    /// `notify` and `notify LEVEL`, for the tab in front.
    pub(super) fn set_level(&mut self, named: Option<&str>) {
        let front = self.front().clone();
        let own = match named {
            None => None,
            Some("default") => Some(None),
            Some(word) => match word.parse::<Level>() {
                Ok(level) => Some(Some(level)),
                Err(_) => return self.toast("Give off, mentions, all or default.", true),
            },
        };
        if let Some(own) = own {
            self.state.tabs.entry(front.clone()).or_default().notify = own;
        }
        let level = notify::level(self.state, &front).as_str();
        self.toast(format!("Notifications of this tab: {level}."), false);
    }

    fn list_settings(&mut self) {
        let rows = SETTINGS.iter().flat_map(|setting| {
            let mark = if setting.effect == Effect::AtStart { "  (at the next start)" } else { "" };
            [format!("{}{mark}", self.in_force(setting)), format!("    {}", setting.meaning)]
        });
        let end = ["", "/set NAME VALUE changes one, /set --save keeps what was changed."].map(str::to_owned);
        let rows = rows.chain(end).collect();
        self.state.overlay = Some(Overlay::List { title: "Settings".to_owned(), rows, scroll: 0 });
    }

    fn in_force(&self, setting: &Setting) -> String {
        let value = self.state.values.value(setting.name);
        format!("{} = {}", setting.name, if value.is_empty() { "(not set)" } else { value })
    }

    fn show_setting(&mut self, setting: &Setting) {
        let text = format!("{}. {}.", self.in_force(setting), setting.meaning);
        self.toast(text, false);
    }

    fn change(&mut self, setting: &'static Setting, value: &str, saves: bool) {
        let name = setting.name;
        if setting.effect == Effect::AtStart && !saves {
            return self.toast(format!("{name} takes effect at the start: /set {name} {value} {SAVE} keeps it."), true);
        }
        if let Err(why) = setting.check(value) {
            return self.toast(format!("Not set. {name}: {why}."), true);
        }
        match name {
            "theme" => return self.wishes.push(Wish::Theme { named: Some(value.to_owned()), saves }),
            "mouse" if self.state.mouse.to_string() != value => self.toggle_mouse(),
            _ => {
                self.note_value(name, value);
                if name == "typing" {
                    self.wishes.push(Wish::Typing(self.state.preferences.typing));
                }
                self.toast(format!("{name} = {value}"), false);
            }
        }
        if saves {
            self.save(vec![setting]);
        }
    }

    /// Another value is in force, however it came to it.
    pub(super) fn note_value(&mut self, name: &str, value: &str) {
        let Some(setting) = config::find(name) else { return };
        if self.state.values.set(setting, value).is_ok() {
            self.state.changed.insert(setting.name);
            self.state.preferences = Preferences::of(&self.state.values);
            self.state.look.drawing.emoji = self.state.preferences.emoji.on(self.state.measured);
        }
    }

    fn save_changed(&mut self) {
        let changed: Vec<&'static Setting> =
            SETTINGS.iter().filter(|setting| self.state.changed.contains(setting.name)).collect();
        if changed.is_empty() {
            return self.toast("Nothing was changed since the start.", false);
        }
        self.save(changed);
    }

    fn save(&mut self, settings: Vec<&'static Setting>) {
        let value = |setting: &'static Setting| {
            let value = self.state.values.value(setting.name);
            (!value.is_empty()).then(|| (setting, value.to_owned()))
        };
        let changes: Vec<_> = settings.into_iter().filter_map(value).collect();
        if changes.is_empty() {
            return self.toast("It is not set.", true);
        }
        self.wishes.push(Wish::Save(changes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::{Command, OnScreen, parse};
    use crate::app::model::Model;
    use crate::app::moment::{Moment, Mono};
    use crate::config::find;
    use crate::given;
    use crate::tui::cluster::{Classes, Emoji};
    use crate::tui::theme::{OwnTheme, Rgb, Shade, ThemeChoice};
    use crate::tui::view::Seen;
    use shared::id::UnixMs;

    /// Types a command on a screen of its own, and answers what it says and wishes.
    struct Bench {
        model: Model,
        state: State,
        seen: Seen,
        /// In the user's folder.
        themes: Themes,
    }

    impl Bench {
        fn new() -> Self {
            let look = given::look(ThemeChoice::Auto);
            Self {
                model: Model::new(given::settings(), None, None),
                state: State::new(look, false),
                seen: Seen::default(),
                themes: Themes::new(),
            }
        }

        fn set(&mut self, typed: &str) -> (String, Vec<Wish>) {
            let Ok(Some(Command::Screen(command))) = parse(typed) else { panic!("{typed}") };
            let now = Moment { mono: Mono(0), wall: UnixMs(0) };
            let sight = Sight { model: &self.model, seen: &self.seen, columns: 80, now };
            let mut control = Control { state: &mut self.state, sight, wishes: Vec::new() };
            match command {
                OnScreen::Set(typed) => control.set(&typed),
                OnScreen::Theme(named) => control.wishes.push(Wish::Theme { named, saves: false }),
                OnScreen::Notify(level) => control.set_level(level.as_deref()),
                other => panic!("{other:?}"),
            }
            let mut wishes = control.wishes;
            if let Some(Wish::Theme { named, saves }) = wishes.pop_if(|wish| matches!(wish, Wish::Theme { .. })) {
                wishes.extend(dress(&mut self.state, sight, self.themes.clone(), named.as_deref(), saves));
            }
            (self.state.toast.take().map(|toast| toast.text).unwrap_or_default(), wishes)
        }
    }

    fn saved(wishes: &[Wish]) -> Vec<(&'static str, String)> {
        let all = wishes.iter().filter_map(|wish| match wish {
            Wish::Save(changes) => Some(changes.iter().map(|(setting, value)| (setting.name, value.clone()))),
            _ => None,
        });
        all.flatten().collect()
    }

    #[test]
    fn what_is_set_is_in_force_at_once_and_saved_when_asked() {
        let mut bench = Bench::new();
        let (said, wishes) = bench.set("/set time %H.%M");
        assert!(said.contains("%H.%M") && wishes.is_empty(), "{said}");
        assert_eq!(bench.state.preferences.time.to_string(), "%H.%M");
        bench.set("/set theme light");
        assert_eq!(bench.state.look.theme.shade, Shade::Light);
        let (_, wishes) = bench.set("/set mouse true");
        assert!(matches!(wishes.as_slice(), [Wish::Mouse(true)]));
        let (_, wishes) = bench.set("/set typing false");
        assert!(matches!(wishes.as_slice(), [Wish::Typing(false)]));
        let (_, wishes) = bench.set("/set typing true");
        assert!(matches!(wishes.as_slice(), [Wish::Typing(true)]));
        let (_, wishes) = bench.set("/set --save");
        let expected = [("theme", "light"), ("mouse", "true"), ("time", "%H.%M"), ("typing", "true")];
        assert_eq!(saved(&wishes), expected.map(|(name, value)| (name, value.to_owned())));
        let (_, wishes) = bench.set("/set notification-text false --save");
        assert_eq!(saved(&wishes), [("notification_text", "false".to_owned())]);
        assert!(!bench.state.preferences.notification_text);
    }

    #[test]
    fn a_setting_of_the_start_is_saved_or_refused_with_the_way() {
        let mut bench = Bench::new();
        let (said, wishes) = bench.set("/set history 5");
        assert!(said.contains("/set history 5 --save") && wishes.is_empty());
        assert_eq!(saved(&bench.set("/set history 5 --save").1), [("history", "5".to_owned())]);
        assert_eq!(saved(&bench.set("/set downloads /a b/c --save").1), [("downloads", "/a b/c".to_owned())]);
    }

    #[test]
    fn what_the_terminal_says_of_itself_is_followed_as_far_as_it_is_wished() {
        let mut bench = Bench::new();
        let classes = Classes { selectors: true, ..Classes::default() };
        let answers = Answers { background: Some(Rgb(255, 255, 255)), emoji: Some(classes), ..Answers::default() };
        learn(&mut bench.state, &answers);
        assert_eq!(
            (bench.state.look.theme.shade, bench.state.look.drawing.emoji),
            (Shade::Light, Emoji::Measured(classes))
        );
        bench.set("/set emoji safe");
        assert_eq!(bench.state.look.drawing.emoji, Emoji::Safe);
        bench.set("/set emoji full");
        assert_eq!(bench.state.look.drawing.emoji, Emoji::Full);
        bench.set("/set theme dark");
        learn(&mut bench.state, &Answers { wide_symbols: true, ..answers });
        assert_eq!(bench.state.look.theme.shade, Shade::Dark, "what was chosen stays");
        assert!(!bench.state.look.drawing.glyphs.has_blocks);
        bench.set("/set theme sea");
        assert_eq!((bench.state.look.choice.as_str(), bench.state.values.value("theme")), ("dark", "dark"));
    }

    #[test]
    fn a_theme_that_was_written_meanwhile_is_taken_and_one_that_was_changed_is_taken_anew() {
        let mut bench = Bench::new();
        assert!(!bench.set("/theme sea").0.contains("Theme: sea"));
        for colour in [Rgb(16, 32, 48), Rgb(200, 210, 220)] {
            let Rgb(red, green, blue) = colour;
            let file = format!("bg = \"#{red:02x}{green:02x}{blue:02x}\"");
            bench.themes.insert("sea".to_owned(), OwnTheme::parse(&file).map_err(|error| error.to_string()));
            assert_eq!(bench.set("/theme sea").0, "Theme: sea.");
            assert_eq!(bench.state.look.theme.bg.bg, Some(colour.into()));
        }
        bench.themes.insert("sea".to_owned(), Err("The theme file sea.toml is wrong.".to_owned()));
        assert_eq!(bench.set("/theme sea").0, "The theme file sea.toml is wrong.");
        assert_eq!(saved(&bench.set("/set theme sea --save").1), []);
        assert_eq!(saved(&bench.set("/set theme light --save").1), [("theme", "light".to_owned())]);
    }

    #[test]
    fn mistakes_are_told_and_change_nothing() {
        let mut bench = Bench::new();
        for (typed, expected) in [
            ("/set tehme dark", "Did you mean theme?"),
            ("/set bell loud", "give true or false"),
            ("/set time %H:%M:%S", "5 columns"),
            ("/set history 999 --save", "from 0 to"),
            ("/set --save", "Nothing was changed"),
            ("/set user --save", "not set"),
        ] {
            let (said, wishes) = bench.set(typed);
            assert!(said.contains(expected) && wishes.is_empty(), "{typed}: {said}");
        }
        assert_eq!(bench.state.values, Values::default());
    }

    #[test]
    fn a_tab_gets_a_level_and_loses_it() {
        let mut bench = Bench::new();
        let lobby = crate::app::place::Place::lobby();
        assert!(bench.set("/notify").0.contains("mentions"));
        assert!(bench.set("/notify all").0.contains("all"));
        assert_eq!(bench.state.tabs[&lobby].notify, Some(Level::All));
        assert!(bench.set("/notify loud").0.contains("off, mentions, all or default"));
        assert!(bench.set("/notify default").0.contains("mentions"));
        assert_eq!(bench.state.tabs[&lobby].notify, None);
    }

    #[test]
    fn settings_are_listed_and_shown() {
        let mut bench = Bench::new();
        bench.set("/set");
        let Some(Overlay::List { rows, .. }) = &bench.state.overlay else { panic!("no list") };
        for setting in SETTINGS {
            assert!(rows.iter().any(|row| row.starts_with(&format!("{} = ", setting.name))), "{}", setting.name);
        }
        let (said, _) = bench.set("/set bell");
        assert!(said.starts_with("bell = true. ") && said.contains(find("bell").unwrap().meaning));
    }
}
