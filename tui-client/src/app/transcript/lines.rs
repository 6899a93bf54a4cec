//! The lines of a transcript one after the other, from both ends.

use std::collections::VecDeque;

use super::Line;
use super::page::Page;

/// All lines, oldest first. Made by [`Transcript::lines`](super::Transcript::lines).
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    pages: &'a VecDeque<Page>,
    /// The page and the place in it of the next line from the front.
    front: (usize, usize),
    /// Pages before the one with the next line from the back, and lines of that page that are left.
    back: (usize, usize),
    left: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(pages: &'a VecDeque<Page>, left: usize) -> Self {
        let last = pages.len().saturating_sub(1);
        Self { pages, front: (0, 0), back: (last, pages.back().map_or(0, Page::len)), left }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        self.nth(0)
    }

    /// Skips whole pages.
    fn nth(&mut self, mut skip: usize) -> Option<Line<'a>> {
        if skip >= self.left {
            self.left = 0;
            return None;
        }
        self.left -= skip + 1;
        loop {
            let (page, index) = self.front;
            let here = self.pages.get(page)?;
            if index + skip < here.len() {
                self.front = (page, index + skip + 1);
                return Some(here.line(index + skip));
            }
            skip -= here.len() - index;
            self.front = (page + 1, 0);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Lines<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.nth_back(0)
    }

    fn nth_back(&mut self, mut skip: usize) -> Option<Self::Item> {
        if skip >= self.left {
            self.left = 0;
            return None;
        }
        self.left -= skip + 1;
        loop {
            let (page, left) = self.back;
            if skip < left {
                self.back = (page, left - skip - 1);
                return Some(self.pages.get(page)?.line(left - skip - 1));
            }
            skip -= left;
            let before = page.checked_sub(1)?;
            self.back = (before, self.pages.get(before)?.len());
        }
    }
}

impl ExactSizeIterator for Lines<'_> {}

/// How many of `0..len` come before the first one for which `is_before` is wrong, as
/// [`slice::partition_point`] finds it.
pub(super) fn partition_point(len: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
