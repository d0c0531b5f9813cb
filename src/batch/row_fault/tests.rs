//! Every kind of fault, from a row to its sentence and to what a report shows of it.

use super::*;
use crate::batch::request::{Checker, Defaults};
use crate::domain::pin_params::PinParams;
use crate::domain::sender::Sender;
use crate::domain::text_table;
use crate::rows::Template;
use crate::rows::cell_content::UnknownCell;
use crate::rows::sample::input;
use crate::settings::testing::{environment, file};
use crate::settings::{Flags, Layers, NumberPolicy, Reader};

/// What `D` stands for in the table. No part of it stands in a sentence of ours.
const DIGITS: &str = "34789012345";

/// What is typed in a column of a row, the kind of its fault, and how its sentence begins.
const CELLS: &str = r"
name | D,D | row: more or fewer cells than the first row | it has 3 cells
name | 'D'D | row: text after a closing quotation mark | text follows
name | D\0 | row: a NUL character | it holds a NUL
name | (64 KiB) | row: too long | a cell is longer
name | (1 MiB) | row: too long | the row is longer
D | {PIN} | sms_text: can't be filled in | sms_text: with “D” filled in
D | a\tb | sms_text: can't be filled in | sms_text: “D” holds a control
sender | +D | sender: not valid | sender: the sender “+D” starts
sender | D; | sender: not valid | sender: the sender “D;” has
sender | DDD | sender: not valid | sender: the sender “DDD” has
sender | D is his | sender: not valid | sender: the sender “D is his” has
hlr_lookup | D | hlr_lookup: not valid | hlr_lookup: “D” is neither 1, true, yes nor 0, false, no
report_url | D | report_url: not valid | report_url: the report URL is not usable
pin_type | D | pin_type: not valid | pin_type: “D” is not
pin_length | D | pin_length: not valid | pin_length: the length
expires_in | D | expires_in: not valid | expires_in: a PIN is valid for at most
expires_in | Dms | expires_in: not valid | expires_in: a PIN is valid for whole seconds
expires_in | 1hD | expires_in: not valid | expires_in: “1hD” is not a duration: the unit
expires_in | hD | expires_in: not valid | expires_in: “hD” is not a duration: a number
expires_in | 1xD | expires_in: not valid | expires_in: “1xD” is not a duration
max_tries | D | max_tries: not valid | max_tries: the most
sms_text | D | sms_text: no {PIN} | sms_text: the text has no
sms_text | {pin} D | sms_text: no {PIN} | sms_text: the text has “{pin}”
sms_text | {PIN} D {PIN} | sms_text: more than one {PIN} | sms_text: the text has {PIN} 2
sms_text | {PIN} DDDDDDDDDDDDDDDDDDDD | sms_text: too long | sms_text: the text has 2
sms_text | {PIN}\tD | sms_text: a control character | sms_text: the text has a tab
";

/// A number, the kind of its fault, and how its sentence begins; before them a setting, where the fault needs one.
const NUMBERS: &str = r"
 | | number: missing | it has no phone number
 | 3.4789012E+10 | number: rounded by a spreadsheet | a spreadsheet has rounded
 | + | number: not a phone number | number: “+” is not
 | +D;9 | number: not a phone number | number: “+D;9” is not a phone number
 | D.5 | number: not a phone number | number: “D.5” is a number as
 | -D | number: not a phone number | number: “-D” begins with a minus sign
 | +DDD | number: too many digits | number: “+DDD” has too many digits
 | +0D | number: no calling code | number: “+0D” is not an international number
 | 789012345 | number: no calling code | number: “789012345” looks like a national number
country = 'ES' | 376 378 901 | number: can be read as two | number: “376 378 901” can be read as +34376378901
country = 'ES' | 78901234 | number: too short or too long for its country | number: “78901234” is not
 | +347890123 | number: too short or too long for its country | number: 347890123 is not a number of Spain
 | +9997890123 | number: unknown calling code | number: 9997890123 does not start
 | +31 06 12345678 | number: a national prefix behind the calling code | number: 310612345678 has a national
 | +34803789012 | number: of a kind that drains budgets | number: 34803789012 is a premium
number_check = 'strict' | +34917890123 | number: not mobile | number: 34917890123 is not
allow_countries = ['ES'] | +33678901234 | number: country not in allow_countries | number: 33678901234 belongs
 | +12025550123 | number: a test number | number: 12025550123 is a test number
";

