//! One attempt of a step: its parameters from what is stored, the call, its output to what is stored.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;

use super::condition::Shape;
use super::link::{Message, bound, call_at, included, inferred, trait_for};
use super::{Names, local};
use crate::model::{Binding, Edge, Producer, Step, Workflow};
use crate::parse::{Parameter, type_text};

/// The function that runs an attempt of step `n`.
pub(super) fn run(workflow: &Workflow, n: usize) -> TokenStream {
    let step = &workflow.steps[n];
    let private = workflow.private();
    let Names { run, returns, .. } = Names::of(n);
    let name = &step.ident;
    let call = local("__call");
    let future = local("__future");
    // That it cannot move between threads is said of this call, whose first and last tokens have the place of the function's name. They
    // are no names: an editor would follow one.
    let at = Span::call_site().located_at(name.span());
    let open = quote_spanned!(at=> ::);
    let mut given = Group::new(Delimiter::Parenthesis, quote!(#future));
    given.set_span(at);
    let slot = slot(workflow, step, "", "");
    let mut take = Take {
        workflow,
        n,
        step,
        private: &private,
        call: &call,
        before: TokenStream::new(),
        within: TokenStream::new(),
    };
    let arguments: Vec<Ident> = step
        .parameters
        .iter()
        .enumerate()
        .map(|(at, (parameter, binding))| take.parameter(at, parameter, *binding))
        .collect();
    let Take { before, within, .. } = take;
    let (parameter, bounds) = generic(workflow, step);
    quote! {
        fn #run #parameter(#call: #private::Call<__PgflowState>) -> #private::StepFuture #bounds {
            #before
            let #future = async move {
                #within
                (#returns.finish)(#name(#(#arguments),*).await, #slot)
            };
            #open std::boxed::Box::pin #given
        }
    }
}

/// Of a step outside a workflow, the state as a parameter, and what it must be: one that its extractors know.
pub(super) fn generic(workflow: &Workflow, step: &Step) -> (TokenStream, TokenStream) {
    if !workflow.is_shared {
        return (TokenStream::new(), TokenStream::new());
    }
    let krate = &workflow.krate;
    let extractors = step.parameters.iter().filter(|(_, binding)| *binding == Binding::Extractor);
    let types = extractors.map(|(parameter, _)| &parameter.ty);
    let sized = quote!(__PgflowState: ::core::marker::Send + ::core::marker::Sync + 'static);
    (quote!(<__PgflowState>), quote!(where #sized #(, #types: #krate::FromContext<__PgflowState>)*))
}

/// The places of a parameter, as tokens.
pub(super) fn slot(workflow: &Workflow, step: &Step, parameter: &str, from: &str) -> TokenStream {
    let private = workflow.private();
    let workflow = if workflow.is_shared { String::new() } else { workflow.name() };
    let step = step.name();
    quote!(#private::Slot { workflow: #workflow, step: #step, parameter: #parameter, from: #from })
}

/// Writes how each parameter is taken.
struct Take<'a> {
    workflow: &'a Workflow,
    n: usize,
    step: &'a Step,
    private: &'a TokenStream,
    call: &'a Ident,
    /// Outside the future: traits, functions, and function pointers to extractors.
    before: TokenStream,
    /// Inside the future, in the order of the parameters.
    within: TokenStream,
}

impl Take<'_> {
    /// Gives the variable that holds the parameter.
    fn parameter(&mut self, at: usize, parameter: &Parameter, binding: Binding) -> Ident {
        let variable = local(&format!("__parameter_{at}"));
        let taken = match binding {
            Binding::Input => self.input(at, parameter),
            Binding::Item => self.item(parameter),
            Binding::Output(edge) => self.output(at, parameter, edge),
            Binding::Signal => self.signal(parameter),
            Binding::Repeat => self.repeat(parameter),
            Binding::Extractor => self.extractor(at, parameter),
        };
        self.within.extend(quote!(let #variable = #taken?;));
        variable
    }

    fn input(&mut self, at: usize, parameter: &Parameter) -> TokenStream {
        let (private, call) = (self.private, self.call);
        let (_, source) = self.workflow.input();
        if source == Some(self.n) {
            return quote!(#private::take_input::<__PgflowInput, _>(&#call.input, &__PGFLOW_INPUT));
        }
        let (step, name) = (self.step.name(), parameter.name());
        let (ty, _) = self.workflow.input();
        let message = Message {
            message: format!(
                "step `{step}` takes `{name}: {{Self}}`, but workflow `{}` takes `{{Got}}`",
                self.workflow.name()
            ),
            label: "the input is `{Got}`".to_owned(),
            note: Some(match source {
                Some(source) => format!(
                    "step `{}` is the first that takes the input, as `{{Got}}`",
                    self.workflow.steps[source].name()
                ),
                None => "the workflow says so itself: `#[workflow(input = {Got})]`".to_owned(),
            }),
        };
        let function = self.linked(
            at,
            &message,
            &quote!(__Got),
            ty,
            &quote!(input: &#private::Encoded, payload: &#private::Payload<__Got>),
            &quote!(take_input),
            &quote!(input, payload),
        );
        call_at(&function, quote!(&#call.input, &__PGFLOW_INPUT), &parameter.ty)
    }

    fn item(&self, parameter: &Parameter) -> TokenStream {
        let Self { private, call, .. } = self;
        let Names { codec, .. } = Names::of(self.n);
        let slot = slot(self.workflow, self.step, &parameter.name(), "item");
        quote!(#private::item(#call.item.as_ref(), &#codec, #slot))
    }

    fn signal(&self, parameter: &Parameter) -> TokenStream {
        let Self { private, call, .. } = self;
        let Names { signal, .. } = Names::of(self.n);
        let slot = slot(self.workflow, self.step, &parameter.name(), "signal");
        let may_miss = parameter.signal().is_some_and(|(_, optional)| optional);
        let take = Ident::new(if may_miss { "take_maybe_signal" } else { "take_signal" }, Span::call_site());
        quote!(#private::#take(#call.signal.as_ref(), &#signal, #slot))
    }

    fn repeat(&self, parameter: &Parameter) -> TokenStream {
        let Self { private, call, .. } = self;
        let Names { state, .. } = Names::of(self.n);
        let slot = slot(self.workflow, self.step, &parameter.name(), "state");
        quote!(#private::take_repeat(#call.repeated.as_ref(), &#state, #slot))
    }

    fn output(&mut self, at: usize, parameter: &Parameter, edge: usize) -> TokenStream {
        match self.step.edges[edge].to {
            Some(Producer::Own(producer)) => self.own_output(at, parameter, edge, producer),
            Some(Producer::Included(producer)) => self.included_output(at, parameter, edge, producer),
            None => TokenStream::new(),
        }
    }

    fn own_output(&mut self, at: usize, parameter: &Parameter, edge: usize, producer: usize) -> TokenStream {
        let private = self.private;
        let edge_name = self.step.edges[edge].name();
        let producer_step = &self.workflow.steps[producer];
        let Names { returns, .. } = Names::of(producer);
        let (step, name) = (self.step.name(), parameter.name());
        let shape = Shape::of(self.step, producer_step);
        let gives = match producer_step.is_map() {
            _ if shape.missing => "may be skipped and gives",
            true => "is a map step and gives",
            false if producer_step.arguments.child.is_some() => "is a run of its own and gives",
            false => "returns",
        };
        let message = if shape.missing && !is_option(&parameter.ty) {
            Message {
                message: format!("step `{step}` takes `{name}: {{Self}}`, but `{edge_name}` may be skipped"),
                label: format!("`{edge_name}` gives `{{Got}}`"),
                note: Some(format!(
                    "take `{{Got}}`, or skip `{step}` too: `skip_with = [{}]`",
                    self.step.skip_with_too(&edge_name)
                )),
            }
        } else if shape.gaps {
            Message {
                message: format!("step `{step}` takes `{name}: {{Self}}`, but items of `{edge_name}` may be skipped"),
                label: format!("`{edge_name}` gives `{{Got}}`"),
                note: None,
            }
        } else {
            Message {
                message: format!(
                    "step `{step}` takes `{name}: {{Self}}`, but its dependency `{edge_name}` {gives} `{{Got}}`"
                ),
                label: format!("`{edge_name}` {gives} `{{Got}}`"),
                note: None,
            }
        };
        let (got, function) = (shape.ty(&quote!(__Got)), shape.function());
        let given = quote!(given: ::core::option::Option<&#private::Dependency>, payload: &#private::Payload<__Got>);
        let slot = slot(self.workflow, self.step, &name, &edge_name);
        let function = self.linked(
            at,
            &message,
            &got,
            producer_step.returns.as_ref(),
            &given,
            &quote!(#function),
            &quote!(given, payload, #slot),
        );
        let call = self.call;
        call_at(&function, quote!(#call.dependencies.get(#edge), &#returns.payload), &parameter.ty)
    }

    /// Of a step that stands elsewhere, the type that it gives is known to the compiler alone.
    fn included_output(&mut self, at: usize, parameter: &Parameter, edge: usize, producer: usize) -> TokenStream {
        let private = self.private;
        let from = &self.step.edges[edge];
        let edge_name = from.name();
        let (step, name) = (self.step.name(), parameter.name());
        let slot = slot(self.workflow, self.step, &name, &edge_name);
        let is_skipped_with = self.step.is_skipped_with(&edge_name);
        let note = format!(
            "where that is an `Option`, `{edge_name}` may be skipped: take the `Option`, or skip `{step}` too: `skip_with = [{}]`",
            self.step.skip_with_too(&from.step.text())
        );
        let message = Message {
            message: format!(
                "step `{step}` takes `{name}: {{Self}}`, but its dependency `{edge_name}` gives `{{Got}}`"
            ),
            label: format!("`{edge_name}` gives `{{Got}}`"),
            note: (!is_skipped_with && !is_option(&parameter.ty)).then_some(note),
        };
        let function = self.linked(
            at,
            &message,
            &quote!(__Got),
            Some(&from.step),
            &quote!(given: ::core::option::Option<&#private::Dependency>, read: #private::Read<__Got>),
            &quote!(take),
            &quote!(given, read, #slot),
        );
        let path = included(self.workflow, producer);
        let read = Ident::new(if is_skipped_with { "certain" } else { "given" }, Span::call_site());
        let call = self.call;
        call_at(&function, quote!(#call.dependencies.get(#edge), #private::#read::<#path>), &parameter.ty)
    }

    /// Writes the trait and the function by which a value of one type is handed to a parameter of another, and gives the function.
    #[expect(clippy::too_many_arguments, reason = "the parts of one template")]
    fn linked(
        &mut self,
        at: usize,
        message: &Message,
        got: &TokenStream,
        second: Option<&impl ToTokens>,
        taken: &TokenStream,
        take: &TokenStream,
        arguments: &TokenStream,
    ) -> Ident {
        let (private, krate) = (self.private, &self.workflow.krate);
        let (name, function) = (format_ident!("__Takes{at}"), format_ident!("__take_{at}"));
        let generic = format_ident!("Got");
        let definition = trait_for(&name, Some(&generic), &quote!(#private::Accepts<#generic>), message);
        let bound = bound(&name, got, second);
        self.before.extend(quote! {
            #definition
            fn #function<__T: #bound, __Got>(#taken) -> ::core::result::Result<__T, #krate::StepError> {
                #private::#take(#arguments)
            }
        });
        function
    }

    fn extractor(&mut self, at: usize, parameter: &Parameter) -> TokenStream {
        let (private, krate, call) = (self.private, &self.workflow.krate, self.call);
        if self.workflow.is_shared {
            let (pointer, ty) = (local(&format!("__extractor_{at}")), &parameter.ty);
            self.before.extend(quote!(let #pointer = #private::extract::<__PgflowState, #ty>();));
            return quote!(#pointer(&#call.context).await);
        }
        let (name, function, pointer) =
            (format_ident!("__Extracts{at}"), format_ident!("__extract_{at}"), local(&format!("__extractor_{at}")));
        let (message, at) = self.no_extractor(parameter);
        let definition = trait_for(&name, None, &quote!(#krate::FromContext<__PgflowState>), &message);
        self.before.extend(quote! {
            #definition
            fn #function<__T: #name + 'static>() -> #private::Extract<__PgflowState, __T> {
                #private::extract::<__PgflowState, __T>()
            }
            let #pointer = #function::<#at>();
        });
        quote!(#pointer(&#call.context).await)
    }

    /// What is said of a parameter that is nothing known, and the type that it is said at.
    fn no_extractor(&self, parameter: &Parameter) -> (Message, TokenStream) {
        let (step, name) = (self.step.name(), parameter.name());
        let ty = &parameter.ty;
        if is_state(ty) {
            let workflow = self.workflow.name();
            let state = self.workflow.state.as_ref();
            let message = match state {
                Some(state) => format!(
                    "step `{step}` takes `{name}: {{Self}}`, but the state of workflow `{workflow}` is `{}`",
                    type_text(state)
                ),
                None => format!("step `{step}` takes `{name}: {{Self}}`, but workflow `{workflow}` has no state"),
            };
            let label = state
                .map_or_else(|| "there is no state".to_owned(), |state| format!("the state is `{}`", type_text(state)));
            let note = state.is_none().then(|| "say what it is: `#[workflow(state = ..)]`".to_owned());
            return (Message { message, label, note }, quote!(#ty));
        }
        let dependencies: Vec<String> = self.step.edges.iter().map(Edge::name).collect();
        let known = match dependencies.as_slice() {
            [] => "neither `input` nor an extractor, and the step has no dependencies".to_owned(),
            [one] => format!("neither `input`, nor its dependency (`{one}`), nor an extractor"),
            many => format!(
                "neither `input`, nor one of its dependencies ({}), nor an extractor",
                many.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        let item = self.step.is_map().then_some("item");
        let bare = name.trim_start_matches('_');
        let similar = pgflow_graph::nearest(bare, dependencies.iter().map(String::as_str).chain(["input"]).chain(item));
        let mut free = self
            .step
            .edges
            .iter()
            .enumerate()
            .filter(|(edge, _)| self.step.parameters.iter().all(|(_, binding)| *binding != Binding::Output(*edge)));
        let note = match (similar, free.next(), free.next()) {
            (Some(similar), _, _) => format!("did you mean `{similar}`?"),
            // As when a step gets another name, and a parameter keeps the old one.
            (None, Some((_, edge)), None) => {
                let edge = edge.name();
                format!(
                    "to take the output of `{edge}`, name the parameter `{edge}`, or write `#[from({edge})] {name}`; an extractor implements `pgflow::FromContext`"
                )
            }
            _ => "an extractor is a type that implements `pgflow::FromContext`, such as `StepContext` or `State<T>`"
                .to_owned(),
        };
        let ident = &parameter.ident;
        (
            Message {
                message: format!("parameter `{name}` of step `{step}` is {known}"),
                label: "`{Self}` is no extractor".to_owned(),
                note: Some(note),
            },
            inferred(ident),
        )
    }
}

fn is_state(ty: &Type) -> bool {
    is_generic(ty, "State")
}

fn is_option(ty: &Type) -> bool {
    is_generic(ty, "Option")
}

fn is_generic(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name && !segment.arguments.is_empty()))
}
