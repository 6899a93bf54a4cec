//! Strangers by the thousand hold connections open, say nothing, say nonsense, and guess passwords. Whoever is logged in
//! notices nothing, the strangers are closed in time, and the memory comes back.

use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Broken, Outcome, Stage, cannot, percentile, resident};
use crate::kit::{Honest, HonestPlan, Seed};

mod crowd;

pub use crowd::{Crowd, Purpose, Report, crowd};

/// The longest p99 of those who are logged in.
const P99: Duration = Duration::from_millis(250);

/// How often somebody says something.
const PAUSE: Duration = Duration::from_millis(20);

/// One text of so many is for everybody.
const LOBBY_EVERY: usize = 5;

/// How much larger than after the first attack the memory may be after the second one, in KiB: or a twentieth.
const MEMORY: u64 = 8 * 1024;

/// The most memory of the server at any time, in KiB.
const PEAK: u64 = 600 * 1024;

/// From where strangers are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strangers {
    /// As from other machines: what counts by address counts, and few get as far as a login.
    Limited,
    /// As from this machine: nothing counts but the deadlines.
    Exempt,
}

/// An attack.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many strangers there are at once.
    pub strangers: usize,
    /// How many users are logged in.
    pub people: usize,
    /// How long the strangers come again and again.
    pub span: Duration,
    /// How they are judged.
    pub judged: Strangers,
}

/// Attacks a server twice. `program` is what [`crowd`] runs in, so that the strangers do not take the files and the time
/// of those who are measured.
pub async fn run(plan: Plan, seed: u64, program: impl Fn(&Crowd) -> Command) -> Outcome {
    let judged = if plan.judged == Strangers::Limited { "strict" } else { "on" };
    // Without registration a name that nobody has costs a password check, too.
    let stage = Stage::with(plan.people, |builder| builder.arg("--no-register").arg("--limits").arg(judged));
    // Each from an address of its own: where limits are strict, sixteen of one address may wait for a login.
    let from = |number: usize| Ipv4Addr::from(0x7f02_0001 + u32::try_from(number).unwrap_or(0));
    let all: Vec<Honest> =
        (0..plan.people).map(|number| Honest::start(HonestPlan { from: from(number), ..stage.plan(number) })).collect();
    stage.until("everybody is logged in", || all.iter().all(|client| client.logins() > 0)).await?;
    let id = stage.server.id();
    let mut seed = Seed::new(seed);
    let calm = talk_for(&stage, &all, Duration::from_secs(5), seed.split()).await?;
    let fresh = resident(id);
    let scene = Scene { stage: &stage, all: &all, commuter: None };
    let first = attack(scene, plan, Purpose::Everything, seed.split(), &program).await?;
    let before = resident(id);
    let second = attack(scene, plan, Purpose::Everything, seed.split(), &program).await?;
    let after = resident(id);
    let lost = all.iter().map(Honest::logins).sum::<usize>() - plan.people;
    let p99 = first.p99.max(second.p99);
    let peak = first.peak.max(second.peak);
    let figures = format!(
        "{} strangers ({:?}) for {:?}, twice, against {} users: {} and {} connections; p99 of the users {:.1?} and {:.1?} \
         ({calm:.1?} before), {lost} of them lost their connection; {} and {} strangers were not closed in time; memory \
         {fresh} KiB before, {before} KiB after the first, {after} KiB after the second, {} KiB at most",
        plan.strangers,
        plan.judged,
        plan.span,
        plan.people,
        first.report.connections,
        second.report.connections,
        first.p99,
        second.p99,
        first.report.late,
        second.report.late,
        peak,
    );
    let has_memory = after <= before + (before / 20).max(MEMORY) && peak <= PEAK;
    if has_memory && p99 <= P99 && lost == 0 && first.report.late + second.report.late == 0 {
        Ok(figures)
    } else {
        let late = [first.report.latest, second.report.latest].join("; ");
        Err(Broken::new(format!("{figures}; the latest: {late}")))
    }
}

/// How long somebody may take to come back meanwhile whose connection was lost.
const COMEBACK: Duration = Duration::from_secs(1);

