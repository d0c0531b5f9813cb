//! The lengths that the numbers of a country have.

use std::fmt;

/// How many digits the numbers of a country have, without its calling code. Displays as `9`, `7, 9 or 10`, `6 to 11`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lengths(pub(super) u16);

impl Lengths {
    pub(crate) fn contains(self, digits: usize) -> bool {
        digits < 16 && self.0 >> digits & 1 == 1
    }

    /// 16 where there are none.
    pub(super) fn shortest(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// 0 where there are none.
    pub(super) fn longest(self) -> usize {
        self.0.checked_ilog2().unwrap_or(0) as usize
    }

    /// From the shortest to the longest.
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        (0..16).filter(move |&digits| self.contains(digits))
    }

    fn runs(self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for digits in self.iter() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == digits => *last = digits,
                _ => runs.push((digits, digits)),
            }
        }
        runs
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for (first, last) in self.runs() {
            match last - first {
                0 => words.push(first.to_string()),
                1 => words.extend([first.to_string(), last.to_string()]),
                _ => words.push(format!("{first} to {last}")),
            }
        }
        match words.split_last() {
            None => f.write_str("none"),
            Some((only, [])) => f.write_str(only),
            Some((last, rest)) => write!(f, "{} or {last}", rest.join(", ")),
        }
    }
}

impl fmt::Debug for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Lengths;

    #[test]
    fn reads_as_a_person_would_say_it() {
        let text = |lengths: &[u16]| Lengths(lengths.iter().map(|n| 1 << n).sum()).to_string();
        assert_eq!(text(&[9]), "9");
        assert_eq!(text(&[8, 9]), "8 or 9");
        assert_eq!(text(&[7, 9, 10]), "7, 9 or 10");
        assert_eq!(text(&[6, 7, 8, 9, 10, 11]), "6 to 11");
        assert_eq!(text(&[5, 7, 8, 9, 12]), "5, 7 to 9 or 12");
    }
}
