//! The search for cycles.

/// A cycle and the dependency that closes it.
pub(crate) struct Cycle {
    /// The step whose dependency closes the cycle.
    pub(crate) step: usize,
    /// Which of its dependencies.
    pub(crate) edge: usize,
    /// The steps of the cycle: each waits for the next, and the last for the first. The last one is `step`.
    pub(crate) path: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    OnPath,
    Done,
}

/// Finds a cycle for each dependency that leads back onto the path on which the search came. Steps and dependencies are walked in
/// the order of the source, so the answer is the same for the same source. Without those dependencies there is no cycle left.
pub(crate) fn find(edges: &[Vec<Option<usize>>]) -> Vec<Cycle> {
    let mut marks = vec![Mark::New; edges.len()];
    let mut cycles = Vec::new();
    for start in 0..edges.len() {
        if marks[start] != Mark::New {
            continue;
        }
        // The path with, for each step, the next dependency to walk: a stack of its own, since a long chain of steps must not end
        // the compiler.
        let mut path = vec![(start, 0)];
        marks[start] = Mark::OnPath;
        while let Some((step, edge)) = path.last_mut() {
            let (from, at) = (*step, *edge);
            let Some(to) = edges[from].get(at) else {
                marks[from] = Mark::Done;
                path.pop();
                continue;
            };
            *edge += 1;
            match to.map(|to| (to, marks[to])) {
                Some((to, Mark::New)) => {
                    marks[to] = Mark::OnPath;
                    path.push((to, 0));
                }
                Some((to, Mark::OnPath)) => {
                    let cycle = path.iter().map(|&(step, _)| step).skip_while(|&step| step != to).collect();
                    cycles.push(Cycle { step: from, edge: at, path: cycle });
                }
                Some((_, Mark::Done)) | None => {}
            }
        }
    }
    cycles
}
