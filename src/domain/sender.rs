//! Who an SMS says it is from. Whether an operator lets a sender through is not known here.

use super::invalid::Invalid;
use crate::text;
use std::fmt;

/// The longest sender of digits alone, in characters.
pub(crate) const MAX_DIGITS: usize = 15;
/// The longest sender with anything but digits, in characters.
pub(crate) const MAX_CHARS: usize = 11;

/// Who an SMS is from: at most 15 digits, or at most 11 ASCII letters, digits, spaces and `_` (the gateway's contract §1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Sender(String);

impl Sender {
    /// Reads a sender exactly as it will be sent. The contract documents letters, digits, spaces and `_`; whatever else an
    /// operator may tolerate is refused rather than sent and paid for.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = |is: String| Err(Invalid::new("the sender ").and_quote(text).and(" ").and(is));
        if text.is_empty() {
            return Err(Invalid::new(
                "the sender is empty; leave it out to send with the account's own",
            ));
        }
        if text.trim().len() != text.len() {
            return wrong("starts or ends with white space; leave it out".to_owned());
        }
        let after_plus = text.strip_prefix('+').unwrap_or_default();
        if !after_plus.is_empty() && after_plus.bytes().all(|b| b.is_ascii_digit()) {
            return wrong("starts with “+”; write the number with digits alone".to_owned());
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_');
        if let Some((index, c)) = text.chars().enumerate().find(|(_, c)| !allowed(*c)) {
            return wrong(format!(
                "has {} at column {}; only letters A to Z, digits, spaces and “_” get through",
                text::name(c),
                index + 1
            ));
        }
        let length = text.len();
        if text.bytes().all(|b| b.is_ascii_digit()) {
            if length > MAX_DIGITS {
                return wrong(format!("has {length} digits; at most {MAX_DIGITS} fit"));
            }
        } else if length > MAX_CHARS {
            return wrong(format!(
                "has {length} characters; at most {MAX_CHARS} fit, or {MAX_DIGITS} if all are digits"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The sender as it is sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use crate::domain::text_table;
    use proptest::prelude::*;

    #[test]
    fn senders_are_taken_up_to_their_limits() {
        for good in [
            "GOOD PIZZA",
            "a",
            "7",
            "My_App",
            "ABCDEFGHIJK",
            "1234567890 ".trim(),
            "123456789012345",
            "0034600",
        ] {
            assert_eq!(Sender::parse(good).unwrap().as_str(), good);
        }
    }

    const REFUSED: &str = r"
| the sender is empty; leave it out to send with the account's own
\sA | the sender “ A” starts or ends with white space; leave it out
A\n | the sender “A\\n” starts or ends with white space; leave it out
\s\s\s | the sender “   ” starts or ends with white space; leave it out
+34600 | the sender “+34600” starts with “+”; write the number with digits alone
Café | the sender “Café” has “é” (U+00E9) at column 4; only letters A to Z, digits, spaces and “_” get through
A-B | the sender “A-B” has “-” at column 2; only letters A to Z, digits, spaces and “_” get through
ABCDEFGHIJKL | the sender “ABCDEFGHIJKL” has 12 characters; at most 11 fit, or 15 if all are digits
12345678901a | the sender “12345678901a” has 12 characters; at most 11 fit, or 15 if all are digits
1234567890123456 | the sender “1234567890123456” has 16 digits; at most 15 fit
";

    #[test]
    fn what_is_no_sender_is_refused() {
        for [input, expected] in text_table::rows(REFUSED) {
            assert_eq!(Sender::parse(input).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_sender_or_a_clear_refusal(text in prop_oneof![hostile::text(), "[a-c0-9 _]{0,17}"]) {
            match Sender::parse(&text) {
                Ok(sender) => {
                    let length = sender.as_str().len();
                    let digits = sender.as_str().bytes().all(|b| b.is_ascii_digit());
                    prop_assert_eq!(sender.as_str(), &text);
                    prop_assert!((1..=MAX_CHARS).contains(&length) || (digits && length <= MAX_DIGITS));
                }
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
