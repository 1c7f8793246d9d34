//! The register of a municipality: sections, districts with statistics, organizations, people.

use uuid::Uuid;

use crate::api::app::App;
use crate::api::establish::{New, establish};
use crate::demo::data::{Account, District, Officer, Organization, Role, Section, Town};
use crate::demo::stage::Stage;
use crate::kernel::codes::LocalGovernmentCode;
use crate::kernel::date::Date;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::encode;
use crate::kernel::principal::{AccountId, ScopeKind};
use crate::kernel::text::normal_email;
use crate::kernel::text_enum::from_word;
use crate::kernel::tx::Tx;
use crate::organizations::commands::{
    self as organizations, DistrictCreateInput, DistrictStatisticRecordInput, FacilityCreateInput, OfficerAppointInput,
    OrganizationCreateInput,
};
use crate::organizations::entity::{DistrictId, FacilityId, OrganizationId};
use crate::people::commands::{self as people, AccountCreateInput, AppointmentCreateInput, SectionCreateInput};
use crate::people::scope::things;

/// The day the demo's sections, offices and posts begin.
fn beginning() -> Date {
    Date(chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap_or_default())
}

/// Loads the register in one transaction and returns the stage to act on.
pub(super) async fn load<'a>(app: &'a App, town: &Town, hash: &str) -> Result<Stage<'a>> {
    let paper = &town.paper.municipality;
    let code = LocalGovernmentCode::parse(&paper.code).ok_or_else(|| Error::internal("a wrong code"))?;
    let new = New { code, name: &paper.name, kana: &paper.name_kana, prefecture: &paper.prefecture };
    let mut stage = Stage::new(app, establish(app, new).await?);
    let tx = stage.system();
    for section in &town.paper.sections {
        let id = load_section(&tx, section).await?;
        stage.remember("section", &section.key, id);
    }
    for district in &town.people.districts {
        let id = load_district(&tx, district).await?;
        stage.remember("district", &district.key, id);
    }
    for organization in &town.people.organizations {
        let id = load_organization(&tx, &stage, organization).await?;
        stage.remember("organization", &organization.key, id);
    }
    for account in &town.people.accounts {
        let id = load_account(&tx, &stage, account, hash).await?;
        stage.remember("account", &account.key, id);
    }
    for officer in &town.people.officers {
        load_officer(&tx, &stage, officer).await?;
    }
    tx.commit().await?;
    Ok(stage)
}

async fn load_section(tx: &Tx, section: &Section) -> Result<Uuid> {
    if let Some(known) = Stage::known(tx, "sections", "name", &section.name).await? {
        return Ok(known);
    }
    let input = SectionCreateInput {
        name: section.name.clone(),
        parent_id: None,
        established_on: beginning(),
        postal_code: section.postal_code.clone(),
        address: section.address.clone(),
        phone: section.phone.clone(),
        fax: section.fax.clone(),
        email: section.email.clone(),
    };
    Ok(people::create_section(tx, input).await?.0)
}

async fn load_district(tx: &Tx, district: &District) -> Result<Uuid> {
    if let Some(known) = Stage::known(tx, "districts", "name", &district.name).await? {
        return Ok(known);
    }
    let input = DistrictCreateInput {
        name: district.name.clone(),
        name_kana: district.name_kana.clone(),
        area_unit: from_word(&district.area_unit)?,
    };
    let id = organizations::create_district(tx, input).await?;
    for statistic in &district.statistics {
        let input = DistrictStatisticRecordInput {
            district_id: id,
            as_of: Date(statistic.as_of),
            population: statistic.population,
            households: statistic.households,
            aged65: statistic.aged65,
            aged75: statistic.aged75,
            area_square_metres: district.area_square_metres,
            source: statistic.source.clone(),
        };
        organizations::record_statistic(tx, input).await?;
    }
    Ok(id.0)
}

async fn load_organization(tx: &Tx, stage: &Stage<'_>, organization: &Organization) -> Result<Uuid> {
    if let Some(known) = Stage::known(tx, "organizations", "name", &organization.name).await? {
        return Ok(known);
    }
    let facility = FacilityCreateInput {
        name: organization.facility.name.clone(),
        address: organization.facility.address.clone(),
        phone: None,
    };
    let facility: FacilityId = organizations::create_facility(tx, facility).await?;
    let input = OrganizationCreateInput {
        district_id: DistrictId(stage.id("district", &organization.district)?),
        name: organization.name.clone(),
        name_kana: organization.name_kana.clone(),
        kind: from_word(&organization.kind)?,
        stage: from_word(&organization.stage)?,
        founded_on: organization.founded_on.map(Date),
        corporate_number: None,
        phone: organization.phone.clone(),
        email: organization.email.clone(),
        facility_id: Some(facility),
    };
    let id = organizations::create_organization(tx, input).await?;
    organizations::publish_organization(tx, id).await?;
    Ok(id.0)
}

async fn load_account(tx: &Tx, stage: &Stage<'_>, account: &Account, hash: &str) -> Result<Uuid> {
    if let Some(known) = Stage::known(tx, "accounts", "email", &normal_email(&account.email)).await? {
        return Ok(known);
    }
    let input = AccountCreateInput {
        email: account.email.clone(),
        name: account.name.clone(),
        name_kana: account.name_kana.clone(),
        initial_password: String::new(),
    };
    let id = people::create_account(tx, input, hash.to_owned()).await?;
    for role in &account.roles {
        appoint(tx, stage, id, role).await?;
    }
    Ok(id.0)
}

async fn appoint(tx: &Tx, stage: &Stage<'_>, account: AccountId, role: &Role) -> Result<()> {
    let (scope, kind) = match role.scope.as_str() {
        "section" => (ScopeKind::Section, "section"),
        "district" => (ScopeKind::District, "district"),
        "organization" => (ScopeKind::Organization, "organization"),
        _ => (ScopeKind::Municipality, ""),
    };
    let of = role.of.as_deref().map(|key| stage.id(kind, key)).transpose()?;
    let input = AppointmentCreateInput {
        account_id: account,
        role: from_word(&role.word)?,
        scope,
        scope_id: of.zip(things(scope)).map(|(id, (prefix, _))| encode(prefix, id).into()),
        starts_on: beginning(),
        ends_on: None,
    };
    people::create_appointment(tx, input).await?;
    Ok(())
}

async fn load_officer(tx: &Tx, stage: &Stage<'_>, officer: &Officer) -> Result<()> {
    if Stage::known(tx, "officers", "name", &officer.name).await?.is_some() {
        return Ok(());
    }
    let account = officer.account.as_deref().map(|key| stage.id("account", key)).transpose()?;
    let input = OfficerAppointInput {
        organization_id: OrganizationId(stage.id("organization", &officer.organization)?),
        role: from_word(&officer.role)?,
        name: officer.name.clone(),
        name_kana: officer.name_kana.clone(),
        name_public: officer.role == "CHAIR",
        account_id: account.map(AccountId),
        term_start: Date(officer.term_start),
        term_end: officer.term_end.map(Date),
    };
    organizations::appoint_officer(tx, input).await?;
    Ok(())
}
