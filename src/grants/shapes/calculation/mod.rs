//! What can be read of rules, declarations, runs and comparisons. Lists that belong to one row (the terms of a line)
//! are kept with it and read with it, so that an explanation is never another statement.

mod comparison;
mod declaration;
mod line;
mod rule;
mod run;

use crate::kernel::error::{Error, Result};
use crate::kernel::read::Cells;

pub use comparison::{GrantComparison, GrantComparisonBody, GrantComparisonTerm};
pub use declaration::GrantDeclaration;
pub use line::{GrantRunLine, GrantRunTerm, GrantRunTermInput};
pub use rule::{GrantRule, GrantRuleTerm};
pub use run::{GrantRun, GrantRunFilterInput, GrantRunPool};

fn parsed(row: &Cells<'_>, column: &str) -> Result<serde_json::Value> {
    serde_json::from_str(row.get::<&str>(column)?).map_err(Error::internal)
}
