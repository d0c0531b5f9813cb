//! The first pass: checks every row, sends nothing, and says what is about to happen.

use super::column_country::{ColumnDoubt, ColumnSurvey};
use super::numbers::{Numbers, NumbersBuilder, Tag};
use super::request::{self, Checker};
use super::row_fault::{InvalidRow, RowFaults};
use crate::domain::money::Money;
use crate::domain::numbering::{self, Region};
use crate::domain::pin_request::PinRequest;
use crate::domain::segments::Encoding;
use crate::failure::Failure;
use crate::rows::{ContentHash, Counts, Input, ReadError};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// How many faults are kept, for a program to read; the rest are counted.
const KEPT_FAULTS: usize = 100_000;

/// What the first pass found out about the input alone.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) counts: Counts,
    pub(crate) invalid: u64,
    /// The first of them, with at most 100,000 faults between them.
    pub(crate) faults: Vec<InvalidRow>,
    /// Rows whose number lies in a range that the numbering plan doesn't know as mobile.
    pub(crate) doubtful: u64,
    /// What a workbook hides, and what is odd about the texts, though they may be sent.
    pub(crate) warnings: Vec<String>,
    /// Why the numbers may belong to another country than the one that they would go to.
    pub(super) column_doubt: Option<ColumnDoubt>,
    pub(crate) content: ContentHash,
    /// How long the longest PIN of a row will be valid, in seconds; 0 is for ever.
    pub(super) longest_pin: u32,
    /// The first row that can be sent, as its SMS would read.
    pub(crate) sample: Option<SampleSms>,
    /// The first text with a character outside GSM 03.38, where there is one.
    pub(crate) accent: Option<Accent>,
    /// How many rows have a fault, by its kind.
    pub(crate) reasons: BTreeMap<&'static str, u64>,
}

/// What one row would send, for the question before sending. Without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SampleSms {
    pub(crate) line: u64,
    /// Absent where the account's default is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sender: Option<String>,
    /// Absent where the gateway's own text is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

/// A text that is not GSM-7. The gateway may replace its characters, or send it as UCS-2 in more segments: no document says
/// which, so money is counted on the dearer (the gateway's contract §1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accent {
    pub(crate) line: u64,
    /// The first such characters, with their columns.
    pub(crate) characters: String,
}

/// Reads and checks everything: what was found, and the numbers of the valid rows.
pub(crate) fn survey(input: &Input, checker: &mut Checker) -> Result<(Survey, Numbers), ReadError> {
    let mut builder = NumbersBuilder::default();
    let (mut invalid, mut doubtful) = (InvalidRows::default(), 0);
    let mut column = ColumnSurvey::of(checker.policy());
    let (mut sample, mut accent) = (None, None);
    let (mut longest_pin, mut is_for_ever) = (0, false);
    let rows = checker.for_each(input, |row, request| {
        if let Some(column) = &mut column {
            let read = request.as_ref().ok().map(|ready| &ready.number);
            column.add(row.msisdn().unwrap_or_default(), read, row.has_number_cell());
        }
        match request {
            Ok(ready) => {
                doubtful += u64::from(ready.doubtful);
                if sample.is_none() {
                    sample = Some(SampleSms::of(row.line(), &ready.request));
                }
                let tag = tag_of(&ready.request);
                if accent.is_none() && Tagged::from(tag).ucs2 {
                    accent = Accent::of(row.line(), &ready.request);
                }
                let valid_for = request::valid_for(&ready.request.pin_params);
                longest_pin = valid_for.max(longest_pin);
                is_for_ever |= valid_for == 0;
                builder.add(ready.request.msisdn, tag);
            }
            Err(faults) => invalid.add(row.line(), faults),
        }
        Ok::<_, ReadError>(ControlFlow::Continue(()))
    })?;
    let content = rows.content_hash().expect("the last row was read");
    let survey = Survey {
        counts: rows.counts(),
        invalid: invalid.rows,
        faults: invalid.kept,
        doubtful,
        warnings: input.notes().iter().cloned().chain(checker.warnings()).collect(),
        column_doubt: column.and_then(ColumnSurvey::judge),
        content,
        longest_pin: if is_for_ever { 0 } else { longest_pin },
        sample,
        accent,
        reasons: invalid.kinds,
    };
    Ok((survey, builder.finish()))
}

impl Survey {
    /// Why the numbers may belong to another country than the one that they would be read as.
    pub(crate) fn column_doubt(&self) -> Option<Failure> {
        self.column_doubt.as_ref().map(|doubt| doubt.failure(None))
    }

    /// An error where they may.
    pub(super) fn refuse_doubt(&self) -> Result<(), Failure> {
        self.column_doubt().map_or(Ok(()), Err)
    }

    /// What tells the list from any other, by its content.
    pub(crate) fn digest(&self) -> String {
        crate::text::hex(self.content.as_bytes())
    }
}

/// The rows at fault so far.
#[derive(Debug, Default)]
struct InvalidRows {
    rows: u64,
    kinds: BTreeMap<&'static str, u64>,
    kept: Vec<InvalidRow>,
    kept_faults: usize,
}

impl InvalidRows {
    fn add(&mut self, line: u64, faults: RowFaults) {
        self.rows += 1;
        for kind in faults.kinds() {
            *self.kinds.entry(kind).or_default() += 1;
        }
        self.kept_faults += faults.len();
        if self.kept_faults <= KEPT_FAULTS {
            self.kept.push(InvalidRow { line, faults });
        }
    }
}

