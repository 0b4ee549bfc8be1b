//! "Did you mean …?": the nearest known name.

/// The known name nearest to `name`: one of which it is a slip, else the shortest that begins with it or has it
/// as one of its words.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LEAST: usize = 4; // what is shorter is part of too much
    let known: Vec<&str> = known.into_iter().collect();
    let slip = slip(name, known.iter().copied());
    if slip.is_some() || name.len() < LEAST {
        return slip;
    }
    let part = |candidate: &&str| {
        let mut words = candidate.split(|c: char| !c.is_alphanumeric());
        candidate.starts_with(name) || words.any(|word| word == name)
    };
    let whole = known.into_iter().filter(part);
    whole.min_by_key(|candidate| candidate.len())
}

/// The known name of which `name` is a slip of the fingers.
pub fn slip<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            let longest = candidate.chars().count().max(name.chars().count());
            *distance <= 1.max(longest / 3)
        })
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

/// Modules of the script API that are still to come.
const PLANNED: [&str; 4] = ["Env", "File", "HTTP", "Text"];

/// What to say of a module that is still to come.
pub fn planned(name: &str) -> Option<String> {
    let planned = PLANNED.contains(&name);
    planned.then(|| format!("the module {name} is still to come"))
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
        let options = [
            "top_p",
            "temperature",
            "system_prompt",
            "system_prompts_file",
        ];
        assert_eq!(nearest("temp", options), Some("temperature"));
        assert_eq!(nearest("prompt", options), Some("system_prompt"));
        assert_eq!(nearest("top", options), None);
        assert_eq!(hint("zzz", ["a", "b"]), "; known: a, b");
    }
}
