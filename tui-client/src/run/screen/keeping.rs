//! Keeps what is typed: which drafts differ from those in the file, when they are written, and the writing.
//!
//! Nothing waits for the disk: a task writes, and only the newest state of things. A failure is said once, and after it
//! nothing is written any more.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::id::UnixMs;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use crate::app::model::Model;
use crate::app::place::Place;
use crate::memory::{Draft, Drafts, DraftsError, may_be_kept};
use crate::tui::state::State;

/// How long nothing is typed before a draft is written.
const PAUSE: Duration = Duration::from_secs(3);

/// How long the last writing may hold up the end. The system waits not much longer.
const LAST_WRITE: Duration = Duration::from_millis(1500);

/// Whose drafts are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    server: String,
    user: String,
}

/// What is to be in the file.
#[derive(Clone, Debug)]
struct Job {
    owner: Owner,
    drafts: Vec<Draft>,
    now: UnixMs,
}

/// The drafts of who is logged in.
pub(super) struct Keeping {
    drafts: Drafts,
    /// Nobody before the login.
    owner: Option<Owner>,
    /// What is in the file, or on its way there.
    saved: BTreeMap<Place, (UnixMs, String)>,
    /// Whether the tabs of the last run are open: before that, what is not there is not gone.
    is_restored: bool,
    /// When to write what has changed.
    due: Option<Instant>,
    writer: Option<Writer>,
}

/// The task that writes.
struct Writer {
    jobs: watch::Sender<Option<Job>>,
    failed: oneshot::Receiver<DraftsError>,
    task: JoinHandle<()>,
}

impl Keeping {
    /// Nothing is kept before somebody has logged in.
    pub fn new(drafts: Drafts) -> Self {
        Self { drafts, owner: None, saved: BTreeMap::new(), is_restored: false, due: None, writer: None }
    }

    /// Whether somebody is logged in whose drafts were not looked for. Answers what was typed and not sent, and which
    /// tabs were open, the last time.
    pub fn look_for_owner(&mut self, model: &Model, now: UnixMs) -> Option<Result<Vec<Draft>, DraftsError>> {
        let user = model.me.as_ref()?.as_str().to_owned();
        let owner = Owner { server: model.settings.server.clone(), user };
        if !self.drafts.are_kept() || self.owner.as_ref() == Some(&owner) {
            return None;
        }
        let found = self.drafts.of(&owner.server, &owner.user, now).map(|mut drafts| {
            // Whatever else the file says, no other tab can be opened.
            drafts.retain(|draft| match &draft.place {
                Place::With(user) => Some(user) != model.me.as_ref(),
                place => *place == Place::lobby(),
            });
            drafts
        });
        self.owner = Some(owner);
        self.is_restored = false;
        match &found {
            Ok(drafts) => {
                self.saved = drafts.iter().map(|draft| (draft.place.clone(), (draft.at, draft.text.clone()))).collect();
                self.writer.get_or_insert_with(|| Writer::begin(self.drafts.clone()));
            }
            // A file that is not understood is left alone for the rest of the run.
            Err(_) => self.drafts = Drafts::in_folder(None),
        }
        Some(found)
    }

    /// Keys came: what has changed is written after a pause, and what was sent is gone at once.
    pub fn typed(&mut self, state: &State, model: &Model, now: UnixMs) {
        if !self.has_changed(state, model) {
            self.due = None;
            return;
        }
        let was_sent = self.saved.iter().any(|(place, (_, text))| !text.is_empty() && kept(state, place).is_empty());
        if was_sent {
            self.write(state, model, now);
        } else {
            self.due = Some(Instant::now() + PAUSE);
        }
    }

    /// When [`Self::write`] is to be called.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes what has changed, if anything has.
    pub fn write(&mut self, state: &State, model: &Model, now: UnixMs) {
        self.due = None;
        if !self.has_changed(state, model) {
            return;
        }
        let (Some(owner), Some(writer)) = (&self.owner, &self.writer) else { return };
        let drafts: Vec<Draft> = drafts(state, model)
            .map(|(place, text)| {
                // What nobody has changed keeps its age.
                let since = self.saved.get(place).filter(|(_, saved)| !text.is_empty() && *saved == text);
                Draft { place: place.clone(), at: since.map_or(now, |(at, _)| *at), text: text.to_owned() }
            })
            .collect();
        self.saved = drafts.iter().map(|draft| (draft.place.clone(), (draft.at, draft.text.clone()))).collect();
        writer.jobs.send_replace(Some(Job { owner: owner.clone(), drafts, now }));
    }

    /// Why nothing is written any more, once.
    pub fn failure(&mut self) -> Option<DraftsError> {
        let failure = self.writer.as_mut()?.failed.try_recv().ok()?;
        self.drafts = Drafts::in_folder(None);
        self.writer = None;
        Some(failure)
    }

    /// Waits until everything is written, or for as long as the end may take.
    pub async fn finish(&mut self) {
        let Some(Writer { jobs, task, .. }) = self.writer.take() else { return };
        drop(jobs);
        // A disk that takes longer has what was written before.
        let _ = timeout(LAST_WRITE, task).await;
    }

    fn has_changed(&mut self, state: &State, model: &Model) -> bool {
        // Whoever is logged in now may not be whose drafts these are.
        let is_owner = match (&self.owner, &model.me) {
            (Some(owner), Some(me)) => owner.user == me.as_str(),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let is_open = |place: &Place| model.conversations.get(place).is_some();
        self.is_restored = self.is_restored || self.saved.keys().all(is_open);
        let now: BTreeMap<&Place, &str> = drafts(state, model).collect();
        let is_same = now.len() == self.saved.len()
            && self.saved.iter().all(|(place, (_, text))| now.get(place).is_some_and(|now| now == text));
        is_owner && self.is_restored && self.writer.is_some() && !is_same
    }
}

impl Writer {
    fn begin(drafts: Drafts) -> Self {
        let (jobs, mut queue) = watch::channel(None::<Job>);
        let (tx, failed) = oneshot::channel();
        let task = tokio::spawn(async move {
            // The last job is seen even when its sender has gone.
            while queue.changed().await.is_ok() {
                let Some(Job { owner, drafts: all, now }) = queue.borrow_and_update().clone() else { continue };
                let drafts = drafts.clone();
                let write = spawn_blocking(move || drafts.keep(&owner.server, &owner.user, &all, now));
                if let Ok(Err(error)) = write.await {
                    let _ = tx.send(error);
                    return;
                }
            }
        });
        Self { jobs, failed, task }
    }
}

/// What is kept of the tabs: the lobby's draft, and the direct tabs with theirs, which may be empty.
fn drafts<'a>(state: &'a State, model: &'a Model) -> impl Iterator<Item = (&'a Place, &'a str)> {
    let places = model.conversations.iter().map(|tab| &tab.place).filter(|place| place.to_wire().is_some());
    let all = places.map(|place| (place, kept(state, place)));
    all.filter(|(place, text)| !text.is_empty() || place.user().is_some())
}

/// What of a tab's text may be kept.
fn kept<'a>(state: &'a State, place: &Place) -> &'a str {
    let text = state.tabs.get(place).map_or("", |tab| tab.composer.text());
    if may_be_kept(place, text) { text } else { "" }
}

#[cfg(test)]
mod tests;
