//! Doc comments, split into text and examples.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// A doc comment: its text, and its code fences as `(language, code)`.
#[derive(Default)]
pub struct Docs {
    pub text: String,
    examples: Vec<(String, String)>,
}

impl Docs {
    pub fn of(attributes: &[Attribute]) -> Self {
        let mut docs = Self::default();
        let mut fence: Option<(String, String)> = None;
        for line in attributes.iter().filter_map(doc_line) {
            match (&mut fence, line.strip_prefix("```")) {
                (None, Some(language)) => fence = Some((language.to_owned(), String::new())),
                (Some(_), Some(_)) => docs.examples.extend(fence.take()),
                (Some((_, code)), None) => push_line(code, &line),
                (None, None) => push_line(&mut docs.text, &line),
            }
        }
        docs.text = docs.text.trim().to_owned();
        docs
    }

    /// The examples as a constant expression.
    pub fn examples(&self) -> TokenStream {
        let examples = self.examples.iter().map(|(language, code)| {
            let code = code.trim_end();
            quote!(::llmspell_core::spec::Example { language: #language, code: #code })
        });
        quote!(&[#(#examples),*])
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if pair.path.is_ident("doc") => {
            let text = text.value();
            Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
        }
        _ => None,
    }
}
