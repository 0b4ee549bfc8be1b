//! Models that are spread over files named `NAME-00001-of-0000N.gguf`.

/// The name without what tells shards apart; the whole name if it is no shard's.
pub fn stem(stem: &str) -> &str {
    parts(stem).map_or(stem, |(stem, ..)| stem)
}

/// Which shard a path names and of how many, counted from 1; `None` if it is a whole model.
pub fn number(path: &str) -> Option<(usize, usize)> {
    let (_, number, count) = parts(path.strip_suffix(".gguf")?)?;
    Some((number, count))
}

/// The paths of all shards of the model that a path belongs to; the path alone if it is a whole model.
pub fn all(path: &str) -> Vec<String> {
    let shards = || {
        let (stem, _, count) = parts(path.strip_suffix(".gguf")?)?;
        let shard = |number| format!("{stem}-{number:05}-of-{count:05}.gguf");
        Some((1..=count).map(shard).collect())
    };
    shards().unwrap_or_else(|| vec![path.to_owned()])
}

fn parts(stem: &str) -> Option<(&str, usize, usize)> {
    let (rest, count) = stem.rsplit_once("-of-")?;
    let (stem, number) = rest.rsplit_once('-')?;
    let (number, count) = (digits(number)?, digits(count)?);
    (1 <= number && number <= count).then_some((stem, number, count))
}

fn digits(text: &str) -> Option<usize> {
    let plain = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_shard_names_all_of_them() {
        let expected = ["a/m-00001-of-00002.gguf", "a/m-00002-of-00002.gguf"];
        for name in expected {
            assert_eq!(all(name), expected);
        }
        assert_eq!(number(expected[1]), Some((2, 2)));
        for whole in [
            "m.gguf",
            "m-1-of-2.gguf",
            "m-00003-of-00002.gguf",
            "m-00000-of-00002.gguf",
        ] {
            assert_eq!(all(whole), [whole]);
            assert_eq!(number(whole), None);
        }
    }
}
