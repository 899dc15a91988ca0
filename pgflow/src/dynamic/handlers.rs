//! Handlers: what executes the steps of workflows that are made at run time.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::sync::Arc;

use pgflow_graph::check_handler_name;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::encoded::Encoded;
use crate::extract::{Context, FromContext};
use crate::handler::{Dependency, StepFuture};
use crate::path::unreadable;
use crate::step::{StepContext, StepError};
use crate::tx::Tx;
use crate::workflow::RunOf;

/// Functions by name, which execute the steps of workflows that are made at run time. A worker takes them
/// ([`WorkerBuilder::handlers`](crate::WorkerBuilder::handlers)), and runs every workflow all of whose handlers it has.
///
/// ```
/// use pgflow::StepContext;
/// use pgflow::dynamic::Handlers;
/// use serde::Deserialize;
/// use serde_json::Value;
///
/// /// What is taken: the workflow's input, outputs of dependencies by their names, and the item of a map step.
/// #[derive(Deserialize)]
/// struct Resize {
///     item: String,
///     /// Where it may be skipped, or a workflow may be without it.
///     fetch: Option<u32>,
/// }
///
/// let handlers = Handlers::new()
///     .add("images.resize", async |taken: Resize, ctx: StepContext| {
///         ctx.message(format!("{} is resized", taken.item));
///         Ok(taken.fetch.unwrap_or_default())
///     })
///     // As JSON, whatever there is.
///     .add("echo", async |taken: Value, _| Ok(taken));
/// ```
#[derive(Clone, Default)]
pub struct Handlers {
    by_name: BTreeMap<String, Arc<dyn Execute>>,
    problems: Vec<String>,
}

/// What executes a step.
pub(crate) trait Execute: Send + Sync {
    fn execute(&self, call: HandlerCall) -> StepFuture;
}

impl Handlers {
    /// No handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a handler. It takes an object with the members `input`, `item` (in a map step), and one for each dependency that is not
    /// only waited for and was not skipped: as a type of yours, or as a [`Value`]. What it gives is the step's output.
    ///
    /// A name is made of words with dots between them, as in `images.resize`; one that is wrong, or is there already, is told when a
    /// worker starts.
    #[must_use]
    pub fn add<F, Fut, In, Out>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(In, StepContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = crate::Result<Out>> + Send + 'static,
        In: DeserializeOwned + Send + 'static,
        Out: Serialize + 'static,
    {
        let typed = move |call: HandlerCall| -> StepFuture {
            let context = call.context().clone();
            match call.arguments::<In>() {
                Ok(taken) => encoded(handler(taken, context)),
                Err(error) => Box::pin(ready(Err(error))),
            }
        };
        self.put(name.into(), Arc::new(Function(typed)))
    }

    /// Adds a handler that takes the [`HandlerCall`] itself: for a transaction, for payloads that are read one by one, or for a step that
    /// is skipped.
    #[must_use]
    pub fn add_call<F, Fut, Out>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(HandlerCall) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = crate::Result<Out>> + Send + 'static,
        Out: Serialize + 'static,
    {
        let typed = move |call: HandlerCall| -> StepFuture { encoded(handler(call)) };
        self.put(name.into(), Arc::new(Function(typed)))
    }

    /// The names of all handlers, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub(super) fn put(mut self, name: String, handler: Arc<dyn Execute>) -> Self {
        if let Err(why) = check_handler_name(&name) {
            self.problems.push(format!("`{name}` cannot be the name of a handler: {why}"));
        }
        if self.by_name.contains_key(&name) {
            self.problems.push(format!("handler `{name}` is added twice"));
        }
        self.by_name.insert(name, handler);
        self
    }

    /// Something is wrong with one: it is told when a worker starts.
    pub(super) fn refuse(mut self, problem: String) -> Self {
        self.problems.push(problem);
        self
    }

    /// All of these and of others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.problems.extend(others.problems);
        others.by_name.into_iter().fold(self, |all, (name, handler)| all.put(name, handler))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<dyn Execute>> {
        self.by_name.get(name).cloned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// What is wrong with them, first of all.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problems.first().map(String::as_str)
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

struct Function<F>(F);

impl<F: Fn(HandlerCall) -> StepFuture + Send + Sync> Execute for Function<F> {
    fn execute(&self, call: HandlerCall) -> StepFuture {
        (self.0)(call)
    }
}

fn encoded<Out: Serialize + 'static>(future: impl Future<Output = crate::Result<Out>> + Send + 'static) -> StepFuture {
    Box::pin(async move {
        let output = future.await?;
        Encoded::new(&output).map_err(|error| StepError::fatal(format_args!("the output has no JSON form: {error}")))
    })
}

/// One attempt of a step, as its handler sees it.
#[derive(Debug)]
pub struct HandlerCall {
    pub(super) context: Context<()>,
    pub(super) input: Encoded,
    pub(super) takes_input: bool,
    /// By the names of the steps.
    pub(super) dependencies: Vec<(Arc<str>, Dependency)>,
    pub(super) item: Option<Encoded>,
    pub(super) skippable: bool,
}

impl HandlerCall {
    /// What the attempt knows of itself.
    #[must_use]
    pub fn context(&self) -> &StepContext {
        self.context.step()
    }

