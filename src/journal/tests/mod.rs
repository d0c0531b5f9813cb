//! One suite for every engine: random sequences of what runs do, played against an engine and against memory, which is the
//! specification. After each step all that can be read of the two is the same.

mod play;
mod snapshot;

use super::store::Store;

/// An engine, with a journal of its own.
pub(super) trait Engine {
    /// Another store of the same journal, as another process has it.
    fn open(&self) -> Box<dyn Store>;

    /// A store for reading alone.
    fn look(&self) -> Box<dyn Store>;

    /// Ends a store as if its process had been killed.
    fn kill(&self, store: Box<dyn Store>) {
        drop(store);
    }
}

/// Plays a random sequence of steps, the same for the same seed. Panics where the engine and memory differ.
pub(super) fn play(engine: &dyn Engine, seed: u64, steps: u32) {
    play::Game::new(engine, seed).play(steps);
}

/// Random numbers that depend on the seed alone (`SplitMix64`).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in `times`.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}
