//! The same columns as files: lists and exclusion lists, of texts and of cells that hold numbers, read with no country, with the
//! right one and with a wrong one.
//!
//! `SMSPIN_COLUMNS=20` draws the columns so often; each time all of them, and not a part.

use super::*;
use crate::batch::exclude;
use crate::batch::preflight;
use crate::batch::request::{Checker, Defaults};
use crate::domain::pin_params::PinParams;
use crate::domain::written_number::MsisdnError;
use crate::env::Environment;
use crate::rows::sample;
use crate::settings::testing::file;
use crate::settings::{Flags, Layers, Reader};
use std::io::{Cursor, Write};

const ROWS: usize = 12;
/// Of how many columns the plain run of the tests reads one.
const EVERY: usize = 8;

/// How the numbers of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dress {
    International,
    Plus,
    Zeros,
    National,
    TrunkPrefix,
    TrunkPrefixHereAndThere,
    PlusHereAndThere,
    InternationalHereAndThere,
    Grouped,
    Damaged,
}

impl Dress {
    const ALL: [Self; 10] = [
        Self::International,
        Self::Plus,
        Self::Zeros,
        Self::National,
        Self::TrunkPrefix,
        Self::TrunkPrefixHereAndThere,
        Self::PlusHereAndThere,
        Self::InternationalHereAndThere,
        Self::Grouped,
        Self::Damaged,
    ];

    fn of(self, region: Region, national: &str, nth: usize, draws: &mut Draws) -> String {
        let (code, prefix) = (region.calling_code(), region.trunk_prefix());
        match self {
            Self::International => format!("{code}{national}"),
            Self::Plus => format!("+{code}{national}"),
            Self::Zeros => format!("00{code}{national}"),
            Self::TrunkPrefix => format!("{prefix}{national}"),
            Self::TrunkPrefixHereAndThere if nth.is_multiple_of(3) => format!("{prefix}{national}"),
            Self::PlusHereAndThere if nth.is_multiple_of(3) => format!("+{code}{national}"),
            Self::InternationalHereAndThere if nth.is_multiple_of(3) => format!("{code}{national}"),
            Self::Grouped => grouped(national, draws),
            Self::Damaged if nth.is_multiple_of(6) => damaged(national, draws),
            _ => national.to_owned(),
        }
    }
}

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    List,
    ListOfNumberCells,
    Exclusions,
    ExclusionsOfNumberCells,
}

impl Place {
    const ALL: [Self; 4] = [
        Self::List,
        Self::ListOfNumberCells,
        Self::Exclusions,
        Self::ExclusionsOfNumberCells,
    ];

    fn is_of_number_cells(self) -> bool {
        matches!(self, Self::ListOfNumberCells | Self::ExclusionsOfNumberCells)
    }
}

/// A column of mobiles of one country.
struct DressedColumn {
    region: Region,
    dress: Dress,
    cells: Vec<String>,
    meant: Vec<Msisdn>,
}

impl DressedColumn {
    fn draw(nth: usize, dress: Dress, draws: &mut Draws) -> Self {
        let region = WORLD.0[nth].0;
        let mut nationals = WORLD.national(nth, ROWS, draws);
        // What stands behind 00 is an international number, whatever its writer meant.
        nationals.retain(|national| !national.starts_with("00"));
        let meant = |national: &String| format!("+{}{national}", region.calling_code());
        let cells = nationals.iter().enumerate();
        Self {
            region,
            dress,
            cells: cells
                .map(|(row, national)| dress.of(region, national, row, draws))
                .collect(),
            meant: nationals
                .iter()
                .map(|national| Msisdn::parse(&meant(national), None).unwrap())
                .collect(),
        }
    }

    fn said(&self, place: Place, why: &str) -> String {
        format!(
            "{} {:?} {place:?}: {why}: {:?}",
            self.region, self.dress, self.cells
        )
    }

    fn file(&self, place: Place) -> Vec<u8> {
        if place.is_of_number_cells() {
            number_cells(&self.cells)
        } else {
            format!("phone\n{}\n", self.cells.join("\n")).into_bytes()
        }
    }

    /// The numbers that a batch with these settings would take from it; `None` where it stops and asks.
    fn read(&self, place: Place, country: Option<Region>) -> Option<Vec<Msisdn>> {
        let policy = policy(country);
        let bytes = self.file(place);
        match place {
            Place::List | Place::ListOfNumberCells => {
                let mut checker = Checker::new(Defaults {
                    policy,
                    sender: None,
                    hlr_lookup: None,
                    report_url: None,
                    pin_params: PinParams::default(),
                    text: None,
                });
                let input = sample::input(bytes, &[]).unwrap();
                let (survey, numbers) = preflight::survey(&input, &mut checker).unwrap();
                let read = numbers.decisions().map(|(msisdn, _, _)| msisdn).collect();
                survey.column_doubt().is_none().then_some(read)
            }
            Place::Exclusions | Place::ExclusionsOfNumberCells => {
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("never.csv");
                std::fs::write(&path, bytes).unwrap();
                let lists = exclude::read(&[path], &policy).ok()?;
                Some(exclude::all_numbers(&lists))
            }
        }
    }
}

fn policy(country: Option<Region>) -> NumberPolicy {
    let settings = country.map_or_else(String::new, |country| format!("country = \"{country}\"\n"));
    let layers = Layers::new(
        &Flags::default(),
        &Environment::default(),
        &file(&settings),
        false,
    )
    .unwrap();
    NumberPolicy::read(&mut Reader::new(&layers), false)
}

