//! Columns of random mobiles of every country, written in every way: what is meant for one country must not go to another without a
//! question, and what is written internationally needs none.

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
    let mut survey = ColumnSurvey::default();
    for cell in cells {
        survey.add(cell);
    }
    survey.judge(home)
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

/// What became of many columns.
#[derive(Debug, Default)]
struct Shares {
    columns: usize,
    stopped: usize,
    /// Not stopped, and some of its numbers go astray.
    let_through: Vec<String>,
}

fn national_shares(world: &World, rows: usize) -> Shares {
    let mut draws = Draws(7 + rows as u64);
    let mut shares = Shares::default();
    for nth in 0..world.0.len() {
        for (way, column) in national_columns(world, nth, rows, &mut draws).iter().enumerate() {
            shares.columns += 1;
            let lost = astray(column);
            if judge(&column.cells, None).is_some() {
                shares.stopped += 1;
            } else if lost > 0 {
                shares
                    .let_through
                    .push(format!("{} {way}: {lost} of {rows}", world.0[nth].0));
            }
        }
    }
    shares
}

fn international_shares(world: &World, rows: usize) -> Shares {
    let mut draws = Draws(11 + rows as u64);
    let mut shares = Shares::default();
    let all: Vec<usize> = (0..world.0.len()).collect();
    let mut take = |countries: &[usize], draws: &mut Draws| {
        let cells = world.international(countries, rows, draws);
        shares.columns += 1;
        shares.stopped += usize::from(judge(&cells, None).is_some());
    };
    for &nth in &all {
        take(&[nth], &mut draws);
        let few: Vec<usize> = (0..3).map(|_| draws.pick(&all)).collect();
        take(&few, &mut draws);
    }
    for _ in 0..20 {
        take(&all, &mut draws);
    }
    shares
}

#[test]
fn what_is_written_for_one_country_does_not_go_to_another_unasked() {
    let world = &*WORLD;
    assert!(world.0.len() > 190, "{} countries", world.0.len());
    for rows in [12, 60] {
        let shares = national_shares(world, rows);
        assert!(shares.stopped > 0, "{shares:?}");
        assert!(
            shares.let_through.len() * 100 <= shares.columns,
            "{rows} rows, {} columns, {} stopped, let through: {:?}",
            shares.columns,
            shares.stopped,
            shares.let_through
        );
    }
}

#[test]
fn what_is_written_internationally_is_never_questioned() {
    let world = &*WORLD;
    for rows in [5, 12, 60] {
        let shares = international_shares(world, rows);
        assert_eq!(shares.stopped, 0, "{rows} rows, {shares:?}");
    }
}

#[test]
fn a_set_country_reads_its_own_columns_and_not_those_of_the_world() {
    let world = &*WORLD;
    let mut draws = Draws(3);
    let all: Vec<usize> = (0..world.0.len()).collect();
    for nth in 0..world.0.len() {
        let home = Some(world.0[nth].0);
        let national = world.national(nth, 40, &mut draws);
        assert_eq!(judge(&national, home), None, "{home:?}: {national:?}");
        let own = world.international(&[nth], 40, &mut draws);
        assert_eq!(judge(&own, home), None, "{home:?}: {own:?}");
        let column = world.international(&all, 300, &mut draws);
        let code = world.0[nth].0.calling_code();
        let taken = column.iter().any(|cell| {
            let read = |home| Msisdn::parse(cell, home).ok().map(numbering::inspect);
            let (at_home, abroad) = (read(home), read(None));
            at_home.is_some_and(|found| found.calling_code == Some(code))
                && abroad
                    .is_some_and(|found| found.calling_code != Some(code) && found.number_type.gets_sms())
        });
        assert_eq!(judge(&column, home).is_some(), taken, "{home:?}: {column:?}");
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
    let candidates = |cells: &[String], home: &str| -> Option<Vec<&'static str>> {
        let home = (!home.is_empty()).then(|| home.parse().unwrap());
        let doubt = judge(cells, home)?;
        Some(
            doubt
                .candidates
                .iter()
                .map(|candidate| candidate.region.code())
                .collect(),
        )
    };
    let has = |found: Option<Vec<&'static str>>, code: &str| found.is_some_and(|codes| codes.contains(&code));
    assert!(has(candidates(&rows(5000, "151xxxxxxxx"), ""), "DE"));
    assert!(has(candidates(&rows(12, "151xxxxxxxx"), ""), "DE"));
    assert!(has(candidates(&rows(2000, "6xxxxxxxx"), ""), "ES"));
    assert!(has(candidates(&rows(5000, "nxxnxxxxxx"), ""), "US"));
    assert!(has(candidates(&rows(5000, "3n8xxxxxxx"), ""), "IT"));
    let mixed = [rows(90, "+49151xxxxxxxx"), rows(10, "151nxxxxxxx")].concat();
    assert_eq!(candidates(&mixed, "").map(|codes| codes[0]), Some("DE"));
    // Nobody's numbers, sent to whoever has them.
    assert_eq!(
        candidates(&rows(100, "2121xxxxxxx"), "").map(|codes| codes.len()),
        None
    );
    assert_eq!(candidates(&rows(100, "1415nxxxxxx"), ""), None, "Chinese too");
    assert_eq!(candidates(&rows(100, "68572xxxxx"), ""), None, "Austrian too");
    let two = [rows(50, "819012xxxxxx"), rows(50, "821012xxxxxx")].concat();
    assert_eq!(candidates(&two, ""), None, "Indonesian too");
    let american = [rows(50, "1212nxxxxxx"), rows(50, "1512nxxxxxx")].concat();
    assert_eq!(candidates(&american, ""), None);
    assert_eq!(candidates(&american, "DE"), Some(vec!["DE"]));
    assert_eq!(candidates(&rows(100, "151xxxxxxxx"), "DE"), None);
    assert_eq!(candidates(&[], ""), None);
    assert_eq!(candidates(&rows(9, "+34600xxxxxx"), ""), None);
}

#[test]
fn neither_the_order_of_the_rows_nor_repetition_changes_the_verdict() {
    let world = &*WORLD;
    let mut draws = Draws(9);
    let mut cells = world.national(40, 3000, &mut draws);
    let first = judge(&cells, None);
    cells.sort();
    assert_eq!(judge(&cells, None), first);
    let repeated = vec!["151512345678".to_owned(); 1000];
    assert_eq!(judge(&repeated, None), judge(&repeated[..2], None));
}
