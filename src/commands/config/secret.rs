//! Reads the API key: typed at a terminal without being shown, or from standard input. It is never an argument.

use crate::domain::api_key::ApiKey;
use crate::failure::{Failure, Kind};
use crate::session::{Context, Questions};
use std::io::{BufRead, BufReader, Read};

/// Reads the API key from wherever a person or a script can give it.
pub(super) fn read(context: &Context) -> Result<String, Failure> {
    if context.ui.interactive {
        let questions = Questions::new(context, "nothing was changed");
        let key = ask(&questions)?;
        questions.answered();
        return Ok(key);
    }
    from_stdin()
}

/// Asks the user for the key.
pub(super) fn ask(questions: &Questions<'_>) -> Result<String, Failure> {
    questions.secret("API key (not shown; usually 32 digits and letters from a to f)")
}

/// Warns of a key that looks like something else. It is taken all the same.
pub(super) fn doubt(context: &Context, key: &str) {
    let concern = ApiKey::parse(key).ok().and_then(|key| key.concern());
    if let Some(concern) = concern {
        context.ui.warn(concern);
    }
}

/// The first line of standard input.
pub(super) fn from_stdin() -> Result<String, Failure> {
    const MOST: u64 = 64 * 1024;
    let mut line = String::new();
    BufReader::new(std::io::stdin().lock().take(MOST))
        .read_line(&mut line)
        .map_err(|error| Failure::new(Kind::Usage, error).doing("cannot read the key from standard input"))?;
    let key = line.trim();
    if key.is_empty() {
        return Err(Failure::message(Kind::Usage, "there is no key on standard input")
            .hint("pass show sms-gateway | smspin config set api_key"));
    }
    Ok(key.to_owned())
}
