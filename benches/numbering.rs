//! What a number costs: the first one of a process, and each one after that.
//!
//! `cargo bench --bench numbering` prints the figures. The first number is measured in processes of their own, since
//! only there is the table not yet in memory; this program starts itself for it.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use smspin::bench::{inspect, parse_and_inspect};

const EXAMPLES: &str = include_str!("../tests/fixtures/example-numbers.tsv");
const FIRST: &str = "--first";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == FIRST) {
        let number = arguments.get(at + 1).map_or("12025550100", String::as_str);
        println!("{}", nanoseconds_of_first(number));
        return;
    }
    for number in ["+1 202 555 0100", "+34 666 666 111", "+44 7911 123456"] {
        println!(
            "first number of a process, {number}: {:.1} us (median of 31)",
            median_of_first(number) / 1e3
        );
    }
    let written: Vec<String> = EXAMPLES
        .lines()
        .filter_map(|row| row.split('\t').nth(3))
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    let msisdns: Vec<_> = written.iter().filter_map(|digits| inspect(digits)).collect();
    let (anywhere, in_spain) = (parse_and_inspect(None), parse_and_inspect(Some("ES")));
    println!("each of {} example numbers, over and over:", written.len());
    per_number("inspect", &msisdns, |inspect| inspect());
    per_number("parse with +, and inspect", &plus(&written), |text| {
        anywhere(text)
    });
    per_number("parse digits alone, and inspect", &written, |text| anywhere(text));
    per_number("parse digits at home in ES, and inspect", &written, |text| {
        in_spain(text)
    });
}

fn plus(written: &[String]) -> Vec<String> {
    written.iter().map(|digits| format!("+{digits}")).collect()
}

fn nanoseconds_of_first(number: &str) -> u128 {
    let start = Instant::now();
    black_box(parse_and_inspect(None)(black_box(number)));
    start.elapsed().as_nanos()
}

fn median_of_first(number: &str) -> f64 {
    let program = std::env::current_exe().expect("a running program knows its path");
    let mut times: Vec<f64> = (0..31)
        .map(|_| {
            let output = Command::new(&program)
                .args([FIRST, number])
                .output()
                .expect("this program starts");
            String::from_utf8_lossy(&output.stdout)
                .trim()
                .parse()
                .expect("it prints a time")
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Prints the best of ten rounds, which is the one that the neighbours disturbed least.
fn per_number<T, R>(what: &str, inputs: &[T], work: impl Fn(&T) -> R) {
    const ROUNDS: u32 = 100;
    let best = (0..10)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..ROUNDS {
                for input in inputs {
                    black_box(work(black_box(input)));
                }
            }
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    let count = u32::try_from(inputs.len()).map_or(f64::NAN, f64::from) * f64::from(ROUNDS);
    println!("  {what}: {:.0} ns", best * 1e9 / count);
}
