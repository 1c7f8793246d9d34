//! A number that no statistics tell, and who stands for it.

use chrono::{DateTime, Utc};

use crate::grants::commands::{GRANT_DECLARATION_CONFIRM, GRANT_DECLARATION_RECORD};
use crate::grants::entity::{GrantDeclarationId, GrantDeclarationState, grant_declaration};
use crate::grants::rules;
use crate::grants::shapes::{GRANT_RULES, GRANT_STAFF, IN_DISTRICT, IN_ORGANIZATION, LIAISON};
use crate::kernel::date::Date;
use crate::kernel::policy::Over;
use crate::kernel::principal::Role;
use crate::kernel::read::{Key, Ty};
use crate::organizations::shapes::CommunityOrganization;
use crate::people::shapes::Account;
use crate::shape;

/// Nothing says how soon; so long at most, as for whatever else people wait for.
const WITHIN_TWO_WEEKS: &str = "(t.created_at AT TIME ZONE 'Asia/Tokyo')::date + 14";
/// Waits, unless it was corrected since.
const UNCONFIRMED: &str = "t.state = 'DECLARED' AND NOT EXISTS (SELECT FROM grant_declarations n \
    WHERE n.municipality_id = t.municipality_id AND n.organization_id = t.organization_id AND n.item = t.item \
    AND n.as_of = t.as_of AND (n.created_at, n.id) > (t.created_at, t.id))";

shape! {
    GrantDeclaration("GrantDeclaration", "算定に用いる値の申告。統計にない数(防犯灯など)・事実・語。訂正は新しい申告で行う。", "grant_declarations") { id: GrantDeclarationId, row: grant_declaration::Entity, may: rules::declaration }
    |shape| shape
        .revision()
        .one::<CommunityOrganization>("organization", "organization_id", "地域組織。自治体全体の値ではなし。")
        .column::<String>("item", "項目。")
        .column::<Date>("asOf", "いつの値か。")
        .column::<Option<String>>("number", "数。")
        .column::<Option<bool>>("flag", "真偽。")
        .column::<Option<String>>("word", "語。")
        .column::<String>("source", "出典。")
        .one::<Account>("declaredBy", "declared_by", "記録した人。")
        .column::<GrantDeclarationState>("state", "状態。団体の申告は、職員が確認するまで配分の算定に用いない(試算には用いる)。")
        .one::<Account>("confirmedBy", "confirmed_by", "確認した人。")
        .column::<Option<DateTime<Utc>>>("confirmedAt", "確認した日時。")
        .ordered([Key::down("as_of", Ty::Date)])
        .readable(Role::STAFF, Over::Municipality)
        .readable(Role::ORGANIZATION, IN_ORGANIZATION)
        .readable(LIAISON, IN_DISTRICT)
        .ruled_by(GRANT_RULES)
        .create(GRANT_DECLARATION_RECORD, "", GRANT_STAFF, Over::Municipality)
        .create(GRANT_DECLARATION_RECORD, "", &[Role::OrgOfficer], IN_ORGANIZATION)
        .act(GRANT_DECLARATION_CONFIRM, "", GRANT_STAFF, Over::Municipality)
        .apart(GRANT_DECLARATION_CONFIRM, &["declared_by"])
        .task(GRANT_DECLARATION_CONFIRM, [UNCONFIRMED, "t.item", WITHIN_TWO_WEEKS], [
            "団体から算定に用いる値の申告がありました。根拠を確かめて確認してください。確認するまで配分の算定に用いません。",
            "An organization declared a number for the calculation. Please examine and confirm it; it does not count before.",
        ])
        .except("SELECT entaku_people_of(t.organization_id)")
}
