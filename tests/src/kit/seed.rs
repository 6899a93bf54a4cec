//! Chance that can be repeated.

/// Random numbers that follow from one seed (SplitMix64, Steele, Lea and Flood 2014): good enough to choose what to break.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    /// Numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that nobody has chosen.
    pub fn fresh() -> u64 {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id()) % 1_000_000_000
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` up to but not including `to`.
    pub fn between(&mut self, from: usize, to: usize) -> usize {
        let span = u64::try_from(to.saturating_sub(from).max(1)).unwrap_or(u64::MAX);
        from + usize::try_from(self.number() % span).unwrap_or(0)
    }

    /// Another, independent row of numbers.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self(self.number())
    }
}
