//! Columns of random mobiles of every country, written in every way: what is meant for one country must not go to another without a
//! question, and what is written internationally needs none.

mod lists;

use super::*;
use crate::domain::numbering::sample::{Draws, mobiles};
use std::sync::LazyLock;

/// Cells, and the country that all the bare ones are meant for; `None` where each begins with its own calling code.
struct Column {
    cells: Vec<String>,
    meant: Option<Region>,
}

/// The countries of which enough mobiles are known, each with some.
struct World(Vec<(Region, Vec<String>)>);

static WORLD: LazyLock<World> = LazyLock::new(World::new);

impl World {
    fn new() -> Self {
        let mut draws = Draws(1);
        let drawn = Region::all().map(|region| (region, mobiles(region, 60, &mut draws)));
        Self(drawn.filter(|(_, mobiles)| mobiles.len() >= 20).collect())
    }

    /// So many mobiles of a country as they are written there, without the national prefix.
    fn national(&self, nth: usize, rows: usize, draws: &mut Draws) -> Vec<String> {
        let mobiles = &self.0[nth].1;
        (0..rows)
            .map(|_| mobiles[draws.below(mobiles.len())].clone())
            .collect()
    }

    /// So many mobiles of some countries, behind their bare calling codes.
    fn international(&self, countries: &[usize], rows: usize, draws: &mut Draws) -> Vec<String> {
        (0..rows)
            .map(|_| {
                let (region, mobiles) = &self.0[draws.pick(countries)];
                format!("{}{}", region.calling_code(), mobiles[draws.below(mobiles.len())])
            })
            .collect()
    }
}

fn judge(cells: &[String], home: Option<Region>) -> Option<ColumnDoubt> {
    judge_for(cells, home, &[])
}

fn judge_for(cells: &[String], home: Option<Region>, usual: &[Region]) -> Option<ColumnDoubt> {
    let mut survey = ColumnSurvey::new(home, usual);
    for cell in cells {
        survey.add(cell, None, false);
    }
    survey.judge()
}

/// How many bare cells would be sent to another country than the one that is meant.
fn astray(column: &Column) -> usize {
    let code = column.meant.map(Region::calling_code);
    let bare = column.cells.iter().filter(|cell| !cell.starts_with(['+', '0']));
    let read = bare.filter_map(|cell| Msisdn::parse(cell, None).ok());
    read.filter(|msisdn| numbering::inspect(*msisdn).calling_code != code)
        .count()
}

/// The same number with separators, as a person might group it.
fn grouped(digits: &str, draws: &mut Draws) -> String {
    let separator = draws.pick(&[' ', '-', '.', '/']);
    let at = 2 + draws.below(3);
    match digits.split_at_checked(at) {
        Some((head, rest)) if separator != '.' => format!("{head}{separator}{rest}"),
        _ => digits.to_owned(),
    }
}

/// A digit lost, doubled or mistyped.
fn damaged(digits: &str, draws: &mut Draws) -> String {
    let at = draws.below(digits.len());
    let mut text = digits.to_owned();
    match draws.below(3) {
        0 => drop(text.remove(at)),
        1 => text.insert(at, char::from(digits.as_bytes()[at])),
        _ => text.replace_range(at..=at, &draws.below(10).to_string()),
    }
    text
}

/// One column for each way in which a country's mobiles are written without saying so.
fn national_columns(world: &World, nth: usize, rows: usize, draws: &mut Draws) -> Vec<Column> {
    let region = world.0[nth].0;
    let (code, prefix) = (region.calling_code(), region.trunk_prefix());
    let mut column = |change: &dyn Fn(usize, String, &mut Draws) -> String| Column {
        meant: Some(region),
        cells: world
            .national(nth, rows, draws)
            .into_iter()
            .enumerate()
            .map(|(at, cell)| change(at, cell, draws))
            .collect(),
    };
    vec![
        column(&|_, cell, _| cell),
        column(&|_, cell, draws| grouped(&cell, draws)),
        column(&|at, cell, _| {
            if at % 3 == 0 {
                format!("{prefix}{cell}")
            } else {
                cell
            }
        }),
        column(&|at, cell, _| {
            if at % 10 < 9 {
                format!("+{code}{cell}")
            } else {
                cell
            }
        }),
        column(&|at, cell, _| {
            if at % 2 == 0 {
                format!("00{code}{cell}")
            } else {
                cell
            }
        }),
        column(&|at, cell, _| {
            if at % 2 == 0 {
                format!("{code}{cell}")
            } else {
                cell
            }
        }),
        column(&|_, cell, draws| {
            if draws.chance(5) {
                damaged(&cell, draws)
            } else {
                cell
            }
        }),
    ]
}

