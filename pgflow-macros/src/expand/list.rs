//! The items of a map step: from the value that holds the list.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

use super::attempt::slot;
use super::link::{Message, bound, call_at, included, inferred, trait_for};
use super::{Names, local};
use crate::model::{Producer, Step, Workflow};
use crate::parse::MapPath;

/// The type of the item of step `n`, and what can be done with it.
pub(super) fn item(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let parameter = workflow.steps[n].item()?;
    let private = workflow.private();
    let Names { item, codec, .. } = Names::of(n);
    let ty = &parameter.ty;
    Some(quote! {
        type #item = #ty;
        const #codec: #private::ItemCodec<#item> = #private::item_codec::<#ty>();
    })
}

/// The function that makes the items of step `n`.
pub(super) fn expand(workflow: &Workflow, n: usize) -> Option<TokenStream> {
    let step = &workflow.steps[n];
    let map = step.arguments.map.as_ref()?;
    let (krate, private) = (&workflow.krate, workflow.private());
    let Names { expand, item, codec, .. } = Names::of(n);
    let [source, value, list] = ["__source", "__value", "__list"].map(local);
    let from = map.source.name();
    let slot = slot(workflow, step, "", &from);

    let producer = map
        .step()
        .and_then(|source| step.edges.iter().find(|edge| edge.name() == source.name()))
        .and_then(|edge| edge.to);
    let read = match producer {
        None => quote!(#private::read_source(#source, &__PGFLOW_INPUT, #slot)),
        Some(Producer::Included(at)) => {
            let path = included(workflow, at);
            quote!(#private::read_shared::<#path>(#source, #slot))
        }
        Some(Producer::Own(producer)) => {
            let Names { returns, .. } = Names::of(producer);
            let read = if workflow.steps[producer].is_map() { quote!(read_sources) } else { quote!(read_source) };
            quote!(#private::#read(#source, &#returns.payload, #slot))
        }
    };

    let generic = format_ident!("Item");
    let lists = format_ident!("__Lists");
    let list_trait = trait_for(&lists, Some(&generic), &quote!(#private::List<#generic>), &no_list(step, map));
    let fields = map.fields.iter().map(|(dot, field)| quote!(#dot #field));
    // In braces at the place of the name: that the list cannot be taken out is said there.
    let place = map.source.ident().span();
    let braced = quote_spanned!(place.resolved_at(Span::call_site())=> { #value });
    let at = inferred(&map.source);
    let to_list = quote!(__list::<#at, _>(#braced #(#fields)*));

    let (link, items) = match step.item() {
        None => (None, quote!(#private::encode_items(&#list, &#private::item_codec(), #slot))),
        Some(parameter) => {
            let takes = format_ident!("__Takes");
            let generic = format_ident!("Got");
            let name = parameter.name();
            let message = Message {
                message: format!("step `{}` takes `{name}: {{Self}}`, but maps over a list of `{{Got}}`", step.name()),
                label: format!("the items of `{}` are `{{Got}}`", path_text(map)),
                note: None,
            };
            let definition = trait_for(&takes, Some(&generic), &quote!(#private::Accepts<#generic>), &message);
            let bound = bound(&takes, &quote!(__Got), Some(&map.source));
            let handed = call_at(&format_ident!("__items"), quote!(#list), &parameter.ty);
            let link = quote! {
                #definition
                fn __items<__T: #bound, __Got>(items: ::std::vec::Vec<__Got>) -> ::std::vec::Vec<__T> {
                    #private::items(items)
                }
            };
            (
                Some(link),
                quote! {
                    let #list: ::std::vec::Vec<#item> = #handed;
                    #private::encode_items(&#list, &#codec, #slot)
                },
            )
        }
    };
    let list_bound = bound(&lists, &quote!(__Item), None::<&TokenStream>);
    Some(quote! {
        fn #expand(#source: &#private::Dependency) -> ::core::result::Result<::std::vec::Vec<#private::Encoded>, #krate::StepError> {
            #list_trait
            fn __list<__T: #list_bound, __Item>(list: __T) -> ::std::vec::Vec<__Item> {
                #private::List::into_items(list)
            }
            #link
            let #value = #read?;
            let #list = #to_list;
            #items
        }
    })
}

fn no_list(step: &Step, map: &MapPath) -> Message {
    let is = match (map.step().is_some(), map.fields.is_empty()) {
        (true, true) => "returns",
        _ => "is",
    };
    Message {
        message: format!("step `{}` maps over `{}`, which {is} `{{Self}}`: a map needs a list", step.name(), path_text(map)),
        label: "this is no list".to_owned(),
        note: Some("a list is a `Vec`, a boxed slice, an array, a `VecDeque` or a `BTreeSet`; name a field that is one: `map = step.field`".to_owned()),
    }
}

fn path_text(map: &MapPath) -> String {
    let mut text = map.source.text();
    for (_, field) in &map.fields {
        text.push('.');
        match field {
            syn::Member::Named(name) => text.push_str(&name.unraw().to_string()),
            syn::Member::Unnamed(index) => text.push_str(&index.index.to_string()),
        }
    }
    text
}
