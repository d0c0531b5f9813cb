//! Numbers that look random and come from a seed alone, so that a round can be played again.

/// `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice for one thing among many: the same things have the same dice, in whatever order they come.
    pub(crate) fn of(seed: u64, thing: u64, nth: u64) -> Self {
        let mut dice = Self(seed ^ thing.rotate_left(17) ^ nth.rotate_left(43));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// From 0 to `below - 1`.
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.next() % below
    }
}
