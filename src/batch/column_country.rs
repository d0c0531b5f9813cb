//! Whose numbers a column holds. Digits without a `+` may be a number of the column's own country, or begin with a calling code; one
//! cell can't tell, but a column can. Pure: it is fed with the cells during the first pass, and judges them at its end.
//!
//! What speaks for national numbers is that many of them are not known as international ones, and that one country reads them. A
//! column of international numbers is known as such throughout, whoever else could read some of it.

mod question;
mod survey;

pub(crate) use survey::ColumnSurvey;

use crate::domain::msisdn::Msisdn;
use crate::domain::numbering::{self, Possibility, Region};
use crate::domain::written_number::BareDigits;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Rows are counted in parts, since each sample stands for several.
const PARTS: u64 = 1 << 16;

/// Why the numbers of a column can't be trusted to go where they would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnDoubt {
    /// Numbers without `+` or 00.
    pub(crate) bare: u64,
    /// Of these, how many would go to a country that they are hardly meant for; about as many, in a long column.
    pub(crate) misread: u64,
    /// Of these, how many are no known mobile if they begin with a calling code; about as many, in a long column.
    pub(crate) unknown_abroad: u64,
    /// The country that was set, if the doubt is about that.
    pub(crate) home: Option<Region>,
    /// The countries whose own numbers these may be, the likeliest first. None where nobody reads them.
    pub(crate) candidates: Vec<Candidate>,
}

/// A country that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) region: Region,
    /// How many of the bare numbers it reads; about as many, in a long column.
    pub(crate) reads: u64,
    pub(crate) example: Example,
}

/// One number, read both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) digits: String,
    pub(crate) national: Msisdn,
    pub(crate) international: Msisdn,
}

/// One bare number, and how many parts of rows it stands for.
struct Reading {
    digits: BareDigits,
    parts: u64,
    abroad: Abroad,
}

/// What a number is if it begins with a calling code.
#[derive(Clone, Copy)]
enum Abroad {
    Unread,
    /// It would be sent to, though nobody knows its range.
    Possible(Msisdn),
    /// A known number that is no mobile.
    Other(Msisdn),
    Mobile(Msisdn),
}

impl Reading {
    fn of(digits: BareDigits, parts: u64) -> Self {
        let abroad = match Msisdn::parse(&digits.to_string(), None) {
            Err(_) => Abroad::Unread,
            Ok(msisdn) => {
                let found = numbering::inspect(msisdn);
                match found.possibility {
                    Possibility::Valid if found.number_type.gets_sms() => Abroad::Mobile(msisdn),
                    Possibility::Valid => Abroad::Other(msisdn),
                    _ => Abroad::Possible(msisdn),
                }
            }
        };
        Self {
            digits,
            parts,
            abroad,
        }
    }

    const fn is_mobile_abroad(&self) -> bool {
        matches!(self.abroad, Abroad::Mobile(_))
    }
}

impl Abroad {
    const fn msisdn(self) -> Option<Msisdn> {
        match self {
            Self::Unread => None,
            Self::Possible(msisdn) | Self::Other(msisdn) | Self::Mobile(msisdn) => Some(msisdn),
        }
    }

    fn calling_code(self) -> Option<u16> {
        numbering::inspect(self.msisdn()?).calling_code
    }
}

/// What speaks for one country being the one that the column is written for, in parts of rows.
#[derive(Default)]
struct CountryTally {
    region: Option<Region>,
    /// It can explain them: its own numbers, nationally or behind its calling code.
    reads: u64,
    /// National mobiles of it that begin with no calling code, or with another one.
    contested: u64,
    /// Contested, and no known mobile with the other calling code.
    unknown_abroad: u64,
    /// Contested, and would be sent to another country.
    misread: u64,
    /// Certainly its own: behind `+`, 00 or, where that makes a known mobile, its bare calling code.
    certain: u64,
    /// Behind `+` or 00.
    written_out: u64,
    example: Option<(BareDigits, Msisdn)>,
}

struct CountryTallies {
    by_code: BTreeMap<u16, CountryTally>,
    bare: u64,
    /// In no known range if they begin with a calling code: not read, or only possible by their length.
    unknown_abroad: u64,
    /// Of these, the ones that would be sent to.
    possible_abroad: u64,
    certain: u64,
    written_out: u64,
}

impl CountryTallies {
    fn of(readings: &[Reading], international: &[u32]) -> Self {
        let mut tallies = Self {
            by_code: BTreeMap::new(),
            bare: readings.iter().map(|reading| reading.parts).sum(),
            unknown_abroad: 0,
            possible_abroad: 0,
            certain: 0,
            written_out: 0,
        };
        for (leading, &rows) in (0..).zip(international).filter(|(_, rows)| **rows > 0) {
            let Some(code) = numbering::calling_code_within(leading) else {
                continue;
            };
            let parts = u64::from(rows) * PARTS;
            let tally = tallies.by_code.entry(code).or_default();
            tally.certain += parts;
            tally.written_out += parts;
            tallies.certain += parts;
            tallies.written_out += parts;
        }
        for reading in readings {
            tallies.add(reading);
        }
        tallies
    }

