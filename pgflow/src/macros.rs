//! The macros. They are documented here, and not where they are written, so that the examples are compiled.

/// Makes a workflow of a module: its functions under [`#[step]`](macro@step) are the steps.
///
/// ```
/// use pgflow::{Result, State, StepContext, step, workflow};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// pub struct Order {
///     lines: Vec<Line>,
/// }
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// pub struct Line {
///     sku: String,
///     cents: u64,
/// }
///
/// pub struct Shop {
///     currency: &'static str,
/// }
///
/// /// Takes an order from cart to doorstep.
/// #[workflow(state = Shop)]
/// pub mod fulfil_order {
///     use super::*;
///
///     #[step]
///     pub async fn reserve(input: Order) -> Result<Vec<Line>> {
///         Ok(input.lines)
///     }
///
///     #[step(depends_on = [reserve], max_attempts = 5, backoff = "1s", timeout = "30s")]
///     pub async fn charge(reserve: Vec<Line>, shop: State<Shop>, ctx: StepContext) -> Result<String> {
///         let cents: u64 = reserve.iter().map(|line| line.cents).sum();
///         Ok(format!("{cents} {} under key {}", shop.currency, ctx.idempotency_key()))
///     }
///
///     // One task for each line. The list comes from `reserve`, so `reserve` is waited for.
///     #[step(map = reserve)]
///     pub async fn pack(item: Line) -> Result<String> {
///         Ok(format!("a parcel with {}", item.sku))
///     }
///
///     #[step(depends_on = [charge, pack])]
///     pub async fn ship(charge: String, pack: Vec<String>) -> Result<usize> {
///         println!("paid {charge}");
///         Ok(pack.len())
///     }
/// }
///
/// fn main() {
///     // The declaration is data: it is stored with every version, and can be shown without a database.
///     let definition = fulfil_order::definition();
///     assert_eq!(definition.name, "fulfil_order");
///     assert_eq!(definition.leaves().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["ship"]);
/// }
/// ```
///
/// # What is checked when this is compiled
///
/// That every dependency is a step, that there is no cycle, that a step takes what its dependency returns, that a map step maps over
/// a list and takes its items, that what may be skipped is taken as an `Option`, that every parameter has a meaning, that every
/// payload has a JSON Schema and goes to JSON and back, that options are in their bounds, that a schedule comes at some time, in a time
/// zone that there is, and that steps can move between threads.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `state = Type` | what steps may take as [`State<Type>`](crate::State); given to `with_state` when the workflow is registered |
/// | `input = Type` | the type of the input. Without it, the first parameter named `input` says it, and where there is none it is `()` |
/// | `deadline = "1h"` | how long a run may take, counted from its beginning, before it fails; no limit when not given. A start may say otherwise |
/// | `schedule = "0 3 * * *"` | when runs are started by themselves: a cron expression, see below |
/// | `timezone = "Europe/Zurich"` | by the clocks of which time zone the schedule counts; `UTC` when not given |
/// | `catch_up = skip` | which of the times of the schedule have a run that have passed while no worker was there: none (`skip`), the latest (`one`, when not given), or each (`all`) |
/// | `scheduled_input = path` | a function `fn(`[`Scheduled`](crate::Scheduled)`) -> Input` that makes the input of runs that a schedule starts; needed for `schedule`, unless the input is `()` |
/// | `crate = ::path` | where this crate is found, when not at `::pgflow` |
///
/// # Schedules
///
/// ```
/// use pgflow::{Result, Scheduled, step, workflow};
///
/// #[workflow(schedule = "30 8 * * MON-FRI", timezone = "America/New_York", scheduled_input = of_the_day)]
/// mod letter {
///     use super::*;
///
///     fn of_the_day(scheduled: Scheduled) -> String {
///         scheduled.date().to_owned()
///     }
///
///     #[step]
///     pub async fn write(input: String) -> Result<String> {
///         Ok(format!("the letter of {input}"))
///     }
/// }
/// # fn main() {}
/// ```
///
/// A cron expression has five fields: minute, hour, day of the month, month, day of the week; or six with the second before them. A field
/// is `*`, a value, a range (`1-5`), `*` or a range with a step (`*/15`), or a list of these. Months and days of the week have names as well (`JAN`,
/// `MON`); the day of the month may be `L` (the last), `LW` or `15W` (a weekday), the day of the week `FRI#2` or `FRIL` (the second, or last, Friday of
/// the month). `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly` stand for what they say.
///
/// Where clocks are changed, an expression that names times of the day (`30 2 * * *`) comes once for each of them; one whose second, minute
/// or hour begins with `*` comes as often as the clock shows it. Each time has its run once, however many workers there are.
/// Other schedules of the workflow are made at run time: `Client::schedule`.
///
/// # What is generated
///
/// In the module, and as visible as the module:
///
/// - `Workflow`, a type without fields that implements the trait [`Workflow`](crate::Workflow). Its `Output` is what the last
///   step returns (a `Vec` of it when that is a map step, an `Option` when it may be skipped).
/// - `WorkflowOutput`, when several steps are last: a struct with a field for each, named as the step.
/// - `definition()` and `schema()`: the declaration, and the JSON Schemas of all payloads.
/// - `start(&client, input)`, `start_with(&client, input, options)` and `start_in(&mut tx, input)`, with the feature `postgres`.
/// - `signals`, a module with a function for each signal that a step waits for: `signals::approval(&run, payload)` sends it, with the
///   payload's type. With the feature `postgres`; `signals` is no name of a step or of anything else in the module then.
///
/// The steps stay what they are: functions that can be called, and tested, without a database.
///
/// To read what is written for a step, or for a whole workflow, name it in `PGFLOW_MACRO_DEBUG`: it is printed to stderr, formatted by
/// `rustfmt`. Cargo compiles what has workflows again when the variable has changed.
///
/// ```sh
/// PGFLOW_MACRO_DEBUG=charge cargo check
/// ```
///
/// # What is not seen
///
/// Steps that a `macro_rules!` call inside the module writes: such calls are expanded after this attribute.
///
/// Steps can be under `#[cfg]`: the workflow is the one whose steps are there. A step that is not there cannot be depended on.
pub use pgflow_macros::workflow;

