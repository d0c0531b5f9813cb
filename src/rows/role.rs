//! What a column can mean, and the words by which a header says so.

/// What a column can mean to a batch. Columns without a meaning are there for templates and for the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Msisdn,
    Sender,
    SmsText,
    HlrLookup,
    ReportUrl,
    PinType,
    PinLength,
    ExpiresIn,
    MaxTries,
}

/// The longest header that is looked at, in bytes.
const LONGEST: usize = 100;

/// Words of headers, by what they say.
const WORDS: &str = include_str!("header-words.txt");

/// The words of one kind in [`WORDS`].
fn words(kind: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = WORDS.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(move |(of, _)| *of == kind)
        .flat_map(|(_, words)| words.split_whitespace())
}

impl Role {
    pub(crate) const ALL: [Self; 9] = [
        Self::Msisdn,
        Self::Sender,
        Self::SmsText,
        Self::HlrLookup,
        Self::ReportUrl,
        Self::PinType,
        Self::PinLength,
        Self::ExpiresIn,
        Self::MaxTries,
    ];

    /// The name in `--column` and in a header.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Msisdn => "msisdn",
            Self::Sender => "sender",
            Self::SmsText => "sms_text",
            Self::HlrLookup => "hlr_lookup",
            Self::ReportUrl => "report_url",
            Self::PinType => "pin_type",
            Self::PinLength => "pin_length",
            Self::ExpiresIn => "expires_in",
            Self::MaxTries => "max_tries",
        }
    }

    pub(super) const fn slot(self) -> usize {
        self as usize
    }

    /// Whether a column called `header` has this meaning without being mapped.
    pub(super) fn is_meant_by(self, header: &str) -> bool {
        if self != Self::Msisdn {
            return header.trim().eq_ignore_ascii_case(self.name());
        }
        let bare: String = header
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.' | '(' | ')'))
            .flat_map(char::to_lowercase)
            .collect();
        bare.len() <= LONGEST && (words("alone").any(|word| word == bare) || is_a_phone(&bare))
    }
}

/// As address books export it: `Phone 2 - Value`, `Home Phone`, `billing_phone`.
fn is_a_phone(bare: &str) -> bool {
    let counted = bare.strip_suffix("value").unwrap_or(bare);
    is_made_of_words(counted.trim_end_matches(|c: char| c.is_ascii_digit()), false)
}

/// Whether nothing but these words stands in it: which telephone, the telephone, its number. `named` says that the telephone
/// came already.
fn is_made_of_words(rest: &str, named: bool) -> bool {
    let goes_on = |kind, named| {
        let mut rests = words(kind).filter_map(|word| rest.strip_prefix(word));
        rests.any(|rest| is_made_of_words(rest, named))
    };
    if named {
        rest.is_empty() || goes_on("number", true) || goes_on("telephone", true)
    } else {
        goes_on("which", false) || goes_on("telephone", true)
    }
}

/// Whether a header would be taken for the number.
pub(crate) fn names_a_number(header: &str) -> bool {
    Role::Msisdn.is_meant_by(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_written_as_they_are_compared() {
        let words: Vec<&str> = words("telephone").chain(words("alone")).collect();
        for word in &words {
            assert!(Role::Msisdn.is_meant_by(word), "{word}");
            assert_eq!(words.iter().filter(|other| other == &word).count(), 1, "{word}");
        }
    }

    #[test]
    fn telephones_are_known_in_many_languages() {
        for header in [
            "phonenumber",
            "phoneno",
            "phonenum",
            "telephonenumber",
            "telno",
            "telnr",
            "mobilenumber",
            "mobileno",
            "mobilephone",
            "cellphone",
            "cellnumber",
            "telefonomovil",
            "teléfonomóvil",
            "numerodetelefono",
            "númerodeteléfono",
            "telefonnummer",
            "handynummer",
            "mobilnummer",
            "numerodetelephone",
            "numérodetéléphone",
            "telefoonnummer",
            "mobiltelefon",
            "mobiltelefonnummer",
            "telefonocellulare",
            "numeroditelefono",
            "numerodicellulare",
            "cellularenumero",
            "numerodecelular",
            "númerodecelular",
            "numérodeportable",
            "telefonmobil",
            "telefonkomórkowy",
            "мобильныйтелефон",
            "номертелефона",
            "電話番号",
            "携帯電話",
            "携帯番号",
            "携帯電話番号",
            "手机号",
            "手机号码",
            "电话号码",
            "联系电话",
            "전화번호",
        ] {
            assert!(Role::Msisdn.is_meant_by(header), "{header}");
        }
    }

    #[test]
    fn a_kind_of_telephone_is_one() {
        for header in [
            "Mobile Phone Number",
            "Home Phone",
            "Business Phone 2",
            "Primary Phone",
            "Phone 2 - Value",
            "billing_phone",
            "(Mobile) Phone",
            "Mobiltelefon",
            "Telefono cellulare",
            "電話番号",
            "手机号",
        ] {
            assert!(Role::Msisdn.is_meant_by(header), "{header}");
        }
        for header in [
            "Phone 1 - Type",
            "customer number",
            "House Number",
            "Fax",
            "phone verified",
            "Phone company",
            "Number of phone",
            "work",
            "home office",
            &"phone".repeat(10_000),
        ] {
            assert!(!Role::Msisdn.is_meant_by(header), "{header}");
        }
    }
}
