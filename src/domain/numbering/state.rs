//! A state of the generated automaton, apart from the code that walks it: the generated table consists of these.

/// A state, by where its words begin: a shape (the top bit says that a label follows), the label, and the targets.
///
/// A shape has four bits for each digit: 0 where the digit leads nowhere, else the place of its target, from 1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State(pub(super) u16);