#[test]
fn what_is_written_for_one_country_does_not_go_to_another_unasked() {
    let world = &*WORLD;
    assert!(world.0.len() > 190, "{} countries", world.0.len());
    for rows in [4, 12] {
        let mut draws = Draws(7 + rows as u64);
        let mut stopped = 0;
        for nth in 0..world.0.len() {
            for (way, column) in national_columns(world, nth, rows, &mut draws).iter().enumerate() {
                let doubt = judge(&column.cells, None);
                stopped += usize::from(doubt.is_some());
                let (region, lost) = (world.0[nth].0, astray(column));
                assert!(
                    doubt.is_some() || lost == 0,
                    "{region} {way}: {lost} of {:?}",
                    column.cells
                );
            }
        }
        assert!(stopped > world.0.len() * 5, "{stopped}");
    }
}

/// Whether a country other than that of `code` reads nearly all of the digits as its own mobiles.
fn is_read_elsewhere(cells: &[String], code: u16) -> bool {
    let mut readers: BTreeMap<u16, u64> = BTreeMap::new();
    let different: BTreeSet<&String> = cells.iter().collect();
    for cell in &different {
        let digits: Vec<u8> = cell.bytes().map(|byte| byte - b'0').collect();
        for region in numbering::countries_with_mobile(&digits).filter(|region| region.calling_code() != code)
        {
            *readers.entry(region.calling_code()).or_default() += 1;
        }
    }
    readers
        .values()
        .any(|&reads| nearly_all(reads, different.len() as u64))
}

#[test]
fn one_countrys_international_mobiles_are_questioned_only_if_another_country_reads_them() {
    let world = &*WORLD;
    let mut questioned = 0;
    for rows in [1, 12] {
        let mut draws = Draws(11 + rows as u64);
        for nth in 0..world.0.len() {
            let region = world.0[nth].0;
            let cells = world.international(&[nth], rows, &mut draws);
            let elsewhere = is_read_elsewhere(&cells, region.calling_code());
            assert_eq!(judge(&cells, None).is_some(), elsewhere, "{region}: {cells:?}");
            questioned += usize::from(elsewhere);
            let (plus, zeros) = (
                |cell: &String| format!("+{cell}"),
                |cell: &String| format!("00{cell}"),
            );
            assert_eq!(judge(&cells.iter().map(plus).collect::<Vec<_>>(), None), None);
            assert_eq!(judge(&cells.iter().map(zeros).collect::<Vec<_>>(), None), None);
        }
    }
    assert!((1..300).contains(&questioned), "{questioned}");
}

#[test]
fn the_numbers_of_many_countries_are_questioned() {
    let world = &*WORLD;
    let mut draws = Draws(13);
    let all: Vec<usize> = (0..world.0.len()).collect();
    let cells = world.international(&all, 60, &mut draws);
    assert!(judge(&cells, None).is_some());
}

#[test]
fn the_right_country_is_never_questioned() {
    let world = &*WORLD;
    let mut draws = Draws(3);
    for nth in 0..world.0.len() {
        let home = world.0[nth].0;
        for (way, column) in national_columns(world, nth, 40, &mut draws).iter().enumerate() {
            assert_eq!(
                judge(&column.cells, Some(home)),
                None,
                "{home} {way}: {:?}",
                column.cells
            );
        }
        let own = world.international(&[nth], 40, &mut draws);
        assert_eq!(judge(&own, Some(home)), None, "{home}: {own:?}");
    }
}

/// The calling code of the mobile that a cell is read as at home.
fn code_read_at(home: Region, cell: &str) -> Option<u16> {
    Finding::read(cell, Some(home)).ok()?.code_of_mobile()
}

/// The calling code of the mobile that the digits are by themselves.
fn code_of_digits(cell: &str) -> Option<u16> {
    numbering::inspect(Msisdn::from_digits(cell)?).code_of_mobile()
}

/// Whether the country takes the cell for a mobile of its own, or leaves it to the country whose calling code it begins with.
fn explains(home: Region, cell: &str) -> bool {
    code_read_at(home, cell) == Some(home.calling_code()) || code_of_digits(cell).is_some()
}

#[test]
fn a_wrong_country_is_questioned_where_it_can_be_told() {
    let world = &*WORLD;
    let mut draws = Draws(4);
    let (mut told, mut pairs) = (0, 0);
    for nth in 0..world.0.len() {
        let cells = world.national(nth, 40, &mut draws);
        for _ in 0..12 {
            let wrong = draws.below(world.0.len());
            let (meant, home) = (world.0[nth].0, world.0[wrong].0);
            let is_short = cells.iter().any(|cell| cell.len() < SHORTEST);
            if is_short || meant.calling_code() == home.calling_code() {
                continue;
            }
            let doubt = judge(&cells, Some(home));
            let unexplained = cells.iter().filter(|cell| !explains(home, cell)).count();
            if unexplained * 5 > cells.len() {
                assert!(doubt.is_some(), "{meant} as {home}: {cells:?}");
            }
            told += usize::from(doubt.is_some());
            pairs += 1;
        }
    }
    assert!(told * 10 > pairs * 7, "{told} of {pairs}");
}

