//! Structs and enums: option records, result records, choices.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Field, Fields, ItemEnum, ItemStruct, Result};

use crate::docs::Docs;
use crate::functions::script_name;
use crate::{Argument, take_marker};

/// `#[api(options)]`, `#[api(result)]` or both.
pub fn record(mut item: ItemStruct, kinds: &[Argument]) -> Result<TokenStream> {
    let is = |word: &str| kinds.iter().any(|argument| argument.kind == word);
    let (options, result) = (is("options"), is("result"));
    if !(options || result) {
        return Err(Error::new_spanned(
            &item.ident,
            "expected `options` or `result`",
        ));
    }
    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new_spanned(&item, "expected named fields"));
    };
    let mut included = Vec::new();
    let mut own = Vec::new();
    for field in &mut fields.named {
        match take_marker(&mut field.attrs, "include") {
            true => included.push(field.clone()),
            false => own.push(field.clone()),
        }
    }
    let spec = record_spec(&item, &own, &included, options);
    let from = options.then(|| from_value(&item, &own, &included));
    let into = result.then(|| into_value(&item, &own));
    Ok(quote!(#item #spec #from #into))
}

fn record_spec(item: &ItemStruct, own: &[Field], included: &[Field], options: bool) -> TokenStream {
    let ident = &item.ident;
    let (name, doc) = (ident.to_string(), Docs::of(&item.attrs).text);
    let conversion = match options {
        true => quote!(::llmspell_core::FromValue),
        false => quote!(::llmspell_core::IntoValue),
    };
    let fields = own.iter().map(|field| {
        let (name, doc, ty) = (field_name(field), Docs::of(&field.attrs).text, &field.ty);
        quote! {
            ::llmspell_core::spec::FieldSpec { name: #name, doc: #doc, ty: <#ty as #conversion>::TY }
        }
    });
    let includes = included.iter().map(|field| {
        let ty = &field.ty;
        quote!(&<#ty>::SPEC)
    });
    quote! {
        impl #ident {
            /// The declaration that adapters and documentation read.
            pub const SPEC: ::llmspell_core::spec::RecordSpec = ::llmspell_core::spec::RecordSpec {
                name: #name,
                doc: #doc,
                fields: &[#(#fields),*],
                includes: &[#(#includes),*],
            };
        }
    }
}

fn from_value(item: &ItemStruct, own: &[Field], included: &[Field]) -> TokenStream {
    let ident = &item.ident;
    let taken = own.iter().map(|field| {
        let (name, ident) = (field_name(field), &field.ident);
        quote!(#ident: fields.take(#name)?)
    });
    let records = included.iter().map(|field| {
        let ident = &field.ident;
        quote!(#ident: ::llmspell_core::api::Options::take(fields)?)
    });
    quote! {
        impl ::llmspell_core::api::Options for #ident {
            const RECORD: &'static ::llmspell_core::spec::RecordSpec = &Self::SPEC;

            fn take(
                fields: &mut ::llmspell_core::api::Fields,
            ) -> ::core::result::Result<Self, ::llmspell_core::Mismatch> {
                Ok(Self { #(#taken,)* #(#records,)* })
            }
        }

        impl ::llmspell_core::FromValue for #ident {
            const TY: ::llmspell_core::spec::Ty = ::llmspell_core::spec::Ty::Record(&Self::SPEC);

            fn from_value(
                value: ::llmspell_core::Value,
            ) -> ::core::result::Result<Self, ::llmspell_core::Mismatch> {
                ::llmspell_core::api::options(value)
            }
        }
    }
}

fn into_value(item: &ItemStruct, own: &[Field]) -> TokenStream {
    let ident = &item.ident;
    let inserted = own.iter().map(|field| {
        let (name, ident) = (field_name(field), &field.ident);
        quote!(::llmspell_core::api::put(&mut map, #name, self.#ident);)
    });
    quote! {
        impl ::llmspell_core::IntoValue for #ident {
            const TY: ::llmspell_core::spec::Ty = ::llmspell_core::spec::Ty::Record(&Self::SPEC);

            fn into_value(self) -> ::llmspell_core::Value {
                let mut map = ::llmspell_core::Map::new();
                #(#inserted)*
                ::llmspell_core::Value::Map(map.into())
            }
        }
    }
}

/// `#[api(choice)]`: variants without fields, named in snake_case for scripts.
pub fn choice(item: ItemEnum) -> Result<TokenStream> {
    let ident = &item.ident;
    let variants: Vec<_> = item.variants.iter().map(|v| &v.ident).collect();
    let names: Vec<_> = variants
        .iter()
        .map(|v| snake_case(&v.to_string()))
        .collect();
    Ok(quote! {
        #item

        impl #ident {
            const NAMES: &'static [&'static str] = &[#(#names),*];

            /// The name that scripts use.
            pub fn name(&self) -> &'static str {
                match self { #(Self::#variants => #names),* }
            }
        }

        impl ::llmspell_core::FromValue for #ident {
            const TY: ::llmspell_core::spec::Ty = ::llmspell_core::spec::Ty::OneOf(Self::NAMES);

            fn from_value(
                value: ::llmspell_core::Value,
            ) -> ::core::result::Result<Self, ::llmspell_core::Mismatch> {
                match ::llmspell_core::api::choice(value, Self::NAMES)? {
                    #(#names => Ok(Self::#variants),)*
                    _ => unreachable!("choice() gives one of the names"),
                }
            }
        }

        impl ::llmspell_core::IntoValue for #ident {
            const TY: ::llmspell_core::spec::Ty = ::llmspell_core::spec::Ty::OneOf(Self::NAMES);

            fn into_value(self) -> ::llmspell_core::Value {
                ::llmspell_core::Value::Str(self.name().to_owned())
            }
        }
    })
}

fn field_name(field: &Field) -> String {
    field.ident.as_ref().map(script_name).unwrap_or_default()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (index, c) in name.chars().enumerate() {
        if c.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
