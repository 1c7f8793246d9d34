//! What a root field asks for, and how its answer is shown.

use async_graphql::Value;
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::read::answer::Answer;
use crate::kernel::read::cells::FlatRow;
use crate::kernel::read::changes::Asking;
use crate::kernel::read::json::Json;
use crate::kernel::read::operation::compiled::Asked;
use crate::kernel::request::Request;

/// What a root field asks for, and how its answer is shown.
pub(super) enum Part {
    /// It is known without asking.
    Known(Value),
    /// The one object.
    Object(Asked),
    List(Asked),
    Nodes {
        single: bool,
        named: Vec<(String, Uuid)>,
        asked: Vec<Asked>,
    },
    /// It asks by itself, because what it reads depends on what has changed.
    Changes(Asking),
}

impl Part {
    pub(super) fn asked(&self) -> &[Asked] {
        match self {
            Self::Known(_) | Self::Changes(_) => &[],
            Self::Object(asked) | Self::List(asked) => std::slice::from_ref(asked),
            Self::Nodes { asked, .. } => asked,
        }
    }

    /// How many objects it may show.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::Changes(asking) => asking.weight(),
            _ => self.asked().iter().map(|asked| asked.weight).sum(),
        }
    }

    pub(super) fn write(&self, request: &Request, rows: &[Vec<FlatRow>], to: &mut Json) -> Result<()> {
        let answers = self.asked().iter().zip(rows).map(|(asked, rows)| asked.answer(request, rows));
        let answers = answers.collect::<Result<Vec<_>>>()?;
        match self {
            Self::Known(value) => to.value(value),
            Self::Changes(_) => return Err(Error::internal("changes are answered by themselves")),
            Self::List(_) => answers[0].list(to)?,
            Self::Object(asked) => write_or_null(&answers, asked.ids[0], to)?,
            Self::Nodes { single: true, named, .. } => write_or_null(&answers, named[0].1, to)?,
            Self::Nodes { named, asked, .. } => {
                to.raw("[");
                for (prefix, id) in named {
                    to.comma();
                    let of_kind = asked.iter().position(|a| a.compiled.shape.prefix == *prefix);
                    write_or_null(of_kind.map_or(&[], |n| &answers[n..=n]), *id, to)?;
                }
                to.raw("]");
            }
        }
        answers.into_iter().for_each(Answer::note_looks);
        Ok(())
    }
}

fn write_or_null(answers: &[Answer<'_>], id: Uuid, to: &mut Json) -> Result<()> {
    let written = match answers.first() {
        Some(answer) => answer.object_by_id(id, to)?,
        None => false,
    };
    if !written {
        to.null();
    }
    Ok(())
}
