//! "Did you mean …?": the nearest known name.

/// The known name nearest to `name`, if it is near enough to be a slip of the fingers.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.len().max(name.len()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "x"?`, or the list of known names when none is near, or nothing.
pub fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(nearest) = nearest(name, known.clone()) {
        return format!("; did you mean \"{nearest}\"?");
    }
    let all: Vec<&str> = known.into_iter().collect();
    match all.len() {
        0 => String::new(),
        _ => format!("; known: {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_lists_them_all() {
        assert_eq!(
            nearest("temprature", ["top_p", "temperature"]),
            Some("temperature")
        );
        assert_eq!(nearest("colour", ["top_p", "temperature"]), None);
        assert_eq!(hint("zzz", ["a", "b"]), "; known: a, b");
    }
}
