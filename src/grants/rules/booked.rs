//! What the books of a grant let the town hall examine and fix.

use crate::grants::entity::GrantBookRule;
use crate::kernel::error::Refusal;
use crate::kernel::money::Yen;

/// What the books show of a grant now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// What was spent of it.
    pub spent: Yen,
    /// What of that the grant is for.
    pub eligible: Yen,
    /// How far the least finished of its books is.
    pub state: GrantBookRule,
}

/// The eligible cost that is proposed: what the books show, as far as the report calls it eligible.
pub fn proposed(reported: Yen, booked: Option<&Booked>) -> Option<Yen> {
    booked.map(|booked| booked.eligible.min(reported))
}

/// Is an eligible cost one that the books bear out?
///
/// # Errors
/// BOOK_EXCEEDED where they show less.
pub fn borne_out(eligible: Yen, booked: Option<&Booked>) -> Result<(), Refusal> {
    match booked {
        Some(booked) if eligible > booked.eligible => Err(Refusal::new(
            "BOOK_EXCEEDED",
            format!("帳簿で交付の対象となる経費({})を超えています。", booked.eligible),
            format!("More than the books show as eligible ({} yen).", booked.eligible.0),
        )),
        _ => Ok(()),
    }
}

/// May the amount be fixed by what was examined, as the books are now?
///
/// # Errors
/// BOOK_OPEN where a book is not as finished as the programme asks; BOOK_CHANGED where the books show less than was
/// examined: the report is examined again.
pub fn fixable(eligible: Yen, booked: Option<&Booked>, asked: GrantBookRule) -> Result<(), Refusal> {
    let Some(booked) = booked else { return Ok(()) };
    if booked.state < asked {
        return Err(Refusal::new(
            "BOOK_OPEN",
            format!("帳簿の状態が、この交付金の求めるもの({})ではありません。", asked.label()),
            format!("A book of the grant is {}, and the programme asks for {}.", booked.state.word(), asked.word()),
        ));
    }
    if eligible > booked.eligible {
        return Err(Refusal::new(
            "BOOK_CHANGED",
            format!(
                "審査の後に帳簿が変わり、対象となる経費は{}です。実績報告の審査をやり直してください。",
                booked.eligible
            ),
            format!(
                "The books have changed since the report was examined: {} yen are eligible. Examine it again.",
                booked.eligible.0
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use GrantBookRule::{Closed, Confirmed, Open};

    fn booked(eligible: i64, state: GrantBookRule) -> Booked {
        Booked { spent: Yen(1_000), eligible: Yen(eligible), state }
    }

    #[test]
    fn the_books_propose_and_limit_what_is_eligible() {
        let shown = booked(700, Open);
        assert_eq!(proposed(Yen(1_000), Some(&shown)), Some(Yen(700)));
        assert_eq!(proposed(Yen(600), Some(&shown)), Some(Yen(600)), "no more than was reported");
        assert_eq!(proposed(Yen(600), None), None);
        let reason = |yen| borne_out(Yen(yen), Some(&shown)).map_err(|refusal| refusal.reason);
        assert_eq!((reason(700), reason(701)), (Ok(()), Err("BOOK_EXCEEDED")));
        assert_eq!(borne_out(Yen(701), None), Ok(()), "where there is no book all is as it was");
    }

    #[test]
    fn a_fixing_asks_the_books_again_and_how_finished_they_are() {
        let of = |eligible: i64, book: Option<Booked>, asked| {
            fixable(Yen(eligible), book.as_ref(), asked).map_err(|refusal| refusal.reason)
        };
        assert_eq!(of(700, Some(booked(700, Open)), Open), Ok(()));
        assert_eq!(of(700, Some(booked(700, Open)), Closed), Err("BOOK_OPEN"));
        assert_eq!(of(700, Some(booked(700, Closed)), Closed), Ok(()));
        assert_eq!(of(700, Some(booked(700, Closed)), Confirmed), Err("BOOK_OPEN"));
        assert_eq!(of(700, Some(booked(700, Confirmed)), Closed), Ok(()));
        assert_eq!(of(700, Some(booked(699, Confirmed)), Closed), Err("BOOK_CHANGED"));
        assert_eq!(of(700, None, Confirmed), Ok(()));
    }
}
