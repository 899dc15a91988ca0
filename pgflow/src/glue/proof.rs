//! What the compiler checks of a graph with steps that stand outside the workflow, in constants.

use crate::glue::shared::{SharedStep, shape};

/// A step that is included, as the compiler sees it.
#[derive(Clone, Copy, Debug)]
pub struct Included {
    /// Its name in the workflow.
    pub name: &'static str,
    id: u64,
    depends_on: &'static [(&'static str, u64)],
    /// Whether one of the workflow's own steps depends on it.
    pub is_used: bool,
    /// Whether its output is taken as a part of the workflow's.
    pub is_output: bool,
}

/// A step that is included.
#[must_use]
pub const fn included<P: SharedStep>(name: &'static str, is_used: bool, is_output: bool) -> Included {
    Included { name, id: P::ID, depends_on: P::DEPENDS_ON, is_used, is_output }
}

/// A number for a text (FNV-1a, 64 bits).
#[must_use]
pub const fn id(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

/// That a dependency, named by a path, is the step that is included by this name.
///
/// # Panics
/// At build time, when it is not.
#[track_caller]
pub const fn same<P: SharedStep, Q: SharedStep>(workflow: &str, path: &str, name: &str) {
    if P::ID != Q::ID {
        let text = Text::new().and("workflow `").and(workflow).and("` includes another step as `").and(name);
        text.and("` than `").and(path).and("`").panic();
    }
}

/// That a step with which another one is skipped may be skipped.
///
/// # Panics
/// At build time, when it is never skipped.
#[track_caller]
pub const fn may_be_skipped<P: SharedStep>(step: &str, name: &str) {
    if !shape::<P>().missing {
        let text = Text::new().and("step `").and(step).and("` is skipped with `").and(name);
        text.and("`, which is never skipped: leave it out of `skip_with`").panic();
    }
}

/// That the list of a map step is there, and has no gaps.
///
/// # Panics
/// At build time, when it may be missing, or have gaps.
#[track_caller]
pub const fn can_be_mapped<P: SharedStep>(step: &str, name: &str, is_skipped_with: bool) {
    let shape = shape::<P>();
    let text = Text::new().and("step `").and(step).and("` maps over `").and(name);
    if shape.missing && !is_skipped_with {
        text.and("`, which may be skipped: let it be skipped too, `skip_with = [").and(name).and("]`").panic();
    } else if shape.gaps {
        text.and("`, whose items may be skipped: let a step between them keep what is there").panic();
    }
}

/// That what the step at `at` depends on is included as well.
///
/// # Panics
/// At build time, when it is not.
#[track_caller]
pub const fn is_whole(workflow: &str, all: &[Included], at: usize) {
    let step = all[at];
    let mut edge = 0;
    while edge < step.depends_on.len() {
        let (name, id) = step.depends_on[edge];
        if place(all, id).is_none() {
            let text = Text::new().and("workflow `").and(workflow).and("` includes `").and(step.name);
            text.and("`, which depends on `").and(name).and("`: include `").and(name).and("` as well").panic();
        }
        edge += 1;
    }
}

/// That there is no cycle among the steps that are included: takes out what waits for nothing, until nothing is left (Kahn's
/// algorithm).
///
/// # Panics
/// At build time, when there is one.
#[track_caller]
pub const fn has_no_cycle<const N: usize>(workflow: &str, all: &[Included; N]) {
    let mut done = [false; N];
    let mut found = true;
    while found {
        found = false;
        let mut at = 0;
        while at < N {
            if !done[at] && waits_for(all, &done, at).is_none() {
                done[at] = true;
                found = true;
            }
            at += 1;
        }
    }
    let mut at = 0;
    while at < N && done[at] {
        at += 1;
    }
    if at == N {
        return;
    }
    // From whatever is left one comes into a cycle in at most as many steps as there are.
    let mut walked = 0;
    while walked < N {
        if let Some(next) = waits_for(all, &done, at) {
            at = next;
        }
        walked += 1;
    }
    let first = at;
    let mut text = Text::new().and("dependency cycle in workflow `").and(workflow).and("`: `").and(all[at].name);
    while let Some(next) = waits_for(all, &done, at) {
        text = text.and("` -> `").and(all[next].name);
        at = next;
        if at == first {
            break;
        }
    }
    text.and("`").panic();
}

/// That the workflow's output is made of the steps that are last.
///
/// # Panics
/// At build time, when another one is last, or one of them is not.
#[track_caller]
pub const fn is_last(workflow: &str, all: &[Included], own: &[&str]) {
    let mut wrong = false;
    let mut at = 0;
    let mut text = Text::new();
    while at < all.len() {
        let last = !all[at].is_used && !is_waited_for(all, at);
        wrong = wrong || last != all[at].is_output;
        at += 1;
    }
    if !wrong {
        return;
    }
    text = text.and("say which steps of workflow `").and(workflow).and("` are last: `output = [");
    let mut first = true;
    at = 0;
    while at < own.len() + all.len() {
        let name = if at < own.len() { own[at] } else { all[at - own.len()].name };
        let last = at < own.len() || (!all[at - own.len()].is_used && !is_waited_for(all, at - own.len()));
        if last {
            text = if first { text.and(name) } else { text.and(", ").and(name) };
            first = false;
        }
        at += 1;
    }
    text.and("]`").panic();
}

const fn place(all: &[Included], id: u64) -> Option<usize> {
    let mut at = 0;
    while at < all.len() {
        if all[at].id == id {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// A step that the one at `at` waits for, among those that are not done.
const fn waits_for(all: &[Included], done: &[bool], at: usize) -> Option<usize> {
    let mut edge = 0;
    while edge < all[at].depends_on.len() {
        if let Some(to) = place(all, all[at].depends_on[edge].1)
            && !done[to]
        {
            return Some(to);
        }
        edge += 1;
    }
    None
}

const fn is_waited_for(all: &[Included], step: usize) -> bool {
    let mut at = 0;
    while at < all.len() {
        let mut edge = 0;
        while edge < all[at].depends_on.len() {
            if all[at].depends_on[edge].1 == all[step].id {
                return true;
            }
            edge += 1;
        }
        at += 1;
    }
    false
}

/// A message that is made at build time. What is too long for it is cut off.
#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; Self::MOST],
    length: usize,
}

impl Text {
    const MOST: usize = 1024;

    const fn new() -> Self {
        Self { bytes: [0; Self::MOST], length: 0 }
    }

    const fn and(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.length + text.len() <= Self::MOST {
            let mut at = 0;
            while at < text.len() {
                self.bytes[self.length] = text[at];
                self.length += 1;
                at += 1;
            }
        }
        self
    }

    #[track_caller]
    const fn panic(&self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("the graph of this workflow breaks a rule"),
        }
    }
}
