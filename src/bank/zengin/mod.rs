//! The formats of the Japanese Bankers Association (全国銀行協会, 全銀協規定形式): what they write with ([`kana`]), the file
//! of 総合振込 ([`transfer`]), and what banks answer: what they have entered on the account ([`statement`]), or each payment's
//! outcome as CSV ([`report`]). Pure.

pub mod kana;
pub mod report;
pub mod statement;
pub mod transfer;
