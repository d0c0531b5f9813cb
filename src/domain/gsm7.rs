//! The GSM 03.38 default alphabet: which characters an SMS carries in 7 bits, and how many septets each takes.
//!
//! It counts and never converts: the gateway encodes, and takes UTF-8.

/// Septets of each ASCII character; 0 is not in the alphabet.
const ASCII: [u8; 128] = ascii();

/// How many septets `c` takes: 1, or 2 for the ten characters of the extension table (an escape and the character), or
/// none when it isn't in GSM 03.38 and makes the whole text UCS-2 (the gateway's contract §6).
pub(crate) fn septets(c: char) -> Option<u8> {
    if let Some(&septets) = ASCII.get(c as usize) {
        return if septets == 0 { None } else { Some(septets) };
    }
    match c {
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Δ' | 'Φ' | 'Γ' | 'Λ'
        | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' | 'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü'
        | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => Some(1),
        '€' => Some(2),
        _ => None,
    }
}

const fn ascii() -> [u8; 128] {
    let mut table = [0; 128];
    let mut code = b' ';
    while code < 0x7f {
        table[code as usize] = match code {
            b'`' => 0,
            b'^' | b'{' | b'}' | b'\\' | b'[' | b'~' | b']' | b'|' => 2,
            _ => 1,
        };
        code += 1;
    }
    table[b'\n' as usize] = 1;
    table[b'\r' as usize] = 1;
    table[0x0c] = 2;
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The alphabet in the order of its codes, 0x00 to 0x7F, without the escape at 0x1B.
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENSION: &str = "\u{c}^{}\\[~]|€";

    #[test]
    fn every_character_of_unicode_costs_what_the_alphabet_says() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        for c in '\0'..=char::MAX {
            let expected = if BASIC.contains(c) {
                Some(1)
            } else if EXTENSION.contains(c) {
                Some(2)
            } else {
                None
            };
            assert_eq!(septets(c), expected, "{c:?}");
        }
    }

    #[test]
    fn in_spanish_some_accents_are_free_and_some_are_not() {
        for c in "ñÑ¿¡éüàèìòù".chars() {
            assert_eq!(septets(c), Some(1), "{c}");
        }
        for c in "áíóúÁÍÓÚç’“”…–`".chars() {
            assert_eq!(septets(c), None, "{c}");
        }
    }
}
