//! What can be read of the record, and by whom.

use std::collections::BTreeSet;

use async_graphql::{ID, InputObject, SimpleObject, Value};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::id;
use crate::kernel::policy::Over;
use crate::kernel::principal::{AccountId, Role};
use crate::kernel::read::sql::Param;
use crate::kernel::read::{Cells, Filter, Key, Ty, Where, named};
use crate::kernel::request::Request;
use crate::people::records::entity::{AuditEntryId, AuditHeadId, entry, head};
use crate::people::shapes::{Account, Appointment};
use crate::shape;

const AUDITOR: &[Role] = &[Role::Auditor];
const AUDITOR_AND_ADMIN: &[Role] = &[Role::Auditor, Role::Admin];

/// 変更された項目。個人情報は、変わったことだけが分かる(***)。
#[derive(SimpleObject)]
pub struct AuditChange {
    /// 項目(データベースの列の名前)。
    field: String,
    /// 前の値(JSON)。新しく作られたときは null。
    before: Option<String>,
    /// 後の値(JSON)。消されたときは null。
    after: Option<String>,
}

/// 記録の絞り込み。
#[derive(InputObject)]
pub struct AuditEntryFilterInput {
    /// この日時から。
    pub from: Option<DateTime<Utc>>,
    /// この日時の前まで。
    pub until: Option<DateTime<Utc>>,
    /// 行った人。
    pub actor: Option<AccountId>,
    /// 対象。
    pub object: Option<ID>,
    /// 記録の種類(いずれか)。INSERT・UPDATE・DELETE・DENIED・PERSONAL_READ・SIGN_IN_FAILED など。
    pub operation: Option<Vec<String>>,
}

impl Filter for AuditEntryFilterInput {
    fn conditions(self, to: &mut Where) {
        if let Some(from) = self.from {
            to.also("t.at >= ?", vec![Param::Time(Some(from))]);
        }
        if let Some(until) = self.until {
            to.also("t.at < ?", vec![Param::Time(Some(until))]);
        }
        to.eq("actor_id", self.actor.map(|actor| Param::Uuid(Some(actor.0))));
        // A malformed id names nothing.
        let object = self.object.map(|object| id::decode(&object).map_or(Uuid::nil(), |(_, uuid)| uuid));
        to.eq("object_id", object.map(|object| Param::Uuid(Some(object))));
        to.among("op", self.operation);
    }
}

shape! {
    AuditEntry("AuditEntry", "記録。誰が、どの任命によって、何をしたか。誰の個人情報を見たか。書き換えることはできない。", "audit_entries") { id: AuditEntryId, row: entry::Entity }
    |shape| shape
        .silent()
        .column::<DateTime<Utc>>("at", "日時。")
        .one::<Account>("actor", "actor_id", "行った人。システムの処理では null。閲覧できない人も null になる。")
        .one::<Appointment>("appointment", "appointment_id", "どの任命によって行ったか。本人としての操作では null。")
        .column::<String>("act", "操作(ミューテーションやクエリーの名前)。")
        .computed::<Option<String>>("requestId", "要求の番号。ログと照らし合わせるため。", &["request_id"], request_id)
        .column::<Option<String>>("purpose", "個人情報を見た目的(要求の extensions.purpose)。")
        .column_named::<String>("operation", "op", "記録の種類。INSERT・UPDATE・DELETE・DENIED(拒否)・PERSONAL_READ(個人情報の閲覧)など。")
        .computed::<Option<String>>("objectType", "対象の型。GraphQLの型でない記録では null。", &["kind"], object_type)
        .computed::<Option<ID>>("objectId", "対象の ID。`node(id)` で読める。", &["kind", "object_id"], object_id)
        .column::<String>("detail", "拒否された操作や、見た項目。")
        .computed::<Vec<AuditChange>>("changes", "変更された項目と前後の値。", &["before", "after"], changes)
        .ordered([Key::down("at", Ty::Time)])
        .filtered::<AuditEntryFilterInput>()
        .readable(AUDITOR, Over::Municipality)
        .readable(&[], Over::Own("actor_id"))
        .readable(&[], Over::Own("object_id"))
}

shape! {
    AuditHead("AuditHead", "ある日の記録の鎖の先頭。署名されている。システムの外に控えておくと、後から記録の末尾が消されたことが分かる。", "audit_heads") { id: AuditHeadId, row: head::Entity }
    |shape| shape
        .silent()
        .column::<Date>("day", "日付。")
        .computed::<i32>("position", "その日までに封印された記録の数。", &["position"], position)
        .column::<String>("hash", "最後の記録のハッシュ(SHA-256、16進数)。")
        .column::<String>("keyId", "署名した鍵の名前。")
        .column::<String>("signature", "署名(Ed25519、base64url)。")
        .ordered([Key::down("day", Ty::Date)])
        .readable(AUDITOR_AND_ADMIN, Over::Municipality)
}

fn request_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let id: Option<Uuid> = row.get("request_id")?;
    Ok(id.map_or(Value::Null, |id| id.to_string().into()))
}

fn object_type(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(named(row.get("kind")?).map_or(Value::Null, |(name, _)| name.into()))
}

fn object_id(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let id: Uuid = row.get("object_id")?;
    let known = named(row.get("kind")?).filter(|_| !id.is_nil());
    Ok(known.map_or(Value::Null, |(_, prefix)| id::encode(prefix, id).into()))
}

fn position(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    Ok(Value::from(row.get::<i64>("position")?))
}

/// Every field that either side names, with both its values as JSON text.
fn changes(row: &Cells<'_>, _request: &Request) -> Result<Value> {
    let side = |name| -> Result<Map<String, Json>> {
        Ok(match row.get::<Option<Json>>(name)? {
            Some(Json::Object(fields)) => fields,
            _ => Map::new(),
        })
    };
    let (before, after) = (side("before")?, side("after")?);
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |side: &Map<String, Json>, field: &str| side.get(field).map_or(Value::Null, |v| v.to_string().into());
    let change = |field: &String| {
        let (before, after) = (value(&before, field), value(&after, field));
        let parts = [("field", Value::from(field.as_str())), ("before", before), ("after", after)];
        Value::Object(parts.into_iter().map(|(name, value)| (async_graphql::Name::new(name), value)).collect())
    };
    Ok(Value::List(fields.into_iter().map(change).collect()))
}
