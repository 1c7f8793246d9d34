//! What one request costs its caller: a point for asking, the rest when it is known.

use axum::http::HeaderMap;

use crate::api::rates::{ASKING, Payer, Rates, Spent, Standing};
use crate::api::response::Cost;

/// One request's reckoning.
pub struct Tab<'r> {
    rates: &'r Rates,
    payer: Payer,
    requested: u64,
    standing: Option<Standing>,
}

impl<'r> Tab<'r> {
    /// Takes the point for asking.
    pub fn open(rates: &'r Rates, payer: Payer) -> Result<Self, Spent> {
        let standing = rates.spend(payer, ASKING)?;
        Ok(Self { rates, payer, requested: ASKING, standing })
    }

    /// Takes more points.
    pub fn spend(&mut self, points: u64) -> Result<(), Spent> {
        self.requested = self.requested.saturating_add(points);
        if points > 0 {
            self.standing = self.rates.spend(self.payer, points)?;
        }
        Ok(())
    }

    /// Takes what the whole request costs, less what it has paid.
    pub fn settle(&mut self, cost: u64) -> Result<(), Spent> {
        self.spend(cost.saturating_sub(self.requested))
    }

    /// What the client is told.
    pub fn cost(&self) -> Cost {
        Cost { requested: self.requested, remaining: self.standing.as_ref().map(|standing| standing.remaining) }
    }

    /// The headers of an answer.
    pub fn write(&self, to: &mut HeaderMap) {
        if let Some(standing) = &self.standing {
            standing.write(to);
        }
    }
}
