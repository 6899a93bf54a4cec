//! The known word nearest to a slip.

use super::table::TABLE;

/// The longest word worth comparing, in characters. No command is longer than this with a slip in it.
const COMPARED: usize = 24;

/// The name or alias nearest to a word, when it is near enough to be a slip: every third character may be wrong, and
/// at least one must be right. Of equally near ones the first of the table wins.
pub fn nearest(word: &str) -> Option<&'static str> {
    let typed: Vec<char> = word.chars().flat_map(char::to_lowercase).take(COMPARED + 1).collect();
    if typed.len() > COMPARED {
        return None;
    }
    let (name, slips) = TABLE
        .iter()
        .filter(|spec| !spec.verb.is_for_the_screen())
        .flat_map(super::Spec::names)
        .map(|name| (name, distance(&typed, &name.chars().collect::<Vec<_>>())))
        .min_by_key(|&(_, slips)| slips)?;
    (slips <= (typed.len() / 3).max(1) && slips < typed.len()).then_some(name)
}

/// How many slips of the finger lead from one word to the other, whatever their case. Long words count as far apart.
pub fn slips(a: &str, b: &str) -> usize {
    let letters = |word: &str| word.chars().flat_map(char::to_lowercase).take(COMPARED + 1).collect::<Vec<char>>();
    let (a, b) = (letters(a), letters(b));
    if a.len().max(b.len()) > COMPARED { usize::MAX } else { distance(&a, &b) }
}

/// How many slips of the finger lead from one word to the other: a character too many, missing, wrong, or two
/// neighbours swapped (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let wrong = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = wrong.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