/// Makes a step of an `async fn` that returns a `Result`, in a module under [`#[workflow]`](macro@workflow).
///
/// Outside of a workflow the function is what it is without the attribute, and what can be checked of one function is checked.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `depends_on = [a, b]` | the steps that this one waits for. A dependency that is not taken as a parameter orders only |
/// | `map = path` | runs the step once for each element of a list: `map = input`, `map = a`, or a field of them, `map = a.lines`. A step named here is waited for. Who depends on this step takes a `Vec` of what it returns, in the order of the list |
/// | `max_attempts = 5` | how often the step is tried before it fails, from 1 to 32767; 3 when not given |
/// | `backoff = "1s"` | the wait before the second attempt, at most `"1h"`; it doubles with each further attempt, with some jitter; 1 s when not given |
/// | `max_backoff = "5m"` | the longest wait before another attempt, at most `"1d"`; an hour when not given |
/// | `timeout = "30s"` | how long one attempt may take, at most `"30d"`; no limit when not given |
/// | `delay = "10m"` | how long the step waits before its first attempt, at most `"365d"`, once what it depends on is there; or a closure that gives a [`Duration`](std::time::Duration), as in `delay = \|input, a\| a.patience`. It is asked once, and what it gave is recorded. Waiting takes no slot of any worker |
/// | `child = shipping` | the step is a run of another workflow, by the path of its module. The function makes the input of that run, as often as `max_attempts` says; what the step gives is the output of the run. It fails when the run fails, and takes no slot while it waits. Not with `skippable`, `on_failure` or a [`Tx`](crate::Tx); `queue` is where the run is executed |
/// | `signal_timeout = "3d"` | how long the step waits for its signal, at most `"365d"`; no limit when not given. Then it fails; or is executed without, where it takes an `Option<Signal<T>>` |
/// | `latest_signal` | of several signals that were sent before the step begins, the latest counts; the first one when not given |
/// | `max_repeats = 100` | how often the step may ask to be executed again ([`Repeat`](crate::Repeat)), up to 2147483647, before it fails; no limit when not given |
/// | `repeat_timeout = "1h"` | for how long it may, counted from the first time, at most `"365d"`; no limit when not given |
/// | `queue = "mail"` | the queue whose workers execute the step, whatever queue the run is in; that of the run when not given |
/// | `when = \|input, a\| input.gift && a.paid` | the condition under which the step is executed, see below |
/// | `on_exhausted = skip` | the step is skipped in place of failing; `fail` when not given |
/// | `skippable` | the function decides: it returns a `Result` of a [`Skippable`](crate::Skippable) |
/// | `skip_with = [a]` | the step is skipped when the dependency `a` is |
/// | `on_failure` | the step stands outside the graph: it is executed when the run has failed for good, before that ends, and its outcome changes nothing of that. It takes a [`Failure`](crate::Failure) that says what has failed, the input, and extractors; the worker that has the run executes it. A workflow has one at most |
/// | `crate = ::path` | where this crate is found, when not at `::pgflow`; in a workflow, an argument of `#[workflow]` |
///
/// Durations are sums of numbers with a unit: `"250ms"`, `"1h 30m"`. The units are `ms`, `s`, `m` or `min`, `h`, and `d`.
///
/// # Parameters
///
/// Parameters are bound by their names, and are owned: each attempt reads its own copy.
///
/// | parameter | meaning |
/// |---|---|
/// | `input: T` | the workflow's input |
/// | `a: T` | the output of the dependency `a`; under another name with `#[from(a)] other: T` |
/// | `item: T` | in a map step, the element |
/// | `name: Signal<T>` | a message from outside, which the step waits for before its first attempt: see [`Signal`](crate::Signal). The signal has the name of the parameter. `Option<Signal<T>>`: with `signal_timeout`, the step goes on without |
/// | `name: Repeat<T>` | lets the step ask to be executed again, with a state: see [`Repeat`](crate::Repeat). The parameter's name has no meaning |
/// | any other | an extractor: a type that implements [`FromContext`](crate::FromContext), such as [`StepContext`](crate::StepContext) or [`State`](crate::State) |
///
/// An underscore before a name says that the parameter is not used, and no more: `_input` is the input. A step takes up to 16
/// values; extractors are not counted.
///
/// # Steps that are skipped
///
/// A step is skipped when its condition does not hold, when its function says so (`skippable`), when it would fail
/// (`on_exhausted = skip`: no attempt is left, or the error is fatal), or with a dependency (`skip_with`). A skipped step has no
/// output, and the run goes on: what depends on it begins as if it had completed. What that takes, its types say:
///
/// | the dependency | is taken as |
/// |---|---|
/// | may be skipped | `Option<T>`; as `T` by a step that is skipped with it |
/// | a map step that may be skipped as a whole (`when`, `skip_with`) | `Option<Vec<T>>` |
/// | a map step whose items may be skipped (`skippable`, `on_exhausted = skip`) | `Vec<Option<T>>` |
///
/// So what is a plain `T` when this is compiled is there when it runs. A map step cannot map over what may be skipped, unless it is
/// skipped with it; nor over items that may be.
///
/// A condition is a closure whose parameters are `input` and dependencies, by their names; it sees them as a parameter of the step
/// would, by reference. It is asked once all dependencies are done, in the worker's loop: it should be quick, depend on nothing but
/// what it is given, and have no effects. When it panics, the step fails. On a map step it decides about the whole step.
///
/// A skip is no null: between steps, an output of null, an empty list and a skip are three things. In the output of a workflow with several last
/// steps, a step that was skipped has no field. Items that were skipped are null in the output of a workflow: where items themselves give
/// null (an `Option`, or `()`), the two cannot be told apart there, and the states of the steps say which were skipped.
///
/// ```
/// use pgflow::{Result, Skippable, step, workflow};
///
/// #[workflow]
/// mod parcel {
///     use super::*;
///
///     #[step]
///     pub async fn pack(input: String) -> Result<String> {
///         Ok(format!("a box with {input}"))
///     }
///
///     #[step(depends_on = [pack], when = |input| input.ends_with('!'))]
///     pub async fn wrap(pack: String) -> Result<String> {
///         Ok(format!("{pack}, in red paper"))
///     }
///
///     // Without paper there is no ribbon: `wrap` is certain here.
///     #[step(depends_on = [wrap], skip_with = [wrap])]
///     pub async fn ribbon(wrap: String) -> Result<String> {
///         Ok(format!("{wrap}, with a ribbon"))
///     }
///
///     // Nice to have: the parcel goes without it.
///     #[step(on_exhausted = skip, max_attempts = 2)]
///     pub async fn insure(input: String) -> Result<u32> {
///         Ok(u32::try_from(input.len())?)
///     }
///
///     #[step(depends_on = [pack, ribbon, insure])]
///     pub async fn ship(pack: String, ribbon: Option<String>, insure: Option<u32>) -> Result<String> {
///         Ok(format!("{}, insured: {}", ribbon.unwrap_or(pack), insure.is_some()))
///     }
/// }
/// # fn main() {}
/// ```
///
/// # Errors
///
/// The error of the `Result` is any type that converts into [`StepError`](crate::StepError), as every
/// [`Error`](std::error::Error) does: the step is then tried again. [`StepError::fatal`](crate::StepError::fatal) is not.
///
/// ```
/// use pgflow::{Result, StepError, step, workflow};
///
/// #[workflow]
/// mod greet {
///     use super::*;
///
///     #[step]
///     pub async fn check(input: String) -> Result<String> {
///         if input.is_empty() {
///             return Err(StepError::fatal("nobody to greet"));
///         }
///         Ok(input)
///     }
///
///     // The same type twice: names, not places, say which is which.
///     #[step(depends_on = [check])]
///     pub async fn greet(#[from(check)] name: String, input: String) -> Result<String, std::fmt::Error> {
///         Ok(format!("hello {name}, formerly {input}"))
///     }
/// }
///
/// fn main() {
///     // A step is a function.
///     let greeting = greet::greet("Ada".to_owned(), "ada".to_owned());
/// #   drop(greeting);
/// }
/// ```
pub use pgflow_macros::step;
