//! Runs the scenarios of the testkit against a release build of the server, and prints their figures.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use e2e::Trace;
use e2e::chaos::hostile::{self, Crowd, Plan, Strangers};
use e2e::chaos::network::{self, Dead};
use e2e::chaos::{
    Outcome, block_on, cut_points, drain, idle, kill_on_ack, leak, lost_ack, mixed, ready, seed_fault, settle_within,
    stalled_many, stalled_reader, storm, synced,
};
use e2e::kit::Seed;

/// How long a run of `soak mixed` takes where nothing else is said.
const SOAK: Duration = Duration::from_hours(2);

/// How long strangers come in one attack of `chaos`, and in one of `soak`.
const ATTACK: (Duration, Duration) = (Duration::from_secs(30), Duration::from_mins(2));

/// How long what is said while everybody comes back may take, at the 99th percentile.
const MEANWHILE: Duration = Duration::from_secs(1);

/// How long passwords are guessed.
const GUESSING: (Duration, Duration) = (Duration::from_secs(15), Duration::from_mins(1));

/// How much of a scenario is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Chaos,
    Soak,
}

/// What a run was told.
#[derive(Clone, Copy)]
struct Run {
    length: Length,
    seed: u64,
    rounds: Option<usize>,
    span: Option<Duration>,
}

impl Run {
    fn pick<T>(&self, chaos: T, soak: T) -> T {
        if self.length == Length::Soak { soak } else { chaos }
    }

    fn rounds(&self, chaos: usize, soak: usize) -> usize {
        self.rounds.unwrap_or(self.pick(chaos, soak))
    }

    fn hostile(&self, judged: Strangers) -> Outcome {
        let span = self.span.unwrap_or(self.pick(ATTACK.0, ATTACK.1));
        let plan = Plan { strangers: self.pick(1000, 10_000), people: 100, span, judged };
        block_on(hostile::run(plan, self.seed, crowd_command))
    }

    fn guesses(&self) -> Outcome {
        let span = self.span.unwrap_or(self.pick(GUESSING.0, GUESSING.1));
        let plan = Plan { strangers: self.pick(200, 500), people: 100, span, judged: Strangers::Exempt };
        block_on(hostile::guesses(plan, self.seed, crowd_command))
    }
}

struct Scenario {
    name: &'static str,
    run: fn(&Run) -> Outcome,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "kill-on-ack", run: |run| block_on(kill_on_ack::run(run.rounds(25, 500), 20, run.seed)) },
    Scenario { name: "lost-ack", run: |run| block_on(lost_ack::run(run.rounds(50, 5000), run.seed)) },
    Scenario { name: "cut-points-20", run: |run| block_on(cut_points::run(20, run.pick(7, 1))) },
    Scenario { name: "cut-points-200", run: |run| block_on(cut_points::run(200, run.pick(111, 37))) },
    Scenario { name: "network", run: |run| block_on(network::run(run.rounds(10, 200), Dead::Too, run.seed)) },
    Scenario {
        name: "stalled-reader",
        run: |run| block_on(stalled_reader::run(run.pick(100, 1000), 200, run.rounds(5, 5))),
    },
    Scenario {
        name: "stalled-hundred",
        run: |run| block_on(stalled_many::run(run.pick(200, 1000), run.pick(20, 100), 200)),
    },
    Scenario { name: "stalled-cut", run: |run| block_on(stalled_reader::cut(run.pick(10, 100))) },
    Scenario { name: "idle", run: |run| block_on(idle::run(run.pick(1000, 10_000))) },
    Scenario { name: "hostile", run: |run| run.hostile(Strangers::Exempt) },
    Scenario { name: "hostile-limited", run: |run| run.hostile(Strangers::Limited) },
    Scenario { name: "guesses", run: Run::guesses },
    Scenario { name: "storm", run: |run| block_on(storm::run(run.pick(100, 1000), Some(MEANWHILE))) },
    Scenario { name: "drain", run: |run| block_on(drain::run(run.pick(100, 1000), run.seed)) },
    Scenario { name: "ready", run: |_| block_on(ready::run(100_000)) },
    Scenario { name: "leak", run: |run| block_on(leak::run(run.rounds(4_000, 200_000))) },
    Scenario {
        name: "mixed",
        run: |run| {
            let span = run.span.unwrap_or(run.pick(Duration::from_secs(30), SOAK));
            block_on(mixed::run(run.pick(40, 200), span, run.seed))
        },
    },
];

