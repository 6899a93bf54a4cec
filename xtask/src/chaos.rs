//! Runs the scenarios of the testkit against a release build of the server, and prints their figures.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use e2e::chaos::{
    Outcome, block_on, cut_points, drain, hostile, kill_on_ack, leak, lost_ack, mixed, ready, seed_fault,
    settle_within, stalled_reader, storm,
};
use e2e::kit::Seed;

/// How long a run of `soak mixed` takes where nothing else is said.
const SOAK: Duration = Duration::from_secs(2 * 3600);

struct Scenario {
    name: &'static str,
    /// The figures of `chaos` and of `soak`.
    run: fn(bool, u64, Duration) -> Outcome,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "kill-on-ack", run: |long, seed, _| block_on(kill_on_ack::run(pick(long, 25, 500), 20, seed)) },
    Scenario { name: "lost-ack", run: |long, _, _| block_on(lost_ack::run(pick(long, 50, 5000))) },
    Scenario { name: "cut-points-20", run: |long, _, _| block_on(cut_points::run(20, if long { 1 } else { 37 })) },
    Scenario { name: "cut-points-200", run: |long, _, _| block_on(cut_points::run(200, if long { 37 } else { 1009 })) },
    Scenario {
        name: "stalled-reader",
        run: |long, _, _| block_on(stalled_reader::run(pick(long, 100, 1000), pick(long, 100, 200), 5)),
    },
    Scenario { name: "hostile", run: |long, seed, _| block_on(hostile::run(pick(long, 1000, 10_000), 100, seed)) },
    Scenario { name: "storm", run: |long, _, _| block_on(storm::run(pick(long, 100, 1000))) },
    Scenario { name: "drain", run: |long, seed, _| block_on(drain::run(pick(long, 100, 1000), seed)) },
    Scenario { name: "ready", run: |_, _, _| block_on(ready::run(100_000)) },
    Scenario { name: "leak", run: |long, _, _| block_on(leak::run(pick(long, 4_000, 200_000))) },
    Scenario {
        name: "mixed",
        run: |long, seed, span| {
            let span = if long { span } else { Duration::from_secs(30) };
            block_on(mixed::run(pick(long, 40, 200), span, seed))
        },
    },
];

fn pick(is_long: bool, chaos: usize, soak: usize) -> usize {
    if is_long { soak } else { chaos }
}

/// Runs the scenarios that `words` name, or all of them. Fails when a promise was broken.
pub fn run(words: &[&str], is_long: bool) -> Result<()> {
    let (mut seed, mut span, mut names) = (Seed::fresh(), SOAK, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seed" => {
                seed = words.next().context("--seed needs a number")?.parse().context("--seed needs a number")?;
            }
            "--for" => span = parse_span(words.next().context("--for needs a time such as 30m")?)?,
            name if SCENARIOS.iter().any(|scenario| scenario.name == name) => names.push(name),
            other => bail!("no scenario is called {other}; there are: {}", all_names()),
        }
    }
    if std::env::var_os("TERN_PROGRAMS").is_none() {
        let target = std::path::absolute(target())?;
        build(&[], &target)?;
        e2e::use_programs_in(&target.join("release"));
    }
    let mut out = io::stdout();
    writeln!(out, "SEED={seed}")?;
    let mut broken = 0;
    for scenario in SCENARIOS.iter().filter(|scenario| names.is_empty() || names.contains(&scenario.name)) {
        let start = Instant::now();
        let outcome = (scenario.run)(is_long, seed, span);
        let took = start.elapsed().as_secs();
        match outcome {
            Ok(figures) => writeln!(out, "ok      {:14} {took:>4} s  {figures}", scenario.name)?,
            Err(fault) => {
                broken += 1;
                writeln!(out, "BROKEN  {:14} {took:>4} s  {fault}", scenario.name)?;
                if !fault.history.is_empty() {
                    let file = format!("history-{}-{seed}.jsonl", scenario.name);
                    std::fs::write(&file, &fault.history).with_context(|| format!("cannot write {file}"))?;
                    writeln!(out, "        what the clients saw is in {file}")?;
                }
            }
        }
    }
    if broken > 0 {
        bail!("{broken} scenarios were broken; SEED={seed}");
    }
    Ok(())
}

/// Runs a scenario with a seed.
type Finder = fn(u64) -> Outcome;

/// A fault and the scenario that should find it.
const FAULTS: &[(&str, Finder)] = &[
    ("ack-before-commit", |seed| block_on(kill_on_ack::run(1, 20, seed))),
    ("no-dedupe", |_| block_on(lost_ack::run(1))),
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

/// Sends strangers to a server on this machine and prints how many it held for too long.
pub fn crowd(port: u16, strangers: usize) -> Result<()> {
    all_files();
    // Strangers come from other machines: what they cost themselves must not be taken from the server and its users.
    let _ = rustix::process::nice(19);
    let held = block_on(hostile::crowd(port, strangers));
    writeln!(io::stdout(), "{held}")?;
    Ok(())
}

/// As many open files as the system allows: each stranger is one.
fn all_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Fewer strangers come then.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn all_names() -> String {
    SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ")
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

fn build(how: &[&str], target: &Path) -> Result<()> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--package", "server", "--locked"]).args(how).arg("--target-dir").arg(target);
    if !command.status().context("cargo cannot be run")?.success() {
        bail!("the server does not build");
    }
    Ok(())
}
