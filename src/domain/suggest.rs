//! The nearest right word to a mistyped one. Knows no table of words: the caller brings the candidates.

/// The candidate that `word` most likely meant, if one is near enough to be worth saying.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(40).collect::<String>().to_lowercase();
    let near = |candidate: &'a str| {
        let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
        let allowed = 1 + candidate.len().min(word.len()) / 4;
        (distance <= allowed).then_some((distance, candidate))
    };
    candidates
        .into_iter()
        .filter_map(near)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}
