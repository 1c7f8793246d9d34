//! The lists of the type: their order, their filter, the orders that can be asked for.

use async_graphql::InputType;

use crate::kernel::read::list::{Filter, Key, Order};
use crate::kernel::read::shape::{FilterDef, OrderDef, ShapeDef};

impl ShapeDef {
    /// The order of its lists.
    #[must_use]
    pub fn ordered<const N: usize>(mut self, keys: [Key; N]) -> Self {
        // Declarations live as long as the program.
        self.order = Box::leak(Box::new(keys));
        self
    }

    /// The filter its lists take.
    #[must_use]
    pub fn filtered<F: Filter>(mut self) -> Self {
        self.filter = Some(FilterDef {
            register: <Option<F> as InputType>::create_type_info,
            apply: |value, conditions| {
                let parsed = <Option<F> as InputType>::parse(Some(value))
                    .map_err(|e| e.into_server_error(async_graphql::Pos::default()))?;
                if let Some(filter) = parsed {
                    filter.conditions(conditions);
                }
                Ok(())
            },
        });
        self
    }

    /// The orders its lists can be asked for.
    #[must_use]
    pub fn sortable<O: Order>(mut self) -> Self {
        self.orders = Some(OrderDef {
            register: <Option<O> as InputType>::create_type_info,
            keys: |value| {
                let parsed = <Option<O> as InputType>::parse(Some(value))
                    .map_err(|e| e.into_server_error(async_graphql::Pos::default()))?;
                Ok(parsed.map_or(&[], Order::keys))
            },
        });
        self
    }
}