/// Runs the scenarios that `words` name, or all of them. Fails when a promise was broken.
pub fn run(words: &[&str], is_long: bool) -> Result<()> {
    let length = if is_long { Length::Soak } else { Length::Chaos };
    let mut run = Run { length, seed: Seed::fresh(), rounds: None, span: None };
    let mut names = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            "--seed" => run.seed = number(rest.next(), "--seed")?,
            "--rounds" => run.rounds = Some(number(rest.next(), "--rounds")?),
            "--for" => run.span = Some(parse_span(rest.next().context("--for needs a time such as 30m")?)?),
            name if SCENARIOS.iter().any(|scenario| scenario.name == name) => names.push(name),
            other => bail!("no scenario is called {other}; there are: {}", all_names()),
        }
    }
    if std::env::var_os("TERN_PROGRAMS").is_none() {
        let target = std::path::absolute(target())?;
        build(&[], &target)?;
        if cfg!(debug_assertions) {
            return run_optimised(&target, words, is_long);
        }
        e2e::use_programs_in(&target.join("release"));
    }
    raise_file_limit();
    let mut out = io::stdout();
    writeln!(out, "SEED={}", run.seed)?;
    let mut broken = 0;
    for scenario in SCENARIOS.iter().filter(|scenario| names.is_empty() || names.contains(&scenario.name)) {
        broken += usize::from(!play(scenario, &run, &mut out)?);
    }
    if broken > 0 {
        bail!("{broken} scenarios were broken; SEED={}", run.seed);
    }
    Ok(())
}

/// Whether the promises of a scenario held.
fn play(scenario: &Scenario, run: &Run, out: &mut impl Write) -> Result<bool> {
    let start = Instant::now();
    let outcome = (scenario.run)(run);
    let took = start.elapsed().as_secs();
    match outcome {
        Ok(figures) => writeln!(out, "ok      {:15} {took:>4} s  {figures}", scenario.name)?,
        Err(fault) => {
            writeln!(out, "BROKEN  {:15} {took:>4} s  {fault}", scenario.name)?;
            if !fault.history.is_empty() {
                let file = format!("history-{}-{}.jsonl", scenario.name, run.seed);
                std::fs::write(&file, &fault.history).with_context(|| format!("cannot write {file}"))?;
                writeln!(out, "        what the clients saw is in {file}")?;
            }
            return Ok(false);
        }
    }
    Ok(true)
}

