//! Plays the script with the cast, at a pace.
//!
//! A step is done when the server has answered it, so what the three say has one order, whoever says it.

use std::future::pending;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use shared::id::{ClientId, OfferId, RequestId};
use shared::message::{ClientMessage, Kind, LOBBY};
use tokio::time::{Instant, sleep_until};

use super::booth::Booths;
use super::cast::{Account, Cast, CastError, Introduction, Who};
use super::people::Person;
use super::script::{Event, Script, Step, What};
use crate::net::Target;
use crate::peer::Door;

/// How fast the people are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As people read and type.
    #[default]
    Natural,
    /// Without any wait, for tests and pictures.
    Instant,
}

impl Pace {
    /// The pace of this name; the natural one where it means nothing.
    pub fn named(name: Option<&str>) -> Self {
        if name == Some("instant") { Self::Instant } else { Self::Natural }
    }

    fn of(self, span: Duration) -> Duration {
        match self {
            Self::Natural => span,
            Self::Instant => Duration::ZERO,
        }
    }
}

/// The three at work.
pub(super) struct Player {
    cast: Cast,
    script: Script,
    pace: Pace,
    booths: Booths,
    newcomer: String,
    /// The people's password. Their accounts are gone when this value is.
    password: SecretString,
}

impl Player {
    /// Nobody has come yet.
    pub fn new(target: Target, newcomer: &str, password: SecretString, pace: Pace, folder: &Path) -> Self {
        Self {
            cast: Cast::new(target, newcomer),
            script: Script::new(newcomer),
            pace,
            booths: Booths::new(newcomer, folder),
            newcomer: newcomer.to_owned(),
            password,
        }
    }

    /// Makes everybody's account, the newcomer's with `password`, and plays what happens before the newcomer comes.
    pub async fn prepare(&mut self, password: &SecretString) -> Result<(), CastError> {
        // Before the people are there, so that they do not take this for the arrival.
        self.cast.enter(Who::Newcomer, password, Account::New).await?;
        self.cast.leave(Who::Newcomer).await?;
        for person in Person::ALL {
            self.enter(person, Account::New).await?;
        }
        for step in self.script.before() {
            self.perform(step).await?;
        }
        Ok(())
    }

    /// Plays on until it is dropped, or until the server is gone.
    pub async fn play(mut self) {
        let mut due = None;
        loop {
            while let Some(event) = self.cast.take_noticed() {
                self.script.tell(event);
            }
            while let Some((person, introduction)) = self.cast.take_introduced() {
                if let Err(error) = self.introduced(person, introduction).await {
                    return tracing::debug!("the scripted people stop: {error}");
                }
            }
            due = self.due(due);
            tokio::select! {
                biased;
                () = self.cast.listen() => {}
                event = self.booths.next() => self.script.tell(event),
                () = at(due.as_ref()) => {
                    due = None;
                    if let Some(step) = self.script.take()
                        && let Err(error) = self.perform(step).await
                    {
                        return tracing::debug!("the scripted people stop: {error}");
                    }
                }
            }
        }
    }

    /// When the next step is due. An answer that came before the rest of the story has its own time.
    fn due(&self, known: Option<(Step, Instant)>) -> Option<(Step, Instant)> {
        let next = self.script.next()?;
        match known {
            Some((step, due)) if step == *next => Some((step, due)),
            _ => Some((next.clone(), Instant::now() + self.pace.of(next.after))),
        }
    }

    /// Does one thing. Whoever is offline does nothing.
    async fn perform(&mut self, Step { who, what, .. }: Step) -> Result<(), CastError> {
        match what {
            What::Enter => self.enter(who, Account::Known).await,
            What::Leave => self.leave(who).await,
            What::Say(text) => self.speak(who, LOBBY.to_owned(), text, Kind::TEXT).await,
            What::Do(text) => self.speak(who, LOBBY.to_owned(), text, Kind::ACTION).await,
            What::Whisper(text) => self.speak(who, format!("@{}", self.newcomer), text, Kind::TEXT).await,
            What::Away(text) => self.ask(who, |id| ClientMessage::Away { id, text }).await,
            What::Ask => self.ask_privately(who).await,
            What::Confide(text) => {
                self.booths.say(who, text);
                Ok(())
            }
            What::SendFile => {
                if let Err(error) = self.booths.send_file(who) {
                    tracing::debug!("the file cannot be written: {error}");
                }
                Ok(())
            }
        }
    }

    async fn enter(&mut self, who: Person, account: Account) -> Result<(), CastError> {
        self.cast.enter(Who::Person(who), &self.password, account).await?;
        self.script.tell(Event::Entered(who));
        Ok(())
    }

    async fn ask_privately(&mut self, who: Person) -> Result<(), CastError> {
        let offer = OfferId(uuid::Uuid::now_v7().into_bytes());
        let name = self.newcomer.clone();
        self.at_the_door(who, offer, true, |id, Door { key, addresses }| ClientMessage::PrivateAsk {
            id,
            offer,
            name,
            key,
            addresses,
        })
        .await
    }

    /// The people say yes to everything.
    async fn introduced(&mut self, who: Person, introduction: Introduction) -> Result<(), CastError> {
        match introduction {
            Introduction::Asked(offer) => {
                self.at_the_door(who, offer, false, |id, Door { key, addresses }| ClientMessage::PrivateAccept {
                    id,
                    offer,
                    key,
                    addresses,
                })
                .await
            }
            Introduction::Meet(meeting) => {
                self.booths.meet(who, meeting);
                Ok(())
            }
            Introduction::Ended(offer) => {
                self.booths.forget(who, offer);
                self.script.tell(Event::Declined(who));
                Ok(())
            }
        }
    }

    async fn at_the_door(
        &mut self,
        who: Person,
        offer: OfferId,
        has_asked: bool,
        request: impl FnOnce(RequestId, Door) -> ClientMessage,
    ) -> Result<(), CastError> {
        match self.booths.open_door(who, offer, has_asked, self.cast.local(Who::Person(who))) {
            Ok(door) => self.ask(who, |id| request(id, door)).await,
            Err(why) => {
                tracing::debug!("{who:?} cannot open a door: {why}");
                Ok(())
            }
        }
    }

    async fn leave(&mut self, who: Person) -> Result<(), CastError> {
        self.booths.close(who);
        self.cast.leave(Who::Person(who)).await?;
        self.script.tell(Event::Left(who));
        Ok(())
    }

    async fn speak(&mut self, who: Person, to: String, text: String, kind: Kind) -> Result<(), CastError> {
        let cid = ClientId(uuid::Uuid::now_v7().into_bytes());
        self.ask(who, |id| ClientMessage::Send { id, cid, to, text, kind }).await
    }

    /// A refusal is no failure: the newcomer may have blocked whoever speaks.
    async fn ask(&mut self, who: Person, request: impl FnOnce(RequestId) -> ClientMessage) -> Result<(), CastError> {
        let who = Who::Person(who);
        if self.cast.is_there(who)
            && let Some(code) = self.cast.ask(who, request).await?
        {
            tracing::debug!("{who:?} was refused: {}", code.as_str());
        }
        Ok(())
    }
}

async fn at(due: Option<&(Step, Instant)>) {
    match due {
        Some((_, due)) => sleep_until(*due).await,
        None => pending().await,
    }
}
