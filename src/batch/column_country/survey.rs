//! What is kept of a column while its rows go by: all bare numbers are counted, and of each kind some are kept to be looked at.

use super::{ColumnDoubt, CountryTallies, PARTS, Reading, away_from_home};
use crate::domain::numbering::Region;
use crate::domain::written_number::{BareDigits, Notation};

/// How many numbers of equal length and beginning are looked at closely; the others of that kind are counted.
const SAMPLES: usize = 32;
/// What the cells of a column of numbers look like.
#[derive(Debug)]
pub(crate) struct ColumnSurvey {
    /// Where in `strata` the digits of one length and beginning are, plus 1.
    places: Vec<u16>,
    strata: Vec<Stratum>,
    /// Numbers with `+` or 00, by their first three digits.
    international: Vec<u32>,
}

/// The bare numbers that have as many digits and begin with the same three.
#[derive(Debug)]
struct Stratum {
    len: usize,
    rows: u64,
    /// Hash and digits of those with the smallest hashes: the same whatever the order of the rows.
    samples: Vec<(u64, u64)>,
    /// Only smaller hashes are still taken.
    limit: u64,
}

impl Default for ColumnSurvey {
    fn default() -> Self {
        Self {
            places: vec![0; 16 * 1000],
            strata: Vec::new(),
            international: vec![0; 1000],
        }
    }
}

impl ColumnSurvey {
    /// Takes the cell of one row. What is no number at all is left out.
    pub(crate) fn add(&mut self, cell: &str) {
        match Notation::of(cell) {
            Some(Notation::International { leading }) => {
                if let Some(rows) = self.international.get_mut(usize::from(leading)) {
                    *rows = rows.saturating_add(1);
                }
            }
            Some(Notation::Bare(digits)) => self.stratum(digits).add(digits),
            None => {}
        }
    }

    fn stratum(&mut self, digits: BareDigits) -> &mut Stratum {
        let leading = digits.value() / 10_u64.pow(u32::try_from(digits.len().saturating_sub(3)).unwrap_or(0));
        let place = digits.len() * 1000 + usize::try_from(leading).unwrap_or(0);
        if self.places[place] == 0 {
            self.strata.push(Stratum::new(digits.len()));
            self.places[place] = u16::try_from(self.strata.len()).unwrap_or(u16::MAX);
        }
        &mut self.strata[usize::from(self.places[place]) - 1]
    }

    /// Whether a question has to be asked before anything is sent. `home` is the country that was set.
    pub(crate) fn judge(mut self, home: Option<Region>) -> Option<ColumnDoubt> {
        let mut readings = Vec::new();
        for stratum in &mut self.strata {
            stratum.keep_smallest();
            let parts = stratum.rows * PARTS / (stratum.samples.len() as u64).max(1);
            let samples = stratum.samples.iter();
            readings
                .extend(samples.map(|&(_, value)| Reading::of(BareDigits::new(value, stratum.len), parts)));
        }
        match home {
            None => CountryTallies::of(&readings, &self.international).doubt(),
            Some(home) => away_from_home(&readings, home),
        }
    }
}

impl Stratum {
    const fn new(len: usize) -> Self {
        Self {
            len,
            rows: 0,
            samples: Vec::new(),
            limit: u64::MAX,
        }
    }

    fn add(&mut self, digits: BareDigits) {
        self.rows += 1;
        let value = digits.value();
        let hash = (value ^ value >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if hash >= self.limit {
            return;
        }
        self.samples.push((hash, value));
        if self.samples.len() >= 2 * SAMPLES {
            self.keep_smallest();
        }
    }

    fn keep_smallest(&mut self) {
        self.samples.sort_unstable();
        self.samples.dedup();
        if self.samples.len() > SAMPLES {
            self.samples.truncate(SAMPLES);
            self.limit = self.samples[SAMPLES - 1].0;
        }
    }
}