/// The clients share the machine with the server: they are optimised, too, or they would be what is measured.
fn run_optimised(target: &Path, words: &[&str], is_long: bool) -> Result<()> {
    cargo(&["--package", "xtask", "--no-default-features", "--features", "chaos"], target)?;
    let programs = target.join("release");
    let program = programs.join(format!("xtask{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    command.arg(if is_long { "soak" } else { "chaos" }).args(words).env("TERN_PROGRAMS", programs);
    if command.status().context("the scenarios cannot be run")?.success() { Ok(()) } else { bail!("see above") }
}

/// Runs a scenario with a seed.
type Finder = fn(u64) -> Outcome;

/// A fault and the scenario that should find it.
const FAULTS: &[(&str, Finder)] = &[
    ("ack-before-commit", |seed| block_on(kill_on_ack::run(1, 20, seed))),
    ("no-sync", |_| synced::run()),
    ("no-dedupe", |seed| block_on(lost_ack::run(1, seed))),
    ("delete-on-send", |_| block_on(cut_points::run(20, 401))),
    ("replay-off-by-one", |_| block_on(cut_points::run(20, 401))),
    ("reorder", |_| block_on(cut_points::run(20, 401))),
];

/// Rounds after which a fault should have been found.
const ROUNDS: u64 = 25;

/// Builds each fault into a server and counts the rounds until its scenario finds it. Fails when one is not found, and when
/// a server without a fault is thought to have one.
pub fn faults(words: &[&str]) -> Result<()> {
    let seed = match words {
        [] => Seed::fresh(),
        ["--seed", seed] => seed.parse().context("--seed needs a number")?,
        _ => bail!("faults takes only --seed N"),
    };
    let target = std::path::absolute(target().join("faults"))?;
    build(&["--features", "seeded-faults"], &target)?;
    e2e::use_programs_in(&target.join("release"));
    settle_within(Duration::from_secs(5));
    let mut out = io::stdout();
    writeln!(out, "SEED={seed}")?;
    let mut unseen = 0;
    for (fault, scenario) in FAULTS {
        if *fault == "no-sync" && !Trace::is_possible() {
            writeln!(out, "skipped {fault:18} needs strace")?;
            continue;
        }
        seed_fault(Some(fault));
        let found = (1..=ROUNDS).find_map(|round| Some((round, scenario(seed + round).err()?)));
        if let Some((round, broken)) = found {
            let what = broken.what.lines().next().unwrap_or_default().to_owned();
            writeln!(out, "found   {fault:18} in round {round}: {what}")?;
        } else {
            unseen += 1;
            writeln!(out, "UNSEEN  {fault:18} after {ROUNDS} rounds")?;
        }
        seed_fault(None);
        if let Err(broken) = scenario(seed) {
            bail!("a fault was found where none is: {broken}");
        }
    }
    if unseen > 0 {
        bail!("{unseen} faults were not found; SEED={seed}");
    }
    Ok(())
}

/// Sends strangers to a server on this machine and prints what became of them.
pub fn crowd(words: &[&str]) -> Result<()> {
    let [purpose, port, strangers, seconds, seed] = words else { bail!("crowd is called by scenarios only") };
    raise_file_limit();
    // Strangers come from other machines: what they cost themselves must not be taken from the server and its users.
    let _ = rustix::process::nice(19);
    let span = Duration::from_secs(seconds.parse()?);
    let purpose = purpose.parse().map_err(anyhow::Error::msg)?;
    let crowd = Crowd { purpose, port: port.parse()?, strangers: strangers.parse()?, span, seed: seed.parse()? };
    writeln!(io::stdout(), "{}", block_on(hostile::crowd(crowd)))?;
    Ok(())
}

/// The process in which strangers live: this program, called anew.
fn crowd_command(crowd: &Crowd) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| PathBuf::from("xtask")));
    command.args(["crowd", crowd.purpose.as_str(), &crowd.port.to_string(), &crowd.strangers.to_string()]);
    command.args([crowd.span.as_secs().to_string(), crowd.seed.to_string()]);
    command
}

/// As many open files as the system allows: each stranger is one, and each client.
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Fewer come then.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn all_names() -> String {
    SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ")
}

fn number<T: std::str::FromStr>(word: Option<&&str>, option: &str) -> Result<T> {
    word.and_then(|word| word.parse().ok()).with_context(|| format!("{option} needs a number"))
}

fn parse_span(text: &str) -> Result<Duration> {
    let (digits, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => bail!("{text} is no time such as 30m"),
    };
    let count: u64 = digits.parse().with_context(|| format!("{text} is no time such as 30m"))?;
    Ok(Duration::from_secs(count * seconds))
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// Builds the server.
fn build(how: &[&str], target: &Path) -> Result<()> {
    cargo(&[&["--package", "server"], how].concat(), target)
}

fn cargo(what: &[&str], target: &Path) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--locked"]).args(what).arg("--target-dir").arg(target);
    if !command.status().context("cargo cannot be run")?.success() {
        bail!("the release build failed");
    }
    Ok(())
}
