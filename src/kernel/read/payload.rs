//! What a mutation answers with: the changed object, read like any other.

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::parser::types::Field as Selected;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use uuid::Uuid;

use crate::kernel::error::Error;
use crate::kernel::id::TypedId;
use crate::kernel::read::execute;
use crate::kernel::read::list::server_error;
use crate::kernel::read::plan::{Env, Plan, bounded};
use crate::kernel::read::register;
use crate::kernel::read::shape::Shape;
use crate::kernel::work::Work;

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
        let env = Env::of(ctx, &work.request);
        let read = async {
            let plan = Plan::of(env, S::shape(), &[&ctx.item.node])?;
            bounded(plan.weight(1))?;
            let mut turn = work.turn().await;
            let read = async { execute::by_ids(turn.tx().await?, &plan, &[self.0]).await }.await;
            let mut found = turn.settle(read).map_err(server_error)?;
            found.remove(&self.0).ok_or_else(|| server_error(Error::NotFound))
        };
        read.await.map_err(|mut error| {
            error.locations = vec![field.pos];
            ctx.set_error_path(error)
        })
    }
}
