//! Which setting a word means that is not the name of one.

use super::keys::Key;
use crate::domain::suggest;

impl Key {
    /// The setting of this name, or the one that other programs call so; hyphens count as underscores.
    pub(crate) fn meant_by(word: &str) -> Option<Self> {
        const OTHER_WORDS: [(&str, Key); 4] = [
            ("from", Key::Sender),
            ("text", Key::SmsText),
            ("template", Key::SmsText),
            ("ttl", Key::ExpiresIn),
        ];
        let other = OTHER_WORDS.iter().find(|(theirs, _)| *theirs == word);
        other
            .map(|(_, key)| *key)
            .or_else(|| Self::from_name(&word.replace('-', "_")))
    }

    /// The setting that a mistyped name most likely meant.
    pub(crate) fn nearest(name: &str) -> Option<&'static str> {
        let known = || suggest::nearest(&name.replace('-', "_"), Self::ALL.iter().map(|key| key.name()));
        Self::meant_by(name).map(Self::name).or_else(known)
    }
}
