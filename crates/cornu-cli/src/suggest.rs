//! "Did you mean …?"

/// The name that was most likely meant: the one with the fewest letters to change, if these are few.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + word.chars().count() / 4;
    let near = names.into_iter().map(|name| (distance(word, name), name));
    near.filter(|(changes, _)| *changes <= limit).min_by_key(|(changes, _)| *changes).map(|n| n.1)
}

/// How many letters must be put in, taken out or replaced to make one word of the other (Levenshtein, 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, changes) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("ewm", "ewma", 1)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (changes, changes), "{a} {b}");
        }
    }

    #[test]
    fn typing_errors_are_understood_and_other_words_are_not() {
        let names = ["ewma", "momentum", "weighted-average"];
        assert_eq!(nearest("ewm", names), Some("ewma"));
        assert_eq!(nearest("weigthed_average", names), Some("weighted-average"));
        assert_eq!(nearest("momentum", names), Some("momentum"));
        assert_eq!(nearest("entropy", names), None);
        assert_eq!(nearest("", names), None);
    }
}
