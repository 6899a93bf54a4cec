//! Keeps the layers apart: what a part of Tern must never contain is written down here, and a build that breaks it fails.
//!
//! Only the paths of names are looked at, not their meaning: comments, strings and tests are cut out, `use` trees are
//! spread, `crate`, `self` and `super` are resolved, and every path is compared with the rules of the place it stands
//! in. That is coarse and quick, and enough to notice the first `use` that should not be there.

#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

/// Sockets, files, processes, threads and the network of the standard library.
const SYSTEM: &[&str] = &[
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::fs",
    "std::os",
    "std::process",
    "std::thread",
    "std::env",
    "socket2",
    "rustix",
];
const CLOCK: &[&str] = &["std::time::Instant", "std::time::SystemTime", "jiff", "tokio::time"];
const SQL: &[&str] = &["rusqlite", "tokio_postgres", "sqlx"];
const TASKS: &[&str] = &["tokio", "futures_util", "async_trait"];
const SCREEN: &[&str] = &["ratatui", "crossterm"];
const RANDOM: &[&str] =
    &["rand", "getrandom", "uuid", "std::hash::RandomState", "std::collections::hash_map::RandomState"];
const CHANNELS: &[&str] = &["tokio::sync", "std::sync::mpsc"];
/// Collections whose order differs from run to run.
const UNORDERED: &[&str] = &["std::collections::HashMap", "std::collections::HashSet"];

/// One row of the table in `ARCHITECTURE.md`: what a place must never contain.
struct Rule {
    /// The place: a folder or file below the workspace.
    place: &'static str,
    /// Parts of the place that the rule leaves out.
    except: &'static [&'static str],
    /// Beginnings of paths.
    paths: &'static [&'static [&'static str]],
    /// Words.
    words: &'static [&'static str],
    /// Whether the place exists already; a rule for one that moved away must not go quiet.
    exists: bool,
}

const RULES: &[Rule] = &[
    Rule {
        place: "shared/src",
        except: &[],
        paths: &[TASKS, SYSTEM, CLOCK, SCREEN, SQL],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "server/src/chat",
        except: &[],
        paths: &[
            TASKS,
            SYSTEM,
            CLOCK,
            RANDOM,
            UNORDERED,
            SQL,
            &["serde", "server::store", "server::router", "server::net", "server::hub", "server::auth"],
        ],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "server/src/record.rs",
        except: &[],
        paths: &[TASKS, SYSTEM, CLOCK, SQL, &["server"]],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "server/src/store",
        except: &[],
        paths: &[&["server::net", "server::hub", "server::chat", "server::auth"]],
        words: &[],
        exists: true,
    },
    Rule {
        place: "server/src/router",
        except: &[],
        paths: &[&["server::net", "server::hub", "server::chat", "server::auth"]],
        words: &[],
        exists: false,
    },
    Rule {
        place: "server/src/net",
        except: &[],
        paths: &[SQL, &["server::store", "server::auth", "server::chat::Chat", "server::chat::Effect"]],
        words: &[],
        exists: true,
    },
    Rule {
        place: "tui-client/src/app",
        except: &[],
        paths: &[
            TASKS,
            SYSTEM,
            CLOCK,
            SCREEN,
            &["tui_client::tui", "tui_client::plain", "tui_client::net", "tui_client::peer", "tui_client::run"],
        ],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "tui-client/src/tui",
        except: &[],
        paths: &[CHANNELS, &["tui_client::net", "tui_client::peer"]],
        words: &["&mut Model"],
        exists: true,
    },
    Rule {
        place: "tui-client/src/plain",
        except: &[],
        paths: &[CHANNELS, &["tui_client::net", "tui_client::peer"]],
        words: &["&mut Model"],
        exists: true,
    },
    Rule {
        place: "tui-client/src/peer/session.rs",
        except: &[],
        paths: &[TASKS, SYSTEM, CLOCK],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "tui-client/src/peer/dial.rs",
        except: &[],
        paths: &[TASKS, SYSTEM, CLOCK],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "tui-client/src/peer/transfer/names.rs",
        except: &[],
        paths: &[TASKS, SYSTEM, CLOCK],
        words: &["async", "await"],
        exists: true,
    },
    Rule {
        place: "tui-client/src",
        except: &["tui-client/src/demo", "tui-client/src/host.rs"],
        paths: &[&["server"]],
        words: &[],
        exists: true,
    },
];

