//! Where the sandbox's random choices come from: the system's secure generator, or a seed so that a run can be repeated.
//!
//! PINs made without a seed are as hard to guess as the system's randomness; a seeded generator is predictable by
//! intent and never used unless the user asked for it.

/// A source of random bytes, used by one owner at a time.
pub(crate) enum Randomness {
    System(Buffered),
    Seeded(SplitMix64),
}

/// Bytes of the system's generator, fetched many at a time: one system call serves a hundred requests.
pub(crate) struct Buffered {
    bytes: Box<[u8; Self::SIZE]>,
    used: usize,
}

/// Sebastiano Vigna's `SplitMix64`: small, full period, and good enough to pick faults and repeatable PINs.
pub(crate) struct SplitMix64(u64);

impl Randomness {
    /// The system's generator, or a repeatable one.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        match seed {
            None => Self::System(Buffered {
                bytes: Box::new([0; Buffered::SIZE]),
                used: Buffered::SIZE,
            }),
            Some(seed) => Self::Seeded(SplitMix64(seed)),
        }
    }

    /// Eight random bytes as a number.
    pub(crate) fn next(&mut self) -> u64 {
        match self {
            Self::System(buffered) => buffered.next(),
            Self::Seeded(generator) => generator.next(),
        }
    }

    /// A number below `bound`, each as likely as any other. `bound` is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // Numbers from the incomplete last stretch would favour the small ones, so those are drawn again.
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.next();
            if number < fair {
                return number % bound;
            }
        }
    }

    /// True with a probability of `millionths` / 1,000,000.
    pub(crate) fn chance(&mut self, millionths: u32) -> bool {
        self.below(1_000_000) < u64::from(millionths)
    }

    /// `length` characters of `alphabet`, each as likely as any other. The alphabet is ASCII and not empty.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        let size = u64::try_from(alphabet.len()).expect("an alphabet has a handful of letters");
        (0..length)
            .map(|_| {
                let index = usize::try_from(self.below(size)).expect("below the alphabet's size");
                char::from(alphabet[index])
            })
            .collect()
    }

    /// Sixteen random bytes, for an id.
    pub(crate) fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next().to_le_bytes());
        id[8..].copy_from_slice(&self.next().to_le_bytes());
        id
    }
}

impl Buffered {
    const SIZE: usize = 4096;

    fn next(&mut self) -> u64 {
        if self.used == Self::SIZE {
            // A gateway that can't draw a PIN can't go on, and must never hand out a guessable one.
            getrandom::fill(&mut self.bytes[..]).expect("the operating system provides secure random bytes");
            self.used = 0;
        }
        let taken = &mut self.bytes[self.used..self.used + 8];
        let number = u64::from_le_bytes(taken.try_into().expect("eight bytes"));
        // A PIN's origin must not linger in memory longer than the PIN.
        taken.fill(0);
        self.used += 8;
        number
    }
}

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_another_does_not() {
        let draw = |seed| {
            let mut randomness = Randomness::new(Some(seed));
            [randomness.text(b"0123456789", 12), randomness.text(b"AB", 40)]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn the_system_never_gives_the_same_bytes_twice() {
        let mut randomness = Randomness::new(None);
        let drawn: std::collections::HashSet<_> = (0..2_000).map(|_| randomness.id()).collect();
        assert_eq!(drawn.len(), 2_000);
    }

    #[test]
    fn every_digit_comes_up_about_as_often_as_any_other() {
        let mut randomness = Randomness::new(Some(1));
        let mut counts = [0_u32; 10];
        for digit in randomness.text(b"0123456789", 100_000).bytes() {
            counts[usize::from(digit - b'0')] += 1;
        }
        // Five standard deviations around 10,000: the seed is fixed, so this either always holds or never.
        assert!(
            counts.iter().all(|count| (9_500..10_500).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn chance_knows_never_and_always() {
        let mut randomness = Randomness::new(None);
        assert!((0..1_000).all(|_| !randomness.chance(0)));
        assert!((0..1_000).all(|_| randomness.chance(1_000_000)));
    }
}
