//! Impl blocks: namespaces and handles.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Error, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, ItemImpl, LitStr, Pat,
    PathArguments, Result, ReturnType, Type,
};

use crate::docs::Docs;
use crate::take_marker;

/// `#[api(namespace = "Time")]`
pub fn namespace(mut item: ItemImpl, name: &LitStr) -> Result<TokenStream> {
    let functions = functions(&mut item, name)?;
    let doc = Docs::of(&item.attrs).text;
    let ty = &item.self_ty;
    Ok(quote! {
        #item

        impl #ty {
            /// The declaration that adapters and documentation read.
            pub const SPEC: &'static ::llmspell_core::spec::NamespaceSpec =
                &::llmspell_core::spec::NamespaceSpec {
                    name: #name,
                    doc: #doc,
                    functions: &[#(#functions),*],
                };
        }
    })
}

/// `#[api(handle = "Task")]`
pub fn handle(mut item: ItemImpl, name: &LitStr) -> Result<TokenStream> {
    let methods = functions(&mut item, name)?;
    let doc = Docs::of(&item.attrs).text;
    let ty = &item.self_ty;
    Ok(quote! {
        #item

        impl #ty {
            /// The declaration that adapters and documentation read.
            pub const SPEC: &'static ::llmspell_core::spec::HandleSpec =
                &::llmspell_core::spec::HandleSpec {
                    name: #name,
                    doc: #doc,
                    methods: &[#(#methods),*],
                };
        }

        impl ::llmspell_core::Object for #ty {
            fn spec(&self) -> &'static ::llmspell_core::spec::HandleSpec {
                Self::SPEC
            }
        }

        impl ::llmspell_core::Declared for #ty {
            const NAME: &'static str = #name;
        }
    })
}

fn functions(item: &mut ItemImpl, owner: &LitStr) -> Result<Vec<TokenStream>> {
    let mut specs = Vec::new();
    for entry in &mut item.items {
        if let ImplItem::Fn(function) = entry {
            specs.push(function_spec(function, owner)?);
        }
    }
    Ok(specs)
}