/// The right country of international numbers can't be told from them, but a country takes no part of them for its own.
#[test]
fn a_set_country_takes_no_part_of_what_is_written_with_calling_codes() {
    let world = &*WORLD;
    let mut draws = Draws(5);
    let all: Vec<usize> = (0..world.0.len()).collect();
    let column = world.international(&all, 300, &mut draws);
    for (home, _) in &world.0 {
        let code = home.calling_code();
        let taken = column
            .iter()
            .filter(|cell| code_read_at(*home, cell) == Some(code) && code_of_digits(cell) != Some(code));
        assert_eq!(judge(&column, Some(*home)).is_some(), taken.count() > 0, "{home}");
    }
}

#[test]
fn columns_that_people_have_sent() {
    let mut draws = Draws(5);
    let mut rows = |count: usize, shape: &str| -> Vec<String> {
        let mut cell = || -> String {
            let digit = |c: char, draws: &mut Draws| match c {
                'n' => char::from(b'2' + u8::try_from(draws.below(8)).unwrap()),
                'x' => char::from(b'0' + u8::try_from(draws.below(10)).unwrap()),
                other => other,
            };
            shape.chars().map(|c| digit(c, &mut draws)).collect()
        };
        (0..count).map(|_| cell()).collect()
    };
    let countries = |cells: &[String], home: &str| -> Option<Vec<&'static str>> {
        let home = (!home.is_empty()).then(|| home.parse().unwrap());
        Some(
            judge(cells, home)?
                .countries
                .iter()
                .map(|region| region.code())
                .collect(),
        )
    };
    let first =
        |cells: &[String], home: &str| countries(cells, home).and_then(|codes| codes.first().copied());
    let has = |found: Option<Vec<&'static str>>, code: &str| found.is_some_and(|codes| codes.contains(&code));
    assert!(has(countries(&rows(600, "151xxxxxxxx"), ""), "DE"));
    assert!(has(countries(&rows(12, "0151xxxxxxxx"), ""), "DE"));
    assert!(has(countries(&rows(300, "6xxxxxxxx"), ""), "ES"));
    assert!(has(countries(&rows(600, "nxxnxxxxxx"), ""), "US"));
    assert!(has(countries(&rows(600, "3n8xxxxxxx"), ""), "IT"));
    let mixed = [rows(90, "+49151xxxxxxxx"), rows(10, "151nxxxxxxx")].concat();
    assert_eq!(first(&mixed, ""), Some("DE"));
    let spanish = rows(600, "6xxxxxxxx");
    assert_eq!(first(&spanish, ""), Some("ES"));
    assert!(has(countries(&spanish, "PT"), "ES"));
    assert_eq!(countries(&spanish, "ES"), None);
    let (morocco, usual) = ("MA".parse().unwrap(), ["MA".parse().unwrap()]);
    let doubt = judge_for(&spanish, None, &usual).unwrap();
    assert!(
        doubt.countries.contains(&morocco) && doubt.example.to_string() == spanish[0],
        "{doubt:?}"
    );
    // Of no country, or of two.
    assert_eq!(countries(&rows(100, "2121xxxxxxx"), ""), Some(vec![]));
    assert_eq!(countries(&rows(100, "1415nxxxxxx"), ""), None, "Chinese in part");
    let two = [rows(50, "819012xxxxxx"), rows(50, "821012xxxxxx")].concat();
    assert!(countries(&two, "").is_some());
    let american = [rows(50, "1212nxxxxxx"), rows(50, "1512nxxxxxx")].concat();
    assert_eq!(countries(&american, ""), None);
    assert!(countries(&american, "DE").is_some());
    assert_eq!(countries(&rows(100, "151xxxxxxxx"), "DE"), None);
    assert_eq!(countries(&[], ""), None);
    assert_eq!(countries(&rows(9, "+34600xxxxxx"), ""), None);
    assert_eq!(
        countries(&["34600000014".into(), "12".into()], ""),
        None,
        "12 is not a number anywhere"
    );
}

#[test]
fn the_order_of_the_rows_changes_nothing_but_the_example() {
    let world = &*WORLD;
    let mut draws = Draws(9);
    let mut cells = world.national(40, 3000, &mut draws);
    let without_example = |cells: &[String]| {
        let doubt = judge(cells, None).unwrap();
        (doubt.reason, doubt.bare, doubt.countries)
    };
    let first = without_example(&cells);
    cells.sort();
    assert_eq!(without_example(&cells), first);
}
