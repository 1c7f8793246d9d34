//! The papers that a grant's terms ask for: a list to tick off.

use crate::grants::entity::{GrantPaperId, GrantPaperStep, grant_paper};
use crate::grants::shapes::{GrantApplication, GrantApplicationFile, IN_DISTRICT, IN_ORGANIZATION, LIAISON};
use crate::kernel::money::Yen;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Key, Ty};
use crate::shape;

shape! {
    GrantPaper("GrantPaper", "交付の条件が求める書類と、それとして添付されたファイル。", "grant_papers") { id: GrantPaperId, row: grant_paper::Entity }
    |shape| shape
        .one::<GrantApplication>("application", "application_id", "交付申請。")
        .column::<String>("name", "名称。添付するときに paper として指定する。")
        .column::<Option<String>>("nameEn", "英語の名称。")
        .column::<String>("legalReference", "根拠となる条。")
        .column::<GrantPaperStep>("step", "求める段階。")
        .column::<Option<Yen>>("fromYen", "この額(円)からだけ求める。常に求めるなら null。")
        .column::<bool>("eachTime", "支払の請求のたびに、新しく求めるか。")
        .column::<bool>("needed", "この申請の額で、求められているか。")
        .column::<bool>("missing", "求められ、まだ添付されていないか。")
        .one::<GrantApplicationFile>("file", "file_id", "添付されたファイル。いくつかあれば、最も新しいもの。")
        .ordered([Key::up("position", Ty::Int)])
        .gathered(|sql| sql.push("grant_papers"))
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
}
