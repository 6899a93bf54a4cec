//! A Rust source as far as its layers show: its paths, its words and its lines of code.

/// One file, without comments, strings and what is compiled for tests only.
pub struct Source {
    /// The path of its module: `server::chat::login`.
    module: Vec<String>,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// One name that a `use` brings in.
struct Used {
    /// Its path as written.
    parts: Vec<String>,
    /// What it is called in this file.
    name: String,
    line: usize,
}

/// A path or word, and its line.
pub type Found = (String, usize);

impl Source {
    /// Reads a source; `name` is its path in the workspace: `server/src/chat/login.rs`.
    pub fn new(name: &str, text: &str) -> Self {
        Self { module: module_of(name), tokens: without_tests(tokens(&without_comments(text))) }
    }

    /// How many lines hold code.
    pub fn lines_of_code(&self) -> usize {
        let mut lines: Vec<usize> = self.tokens.iter().map(|token| token.line).collect();
        lines.dedup();
        lines.len()
    }

    /// Every path of two parts or more, and every name in a `use`, from the root of its crate.
    pub fn paths(&self) -> Vec<Found> {
        let (mut used, mut inline) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < self.tokens.len() {
            if self.is(at, "use") {
                at = self.tree(at + 1, &[], &mut used);
            } else if self.is_name(at) {
                let line = self.tokens[at].line;
                let parts = self.path(&mut at);
                if parts.len() > 1 {
                    inline.push((parts, line));
                }
            } else {
                at += 1;
            }
        }
        let mut found: Vec<Found> =
            used.iter().map(|used| (self.resolved(&used.parts).join("::"), used.line)).collect();
        for (parts, line) in inline {
            // `time::Instant` behind `use std::time` is `std::time::Instant`.
            let origin = used.iter().find(|used| used.name == parts[0]);
            let full = origin.map_or(parts.clone(), |used| [&used.parts, &parts[1..]].concat());
            found.push((self.resolved(&full).join("::"), line));
        }
        found
    }

    /// Where these words stand; `&mut Model` is one.
    pub fn words(&self, words: &[&str]) -> Vec<Found> {
        let mut found = Vec::new();
        for word in words {
            let parts = tokens(word);
            let same = |window: &&[Token]| window.iter().zip(&parts).all(|(token, part)| token.text == part.text);
            let places = self.tokens.windows(parts.len()).filter(same);
            found.extend(places.map(|window| ((*word).to_owned(), window[0].line)));
        }
        found
    }

    /// Spreads one `use` tree that begins at `at`; returns where it ends.
    fn tree(&self, mut at: usize, before: &[String], found: &mut Vec<Used>) -> usize {
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        if self.is(at, "::") {
            at += 1;
        }
        let mut parts = before.to_vec();
        let mut alias = None;
        loop {
            if self.is(at, "{") {
                at += 1;
                while at < self.tokens.len() && !self.is(at, "}") {
                    at = if self.is(at, ",") { at + 1 } else { self.tree(at, &parts, found) };
                }
                return at + 1;
            }
            if !self.is_name(at) && !self.is(at, "*") {
                break;
            }
            // `use a::{self}` is `use a`.
            if !self.is(at, "self") || parts.is_empty() {
                parts.push(self.tokens[at].text.clone());
            }
            at += 1;
            if self.is(at, "as") {
                alias = self.tokens.get(at + 1).map(|token| token.text.clone());
                at += 2;
            }
            if !self.is(at, "::") {
                break;
            }
            at += 1;
        }
        let name = alias.or_else(|| parts.last().cloned()).unwrap_or_default();
        found.push(Used { parts, name, line });
        // Whatever cannot be read is stepped over, so that this ends.
        if self.is(at, ",") || self.is(at, "}") { at } else { at + 1 }
    }

    fn path(&self, at: &mut usize) -> Vec<String> {
        let mut parts = vec![self.tokens[*at].text.clone()];
        *at += 1;
        while self.is(*at, "::") && self.is_name(*at + 1) {
            parts.push(self.tokens[*at + 1].text.clone());
            *at += 2;
        }
        parts
    }

    /// Puts the module's own path in the place of `crate`, `self` and `super`.
    fn resolved(&self, parts: &[String]) -> Vec<String> {
        let mut base = match parts.first().map(String::as_str) {
            Some("crate") => self.module[..1].to_vec(),
            Some("self" | "super") => self.module.clone(),
            _ => return parts.to_vec(),
        };
        let mut rest = parts;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" | "self" => {}
                "super" => drop(base.pop()),
                _ => break,
            }
            rest = others;
        }
        base.extend_from_slice(rest);
        base
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    fn is_name(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text.starts_with(is_name_char))
    }
}

/// `server/src/chat/login.rs` is the module `server::chat::login`.
fn module_of(name: &str) -> Vec<String> {
    let (package, file) = name.split_once("/src/").unwrap_or((name, "lib.rs"));
    let inside = file.trim_end_matches(".rs").split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main"));
    std::iter::once(package).chain(inside).map(|part| part.replace('-', "_")).collect()
}

/// Replaces comments, strings and characters by blanks; lines stay where they are.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| string(rest, &kept)).or_else(|| character(rest));
        let length = skipped.unwrap_or(c.len_utf8());
        let (part, after) = rest.split_at(length);
        match skipped {
            Some(_) => {
                kept.push(' ');
                kept.extend(part.chars().filter(|c| *c == '\n'));
            }
            None => kept.push_str(part),
        }
        rest = after;
    }
    kept
}

/// The length of the comment that begins here.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

/// The length of the string that begins here, raw or not.
fn string(text: &str, before: &str) -> Option<usize> {
    if text.starts_with('"') {
        let mut escaped = false;
        let end = text.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        return Some(end.map_or(text.len(), |(at, _)| at + 1));
    }
    let is_new_word = !before.ends_with(is_name_char) || before.ends_with(['b', 'c']);
    let hashes = text.strip_prefix('r').filter(|_| is_new_word)?.chars().take_while(|c| *c == '#').count();
    let inside = text[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end).map_or(text.len(), |at| 2 + hashes + at + end.len()))
}

/// The length of the character that begins here; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return inside.get(2..)?.find('\'').map(|at| at + 4);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            _ if is_name_char(c) => rest.find(|c| !is_name_char(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            _ => c.len_utf8(),
        };
        if c == '\n' {
            line += 1;
        }
        if !c.is_whitespace() {
            found.push(Token { text: rest[..length].to_owned(), line });
        }
        rest = &rest[length..];
    }
    found
}

/// Cuts out every item behind `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_test =
            tokens[at..].len() >= attribute.len() && tokens[at..].iter().zip(attribute).all(|(t, a)| t.text == a);
        if is_test {
            at = end_of_item(&tokens, at + attribute.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item that begins at `at` ends: behind its last brace, or behind its semicolon or comma.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                // `use a::{b};` goes on to its semicolon.
                if depth <= 0 && tokens.get(at).is_none_or(|next| next.text != ";") {
                    break;
                }
            }
            ";" | "," if depth <= 0 => break,
            _ => {}
        }
    }
    at
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