    fn add(&mut self, reading: &Reading) {
        let abroad = reading.abroad.calling_code();
        match reading.abroad {
            Abroad::Unread => self.unknown_abroad += reading.parts,
            Abroad::Possible(_) => {
                self.unknown_abroad += reading.parts;
                self.possible_abroad += reading.parts;
            }
            Abroad::Other(_) | Abroad::Mobile(_) => {}
        }
        if let Some(code) = abroad {
            let tally = self.by_code.entry(code).or_default();
            tally.reads += reading.parts;
            if reading.is_mobile_abroad() {
                tally.certain += reading.parts;
                self.certain += reading.parts;
            }
        }
        for region in numbering::countries_with_mobile(&reading.digits.values()) {
            if abroad == Some(region.calling_code()) {
                continue;
            }
            let tally = self.by_code.entry(region.calling_code()).or_default();
            tally.region = Some(region);
            tally.reads += reading.parts;
            tally.contested += reading.parts;
            if !reading.is_mobile_abroad() {
                tally.unknown_abroad += reading.parts;
            }
            if let Some(msisdn) = reading.abroad.msisdn() {
                tally.misread += reading.parts;
                tally.example.get_or_insert((reading.digits, msisdn));
            }
        }
    }

    fn doubt(&self) -> Option<ColumnDoubt> {
        let mut found: Vec<&CountryTally> = self
            .by_code
            .values()
            .filter(|tally| self.is_doubtful(tally))
            .collect();
        // Of those that read as many, to a hundredth, the one whose plan has the least room for anything else.
        let hundredths = |tally: &CountryTally| tally.reads * 100 / self.bare.max(1);
        let room = |tally: &CountryTally| tally.region.map(numbering::room_for_mobiles);
        found.sort_by_cached_key(|tally| (Reverse(hundredths(tally)), Reverse(tally.certain), room(tally)));
        let Some(likeliest) = found.first() else {
            return self.unknown_to_all();
        };
        Some(ColumnDoubt {
            bare: rows(self.bare),
            misread: rows(likeliest.misread).max(1),
            unknown_abroad: rows(likeliest.unknown_abroad),
            home: None,
            candidates: found
                .iter()
                .filter(|tally| tally.reads * 2 >= likeliest.reads)
                .filter_map(|tally| tally.candidate())
                .take(3)
                .collect(),
        })
    }

    /// No country reads the numbers, and most begin with no calling code either.
    fn unknown_to_all(&self) -> Option<ColumnDoubt> {
        let mostly = self.unknown_abroad * 2 >= self.bare && self.possible_abroad * 20 >= self.bare;
        (mostly && self.possible_abroad > 0).then(|| ColumnDoubt {
            bare: rows(self.bare),
            misread: rows(self.possible_abroad).max(1),
            unknown_abroad: rows(self.unknown_abroad),
            home: None,
            candidates: Vec::new(),
        })
    }

    /// Whether the column may be written for this country, so that some of it would go elsewhere.
    fn is_doubtful(&self, tally: &CountryTally) -> bool {
        let of = |part: u64, whole: u64, percent: u64| part * 100 >= whole * percent;
        // International numbers are known abroad but for a few; national ones are only now and then.
        let looks_national = tally.unknown_abroad > 0 && of(tally.unknown_abroad, tally.contested, 15);
        let many = of(tally.unknown_abroad, self.bare, 5);
        let mostly_its_own = tally.certain > 0 && of(tally.certain, self.certain, 50);
        let written_out = tally.written_out > 0 && of(tally.written_out, self.written_out, 50);
        let explains_all = of(tally.reads, self.bare, 95);
        tally.misread > 0 && (looks_national && (many || mostly_its_own) || written_out && explains_all)
    }
}

impl CountryTally {
    fn candidate(&self) -> Option<Candidate> {
        let region = self.region?;
        let (digits, international) = self.example?;
        let digits = digits.to_string();
        Some(Candidate {
            region,
            reads: rows(self.reads),
            example: Example {
                national: Msisdn::parse(&digits, Some(region)).ok()?,
                international,
                digits,
            },
        })
    }
}

/// The country was said, but the column is written with calling codes: numbers of others would become that country's.
fn away_from_home(readings: &[Reading], home: Region) -> Option<ColumnDoubt> {
    let (mut bare, mut unknown_abroad, mut foreign, mut taken, mut example) = (0, 0, 0, 0, None);
    for reading in readings {
        bare += reading.parts;
        let Abroad::Mobile(msisdn) = reading.abroad else {
            unknown_abroad += reading.parts;
            continue;
        };
        let code = Some(home.calling_code());
        if numbering::inspect(msisdn).calling_code == code {
            continue;
        }
        match Msisdn::parse(&reading.digits.to_string(), Some(home)) {
            Ok(read) if numbering::inspect(read).calling_code == code => {
                taken += reading.parts;
                example.get_or_insert(Example {
                    digits: reading.digits.to_string(),
                    national: read,
                    international: msisdn,
                });
            }
            _ => foreign += reading.parts,
        }
    }
    let written_with_calling_codes = unknown_abroad * 10 <= bare && foreign * 10 >= foreign + taken;
    let example = example.filter(|_| written_with_calling_codes)?;
    Some(ColumnDoubt {
        bare: rows(bare),
        misread: rows(taken).max(1),
        unknown_abroad: rows(unknown_abroad),
        home: Some(home),
        candidates: vec![Candidate {
            region: home,
            reads: rows(bare - foreign - unknown_abroad.min(bare - foreign)),
            example,
        }],
    })
}

const fn rows(parts: u64) -> u64 {
    (parts + PARTS / 2) / PARTS
}

#[cfg(test)]
mod tests;
