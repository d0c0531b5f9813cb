//! Columns that hold phone numbers beside the one that is read: said before anything is sent, since a file says by its headers
//! alone which of them is meant.

use super::text::ReadError;
use super::{Input, Role};
use crate::domain::written_number::is_number_of;
use crate::text::quote;

/// How many rows are looked at.
const ROWS: u32 = 100;
/// Digits of most numbers of the world, at least: a date has fewer.
const DIGITS: usize = 9;

/// A sentence for each column that mostly holds numbers and isn't read.
pub(super) fn columns(input: &Input) -> Result<Vec<String>, ReadError> {
    let names = input.columns().names();
    let Some(number) = input.columns().role(Role::Msisdn) else {
        return Ok(Vec::new());
    };
    let mut filled = vec![(0_u32, 0_u32); names.len()];
    let mut rows = input.rows()?;
    for _ in 0..ROWS {
        // What is wrong with the file is for the pass over all of it to say.
        let Ok(Some(row)) = rows.next() else { break };
        for (column, (cells, numbers)) in filled.iter_mut().enumerate() {
            let cell = row.cell(column).unwrap_or_default().trim();
            *cells += u32::from(!cell.is_empty());
            *numbers += u32::from(is_number_of(cell, DIGITS));
        }
    }
    let read = quote(names[number].trim());
    let others = names.iter().zip(filled).enumerate();
    Ok(others
        .filter(|(column, (_, (cells, numbers)))| *column != number && *numbers > 1 && numbers * 2 > *cells)
        .map(|(_, (name, _))| {
            let name = quote(name.trim());
            format!("the column {name} seems to hold phone numbers too: only {read} is read")
        })
        .collect())
}
