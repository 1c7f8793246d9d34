//! The schema: every noun's queries and mutations, put together.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::LazyLock;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, MergedObject, ObjectType, OutputType, Positioned, Schema,
    ServerResult, ValidationMode, Value,
};
use chrono::{DateTime, Utc};

use crate::api::explain::WireQuery;
use crate::api::exports::ExportMutation;
use crate::api::limits;
use crate::files::graphql::{FileMutation, UploadLimit};
use crate::kernel::read::streams::{StreamRoot, Streams};
use crate::kernel::read::{Catalogue, Queries, QueryRoot, described, tell_of_acts};
use crate::people::approvals::graphql::ApprovalMutation;
use crate::people::calendar::graphql::CalendarMutation;
use crate::people::factor::graphql::SecondFactorMutation;
use crate::people::graphql::{Identity, PeopleMutation};
use crate::people::invitations::graphql::InvitationMutation;
use crate::people::notifications::graphql::NotificationMutation;
use crate::people::posts::graphql::PostMutation;
use crate::people::privacy::graphql::PrivacyMutation;
use crate::people::proofs::graphql::ProofMutation;
use crate::people::sso::graphql::SingleSignOnMutation;
use crate::people::support::graphql::SupportMutation;
use crate::{bank, books, challenges, files, grants, ledger, liaison, organizations, people, roundtables, strategy};

/// Every query of every noun.
pub struct Nouns;

impl Catalogue for Nouns {
    type Beside = WireQuery;

    fn queries() -> &'static Queries {
        static QUERIES: LazyLock<Queries> = LazyLock::new(|| {
            let queries = people::graphql::queries(Queries::new());
            let queries = files::graphql::queries(queries);
            let queries = ledger::graphql::queries(queries);
            let queries = organizations::graphql::queries(queries);
            let queries = liaison::graphql::queries(queries);
            let queries = grants::graphql::queries(queries);
            let queries = roundtables::graphql::queries(queries);
            let queries = challenges::graphql::queries(queries);
            let queries = strategy::graphql::queries(queries);
            let queries = books::graphql::queries(queries);
            bank::graphql::queries(queries)
        });
        &QUERIES
    }

    fn streams() -> &'static Streams {
        static STREAMS: LazyLock<Streams> = LazyLock::new(|| {
            let doc = "閲覧できる対象一つの変更を受け取る。初めに今の内容が届き、読めなくなると終わる。";
            let streams = Streams::default().any("objectChanged", "ObjectChange", doc);
            let streams = people::notifications::graphql::streams(streams);
            roundtables::graphql::streams(streams)
        });
        &STREAMS
    }
}

/// 書き込み。操作(ミューテーション)は一つの要求ごとにすべて成功するか、すべて取り消される。
#[derive(MergedObject, Default)]
struct Acts(
    PeopleMutation,
    SecondFactorMutation,
    InvitationMutation,
    SingleSignOnMutation,
    ProofMutation,
    NotificationMutation,
    PostMutation,
    ApprovalMutation,
    CalendarMutation,
    SupportMutation,
    PrivacyMutation,
    FileMutation,
    ExportMutation,
    organizations::graphql::OrganizationMutation,
    liaison::graphql::LiaisonMutation,
    grants::graphql::programme::GrantProgrammeMutation,
    grants::graphql::application::GrantApplicationMutation,
    grants::graphql::calculation::GrantCalculationMutation,
    grants::graphql::life::GrantLifeMutation,
    ledger::graphql::LedgerMutation,
    roundtables::graphql::RoundtableMutation,
    challenges::graphql::ChallengeMutation,
    strategy::graphql::StrategyMutation,
    books::graphql::BookMutation,
    bank::graphql::BankMutation,
);

/// The mutation root: the acts, each with the right it needs.
#[derive(Default)]
pub struct Mutation(Acts);

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        "Mutation".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut acts = registry.create_fake_output_type::<Acts>();
            registry.types.remove(&*Acts::type_name());
            tell_of_acts(Nouns::queries().shapes(), &mut acts);
            acts
        })
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl ContainerType for Mutation {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        Box::pin(self.0.resolve_field(ctx)).await
    }
}

impl ObjectType for Mutation {}

/// The schema's Rust type.
pub type EntakuSchema = Schema<QueryRoot<Nouns>, Mutation, StreamRoot<Nouns>>;

/// Builds the schema, with the engine's own limits of depth behind those of `api::guard`. No extension is registered,
/// because one alone makes every field take the slow path.
///
/// `mode` is fast for documents that were found good before, with variables that fit.
pub fn schema(identity: Identity, limit: UploadLimit, mode: ValidationMode) -> EntakuSchema {
    let root = QueryRoot::<Nouns>(PhantomData);
    Schema::build(root, Mutation::default(), StreamRoot::<Nouns>(PhantomData))
        .validation_mode(mode)
        .override_output_type_description::<DateTime<Utc>>("日時(RFC 3339、UTC)。")
        .limit_recursive_depth(20)
        .limit_depth(limits::INTROSPECTION_DEPTH as usize)
        .disable_suggestions()
        .data(identity)
        .data(limit)
        .finish()
}

/// The SDL, as it is kept in `schema.graphql`.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .include_specified_by()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items();
    let root = QueryRoot::<Nouns>(PhantomData);
    let schema = Schema::build(root, Mutation::default(), StreamRoot::<Nouns>(PhantomData))
        .override_output_type_description::<DateTime<Utc>>("日時(RFC 3339、UTC)。")
        .finish();
    described(&without_built_in(&schema.sdl_with_options(options)))
}

/// The SDL without the directives that every schema has by the specification.
fn without_built_in(sdl: &str) -> String {
    const BUILT_IN: [&str; 5] = ["@include", "@skip", "@deprecated", "@specifiedBy", "@oneOf"];
    let mut kept = String::with_capacity(sdl.len());
    let mut description = String::new();
    let mut inside = false;
    for line in sdl.split_inclusive('\n') {
        let quotes = line.starts_with("\"\"\"");
        if inside || quotes {
            description += line;
            inside ^= quotes;
            continue;
        }
        let built_in = BUILT_IN.iter().any(|name| line.starts_with(&format!("directive {name}")));
        if !built_in {
            kept += &description;
            kept += line;
        }
        description.clear();
    }
    kept
}
