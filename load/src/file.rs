//! A file through a private session of two real clients, and what is said in the same session meanwhile.
//!
//! The baseline is a bare copy: one thread reads the file into a socket on loopback, another one writes what comes out to
//! a file and syncs it once at the end. It has no TLS, no hash and no frames.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use e2e::{PlainClient, TestServer};

use crate::figures::{Times, float, heading, line, warn_about_debug};

/// Lines said before the file, to know the delay without it.
const IDLE_LINES: usize = 500;

/// Read and written at once by the baseline: as much as a piece of a file.
const CHUNK: usize = 64 * 1024;

/// Options of `load file`.
#[derive(Debug, Args)]
pub struct Options {
    /// Size of the file, in MiB
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    mib: u64,
    /// Keep both copies below this folder [default: the folder for temporary files]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Leave out the bare baseline
    #[arg(long)]
    no_baseline: bool,
}

/// Measures and prints.
pub fn run(options: &Options) -> anyhow::Result<()> {
    warn_about_debug();
    let folder = tempfile::tempdir_in(options.folder.clone().unwrap_or_else(std::env::temp_dir))?;
    let source = folder.path().join("source.bin");
    make(&source, options.mib)?;
    heading(&format!("{} MiB through a private session, in {}", options.mib, folder.path().display()));
    if !options.no_baseline {
        let took = bare(&source, &folder.path().join("bare.bin"))?;
        tell("bare copy over loopback, synced once", options.mib, took);
        fs::remove_file(folder.path().join("bare.bin"))?;
    }
    let downloads = folder.path().join("downloads");
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let downloads_word = downloads.to_str().context("the folder has a strange name")?;
    let mut yoda = server.client().sample("yoda").arg("--downloads").arg(downloads_word).start_logged_in();
    hans.ok("startprivate yoda");
    yoda.expect_prefix("private request from hans");
    yoda.ok("accept hans");
    hans.expect_prefix("private open yoda ");
    let mut idle = Times::default();
    for _ in 0..IDLE_LINES {
        idle.add(say(&mut hans));
    }
    idle.print("a line without a file, until delivered");
    hans.ok(&format!("send yoda {}", source.display()));
    yoda.expect_prefix("file offer ");
    let mut busy = Times::default();
    let begin = Instant::now();
    yoda.ok("accept hans");
    while yoda.wait_line(Duration::from_millis(1), |line| line.starts_with("file received")).is_none() {
        busy.add(say(&mut hans));
    }
    tell("the file, checked and synced once", options.mib, begin.elapsed());
    busy.print("a line meanwhile, until delivered");
    for (who, client) in [("sender", &hans), ("receiver", &yoda)] {
        line(&format!("memory of the {who} at most"), &format!("{} MiB", peak(client)? / 1024));
    }
    anyhow::ensure!(same(&source, &downloads.join("source.bin"))?, "the copy differs");
    Ok(())
}

/// Says something and answers how long it took to arrive, as the program that said it shows it.
fn say(hans: &mut PlainClient) -> Duration {
    let begin = Instant::now();
    hans.ok("private yoda still here?");
    begin.elapsed()
}

fn tell(what: &str, mib: u64, took: Duration) {
    let megabytes = float(mib) * 1.048_576;
    line(what, &format!("{:.0} MB/s ({:.2} s)", megabytes / took.as_secs_f64(), took.as_secs_f64()));
}

/// A file of bytes that do not repeat.
fn make(path: &Path, mib: u64) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chunk = vec![0; 1 << 20];
    for _ in 0..mib {
        for word in chunk.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&chunk)?;
    }
    file.sync_all()
}

fn bare(source: &Path, copy: &Path) -> io::Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let sender = scope.spawn(move || -> io::Result<()> {
            let (mut file, mut socket) = (File::open(source)?, TcpStream::connect(address)?);
            pass_on(&mut file, &mut socket)
        });
        let (mut socket, _) = listener.accept()?;
        let mut file = File::create_new(copy)?;
        pass_on(&mut socket, &mut file)?;
        file.sync_all()?;
        sender.join().map_err(|_| io::Error::other("the sender failed"))?
    })?;
    Ok(begin.elapsed())
}

fn pass_on(from: &mut impl io::Read, to: &mut impl io::Write) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match from.read(&mut chunk)? {
            0 => return Ok(()),
            count => to.write_all(&chunk[..count])?,
        }
    }
}

/// The most memory a program has had, in KiB.
fn peak(client: &PlainClient) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", client.id()))?;
    let row = status.lines().find_map(|row| row.strip_prefix("VmHWM:")).context("the system tells no peak")?;
    Ok(row.trim().trim_end_matches(" kB").parse()?)
}

fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let count = one.read(&mut left)?;
        if count == 0 {
            return Ok(other.read(&mut right)? == 0);
        }
        if other.read_exact(&mut right[..count]).is_err() || left[..count] != right[..count] {
            return Ok(false);
        }
    }
}
