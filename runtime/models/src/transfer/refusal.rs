//! What a server's refusal means, and what to do about it.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::Error;

/// The error for an answer that no repetition will change.
pub fn explain(url: &str, status: StatusCode, headers: &HeaderMap, with_token: bool) -> Error {
    Error::Refused {
        url: url.to_owned(),
        status: status.as_u16(),
        hint: hint(url, status, headers, with_token),
    }
}

fn hint(url: &str, status: StatusCode, headers: &HeaderMap, with_token: bool) -> String {
    // Source: the codes that `huggingface_hub` tells apart in `hf_raise_for_status`.
    let code = headers.get("x-error-code");
    let code = code.and_then(|code| code.to_str().ok()).unwrap_or("");
    let page = page(url);
    match (status.as_u16(), code) {
        (_, "GatedRepo") => gated(&page, with_token),
        (404, "RepoNotFound") => format!(
            ": there is no repository {page}, or it is private; check its spelling, or set HF_TOKEN to a token that may read it"
        ),
        (404, "EntryNotFound") => format!(": {page} has no such file; see {page}/tree/main"),
        (401, _) if with_token => {
            ": the token was not accepted; set HF_TOKEN to a valid one, or remove it".to_owned()
        }
        (401, _) => format!(
            ": it asks for a token, or there is no such repository; check {page}, and if it is gated or private set HF_TOKEN"
        ),
        (403, _) => gated(&page, with_token),
        (404, _) => format!(": there is no such file; check its spelling at {page}"),
        (429, _) if with_token => ": too many requests; try again later".to_owned(),
        (429, _) => {
            ": too many requests; try again later, or set HF_TOKEN, which allows more".to_owned()
        }
        (500.., _) => "; try again later".to_owned(),
        _ => format!("; check {page}"),
    }
}

fn gated(page: &str, with_token: bool) -> String {
    let token = match with_token {
        true => "the token's owner has",
        false => "set HF_TOKEN to a token of someone who has",
    };
    format!(": access is restricted; {token} to accept the licence at {page} first")
}

/// The page that people see, for an address below it.
fn page(url: &str) -> String {
    let end = url.find("/resolve/").or_else(|| url.find("/tree/"));
    url[..end.unwrap_or(url.len())].replacen("/api/models/", "/", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, code: &str, with_token: bool) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-error-code", code.parse().expect("a code"));
        let status = StatusCode::from_u16(status).expect("a status");
        let url = "https://huggingface.co/google/gemma/resolve/main/a.gguf";
        explain(url, status, &headers, with_token).to_string()
    }

    #[test]
    fn a_gated_model_says_where_the_licence_is_and_what_to_set() {
        for text in [
            of(403, "GatedRepo", false),
            of(401, "GatedRepo", false),
            of(403, "", false),
        ] {
            assert!(
                text.contains("at https://huggingface.co/google/gemma first"),
                "{text}"
            );
            assert!(text.contains("set HF_TOKEN"), "{text}");
        }
        let text = of(403, "GatedRepo", true);
        assert!(text.contains("the token's owner has to accept"), "{text}");
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let cases = [
            (401, "", "asks for a token"),
            (404, "EntryNotFound", "/google/gemma/tree/main"),
            (404, "RepoNotFound", "check its spelling"),
            (404, "", "no such file"),
            (429, "", "HF_TOKEN, which allows more"),
            (503, "", "try again later"),
            (418, "", "check https://"),
        ];
        for (status, code, expected) in cases {
            let text = of(status, code, false);
            assert!(text.contains(expected), "{status}: {text}");
            assert!(text.contains(&status.to_string()), "{text}");
        }
        assert!(of(401, "", true).contains("not accepted"));
    }
}
