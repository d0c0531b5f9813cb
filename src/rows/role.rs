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

/// Headers that mean the number, in lower case and without spaces, underscores, hyphens and points.
const NUMBER_WORDS: &[&str] = &[
    "msisdn",
    "phone",
    "phonenumber",
    "phoneno",
    "phonenum",
    // As Google exports contacts: `Phone 1 - Value`.
    "phone1value",
    "telephone",
    "telephonenumber",
    "tel",
    "telno",
    "telnr",
    "mobile",
    "mobilenumber",
    "mobileno",
    "mobilephone",
    "cell",
    "cellphone",
    "cellnumber",
    "cellular",
    "gsm",
    "number",
    "to",
    "recipient",
    "destination",
    "telefono",
    "teléfono",
    "telefonomovil",
    "teléfonomóvil",
    "numerodetelefono",
    "númerodeteléfono",
    "movil",
    "móvil",
    "celular",
    "numero",
    "número",
    "destinatario",
    "telefone",
    "telemovel",
    "telemóvel",
    "telefon",
    "telefonnummer",
    "handy",
    "handynummer",
    "mobil",
    "mobilnummer",
    "rufnummer",
    "nummer",
    "téléphone",
    "numerodetelephone",
    "numérodetéléphone",
    "portable",
    "numéro",
    "cellulare",
    "telefoon",
    "telefoonnummer",
    "mobiel",
    "телефон",
];

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
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.'))
            .flat_map(char::to_lowercase)
            .collect();
        NUMBER_WORDS.contains(&bare.as_str())
    }
}

/// Whether a header would be taken for the number.
pub(super) fn names_a_number(header: &str) -> bool {
    Role::Msisdn.is_meant_by(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_written_as_they_are_compared() {
        for word in NUMBER_WORDS {
            assert!(Role::Msisdn.is_meant_by(word), "{word}");
            assert_eq!(
                NUMBER_WORDS.iter().filter(|other| other == &word).count(),
                1,
                "{word}"
            );
        }
    }
}