/// What is wrong with one file of one place, as `path or word (line)`.
fn violations(rule: &Rule, source: &Source) -> Vec<String> {
    let begins =
        |path: &str, with: &str| path.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let paths = source.paths().into_iter().filter(|(path, _)| {
        rule.paths.iter().copied().flatten().any(|forbidden| begins(path, forbidden) || opens(path, forbidden))
    });
    let words = source.words(rule.words);
    paths.chain(words).map(|(what, line)| format!("{what} (line {line})")).collect()
}

/// Whether a glob import brings in what is forbidden: `std::*` opens `std::fs`.
fn opens(path: &str, forbidden: &str) -> bool {
    path.strip_suffix("::*").is_some_and(|module| forbidden.starts_with(&format!("{module}::")))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// The members of the workspace and the text of its manifest.
fn workspace() -> (Vec<String>, toml::Table) {
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    let manifest: toml::Table = text.parse().expect("the manifest is TOML");
    let members = manifest["workspace"]["members"].as_array().expect("the workspace lists its members");
    (members.iter().map(|member| member.as_str().expect("a member is a path").to_owned()).collect(), manifest)
}

/// Every Rust file below a place that is no test, by its path in the workspace.
fn files(place: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(place)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the workspace can be read");
            waiting.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && path.exists() {
            let text = fs::read_to_string(&path).expect("a source can be read");
            let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            found.push((name, text));
        }
    }
    found.retain(|(name, _)| !is_test(name));
    found.sort();
    found
}

/// Tests may reach further than what they test.
fn is_test(name: &str) -> bool {
    let tests =
        |part: &str| part == "tests" || part == "tests.rs" || part == "conformance.rs" || part.ends_with("_tests.rs");
    name.split('/').skip(1).any(tests)
}