/// One `FunctionSpec` as a constant expression.
fn function_spec(function: &mut ImplItemFn, owner: &LitStr) -> Result<TokenStream> {
    let iterates = take_marker(&mut function.attrs, "iterates");
    let docs = Docs::of(&function.attrs);
    let (doc, examples) = (&docs.text, docs.examples());
    let signature = &function.sig;
    let name = script_name(&signature.ident);
    let method = signature.receiver().is_some();
    let waits = signature.asyncness.is_some();
    let params = Params::of(function)?;
    let specs = params.specs();
    let returns = Returns::of(&signature.output);
    let ty = &returns.ty;
    let call = call(function, &params, &returns);
    Ok(quote! {
        ::llmspell_core::spec::FunctionSpec {
            owner: #owner,
            name: #name,
            doc: #doc,
            examples: #examples,
            params: &[#(#specs),*],
            returns: <#ty as ::llmspell_core::IntoValue>::TY,
            method: #method,
            waits: #waits,
            iterates: #iterates,
            call: #call,
        }
    })
}

/// The erased function: takes its arguments out of values, calls, converts the result.
fn call(function: &ImplItemFn, params: &Params, returns: &Returns) -> TokenStream {
    let name = &function.sig.ident;
    let taken = params.taken();
    let (receiver, this) = match function.sig.receiver() {
        None => (quote!(), quote!()),
        Some(receiver) => {
            let take = quote!(let this = ::llmspell_core::api::receiver::<Self>(function, this)?;);
            match receiver.reference {
                Some(_) => (take, quote!(&*this,)),
                None => (take, quote!(this,)),
            }
        }
    };
    let passed = params.passed();
    let invoke = quote!(Self::#name(#this #(#passed),*));
    let body = match (function.sig.asyncness.is_some(), returns.fallible) {
        (true, true) => {
            quote!(let cx = cx.clone(); ::llmspell_core::api::waits(async move { #invoke.await }))
        }
        (true, false) => quote! {
            let cx = cx.clone();
            ::llmspell_core::api::waits(async move { Ok::<_, ::llmspell_core::Error>(#invoke.await) })
        },
        (false, true) => quote!(::llmspell_core::api::done(#invoke?)),
        (false, false) => quote!(::llmspell_core::api::done(#invoke)),
    };
    quote! {
        |function, cx, this, args| {
            let _ = (function, cx, this, &args);
            #receiver
            #(#taken)*
            #body
        }
    }
}

struct Param {
    name: Ident,
    ty: Type,
    kind: Kind,
}

#[derive(PartialEq)]
enum Kind {
    Context { by_reference: bool },
    Rest,
    Script,
}

struct Params(Vec<Param>);

impl Params {
    fn of(function: &ImplItemFn) -> Result<Self> {
        let typed = function.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        });
        let param = |typed: &syn::PatType| {
            let Pat::Ident(pattern) = &*typed.pat else {
                return Err(Error::new_spanned(&typed.pat, "expected a plain name"));
            };
            let kind = match (&*typed.ty, last_segment(&typed.ty).as_deref()) {
                (Type::Reference(_), Some("Cx")) => Kind::Context { by_reference: true },
                (_, Some("Cx")) => Kind::Context {
                    by_reference: false,
                },
                (_, Some("Rest")) => Kind::Rest,
                _ => Kind::Script,
            };
            Ok(Param {
                name: pattern.ident.clone(),
                ty: (*typed.ty).clone(),
                kind,
            })
        };
        Ok(Self(typed.map(param).collect::<Result<_>>()?))
    }

    fn visible(&self) -> impl Iterator<Item = &Param> {
        let context = |p: &&Param| !matches!(p.kind, Kind::Context { .. });
        self.0.iter().filter(context)
    }

    fn specs(&self) -> Vec<TokenStream> {
        let spec = |param: &Param| {
            let (name, ty) = (script_name(&param.name), &param.ty);
            let ty = match param.kind {
                Kind::Rest => quote!(::llmspell_core::spec::Ty::Rest),
                _ => quote!(<#ty as ::llmspell_core::FromValue>::TY),
            };
            quote!(::llmspell_core::spec::ParamSpec { name: #name, ty: #ty })
        };
        self.visible().map(spec).collect()
    }

    fn taken(&self) -> Vec<TokenStream> {
        let take = |(index, param): (usize, &Param)| {
            let (ty, local) = (&param.ty, local(param));
            match param.kind {
                Kind::Rest => quote!(let #local = ::llmspell_core::api::rest(args, #index);),
                _ => quote! {
                    let #local = ::llmspell_core::api::argument::<#ty>(function, args, #index)?;
                },
            }
        };
        self.visible().enumerate().map(take).collect()
    }

    fn passed(&self) -> Vec<TokenStream> {
        let pass = |param: &Param| {
            let local = local(param);
            match param.kind {
                Kind::Context { by_reference: true } => quote!(&cx),
                Kind::Context {
                    by_reference: false,
                } => quote!(cx.clone()),
                _ => quote!(#local),
            }
        };
        self.0.iter().map(pass).collect()
    }
}

fn local(param: &Param) -> Ident {
    format_ident!("arg_{}", script_name(&param.name))
}

struct Returns {
    ty: Type,
    fallible: bool,
}

impl Returns {
    fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else {
            return Self {
                ty: syn::parse_quote!(()),
                fallible: false,
            };
        };
        match result_of(ty) {
            Some(inner) => Self {
                ty: inner,
                fallible: true,
            },
            None => Self {
                ty: (**ty).clone(),
                fallible: false,
            },
        }
    }
}

/// `T` of `Result<T, …>`.
fn result_of(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|s| s.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Reference(reference) => last_segment(&reference.elem),
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The name without Rust's `r#`.
pub fn script_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}
