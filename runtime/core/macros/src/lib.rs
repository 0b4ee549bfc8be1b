//! `#[api]`: declares a name that scripts can see, once, as plain Rust with a doc comment.
//!
//! | on | form | gives |
//! |---|---|---|
//! | `impl` block | `#[api(namespace = "Time")]` | `SPEC`: a global of functions |
//! | `impl` block | `#[api(handle = "Task")]` | `SPEC`, and scripts hold the type by `Rc` |
//! | method | `#[api(iterates)]` | `for x in handle` calls it until it gives nothing |
//! | struct | `#[api(options)]` | conversion from a map; unknown names are errors |
//! | struct | `#[api(result)]` | conversion to a map |
//! | field | `#[api(include)]` | the fields of another record are this one's too |
//! | enum | `#[api(choice)]` | conversion from and to a string |
//!
//! A parameter of type `Cx` or `&Cx` is the context and is not seen by scripts; one of type `Rest`
//! takes the remaining arguments. `async` functions may suspend the calling task. Code fences
//! tagged `lua` and `rhai` in a doc comment are the examples.

mod docs;
mod functions;
mod records;

use proc_macro::TokenStream;
use proc_macro2::{Group, TokenStream as TokenStream2, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, Item, LitStr, Token, parse_macro_input};

/// Declares script-visible names; see the crate's documentation.
#[proc_macro_attribute]
pub fn api(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(attribute, item)
}

/// The same for programs that depend on `llmspell` alone.
#[proc_macro_attribute]
pub fn host_api(attribute: TokenStream, item: TokenStream) -> TokenStream {
    below_facade(expand(attribute, item).into()).into()
}

/// `::llmspell_core` as `::llmspell::llmspell_core`.
fn below_facade(tokens: TokenStream2) -> TokenStream2 {
    let one = |token| match token {
        TokenTree::Ident(name) if name == "llmspell_core" => quote!(llmspell::#name),
        TokenTree::Group(group) => {
            let inner = below_facade(group.stream());
            let mut outer = Group::new(group.delimiter(), inner);
            outer.set_span(group.span());
            TokenTree::Group(outer).into()
        }
        other => other.into(),
    };
    tokens.into_iter().flat_map(one).collect()
}

fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(attribute as Arguments);
    let item = parse_macro_input!(item as Item);
    let expanded = match (item, arguments.0.as_slice()) {
        (
            Item::Impl(item),
            [
                Argument {
                    kind,
                    name: Some(name),
                },
            ],
        ) if kind == "namespace" => functions::namespace(item, name),
        (
            Item::Impl(item),
            [
                Argument {
                    kind,
                    name: Some(name),
                },
            ],
        ) if kind == "handle" => functions::handle(item, name),
        (Item::Struct(item), kinds) => records::record(item, kinds),
        (Item::Enum(item), [Argument { kind, name: None }]) if kind == "choice" => {
            records::choice(item)
        }
        _ => Err(syn::Error::new(
            proc_macro2::Span::call_site(),
            "expected #[api(namespace = \"…\")] or #[api(handle = \"…\")] on an impl block, \
             #[api(options)] or #[api(result)] on a struct, #[api(choice)] on an enum",
        )),
    };
    expanded.unwrap_or_else(|e| e.to_compile_error()).into()
}

/// `kind` or `kind = "name"`.
struct Argument {
    kind: Ident,
    name: Option<LitStr>,
}

struct Arguments(Vec<Argument>);

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let list = input.parse_terminated(Argument::parse, Token![,])?;
        Ok(Self(list.into_iter().collect()))
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let kind = input.parse()?;
        let name = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { kind, name })
    }
}

/// Removes `#[api(word)]` from an inner item and says whether it was there.
fn take_marker(attributes: &mut Vec<syn::Attribute>, word: &str) -> bool {
    let before = attributes.len();
    attributes.retain(|a| {
        !(a.path().is_ident("api") && a.parse_args::<Ident>().is_ok_and(|i| i == word))
    });
    attributes.len() < before
}
