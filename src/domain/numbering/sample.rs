//! Mobiles for tests, drawn from the table.

use super::{CallingCode, Region, read_label};

/// The same draws for the same seed.
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// Less than `limit`, which isn't 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Whether something happens that does so in `percent` of all cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Random mobiles of a region without their calling code, at most `count`; none where the table knows none.
pub(crate) fn mobiles(region: Region, count: usize, draws: &mut Draws) -> Vec<String> {
    let code = CallingCode::of(region.calling_code()).unwrap();
    let mut found = Vec::new();
    for _ in 0..20 * count {
        let (mut state, mut digits) = (code.root, String::new());
        let label = loop {
            let onward: Vec<u8> = (0..10).filter(|&digit| !state.leads_nowhere(digit)).collect();
            match state.label_here() {
                Some(label) if onward.is_empty() || draws.chance(50) => break label,
                _ => {}
            }
            let digit = draws.pick(&onward);
            digits.push(char::from(b'0' + digit));
            state = state.after(digit);
        };
        let (of, kind) = read_label(label);
        if of == Some(region) && kind.gets_sms() {
            found.push(digits);
        }
        if found.len() == count {
            break;
        }
    }
    found
}
