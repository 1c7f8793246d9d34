//! What the type shows: columns, what is computed of them, relations, and what is masked.

use async_graphql::OutputType;

use crate::kernel::read::column::ColumnValue;
use crate::kernel::read::field::{Children, Compute, Field, Mask, Source, TypeFn};
use crate::kernel::read::register;
use crate::kernel::read::shape::{Shape, ShapeDef};

impl ShapeDef {
    pub(super) fn field(mut self, name: &'static str, doc: &'static str, ty: TypeFn, source: Source) -> Self {
        self.fields.push(Field { name, doc, ty, source, mask: None, withheld: None, words: Vec::new });
        self
    }

    /// A column as a field. The column's name is the field's in snake case.
    #[must_use]
    pub fn column<T: ColumnValue + OutputType>(self, name: &'static str, doc: &'static str) -> Self {
        let column = snake_case(name);
        self.column_named::<T>(name, column, doc)
    }

    /// A column whose name is not the field's.
    #[must_use]
    pub fn column_named<T: ColumnValue + OutputType>(
        self,
        name: &'static str,
        column: &'static str,
        doc: &'static str,
    ) -> Self {
        let source = Source::Column(column, T::TYPE, T::write);
        let mut shape = self.field(name, doc, <T as OutputType>::create_type_info, source);
        if let Some(field) = shape.fields.last_mut() {
            field.words = T::words;
        }
        shape
    }

    /// The revision that changes must name.
    #[must_use]
    pub fn revision(self) -> Self {
        self.column::<i32>("revision", "版。変更の際に指定すると、他の人の変更との衝突が分かる。")
    }

    /// A pure function of columns.
    #[must_use]
    pub fn computed<T: OutputType>(
        self,
        name: &'static str,
        doc: &'static str,
        columns: &'static [&'static str],
        compute: Compute,
    ) -> Self {
        self.field(name, doc, <T as OutputType>::create_type_info, Source::Computed(columns, compute, T::type_name))
    }

    /// The object a column names. Nullable, because it may be hidden from the reader.
    #[must_use]
    pub fn one<T: Shape>(self, name: &'static str, column: &'static str, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::nullable(r, T::shape());
        self.field(name, doc, ty, Source::One(T::shape, column))
    }

    /// The first of the rows that point here.
    #[must_use]
    pub fn first<T: Shape>(self, name: &'static str, children: Children, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::nullable(r, T::shape());
        self.field(name, doc, ty, Source::First(T::shape, children))
    }

    /// The rows that point here, in the child's order.
    #[must_use]
    pub fn many<T: Shape>(self, name: &'static str, key: &'static str, doc: &'static str) -> Self {
        self.many_when::<T>(name, Children { key, when: "", order: &[] }, doc)
    }

    /// Some of the rows that point here.
    #[must_use]
    pub fn many_when<T: Shape>(self, name: &'static str, children: Children, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::list(r, T::shape());
        self.field(name, doc, ty, Source::Many(T::shape, children))
    }

    /// A connection over the rows that point here.
    #[must_use]
    pub fn connection<T: Shape>(self, name: &'static str, key: &'static str, doc: &'static str) -> Self {
        let ty: TypeFn = |r| register::connection(r, T::shape());
        self.field(name, doc, ty, Source::Connection(T::shape, Children { key, when: "", order: &[] }))
    }

    /// Masks the field declared last: only `permits` see it (and all, where `unless` is true).
    #[must_use]
    pub fn masked(mut self, mask: Mask) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.mask = Some(mask);
        }
        self
    }

    /// Tells in `redacted` from whom the rows are withheld that the relation declared last leads to. Their own
    /// policy withholds them (a test compares); without this the reader could not tell it from there being none.
    #[must_use]
    pub fn withheld(mut self, mask: Mask) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.withheld = Some(mask);
        }
        self
    }
}

/// `nameKana` → `name_kana`. Declarations live as long as the program, so the name is leaked once.
fn snake_case(name: &'static str) -> &'static str {
    if !name.bytes().any(|b| b.is_ascii_uppercase()) {
        return name;
    }
    let mut column = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            column.push('_');
        }
        column.push(c.to_ascii_lowercase());
    }
    Box::leak(column.into_boxed_str())
}
