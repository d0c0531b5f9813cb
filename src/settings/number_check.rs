//! How strictly numbers are checked against the numbering plans. This is only the choice: `policy` does the check.

use std::str::FromStr;

use crate::domain::invalid::Invalid;
use crate::domain::suggest;

/// The value of the setting `number_check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberCheck {
    /// A number must lie in a range that the numbering plan knows, of a type that gets SMS.
    Strict,
    /// Impossible lengths, unknown country codes and types that drain budgets are refused; an unknown range only warns.
    Possible,
    /// Nothing but the shape of a number is checked.
    Off,
}

impl NumberCheck {
    pub(crate) const ALL: [Self; 3] = [Self::Strict, Self::Possible, Self::Off];

    /// The word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Possible => "possible",
            Self::Off => "off",
        }
    }
}

impl FromStr for NumberCheck {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|check| check.name() == text)
            .ok_or_else(|| {
                let nearest = suggest::nearest(text, Self::ALL.map(Self::name));
                Invalid::new("the number check is \"strict\", \"possible\" or \"off\", not ")
                    .and_quote(text)
                    .and(suggest::did_you_mean(nearest.map(|word| format!("\"{word}\""))))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Key;

    #[test]
    fn words_and_the_built_in_one() {
        for check in NumberCheck::ALL {
            assert_eq!(check.name().parse(), Ok(check));
        }
        assert_eq!(Key::NumberCheck.built_in(), Some(NumberCheck::Possible.name()));
        let error = "strct".parse::<NumberCheck>().unwrap_err().to_string();
        assert!(
            error.ends_with("not “strct”; did you mean \"strict\"?"),
            "{error}"
        );
    }
}
