//! A text without the letters that GSM 03.38 lacks, as the platform's other calls send it: each becomes its nearest
//! equivalent, or is dropped. What becomes of them in this call is not documented (the gateway's contract §1).

use crate::domain::gsm7;

/// Letters that the alphabet lacks, and what stands for each of them.
const EQUIVALENTS: &[(&str, &str)] = &[
    ("áâãāăą", "a"),
    ("ÁÀÂÃĀĂĄ", "A"),
    ("çćčĉ", "c"),
    ("ĆČĈ", "C"),
    ("ďđ", "d"),
    ("ĎĐ", "D"),
    ("êëēėęě", "e"),
    ("ÈÊËĒĖĘĚ", "E"),
    ("ğģ", "g"),
    ("ĞĢ", "G"),
    ("íîïīįı", "i"),
    ("ÍÌÎÏĪĮİ", "I"),
    ("łľĺļ", "l"),
    ("ŁĽĹĻ", "L"),
    ("ńňņ", "n"),
    ("ŃŇŅ", "N"),
    ("óôõōő", "o"),
    ("ÓÒÔÕŌŐ", "O"),
    ("řŕ", "r"),
    ("ŘŔ", "R"),
    ("śšşș", "s"),
    ("ŚŠŞȘ", "S"),
    ("ťţț", "t"),
    ("ŤŢȚ", "T"),
    ("úûūůű", "u"),
    ("ÚÙÛŪŮŰ", "U"),
    ("ýÿ", "y"),
    ("ÝŸ", "Y"),
    ("źżž", "z"),
    ("ŹŻŽ", "Z"),
    ("‘’‚`´", "'"),
    ("“”„«»", "\""),
    ("–—", "-"),
    ("…", "..."),
    ("\u{a0}\t", " "),
];

/// The text in the characters of GSM 03.38 alone.
pub(crate) fn replace(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        if gsm7::septets(c).is_some() {
            replaced.push(c);
        } else if let Some((_, equivalent)) = EQUIVALENTS.iter().find(|(letters, _)| letters.contains(c)) {
            replaced.push_str(equivalent);
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lose_their_accents_where_the_alphabet_lacks_them_and_only_there() {
        for (text, replaced) in [
            ("Su código es 1234", "Su codigo es 1234"),
            ("à é ñ ü Ç €", "à é ñ ü Ç €"),
            ("Łódź – “ş”…", "Lodz - \"s\"..."),
            ("код 1234 🎉", " 1234 "),
        ] {
            assert_eq!(replace(text), replaced);
        }
        let all: String = EQUIVALENTS.iter().map(|(_, equivalent)| *equivalent).collect();
        assert_eq!(replace(&all), all);
    }
}