/// A workbook whose cells hold numbers, which have neither a + nor zeros in front, nor anything between their digits.
fn number_cells(cells: &[String]) -> Vec<u8> {
    let mut rows =
        "<table:table-row><table:table-cell><text:p>phone</text:p></table:table-cell></table:table-row>"
            .to_owned();
    for cell in cells {
        let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        rows.push_str(&format!(
            "<table:table-row><table:table-cell office:value-type='float' office:value='{digits}'/></table:table-row>"
        ));
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("content.xml", zip::write::SimpleFileOptions::default())
        .unwrap();
    write!(zip, "<x><table:table table:name='S'>{rows}</table:table></x>").unwrap();
    zip.finish().unwrap().into_inner()
}

/// Calls `check` with columns of every country in every dress, and every place where they may stand. It says what is wrong.
fn each_column(mut check: impl FnMut(&DressedColumn, Place) -> Result<(), String>) {
    let asked = std::env::var("SMSPIN_COLUMNS").ok();
    let times = asked.as_ref().map_or(1, |times| {
        times.parse::<u64>().expect("SMSPIN_COLUMNS is a number")
    });
    let (mut column, mut wrong) = (0, Vec::new());
    for seed in 0..times {
        let mut draws = Draws(100 + seed);
        for nth in 0..WORLD.0.len() {
            for dress in Dress::ALL {
                let drawn = DressedColumn::draw(nth, dress, &mut draws);
                for place in Place::ALL {
                    column += 1;
                    if asked.is_some() || column % EVERY == nth % EVERY {
                        let found = check(&drawn, place).err();
                        wrong.extend(found.map(|why| drawn.said(place, &why)));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} columns:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn without_a_country_no_number_goes_to_another_country_than_was_meant() {
    let (mut stopped, mut read) = (0, 0);
    each_column(|column, place| {
        let code = column.region.calling_code();
        let Some(numbers) = column.read(place, None) else {
            stopped += 1;
            // What says its country by itself stops only where a country's own numbers look the same.
            let may_stop = match column.dress {
                Dress::Plus | Dress::Zeros => place.is_of_number_cells(),
                Dress::International => place.is_of_number_cells() || is_read_elsewhere(&column.cells, code),
                _ => true,
            };
            return may_stop.then_some(()).ok_or("it is stopped".to_owned());
        };
        read += 1;
        let is_right = |number: &Msisdn| match column.dress {
            Dress::Damaged => numbering::inspect(*number).calling_code == Some(code),
            _ => column.meant.contains(number),
        };
        match numbers.iter().find(|number| !is_right(number)) {
            Some(astray) => Err(format!("it sends to {astray}")),
            None => Ok(()),
        }
    });
    assert!(stopped > read && read > 100, "{stopped} stopped, {read} read");
}

#[test]
fn with_the_right_country_no_column_is_stopped_and_every_number_is_the_right_one() {
    each_column(|column, place| {
        if column.dress == Dress::Damaged && place != Place::List {
            // A line of an exclusion list that can't be read stops the batch, whatever the country.
            return Ok(());
        }
        // In Brazil, Colombia and Korea a carrier's code may stand behind 00, and another country's number behind that.
        let policy = policy(Some(column.region));
        let is_ambiguous =
            |cell: &String| matches!(policy.read_number(cell), Err(MsisdnError::Ambiguous { .. }));
        if column.dress == Dress::Zeros && column.cells.iter().any(is_ambiguous) {
            return Ok(());
        }
        let read = column.read(place, Some(column.region));
        let numbers = read.ok_or("it is stopped")?;
        if column.dress == Dress::Damaged {
            return Ok(());
        }
        // Gabon has numbers with and without the same zero: which of them a cell held before it lost one can't be told.
        let code = column.region.calling_code().to_string();
        let is_same = |read: &Msisdn, meant: &Msisdn| {
            let with_zero = read.to_string().replacen(&code, &format!("{code}0"), 1);
            read == meant || (place.is_of_number_cells() && meant.to_string() == with_zero)
        };
        let is_read = |meant: &Msisdn| numbers.iter().any(|read| is_same(read, meant));
        let is_meant = |read: &Msisdn| column.meant.iter().any(|meant| is_same(read, meant));
        if let Some(lost) = column.meant.iter().find(|meant| !is_read(meant)) {
            return Err(format!("{lost} is not read"));
        }
        match numbers.iter().find(|read| !is_meant(read)) {
            Some(astray) => Err(format!("it is read as {astray}")),
            None => Ok(()),
        }
    });
}

#[test]
fn with_a_wrong_country_every_column_that_can_be_told_is_stopped() {
    let (mut told, mut all) = (0, 0);
    each_column(|column, place| {
        let mut draws = Draws(u64::from(column.region.calling_code()));
        let wrong = WORLD.0[draws.below(WORLD.0.len())].0;
        let is_same_plan = wrong.calling_code() == column.region.calling_code();
        let is_short = || column.cells.iter().any(|cell| cell.len() < SHORTEST);
        if is_same_plan || column.dress != Dress::National || is_short() {
            return Ok(());
        }
        all += 1;
        // A number cell may have lost the zero that a number of the wrong country begins with, as in the Congo.
        let lost_zero = |cell: &String| place.is_of_number_cells() && explains(wrong, &format!("0{cell}"));
        let is_unexplained = |cell: &&String| !explains(wrong, cell) && !lost_zero(cell);
        let unexplained = column.cells.iter().filter(is_unexplained).count();
        match column.read(place, Some(wrong)) {
            Some(_) if unexplained * 5 > column.cells.len() => Err(format!("it is read as {wrong}'s")),
            Some(_) => Ok(()),
            None => {
                told += 1;
                Ok(())
            }
        }
    });
    assert!(told * 10 > all * 6, "{told} of {all}");
}
