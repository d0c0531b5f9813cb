//! Whose numbers a column holds. Digits without a `+` may be a number of one country, or begin with a calling code; one cell
//! can't tell, but a column can. Pure: it is fed with the cells during the first pass, and judges them at its end.
//!
//! - Without a country, the digits of a text are taken as international ones if each is a known mobile of one calling code, and no country
//!   reads nearly all of them as its own mobiles.
//! - With a country, more than a fifth of them may not be unknown both there and abroad. Nor may the country take some of a column
//!   in which nearly all begin with a calling code.

mod question;

use crate::domain::msisdn::Msisdn;
use crate::domain::numbering::{self, Finding, Region};
use crate::domain::written_number::{BareDigits, Notation};
use crate::settings::{NumberPolicy, with_lost_zero};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many different numbers are asked which countries read them; more of a long column say no more.
const SAMPLES: usize = 1000;
/// Fewer digits are not a whole number of any country but small islands.
const SHORTEST: usize = 7;
/// How many countries a question names.
const NAMED: usize = 3;

/// Why the numbers of a column can't be trusted to go where they would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnDoubt {
    reason: Reason,
    /// Numbers without a country code.
    bare: u64,
    /// One of those that the doubt is about.
    example: BareDigits,
    /// The countries whose own numbers these may be, the likeliest first.
    countries: Vec<Region>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NoCountry,
    /// So many are known mobiles neither of the country that is set nor of another one behind its calling code.
    UnknownAt {
        home: Region,
        unknown: u64,
    },
    /// The column is written with calling codes, and the country that is set would take so many numbers of others.
    TakenBy {
        home: Region,
        taken: u64,
    },
}

/// What the cells of a column of numbers look like.
#[derive(Debug)]
pub(crate) struct ColumnSurvey {
    home: Option<Region>,
    /// The countries that the user sends to.
    usual: Vec<Region>,
    bare: u64,
    /// Bare numbers that a workbook holds as numbers: what stood in front of them is lost.
    held_as_numbers: u64,
    /// Bare numbers that are known mobiles if they begin with a calling code.
    abroad: u64,
    /// The calling codes of those; two at most, since more say no more.
    codes: BTreeSet<u16>,
    /// Bare numbers that are known mobiles of the country that is set.
    own: u64,
    /// Of these, the ones that are known mobiles of another country as well.
    taken: Met,
    /// Bare numbers that are known mobiles neither here nor abroad.
    unknown: Met,
    first: Option<BareDigits>,
    samples: Samples,
    /// Numbers with a `+` or 00, by their first three digits.
    written_out: Vec<u32>,
}

/// How often something was met, and where first.
#[derive(Debug, Default)]
struct Met {
    times: u64,
    first: Option<BareDigits>,
}

impl Met {
    fn add(&mut self, digits: BareDigits) {
        self.times += 1;
        self.first.get_or_insert(digits);
    }
}

impl ColumnSurvey {
    /// For a column that is read as `policy` says; nothing where that leaves no doubt.
    pub(crate) fn of(policy: &NumberPolicy) -> Option<Self> {
        policy
            .guesses_countries()
            .then(|| Self::new(policy.home(), policy.allowed()))
    }

    /// For a column that is read with `home` as the country of digits without a `+`, by a user who sends to the `usual` countries.
    pub(crate) fn new(home: Option<Region>, usual: &[Region]) -> Self {
        Self {
            home,
            usual: usual.to_vec(),
            bare: 0,
            held_as_numbers: 0,
            abroad: 0,
            codes: BTreeSet::new(),
            own: 0,
            taken: Met::default(),
            unknown: Met::default(),
            first: None,
            samples: Samples::default(),
            written_out: vec![0; 1000],
        }
    }

    /// Takes the cell of one row, and the number that it was read as, if it may be sent to. What is not a number at all, or is
    /// one for tests, which are never taken for others, is left out.
    pub(crate) fn add(&mut self, cell: &str, read: Option<&Finding>, held_as_number: bool) {
        match Notation::of(cell) {
            Some(Notation::International { leading }) => {
                if let Some(rows) = self.written_out.get_mut(usize::from(leading)) {
                    *rows = rows.saturating_add(1);
                }
            }
            Some(Notation::Bare(digits)) => self.add_bare(cell, digits, read, held_as_number),
            None => {}
        }
    }

    fn add_bare(&mut self, cell: &str, digits: BareDigits, read: Option<&Finding>, held_as_number: bool) {
        let with_calling_code = digits.with_calling_code();
        if with_calling_code.is_some_and(Msisdn::is_test_number) {
            return;
        }
        let abroad = match read {
            Some(found) if Some(found.msisdn) == with_calling_code => found.code_of_mobile(),
            _ => mobile_abroad(digits),
        };
        let own = self.home.is_some_and(|home| {
            let typed = if held_as_number {
                with_lost_zero(cell, home)
            } else {
                cell.into()
            };
            let read = read.copied().or_else(|| Finding::read(&typed, Some(home)).ok());
            read.and_then(|found| found.code_of_mobile()) == Some(home.calling_code())
        });
        if digits.len() < SHORTEST && !own {
            return;
        }
        self.bare += 1;
        self.held_as_numbers += u64::from(held_as_number);
        self.own += u64::from(own);
        match abroad {
            Some(code) => {
                self.abroad += 1;
                if self.codes.len() < 2 {
                    self.codes.insert(code);
                }
                if own && self.home.is_some_and(|home| home.calling_code() != code) {
                    self.taken.add(digits);
                }
            }
            None if own => {}
            None => self.unknown.add(digits),
        }
        self.first.get_or_insert(digits);
        self.samples.add(digits);
    }

