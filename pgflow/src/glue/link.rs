//! The links between a producer's type and a consumer's.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::marker::PhantomData;

/// A parameter's type that takes a value of type `Got`: the same type.
///
/// The macros bound a parameter's type by a trait of their own with this one as supertrait, which carries the message for just
/// that parameter.
pub trait Accepts<Got>: Sized {
    /// Hands the value over.
    fn accept(got: Got) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T> Accepts<T> for T {
    fn accept(got: T) -> T {
        got
    }
}

/// No value. With one implementation alone the compiler would conclude `Got` from the parameter's type, and then complain that the
/// dependency has another type, in words of its own.
#[derive(Debug)]
pub struct Never<T>(Infallible, PhantomData<T>);

#[diagnostic::do_not_recommend]
impl<T> Accepts<Never<T>> for T {
    fn accept(never: Never<T>) -> T {
        match never.0 {}
    }
}

/// A list that a map step can map over.
///
/// The item is a parameter of the trait, not an associated type: of a type that is no list, an associated type would be a second
/// error.
pub trait List<Item> {
    /// The items, in their order.
    fn into_items(self) -> Vec<Item>;
}

impl<T> List<T> for Vec<T> {
    fn into_items(self) -> Vec<T> {
        self
    }
}

impl<T> List<T> for Box<[T]> {
    fn into_items(self) -> Vec<T> {
        self.into_vec()
    }
}

impl<T> List<T> for VecDeque<T> {
    fn into_items(self) -> Vec<T> {
        self.into()
    }
}

impl<T> List<T> for BTreeSet<T> {
    fn into_items(self) -> Vec<T> {
        self.into_iter().collect()
    }
}

impl<T, const N: usize> List<T> for [T; N] {
    fn into_items(self) -> Vec<T> {
        self.into()
    }
}

/// Hands each item over.
#[must_use]
pub fn items<P: Accepts<Item>, Item>(items: Vec<Item>) -> Vec<P> {
    items.into_iter().map(P::accept).collect()
}