impl SampleSms {
    fn of(line: u64, request: &PinRequest) -> Self {
        Self {
            line,
            sender: request.sender.as_ref().map(|sender| sender.as_str().to_owned()),
            text: request.sms_text.as_ref().map(|text| text.as_str().to_owned()),
        }
    }
}

impl Accent {
    fn of(line: u64, request: &PinRequest) -> Option<Self> {
        let segmentation = request.sms_text.as_ref()?.segmentation();
        let characters: Vec<String> = segmentation
            .culprits()
            .map(|culprit| culprit.to_string())
            .collect();
        (!characters.is_empty()).then(|| Self {
            line,
            characters: characters.join(", "),
        })
    }
}

/// What sending would mean: whom, how many SMS, and what for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Outlook {
    /// Numbers that would be sent to.
    #[serde(rename = "to_send")]
    pub(crate) sends: u64,
    /// Of these, the ones that an earlier request reached, or may have: they may be getting a second SMS.
    pub(crate) second_sms: u64,
    /// Of these, by country, the most frequent first.
    pub(crate) countries: Vec<CountryRows>,
    /// SMS segments where the text is ours; the gateway's own text counts as one.
    pub(crate) segments: u64,
    pub(crate) gsm7: u64,
    pub(crate) ucs2: u64,
    /// Rows with the gateway's own text.
    #[serde(rename = "gateway_text")]
    pub(crate) own_text: u64,
    pub(crate) hlr_queries: u64,
    /// A decimal, where prices are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(crate) estimate: Option<Money>,
}

/// The numbers of one country that would be sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct CountryRows {
    pub(crate) country: &'static str,
    pub(crate) rows: u64,
}

impl Outlook {
    fn add_cost(&mut self, tagged: Tagged, times: u64) {
        self.segments += times * u64::from(tagged.segments.max(1));
        self.hlr_queries += times * u64::from(tagged.hlr);
    }
}

/// What so many attempts at the numbers with these tags cost by their estimate; nothing where no price is set.
pub(super) fn cost(attempts: impl Iterator<Item = (Tag, u64)>, prices: UnitPrices) -> Money {
    let mut outlook = Outlook::default();
    for (tag, times) in attempts {
        outlook.add_cost(Tagged::from(tag), times);
    }
    estimate(&outlook, prices).unwrap_or(Money::ZERO)
}

/// What one segment and one HLR query cost, where settings say so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnitPrices {
    pub(crate) sms: Option<Money>,
    pub(crate) hlr: Option<Money>,
}

/// Adds up the numbers that would be sent to.
pub(crate) fn outlook(numbers: &Numbers, prices: UnitPrices) -> Outlook {
    let mut outlook = Outlook::default();
    let mut regions: BTreeMap<Option<Region>, u64> = BTreeMap::new();
    let sends = numbers.decisions().filter(|(_, _, decision)| decision.sends());
    for (number, tag, decision) in sends {
        let tagged = Tagged::from(tag);
        outlook.sends += 1;
        outlook.second_sms += u64::from(decision.is_repeat());
        outlook.add_cost(tagged, 1);
        match tagged {
            Tagged { segments: 0, .. } => outlook.own_text += 1,
            Tagged { ucs2: true, .. } => outlook.ucs2 += 1,
            Tagged { ucs2: false, .. } => outlook.gsm7 += 1,
        }
        *regions.entry(numbering::region_of(number)).or_default() += 1;
    }
    // The services that belong to no country share a code.
    let mut countries: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (region, count) in regions {
        *countries.entry(region.map_or("other", Region::code)).or_default() += count;
    }
    outlook.countries = countries
        .into_iter()
        .map(|(country, rows)| CountryRows { country, rows })
        .collect();
    outlook
        .countries
        .sort_by_key(|found| std::cmp::Reverse(found.rows));
    outlook.estimate = estimate(&outlook, prices);
    outlook
}

fn estimate(outlook: &Outlook, prices: UnitPrices) -> Option<Money> {
    let sms = prices.sms.map(|price| price.checked_mul(outlook.segments));
    let hlr = prices.hlr.map(|price| price.checked_mul(outlook.hlr_queries));
    match (sms, hlr) {
        (None, None) => None,
        (sms, hlr) => sms
            .unwrap_or(Some(Money::ZERO))?
            .checked_add(hlr.unwrap_or(Some(Money::ZERO))?),
    }
}

/// What the numbers keeps of a row for the outlook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tagged {
    hlr: bool,
    ucs2: bool,
    /// 0 is the gateway's own text; more than seven count as seven.
    segments: u8,
}

fn tag_of(request: &PinRequest) -> Tag {
    let (ucs2, segments) = request.sms_text.as_ref().map_or((false, 0), |text| {
        let found = text.segmentation();
        (
            found.encoding() == Encoding::Ucs2,
            u8::try_from(found.segments().min(7)).unwrap_or(7),
        )
    });
    // The gateway queries the HLR unless it is told not to.
    let hlr = request.hlr_lookup.unwrap_or(true);
    Tag::new(segments << 2 | u8::from(ucs2) << 1 | u8::from(hlr)).unwrap_or(Tag::NONE)
}

impl From<Tag> for Tagged {
    fn from(tag: Tag) -> Self {
        let bits = tag.get();
        Self {
            hlr: bits & 1 == 1,
            ucs2: bits & 2 == 2,
            segments: bits >> 2,
        }
    }
}
