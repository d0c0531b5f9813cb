//! Reads every cell of a CSV file and does nothing with it: what a preflight is compared with. `read_csv FILE`

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() -> Result<(), csv::Error> {
    // Anything else among the arguments is from `cargo bench`.
    let Some(file) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
    else {
        return Ok(());
    };
    let mut reader = csv::Reader::from_path(file)?;
    let mut row = csv::StringRecord::new();
    let mut bytes = 0;
    while reader.read_record(&mut row)? {
        bytes += row.iter().map(str::len).sum::<usize>();
    }
    println!("{bytes}");
    Ok(())
}
