//! What a mutation answers with: the changed object, read like any other.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use async_graphql::parser::types::Field as Selected;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerError, ServerResult, Value};
use uuid::Uuid;

use crate::kernel::error::{Error, Result};
use crate::kernel::id::TypedId;
use crate::kernel::read::json::Json;
use crate::kernel::read::list::server_error;
use crate::kernel::read::operation::{Asked, Operation};
use crate::kernel::read::register;
use crate::kernel::read::select::Env;
use crate::kernel::read::shape::Shape;
use crate::kernel::work::Work;

/// The plans of what a mutation answers with, as the engine is given them; or why there are none.
pub type Payloads = Result<Arc<Operation>, ServerError>;

/// The object with this id, to be read with the selection it stands over.
pub struct Read<S>(Uuid, PhantomData<fn() -> S>);

impl<S: Shape> Read<S> {
    /// The object with this id.
    pub fn by_id(id: S::Id) -> Self {
        Self(id.uuid(), PhantomData)
    }
}

impl<S: Shape> OutputType for Read<S> {
    fn type_name() -> Cow<'static, str> {
        S::shape().name.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register::object(registry, S::shape());
        Self::qualified_type_name()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Selected>) -> ServerResult<Value> {
        let work = ctx.data_unchecked::<Work>();
        let env = Env::of(ctx);
        let read = async {
            let plans = ctx.data_unchecked::<Payloads>().as_ref().map_err(Clone::clone)?;
            let compiled = plans.payload(&field.node.response_key().node);
            let compiled = compiled.ok_or_else(|| server_error(Error::internal("a payload without a plan")))?;
            let asked = Asked::new(compiled, vec![self.0], env, &work.request)?;
            self.read(work, &asked).await.map_err(server_error)
        };
        read.await.map_err(|mut error| {
            error.locations = vec![field.pos];
            ctx.set_error_path(error)
        })
    }
}

impl<S> Read<S> {
    /// The object as JSON. The engine carries it as a [`Value::Binary`], which nothing else in the schema is.
    async fn read(&self, work: &Work, asked: &Asked) -> Result<Value> {
        let query = asked.query(&work.request)?;
        let rows = work.turn().await.answer(query).await?;
        let answer = asked.answer(&work.request, &rows)?;
        let mut json = Json::new();
        if !answer.object_by_id(self.0, &mut json)? {
            return Err(Error::NotFound);
        }
        answer.note_looks();
        Ok(Value::Binary(json.into_bytes().into()))
    }
}
