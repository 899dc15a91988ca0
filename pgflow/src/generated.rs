//! The functions that every workflow's module has besides what the macro writes: those that start a run.
//!
//! They stand here, and not in the macro, since the macro cannot know with which features this crate is compiled.

/// Writes `start`, `start_with` and `start_in` into a workflow's module.
#[cfg(feature = "postgres")]
#[doc(hidden)]
#[macro_export]
macro_rules! __client_functions {
    ($visibility:vis $workflow:ident) => {
        impl $workflow {
            /// This workflow with the state that its steps may take (or an `Arc` of it), ready to be registered with a worker.
            #[must_use]
            #[allow(dead_code, reason = "a workflow uses of this what it needs")]
            $visibility fn with_state(
                self,
                state: impl ::core::convert::Into<::std::sync::Arc<<$workflow as $crate::Workflow>::State>>,
            ) -> $crate::Registration {
                $crate::Registration::new::<$workflow>(state)
            }
        }

        /// Starts a run of this workflow with `input`. When this returns, the run is committed: it will go on whatever happens here.
        ///
        /// # Errors
        /// When the database cannot be reached or refuses the run.
        #[allow(dead_code, reason = "a workflow uses of this what it needs")]
        $visibility async fn start(
            client: &$crate::Client,
            input: <$workflow as $crate::Workflow>::Input,
        ) -> ::core::result::Result<$crate::Run<$workflow>, $crate::Error> {
            client.start($workflow, input).await
        }

        /// Starts a run of this workflow with `input` and options.
        ///
        /// # Errors
        /// When the database cannot be reached or refuses the run.
        #[allow(dead_code, reason = "a workflow uses of this what it needs")]
        $visibility async fn start_with(
            client: &$crate::Client,
            input: <$workflow as $crate::Workflow>::Input,
            options: $crate::StartOptions,
        ) -> ::core::result::Result<$crate::Run<$workflow>, $crate::Error> {
            client.start_with($workflow, input, options).await
        }

        /// Starts a run of this workflow with `input` as part of a transaction of yours: the run exists when, and only when, that
        /// transaction is committed.
        ///
        /// # Errors
        /// When the database cannot be reached or refuses the run; the transaction is then lost.
        #[allow(dead_code, reason = "a workflow uses of this what it needs")]
        $visibility async fn start_in(
            tx: &mut $crate::sqlx::PgConnection,
            input: <$workflow as $crate::Workflow>::Input,
        ) -> ::core::result::Result<$crate::RunId, $crate::Error> {
            $crate::start_in(tx, $workflow, input, <$crate::StartOptions as ::core::default::Default>::default()).await
        }
    };
}

/// Writes the senders of a workflow's signals into its module.
#[cfg(feature = "postgres")]
#[doc(hidden)]
#[macro_export]
macro_rules! __signal_functions {
    ($visibility:vis $workflow:ident $($(#[doc = $about:literal])* $name:ident: $payload:ident = $text:literal)*) => {
        /// What sends signals to runs of this workflow.
        $visibility mod signals {
            $(
                $(#[doc = $about])*
                #[allow(dead_code, reason = "a workflow uses of this what it needs")]
                pub fn $name(
                    run: &$crate::Run<super::$workflow>,
                    payload: super::$payload,
                ) -> $crate::SendSignal<'_> {
                    run.signal($text, payload)
                }
            )*
        }
    };
}

/// Without the engine there is nobody to send one to.
#[cfg(not(feature = "postgres"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __signal_functions {
    ($($tokens:tt)*) => {};
}

/// Without the engine there is nothing to start a run with.
#[cfg(not(feature = "postgres"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __client_functions {
    ($visibility:vis $workflow:ident) => {};
}
