//! The definition: what is known of the steps at build time, as data.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Member;
use syn::ext::IdentExt;

use super::Names;
use super::items::{child, runs, upcasts};
use super::link::included;
use super::signal;
use crate::model::{Schedule, Step, Workflow};
use crate::parse::{CatchUp, Delay, MapPath, StepArguments, StepName};

/// The body of `definition()`.
pub(super) fn definition(workflow: &Workflow) -> TokenStream {
    let private = workflow.private();
    let description = option(workflow.description.as_ref().map(|text| quote!(#text)));
    let deadline = option(workflow.deadline.map(duration));
    let schedule = option(workflow.schedule.as_ref().map(|schedule| self::schedule(workflow, schedule)));
    let steps = workflow
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.returns.is_some())
        .map(|(n, step)| spec(workflow, n, step));
    let elsewhere = workflow.includes.iter().enumerate().map(|(at, include)| {
        let (step, name) = (included(workflow, at), include.name());
        quote!(#private::included::<#step>(#name))
    });
    quote! {
        const STEPS: &[#private::StepSpec] = &[#(#steps),*];
        #private::definition(
            <Self as #private::Workflow>::NAME,
            #description,
            __PGFLOW_INPUT.schema,
            #deadline,
            #schedule,
            STEPS,
            &[#(#elsewhere),*],
        )
    }
}

fn schedule(workflow: &Workflow, schedule: &Schedule) -> TokenStream {
    let private = workflow.private();
    let Schedule { cron, timezone, catch_up, .. } = schedule;
    let catch_up = match catch_up {
        CatchUp::Skip => quote!(Skip),
        CatchUp::One => quote!(One),
        CatchUp::All => quote!(All),
    };
    let computed_input = workflow.scheduled_input.is_some();
    quote! {
        #private::ScheduleSpec {
            cron: #cron,
            timezone: #timezone,
            catch_up: #private::CatchUp::#catch_up,
            computed_input: #computed_input,
        }
    }
}

/// What is known of step `n`.
pub(super) fn spec(workflow: &Workflow, n: usize, step: &Step) -> TokenStream {
    let private = workflow.private();
    let Names { returns, item, .. } = Names::of(n);
    let name = step.name();
    let description = option(step.description.as_ref().map(|text| quote!(#text)));
    let takes_input = step.takes_input();
    let edges = step.edges.iter().map(|edge| {
        let (name, value) = (edge.name(), edge.value);
        quote!((#name, #value))
    });
    let map = option(step.arguments.map.as_ref().map(map));
    // That the type has a schema is for its list to demand: here it is taken as it is, so that what is missing is told once.
    let item = if step.item().is_some() && runs(workflow, step) {
        option(Some(quote!(|| {
            #[allow(unused_imports, reason = "one of them")]
            use #private::{KnownSchema as _, UnknownSchema as _};
            (&#private::ItemSchema::<#item>::new()).schema()
        })))
    } else {
        option(None)
    };
    let max_attempts = option(step.arguments.max_attempts.map(|number| quote!(#number)));
    let StepArguments { backoff, max_backoff, timeout, ref delay, .. } = step.arguments;
    let [backoff, max_backoff, timeout] = [backoff, max_backoff, timeout].map(|time| option(time.map(duration)));
    let delay = option(match (delay, &step.delay) {
        (Some(Delay::Fixed(time)), _) => {
            let time = duration(*time);
            Some(quote!(#private::Delay::Fixed(#time)))
        }
        (_, Some(_)) => Some(quote!(#private::Delay::Computed)),
        _ => None,
    });
    let signal = signal::spec(n, step);
    let signal_timeout = option(step.arguments.signal_timeout.as_ref().map(|(_, time)| duration(*time)));
    let latest_signal = step.arguments.latest_signal.is_some();
    let krate = &workflow.krate;
    let child = option(child(step).map(|child| quote!(<#child as #krate::Workflow>::NAME)));
    let Names { state, .. } = Names::of(n);
    let repeat = option(step.repeat().map(|_| quote!(#state.schema)));
    let max_repeats = option(step.arguments.max_repeats.as_ref().map(|(_, most)| quote!(#most)));
    let repeat_timeout = option(step.arguments.repeat_timeout.as_ref().map(|(_, time)| duration(*time)));
    let upcasts = upcasts(workflow, n);
    let queue = option(step.arguments.queue.as_ref().map(ToTokens::to_token_stream));
    let when = step.condition.is_some();
    let (on_exhausted, skippable) = (step.arguments.skips_exhausted, step.arguments.skippable);
    let on_failure = step.is_hook();
    let skip_with = step.arguments.skip_with.iter().map(StepName::name);
    quote! {
        #private::StepSpec {
            name: #name,
            description: #description,
            takes_input: #takes_input,
            depends_on: &[#(#edges),*],
            map: #map,
            item: #item,
            max_attempts: #max_attempts,
            backoff: #backoff,
            max_backoff: #max_backoff,
            timeout: #timeout,
            delay: #delay,
            signal: #signal,
            signal_timeout: #signal_timeout,
            latest_signal: #latest_signal,
            child: #child,
            repeat: #repeat,
            max_repeats: #max_repeats,
            repeat_timeout: #repeat_timeout,
            queue: #queue,
            when: #when,
            on_exhausted: #on_exhausted,
            skippable: #skippable,
            skip_with: &[#(#skip_with),*],
            on_failure: #on_failure,
            output: #returns.payload.schema,
            upcasts: #upcasts,
        }
    }
}

fn duration(time: Duration) -> TokenStream {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}

fn map(map: &MapPath) -> TokenStream {
    let step = option(map.step().map(|step| {
        let step = step.name();
        quote!(#step)
    }));
    let path = map.fields.iter().map(|(_, field)| match field {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    });
    quote!((#step, &[#(#path),*]))
}

/// An `Option`.
pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