/// A line of JSON, the kind of its fault, and how its sentence begins.
const JSON: &str = r#"
{"phone":"D | row: not a JSON object | it is not a complete JSON
{"phone":D D} | row: not a JSON object | it is not JSON
[D] | row: not a JSON object | it is JSON, but
{"phone":"D","D":1,"D":2} | row: a key appears twice | the key “D”
{"phone":[D]} | row: a list or an object as a value | the value of “phone”
{"phone":"D"(more keys)} | row: too many different keys | with this row
"#;

/// A file whose last row has one fault.
struct Case {
    settings: String,
    /// Filled in from the column `D`.
    text: &'static str,
    file: String,
    kind: &'static str,
    sentence: String,
}

fn typed(text: &str) -> String {
    text.replace('D', DIGITS)
}

fn cases() -> Vec<Case> {
    let case = |settings: &str, file: &str, kind, sentence| Case {
        settings: settings.to_owned(),
        text: if file.contains(",D\n") { "{PIN} {D}" } else { "" },
        file: typed(file),
        kind,
        sentence: typed(sentence),
    };
    let cells = text_table::rows(CELLS)
        .into_iter()
        .map(|[column, cell, kind, sentence]| {
            let cell = cell.replace('\'', "\"");
            let cell = cell.replace("(64 KiB)", &"x".repeat(65_537));
            let cell = cell.replace("(1 MiB)", &"x".repeat(1_048_577));
            case("", &format!("phone,{column}\n+D,\n+D,{cell}\n"), kind, sentence)
        });
    let numbers = text_table::rows(NUMBERS)
        .into_iter()
        .map(|[setting, number, kind, sentence]| {
            let settings = setting.replace('\'', "\"");
            let file = format!("phone,name\n+34612000000,x\n{number},x\n");
            case(&settings, &file, kind, sentence)
        });
    let keys = (0..1030).filter_map(|place| char::from_u32(0x4e00 + place));
    let keys: Vec<_> = keys.map(|key| format!(",\"{key}\":1")).collect();
    let json = text_table::rows(JSON).into_iter().map(|[line, kind, sentence]| {
        let line = line.replace("(more keys)", &keys.concat());
        case("", &format!("{{\"phone\":\"+D\"}}\n{line}"), kind, sentence)
    });
    let cut_short = case(
        "",
        "name,phone\nx,+D\nx,347890",
        "row: the file was cut short",
        "the file ends here",
    );
    cells.chain(numbers).chain(json).chain([cut_short]).collect()
}

/// The faults that a row of a text file can't have, or that a batch doesn't look for.
fn of_others() -> Vec<RowFault> {
    let unknown = RowDefect::UnknownCell {
        cell: text::quote("D7"),
        unknown: UnknownCell::Date,
    };
    let guessed = NumberFault::GuessedNotMobile {
        msisdn: DIGITS.to_owned(),
        place: "Spain".to_owned(),
    };
    let sender = |text: &str| RowFault::Sender(Sender::parse(text).unwrap_err());
    vec![
        RowFault::Row(unknown),
        RowFault::Row(RowDefect::PinFromRow(text::quote(DIGITS))),
        RowFault::Row(RowDefect::ControlCharacter(text::quote(DIGITS))),
        RowFault::Number(NumberFault::Shape(MsisdnError::Empty)),
        RowFault::Number(guessed),
        sender(""),
        sender(&format!(" {DIGITS}")),
        RowFault::SmsText(SmsTextFault::Empty),
    ]
}

/// What is wrong with the last row of a file.
fn faults_of(settings: &str, text: &str, file_text: &str) -> Result<RowFaults, String> {
    let layers = Layers::new(&Flags::default(), &environment(&[]), &file(settings), false).unwrap();
    let input = input(file_text, &[]).map_err(|error| error.to_string())?;
    let template = Template::compile(&typed(text), input.columns());
    let mut checker = Checker::new(Defaults {
        policy: NumberPolicy::read(&mut Reader::new(&layers), false),
        sender: None,
        hlr_lookup: None,
        report_url: None,
        pin_params: PinParams::default(),
        text: template.ok().filter(|_| !text.is_empty()),
    });
    let mut rows = input.rows().unwrap();
    let mut last = Err("it has no row".to_owned());
    while let Some(row) = rows.next().map_err(|error| error.to_string())? {
        last = match checker.check(&row) {
            Ok(_) => Err("it is valid".to_owned()),
            Err(faults) => Ok(faults),
        };
    }
    last
}

/// Whether a sentence repeats three digits in a row of the number that was typed, in whatever form.
fn repeats(sentence: &str, typed: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let typed = digits(typed);
    let runs = sentence.split(|c: char| !c.is_ascii_digit() && !" .-".contains(c));
    runs.map(digits).any(|run| run.len() > 2 && typed.contains(&run))
}

/// The place of a defect among all that there are, so that the table can be held against them.
fn place_of_defect(defect: &RowDefect) -> usize {
    match defect {
        RowDefect::CellCount { .. } => 0,
        RowDefect::CutShort => 1,
        RowDefect::TextAfterQuote => 2,
        RowDefect::Nul => 3,
        RowDefect::CellTooLong => 4,
        RowDefect::RowTooLong => 5,
        RowDefect::UnknownCell { .. } => 6,
        RowDefect::NoNumber => 7,
        RowDefect::DigitsLost(_) => 8,
        RowDefect::HalfJson => 9,
        RowDefect::BrokenJson(_) => 10,
        RowDefect::NotAnObject => 11,
        RowDefect::DuplicateKey(_) => 12,
        RowDefect::Nested(_) => 13,
        RowDefect::TooManyKeys => 14,
        RowDefect::PinFromRow(_) => 15,
        RowDefect::ControlCharacter(_) => 16,
    }
}

/// The place of a fault among all that there are.
fn place(fault: &RowFault) -> usize {
    match fault {
        RowFault::Row(defect) | RowFault::Template(defect) => place_of_defect(defect),
        RowFault::Number(fault) => match fault {
            NumberFault::Shape(MsisdnError::Empty) => 17,
            NumberFault::Shape(MsisdnError::Character { .. }) => 18,
            NumberFault::Shape(MsisdnError::Spreadsheet { .. }) => 19,
            NumberFault::Shape(MsisdnError::Negative { .. }) => 20,
            NumberFault::Shape(MsisdnError::TooLong { .. }) => 21,
            NumberFault::Shape(MsisdnError::LeadingZero { .. }) => 22,
            NumberFault::Shape(MsisdnError::LooksNational { .. }) => 23,
            NumberFault::Shape(MsisdnError::Ambiguous { .. }) => 24,
            NumberFault::Shape(MsisdnError::NotInRegion { .. }) => 25,
            NumberFault::NoSuchCountryCode(_) => 26,
            NumberFault::Length { .. } => 27,
            NumberFault::NationalPrefix { .. } => 28,
            NumberFault::GuessedNotMobile { .. } | NumberFault::TwoCountries { .. } => 29,
            NumberFault::Draining { .. } => 30,
            NumberFault::NotMobile { .. } => 31,
            NumberFault::CountryNotAllowed { .. } => 32,
            NumberFault::TestNumber(_) => 33,
        },
        RowFault::Sender(_) => 34,
        RowFault::HlrLookup(_) => 35,
        RowFault::ReportUrl(_) => 36,
        RowFault::PinType(_) => 37,
        RowFault::PinLength(_) => 38,
        RowFault::ExpiresIn(_) => 39,
        RowFault::MaxTries(_) => 40,
        RowFault::SmsText(fault) => match fault {
            SmsTextFault::Empty => 41,
            SmsTextFault::NoPin => 42,
            SmsTextFault::Lookalike(_) => 43,
            SmsTextFault::RepeatedPin(_) => 44,
            SmsTextFault::TooLong { .. } => 45,
            SmsTextFault::Control { .. } => 46,
        },
    }
}

/// How many places there are.
const PLACES: usize = 47;

#[test]
fn every_fault_says_what_is_wrong_and_its_mask_hides_the_number() {
    let (mut seen, mut failed) = (BTreeSet::new(), Vec::new());
    for case in cases() {
        let faults = faults_of(&case.settings, case.text, &case.file);
        let faults = faults.unwrap_or_else(|error| panic!("{}: {error}", case.sentence));
        let (sentence, masked) = (faults.to_string(), faults.masked().to_string());
        seen.extend(faults.0.iter().map(place));
        if faults.kinds() != BTreeSet::from([case.kind])
            || !sentence.starts_with(&case.sentence)
            || repeats(&masked, case.file.lines().last().unwrap())
        {
            failed.push(format!(
                "{}: {:?}, {sentence}, {masked}",
                case.kind,
                faults.kinds()
            ));
        }
    }
    for fault in of_others() {
        seen.insert(place(&fault));
        let masked = fault.masked().to_string();
        if repeats(&masked, DIGITS) {
            failed.push(masked);
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(seen.iter().eq(&(0..PLACES).collect::<Vec<_>>()), "only {seen:?}");
}

#[test]
fn a_row_with_several_faults_says_them_all_and_counts_for_each_kind() {
    let file = "phone,pin_length,max_tries\n+34612000000,4,1\nD;,D,x\n";
    let faults = faults_of("", "", &typed(file)).unwrap();
    let kinds = [
        "max_tries: not valid",
        "number: not a phone number",
        "pin_length: not valid",
    ];
    assert_eq!(faults.kinds(), BTreeSet::from(kinds));
    assert_eq!(faults.to_string().matches("; ").count(), 3, "{faults}");
    assert!(
        !repeats(&faults.masked().to_string(), DIGITS),
        "{}",
        faults.masked()
    );
}
