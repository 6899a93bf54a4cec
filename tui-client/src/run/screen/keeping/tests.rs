use super::*;
use crate::app::model::Settings;
use crate::app::moment::{Moment, Mono};
use crate::app::msg::Msg;
use crate::app::place::name;
use crate::app::update::update;
use crate::given;
use crate::tui::theme::ThemeChoice;

const NOW: UnixMs = UnixMs(1_795_183_320_000);

/// hans, logged in, with nothing typed yet.
fn hans() -> (Model, State) {
    let settings = Settings { server: "a:1".to_owned(), ..given::settings() };
    let mut model = Model::new(settings, Some("hans".to_owned()), None);
    model.me = Some(name("hans"));
    (model, State::new(given::look(ThemeChoice::Dark), false))
}

fn tell(model: &mut Model, msg: Msg) {
    update(model, msg, Moment { mono: Mono(0), wall: NOW });
}

fn types(state: &mut State, place: &Place, text: &str) {
    state.tabs.entry(place.clone()).or_default().composer.replace(text);
}

fn texts(drafts: &Drafts) -> Vec<(Place, String)> {
    let all = drafts.of("a:1", "hans", NOW).expect("readable");
    all.into_iter().map(|draft| (draft.place, draft.text)).collect()
}

#[tokio::test]
async fn a_draft_is_written_three_seconds_after_the_last_key_and_one_that_was_sent_goes_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let drafts = Drafts::in_folder(Some(folder.path().to_owned()));
    let (model, mut state) = hans();
    let lobby = Place::lobby();
    let mut keeping = Keeping::new(drafts.clone());
    assert_eq!(keeping.look_for_owner(&model, NOW).expect("a login").expect("readable"), []);
    assert!(keeping.look_for_owner(&model, NOW).is_none(), "once for each login");
    keeping.typed(&state, &model, NOW);
    assert_eq!(keeping.due(), None, "nothing is typed, and nobody wakes up for it");
    types(&mut state, &lobby, "half");
    let before = Instant::now();
    keeping.typed(&state, &model, NOW);
    let first = keeping.due().expect("something to write");
    assert!(first >= before + PAUSE && first <= Instant::now() + PAUSE);
    keeping.typed(&state, &model, NOW);
    assert!(keeping.due().is_some_and(|due| due >= first), "another key puts it off");
    keeping.write(&state, &model, NOW);
    assert_eq!(keeping.due(), None);
    keeping.finish().await;
    assert_eq!(texts(&drafts), [(lobby.clone(), "half".to_owned())]);

    let mut keeping = Keeping::new(drafts.clone());
    assert_eq!(keeping.look_for_owner(&model, NOW).expect("a login").expect("readable").len(), 1);
    types(&mut state, &lobby, "");
    keeping.typed(&state, &model, NOW);
    assert_eq!(keeping.due(), None, "it does not wait");
    keeping.finish().await;
    assert_eq!(texts(&drafts), []);
}

#[tokio::test]
async fn what_is_not_open_yet_is_not_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let drafts = Drafts::in_folder(Some(folder.path().to_owned()));
    let with_yoda = Place::With(name("yoda"));
    let kept = [(with_yoda.clone(), "kept".to_owned())];
    let strange = [Place::With(name("hans")), Place::Room("elsewhere".into()), with_yoda.clone()];
    let all = strange.map(|place| Draft { place, at: NOW, text: "kept".to_owned() });
    drafts.keep("a:1", "hans", &all, NOW).expect("written");
    let (mut model, mut state) = hans();
    let mut keeping = Keeping::new(drafts.clone());
    let found = keeping.look_for_owner(&model, NOW).expect("a login").expect("readable");
    assert_eq!(found.len(), 1, "only what can be opened");
    // The program ends before the model has opened the tab.
    keeping.write(&state, &model, NOW);
    tell(&mut model, Msg::TabsRestored(vec![with_yoda.clone()]));
    types(&mut state, &with_yoda, "kept");
    keeping.write(&state, &model, NOW);
    keeping.finish().await;
    assert_eq!(texts(&drafts).into_iter().filter(|(place, _)| *place == with_yoda).collect::<Vec<_>>(), kept);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state");
    let (model, mut state) = hans();
    let mut keeping = Keeping::new(Drafts::in_folder(Some(path.clone())));
    keeping.look_for_owner(&model, NOW).expect("a login").expect("no file yet");
    std::fs::write(&path, "no folder").expect("written");
    types(&mut state, &Place::lobby(), "text");
    keeping.write(&state, &model, NOW);
    let writer = keeping.writer.as_mut().expect("a writer");
    (&mut writer.task).await.expect("it gives up");
    let error = keeping.failure().expect("why").to_string();
    assert!(error.starts_with("Drafts are not kept: "), "{error}");
    assert!(keeping.failure().is_none());
    types(&mut state, &Place::lobby(), "more");
    keeping.typed(&state, &model, NOW);
    assert_eq!(keeping.due(), None);
}
