//! Rows as PostgreSQL sent them: in binary, read in place.

use postgres_types::FromSql;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, TryIntoModel};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::read::column::{Raw, Ty, get};

/// One row of an answer.
pub(crate) struct FlatRow(pub(crate) tokio_postgres::Row);

impl FlatRow {
    /// The cell at a position; nothing for null.
    pub(crate) fn cell(&self, at: usize) -> Result<Option<&[u8]>> {
        Ok(self.0.try_get::<_, Option<Raw<'_>>>(at).map_err(Error::internal)?.map(|raw| raw.0))
    }

    /// The value at a position, of a type that fits.
    pub(crate) fn get<'a, T: FromSql<'a>>(&'a self, at: usize, ty: Ty) -> Result<T> {
        ty.decode(self.cell(at)?)
    }
}

/// The columns of one object of an answer, by name.
#[derive(Clone, Copy)]
pub struct Cells<'r> {
    row: &'r FlatRow,
    columns: &'r [(&'static str, Ty)],
    /// Where each column stands in the row.
    places: &'r [usize],
    /// A text column that is taken to have another value than it has.
    supposed: Option<(&'static str, &'r str)>,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r FlatRow, columns: &'r [(&'static str, Ty)], places: &'r [usize]) -> Self {
        Self { row, columns, places, supposed: None }
    }

    /// The same row, if a text column had another value.
    #[must_use]
    pub(crate) fn supposing(self, column: &'static str, value: &'r str) -> Self {
        Self { supposed: Some((column, value)), ..self }
    }

    /// The cell of the nth column.
    pub(crate) fn nth(&self, n: usize) -> Result<Option<&'r [u8]>> {
        match self.supposed {
            Some((column, value)) if self.columns[n].0 == column => Ok(Some(value.as_bytes())),
            _ => self.row.cell(self.places[n]),
        }
    }

    /// The value of a column.
    ///
    /// # Errors
    /// INTERNAL when there is no such column, or it is null or of another type.
    pub fn get<T: FromSql<'r>>(&self, name: &str) -> Result<T> {
        let (n, ty) = self.find(name)?;
        get(ty, self.nth(n)?)
    }

    /// The value of a column as an id; nothing where it is null or not there.
    pub(crate) fn scope(&self, name: &str) -> Option<Uuid> {
        self.get::<Option<Uuid>>(name).ok().flatten()
    }

    fn find(&self, name: &str) -> Result<(usize, Ty)> {
        let n = self.columns.iter().position(|(column, _)| *column == name);
        let n = n.ok_or_else(|| Error::internal(format!("the column {name} was not read")))?;
        Ok((n, self.columns[n].1))
    }
}

/// The columns of an entity and their types.
///
/// # Panics
/// When a column is of a type that the read path does not know: found when the program starts.
pub fn entity_columns<E: EntityTrait>() -> Vec<(&'static str, Ty)> {
    let ty = |column: E::Column| {
        let def = column.def();
        let known = Ty::of(def.get_column_type());
        known.unwrap_or_else(|| panic!("{}: a column of a type that cannot be read", column.as_str()))
    };
    E::Column::iter().map(|column| (column.as_str(), ty(column))).collect()
}

/// The entity's row of these columns.
///
/// # Errors
/// INTERNAL when a column is missing or does not fit.
pub fn model<E: EntityTrait>(cells: &Cells<'_>) -> Result<E::Model>
where
    E::ActiveModel: TryIntoModel<E::Model>,
    E::Model: ModelTrait<Entity = E>,
{
    let mut row = <E::ActiveModel as ActiveModelTrait>::default();
    for column in E::Column::iter() {
        let (n, ty) = cells.find(column.as_str())?;
        row.try_set(column, ty.value(cells.nth(n)?)?).map_err(Error::internal)?;
    }
    row.try_into_model().map_err(Error::internal)
}