    /// Whether a question has to be asked before anything is sent.
    pub(crate) fn judge(mut self) -> Option<ColumnDoubt> {
        let first = self.first?;
        let (reason, example) = match self.home {
            None => (Reason::NoCountry, self.unknown.first.unwrap_or(first)),
            Some(home) if self.unknown.times > 1 && self.unknown.times * 5 > self.bare => {
                let unknown = self.unknown.times;
                (Reason::UnknownAt { home, unknown }, self.unknown.first?)
            }
            Some(home) if self.taken.times > 0 && nearly_all(self.abroad, self.bare) => {
                let taken = self.taken.times;
                (Reason::TakenBy { home, taken }, self.taken.first?)
            }
            Some(_) => return None,
        };
        let readers = self.readers();
        let is_read_at_home = readers
            .iter()
            .any(|reader| nearly_all(reader.national, self.samples.count()));
        match reason {
            Reason::NoCountry if self.is_plainly_international() && !is_read_at_home => return None,
            Reason::TakenBy { .. } if nearly_all(self.own, self.bare) => return None,
            _ => {}
        }
        Some(ColumnDoubt {
            reason,
            bare: self.bare,
            example,
            countries: self.likeliest(readers),
        })
    }

    /// Texts, each a known mobile of one and the same calling code.
    fn is_plainly_international(&self) -> bool {
        self.held_as_numbers == 0 && self.abroad == self.bare && self.codes.len() == 1
    }

    /// What every country makes of the samples.
    fn readers(&mut self) -> Vec<CountryReading> {
        let mut by_code: BTreeMap<u16, CountryReading> = BTreeMap::new();
        for digits in self.samples.kept() {
            let abroad = mobile_abroad(digits);
            if let Some(code) = abroad {
                by_code.entry(code).or_default().international += 1;
            }
            for region in numbering::countries_with_mobile(&digits.values()) {
                let code = region.calling_code();
                let reader = by_code.entry(code).or_default();
                reader.region = Some(region);
                if abroad != Some(code) {
                    reader.national += 1;
                    let is_written_so = digits.begins_with_zero() || region.trunk_prefix() != "0";
                    reader.as_written += u64::from(is_written_so);
                }
            }
        }
        for (leading, &rows) in (0..).zip(&self.written_out) {
            if let Some(code) = numbering::calling_code_within(leading)
                && let Some(reader) = by_code.get_mut(&code)
            {
                reader.written_out += u64::from(rows);
            }
        }
        by_code.into_values().collect()
    }

    /// The countries that read the most, and at least half as much as the first. Of those that read nearly all, or as many to a
    /// hundredth, the ones of the numbers with a calling code come first, then the user's usual ones, then those where
    /// no zero is missing in front, then the one with the least room for anything else.
    fn likeliest(&self, mut readers: Vec<CountryReading>) -> Vec<Region> {
        let samples = self.samples.count().max(1);
        readers.retain(|reader| reader.national > 0 && reader.region != self.home);
        readers.sort_by_cached_key(|reader| {
            let hundredths = reader.reads() * 100 / samples;
            (
                Reverse(hundredths.min(95)),
                Reverse(reader.written_out + reader.international),
                !reader.region.is_some_and(|region| self.usual.contains(&region)),
                Reverse(reader.as_written * 2 >= reader.national),
                Reverse(hundredths),
                reader.region.map(numbering::room_for_mobiles),
            )
        });
        let most = readers.first().map_or(0, CountryReading::reads);
        let likely = readers.iter().filter(|reader| reader.reads() * 2 >= most);
        likely.filter_map(|reader| reader.region).take(NAMED).collect()
    }
}

/// What one country makes of a column.
#[derive(Default)]
struct CountryReading {
    /// Missing where no number is a national one.
    region: Option<Region>,
    /// Its own mobiles as they are written there, which don't begin with its calling code.
    national: u64,
    /// Of these, the ones that don't lack the zero which is dialled there.
    as_written: u64,
    /// Its mobiles behind its calling code.
    international: u64,
    /// Numbers of it with a `+` or 00.
    written_out: u64,
}

impl CountryReading {
    const fn reads(&self) -> u64 {
        self.national + self.international
    }
}

/// 19 of 20.
const fn nearly_all(part: u64, whole: u64) -> bool {
    part * 20 >= whole * 19
}

/// The calling code that the digits begin with, where that makes them a known mobile.
fn mobile_abroad(digits: BareDigits) -> Option<u16> {
    numbering::inspect(digits.with_calling_code()?).code_of_mobile()
}

/// Some of the different numbers of a column: those with the smallest hashes, the same whatever the order of the rows.
#[derive(Debug, Default)]
struct Samples {
    kept: Vec<(u64, BareDigits)>,
    /// Only smaller hashes are still taken, once there is one.
    limit: Option<u64>,
}

impl Samples {
    fn add(&mut self, digits: BareDigits) {
        let value = digits.value();
        let hash = (value ^ value >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if self.limit.is_some_and(|limit| hash >= limit) {
            return;
        }
        self.kept.push((hash, digits));
        if self.kept.len() >= 2 * SAMPLES {
            self.keep_smallest();
        }
    }

    fn keep_smallest(&mut self) {
        self.kept.sort_unstable();
        self.kept.dedup();
        if self.kept.len() > SAMPLES {
            self.kept.truncate(SAMPLES);
            self.limit = Some(self.kept[SAMPLES - 1].0);
        }
    }

    fn kept(&mut self) -> impl Iterator<Item = BareDigits> {
        self.keep_smallest();
        self.kept.iter().map(|(_, digits)| *digits)
    }

    fn count(&self) -> u64 {
        self.kept.len() as u64
    }
}

#[cfg(test)]
mod tests;
