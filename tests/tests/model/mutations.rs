//! The engine broken on purpose: a test that does not notice is worth nothing.
//!
//! `PGFLOW_MUTATION=name` breaks the functions of the schema in the test's databases by replacing text; it fails when the text is
//! no longer there. The test then succeeds when a case fails.

/// One way to break the engine.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    /// What is replaced: (function, text, by what).
    pub(crate) changes: &'static [(&'static str, &'static str, &'static str)],
}

/// All of them.
pub(crate) const MUTATIONS: &[Mutation] = &[
    // A worker that counts as dead goes on writing.
    Mutation { name: "fence", changes: &[("fence", "if not found then", "if false then")] },
];
