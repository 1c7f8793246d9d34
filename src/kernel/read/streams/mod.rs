//! The subscription root: fields that tell of changes. Each event shows its cursor and one object, read
//! anew for whoever listens.

mod root;
mod telling;

use crate::kernel::read::field::ShapeFn;
use crate::kernel::read::shape::Shape;

pub use root::StreamRoot;
pub use telling::{Subject, Telling, is_visible};

/// A field of the subscription root.
pub struct Stream {
    /// Its name in the schema.
    pub name: &'static str,
    doc: &'static str,
    /// The type of its events.
    payload: &'static str,
    /// The name of an event's object.
    object: &'static str,
    /// Whose changes it tells.
    pub watch: Watch,
}

/// Whose changes a stream tells.
pub enum Watch {
    /// Of the object that the argument `id` names, whatever it is.
    Any,
    /// Of the object of this shape that `id` names, and of the rows that belong to it.
    One(ShapeFn),
    /// Of the objects of this shape that belong to the account of who asks.
    Own(ShapeFn),
}

/// The fields of the subscription root.
#[derive(Default)]
pub struct Streams(pub Vec<Stream>);

impl Streams {
    /// A field that tells of the changes of any object.
    #[must_use]
    pub fn any(mut self, name: &'static str, payload: &'static str, doc: &'static str) -> Self {
        self.0.push(Stream { name, doc, payload, object: "object", watch: Watch::Any });
        self
    }

    /// A field that tells of the changes of an object and of what belongs to it.
    #[must_use]
    pub fn one<S: Shape>(
        mut self,
        (name, payload, object): (&'static str, &'static str, &'static str),
        doc: &'static str,
    ) -> Self {
        self.0.push(Stream { name, doc, payload, object, watch: Watch::One(S::shape) });
        self
    }

    /// A field that tells of the changes of one's own objects.
    #[must_use]
    pub fn own<S: Shape>(
        mut self,
        (name, payload, object): (&'static str, &'static str, &'static str),
        doc: &'static str,
    ) -> Self {
        self.0.push(Stream { name, doc, payload, object, watch: Watch::Own(S::shape) });
        self
    }
}