/// Guesses passwords on many connections at once, of people and of nobody: more than can be checked.
pub async fn guesses(plan: Plan, seed: u64, program: impl Fn(&Crowd) -> Command) -> Outcome {
    let stage = Stage::with(plan.people + 1, |builder| builder.arg("--no-register"));
    let mut all = stage.clients(&[]).await?;
    let commuter = all.pop().ok_or_else(|| Broken::new("nobody is logged in"))?;
    let mut seed = Seed::new(seed);
    let calm = talk_for(&stage, &all, Duration::from_secs(5), seed.split()).await?;
    let fresh = resident(stage.server.id());
    let scene = Scene { stage: &stage, all: &all, commuter: Some(&commuter) };
    let Attack { p99, peak, report, comebacks } = attack(scene, plan, Purpose::Passwords, seed, program).await?;
    let lost = all.iter().map(Honest::logins).sum::<usize>() - plan.people;
    let passwords = commuter.passwords() - 1;
    let slowest = comebacks.iter().max().copied().unwrap_or_default();
    let figures = format!(
        "{} guessers for {:?} on {} connections: {} passwords guessed, {} of them not looked at because too many waited; \
         p99 of {} users {p99:.1?} ({calm:.1?} before), {lost} of them lost their connection; somebody whose connection \
         was lost {} times was back after {slowest:.1?} at most, with {passwords} passwords; memory {fresh} KiB before, \
         {peak} KiB at most",
        plan.strangers,
        plan.span,
        report.connections,
        report.guesses,
        report.busy,
        plan.people,
        comebacks.len(),
    );
    let is_tried = report.busy > 0 && !comebacks.is_empty();
    let holds = p99 <= P99 && lost == 0 && slowest <= COMEBACK && passwords == 0 && report.late == 0;
    if is_tried && holds { Ok(figures) } else { Err(Broken::new(figures)) }
}

/// Who is there when strangers come.
#[derive(Clone, Copy)]
struct Scene<'a> {
    stage: &'a Stage,
    /// Those who talk.
    all: &'a [Honest],
    /// Somebody who loses the connection again and again.
    commuter: Option<&'a Honest>,
}

struct Attack {
    p99: Duration,
    peak: u64,
    report: Report,
    /// How long the commuter took each time.
    comebacks: Vec<Duration>,
}

async fn attack(
    scene: Scene<'_>,
    plan: Plan,
    purpose: Purpose,
    mut seed: Seed,
    program: impl Fn(&Crowd) -> Command,
) -> Result<Attack, Broken> {
    let Scene { stage, all, commuter } = scene;
    let (port, Plan { strangers, span, .. }) = (stage.server.port(), plan);
    let crowd = Crowd { purpose, port, strangers, span, seed: seed.number() >> 1 };
    let child = program(&crowd).stdout(Stdio::piped()).spawn().map_err(|error| cannot("no strangers")(&error))?;
    let over = AtomicBool::new(false);
    let watch = async {
        let report = tokio::task::spawn_blocking(move || report_of(child)).await;
        over.store(true, Ordering::SeqCst);
        report.map_err(|error| cannot("no report")(&error))?
    };
    let id = stage.server.id();
    let talking = talk(all, seed.split(), || over.load(Ordering::SeqCst), || resident(id));
    let commuting = commute(stage, commuter, || over.load(Ordering::SeqCst));
    let (peak, report, comebacks) = futures_util::future::join3(talking, watch, commuting).await;
    let (report, comebacks) = (report?, comebacks?);
    stage.complete(all).await?;
    let p99 = percentile(&mut stage.history().delays(), 99);
    stage.settle(all).await?;
    Ok(Attack { p99, peak, report, comebacks })
}

/// Loses the connection every second. Answers how long each way back took.
async fn commute(
    stage: &Stage,
    commuter: Option<&Honest>,
    is_over: impl Fn() -> bool,
) -> Result<Vec<Duration>, Broken> {
    let (Some(commuter), mut took) = (commuter, Vec::new()) else { return Ok(Vec::new()) };
    while !is_over() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = commuter.logins();
        commuter.away().await;
        let start = tokio::time::Instant::now();
        commuter.back().await;
        stage.until("the commuter is back", || commuter.logins() > before).await?;
        took.push(start.elapsed());
    }
    Ok(took)
}

fn report_of(child: Child) -> Result<Report, Broken> {
    let output = child.wait_with_output().map_err(|error| cannot("the strangers are lost")(&error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    Report::parse(&said).ok_or_else(|| Broken::new(format!("the strangers gave up ({}): {said}", output.status)))
}

/// How it is without strangers: the p99.
async fn talk_for(stage: &Stage, all: &[Honest], span: Duration, seed: Seed) -> Result<Duration, Broken> {
    let end = tokio::time::Instant::now() + span;
    talk(all, seed, || tokio::time::Instant::now() > end, || 0).await;
    stage.complete(all).await?;
    let p99 = percentile(&mut stage.history().delays(), 99);
    stage.settle(all).await?;
    Ok(p99)
}

/// Users talk until it is over, at the pace of people. Returns the most of what `figure` says meanwhile.
async fn talk(all: &[Honest], mut seed: Seed, is_over: impl Fn() -> bool, figure: impl Fn() -> u64) -> u64 {
    let (run, mut most) = (seed.number(), 0);
    let mut ticks = tokio::time::interval(PAUSE);
    for number in 0_u64.. {
        if is_over() {
            break;
        }
        ticks.tick().await;
        let (from, to) = (seed.between(0, all.len()), seed.between(0, all.len()));
        let is_direct = from != to && seed.between(0, LOBBY_EVERY) > 0;
        all[from].say(is_direct.then_some(all[to].user.as_str()), format!("{run:x} {number}")).await;
        if number % 50 == 0 {
            most = most.max(figure());
        }
    }
    most
}