#[test]
fn every_place_keeps_to_its_rules() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let sources = files(rule.place);
        assert!(!rule.exists || !sources.is_empty(), "{} is gone: move its rule", rule.place);
        for (name, text) in sources {
            if rule.except.iter().any(|except| name.starts_with(except)) {
                continue;
            }
            let found = violations(rule, &Source::new(&name, &text));
            wrong.extend(found.into_iter().map(|what| format!("{name}: {} must not contain {what}", rule.place)));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_500_lines_of_code() {
    let mut long = Vec::new();
    for member in workspace().0 {
        for (name, text) in files(&member) {
            let lines = Source::new(&name, &text).lines_of_code();
            if lines > 500 {
                long.push(format!("{name}: {lines}"));
            }
        }
    }
    assert!(long.is_empty(), "\n{}\n", long.join("\n"));
}

/// A file that no `mod` names is not compiled: what it tests is not tested.
#[test]
fn no_file_is_forgotten() {
    let mut forgotten = Vec::new();
    let members = workspace().0;
    assert!(members.len() > 3, "the members of the workspace were found");
    for member in members {
        for path in rust_files(&root().join(member).join("src")) {
            if !is_named(&path) {
                forgotten.push(path.display().to_string());
            }
        }
    }
    assert!(forgotten.is_empty(), "no `mod` names\n{}\n", forgotten.join("\n"));
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder of the workspace can be read");
            waiting.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Whether the file that may name this module does.
fn is_named(path: &Path) -> bool {
    let stem = |path: &Path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let (mut name, mut folder) = (stem(path), path.parent().expect("it lies in a folder").to_owned());
    if ["lib", "main"].contains(&name.as_str()) {
        return true;
    }
    if name == "mod" {
        name = stem(&folder);
        folder.pop();
    }
    let parents = [folder.join("mod.rs"), folder.with_extension("rs"), folder.join("lib.rs"), folder.join("main.rs")];
    let texts = parents.iter().filter_map(|parent| fs::read_to_string(parent).ok());
    let declaration = format!("mod {name};");
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).any(|line| line.ends_with(&declaration))
}

#[test]
fn no_crate_may_be_unsafe() {
    let (members, manifest) = workspace();
    assert_eq!(manifest["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for member in members {
        let text = fs::read_to_string(root().join(&member).join("Cargo.toml")).expect("a member has a manifest");
        let manifest: toml::Table = text.parse().expect("the manifest is TOML");
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(inherits, Some(true), "{member} does not take the lints of the workspace");
    }
}

/// The rules of a place, applied to a text that stands in a file there.
fn check(place: &str, file: &str, text: &str, expected: &[&str]) {
    let rule = RULES.iter().find(|rule| rule.place == place).expect("there is such a rule");
    assert_eq!(violations(rule, &Source::new(file, text)), expected, "{text}");
}

/// The test of the test: each kind of violation is found, and what only looks like one is not.
#[test]
fn violations_are_found() {
    let chat = "server/src/chat";
    let in_chat = |text: &str, expected: &[&str]| check(chat, "server/src/chat/login.rs", text, expected);
    in_chat("use tokio::sync::mpsc;", &["tokio::sync::mpsc (line 1)"]);
    in_chat("\nuse std::{fmt, time::{Duration, Instant}};", &["std::time::Instant (line 2)"]);
    in_chat("fn now() { std::time::SystemTime::now(); }", &["std::time::SystemTime::now (line 1)"]);
    in_chat("use std::time;\nfn now() { time::Instant::now(); }", &["std::time::Instant::now (line 2)"]);
    in_chat("use crate as here;\nfn f() { here::net::f(); }", &["server::net::f (line 2)"]);
    in_chat("use std::time::*;", &["std::time::* (line 1)"]);
    in_chat(
        "use crate::{record, store::{self as kept, Job}};",
        &["server::store (line 1)", "server::store::Job (line 1)"],
    );
    in_chat("use super::super::net;", &["server::net (line 1)"]);
    in_chat("use super::delivery; fn f() { crate::hub::run(); }", &["server::hub::run (line 1)"]);
    in_chat("async fn f() {}", &["async (line 1)"]);
    in_chat("use std::collections::{BTreeMap, HashMap};", &["std::collections::HashMap (line 1)"]);
    in_chat("#[derive(serde::Serialize)] struct A;", &["serde::Serialize (line 1)"]);
    in_chat("const C: char = '\"'; use rusqlite::Row; const D: &str = \"\";", &["rusqlite::Row (line 1)"]);

    check("server/src/net", "server/src/net/mod.rs", "use crate::store::Store;", &["server::store::Store (line 1)"]);
    check("server/src/store", "server/src/store/mod.rs", "use super::hub;", &["server::hub (line 1)"]);
    check(
        "shared/src",
        "shared/src/lib.rs",
        "let file = std::fs::File::open(path);",
        &["std::fs::File::open (line 1)"],
    );
    check("tui-client/src", "tui-client/src/run.rs", "use server::Server;", &["server::Server (line 1)"]);
    check("tui-client/src/tui", "tui-client/src/tui/view.rs", "fn f(m: &mut Model) {}", &["&mut Model (line 1)"]);
}

#[test]
fn what_only_looks_like_a_violation_is_none() {
    let in_chat = |text: &str| check("server/src/chat", "server/src/chat/mod.rs", text, &[]);
    in_chat("// use tokio::sync;\n/* std::fs /* nested */ async */ /// serde::Serialize\n");
    in_chat("const A: &str = \"use tokio::sync; async\"; const B: &str = r#\"std::fs \"#;");
    in_chat("const A: &str = \"\\\"\"; const B: char = '\\''; const C: &[u8] = b\"async\";");
    in_chat("fn f<'a>(x: &'a str) -> &'a str { x }");
    in_chat("#[cfg(test)]\nmod tests {\n    use tokio::sync;\n    fn f() { async {} }\n}\n");
    in_chat("#[cfg(test)]\nuse std::collections::HashMap;\n");
    in_chat("use std::time::Duration; use std::net::IpAddr; use crate::record::Write; use shared::id::Seq;");
    in_chat("use tokio_like::thing; mod network; use super::store_like;");
    in_chat("pub use effect::{Effect, LogEvent};");
}