    /// The workflow's input.
    ///
    /// # Errors
    /// When it is no `T`: a fatal error.
    pub fn input<T: DeserializeOwned>(&self) -> crate::Result<T> {
        read(&self.input, "input")
    }

    /// What a dependency gave; nothing where it was skipped.
    ///
    /// # Errors
    /// When it is no `T`, or the step takes no output of that name: a fatal error.
    pub fn output<T: DeserializeOwned>(&self, step: &str) -> crate::Result<Option<T>> {
        let given =
            self.dependencies.iter().find(|(name, given)| **name == *step && !matches!(given, Dependency::Order));
        match given {
            Some((_, Dependency::Skipped)) => Ok(None),
            Some((_, given)) => read(&as_json(given), step).map(Some),
            None => Err(StepError::fatal(format_args!(
                "step `{}` takes no output of a step `{step}`: name it in `depends_on`",
                self.context().step()
            ))),
        }
    }

    /// The item of a map step.
    ///
    /// # Errors
    /// When it is no `T`, or the step is no map step: a fatal error.
    pub fn item<T: DeserializeOwned>(&self) -> crate::Result<T> {
        match &self.item {
            Some(item) => read(item, "item"),
            None => {
                Err(StepError::fatal(format_args!("step `{}` is no map step: it has no item", self.context().step())))
            }
        }
    }

    /// All that it takes as one value, as [`Handlers::add`] has it.
    ///
    /// # Errors
    /// When it is no `T`: a fatal error.
    pub fn arguments<T: DeserializeOwned>(&self) -> crate::Result<T> {
        let input = self.takes_input.then(|| ("input", self.input.clone()));
        let outputs =
            self.dependencies.iter().filter(|(_, given)| !matches!(given, Dependency::Order | Dependency::Skipped));
        let outputs = outputs.map(|(name, given)| (&**name, as_json(given)));
        let item = self.item.iter().map(|item| ("item", item.clone()));
        let members: Vec<String> = input
            .into_iter()
            .chain(outputs)
            .chain(item)
            .map(|(name, value)| format!("{}:{}", Value::from(name), value.as_str()))
            .collect();
        read(&Encoded::from(format!("{{{}}}", members.join(",")).as_str()), "arguments")
    }

    /// The transaction that commits together with the outcome.
    ///
    /// # Errors
    /// As an attempt fails that takes a [`Tx`] twice, or cannot begin it.
    pub async fn tx(&self) -> crate::Result<Tx> {
        Tx::from_context(&self.context).await
    }

    /// What a handler returns to have its step skipped (of a map step: the item), which must be declared `skippable`: `Err(call.skip("..."))`.
    #[must_use]
    pub fn skip(&self, reason: impl fmt::Display) -> StepError {
        if self.skippable {
            StepError::skip(reason.to_string())
        } else {
            StepError::fatal(format_args!(
                "step `{}` would be skipped ({reason}), but is not declared `skippable`",
                self.context().step()
            ))
        }
    }
}

fn read<T: DeserializeOwned>(text: &Encoded, root: &str) -> crate::Result<T> {
    text.decode().map_err(|error| StepError::fatal(unreadable(text, root, &error)))
}

/// What a dependency gave, as one JSON value: of a map step a list, with nulls for items that were skipped.
pub(super) fn as_json(given: &Dependency) -> Encoded {
    let null = Encoded::from("null");
    match given {
        Dependency::Output(output) => output.clone(),
        Dependency::List(outputs) => Encoded::array(outputs.iter().map(|output| output.as_ref().unwrap_or(&null))),
        Dependency::Order | Dependency::Skipped => null,
    }
}

/// What stands for a workflow that is known by its name alone: `client.run(Dynamic, id)`. Its input and output are JSON.
#[derive(Clone, Copy, Debug)]
pub struct Dynamic;

impl RunOf for Dynamic {
    type Output = Value;

    fn name() -> &'static str {
        "(made at run time)"
    }

    fn decode(output: Option<&Encoded>) -> serde_json::Result<Value> {
        output.map_or(Ok(Value::Null), Encoded::decode)
    }
}
