//! Districts and their statistics, and the facilities in them.

use async_graphql::InputObject;
use sea_orm::Set;

use crate::kernel::date::Date;
use crate::kernel::error::Result;
use crate::kernel::policy::Action;
use crate::kernel::text::Checks;
use crate::kernel::tx::Tx;
use crate::organizations::commands::{DISTRICT_CREATE, DISTRICT_STATISTIC_RECORD, FACILITY_CREATE};
use crate::organizations::entity::{
    AreaUnit, DistrictId, DistrictStatisticId, FacilityId, district, district_statistic, facility,
};
use crate::organizations::shapes::{District, DistrictStatistic, Facility};

/// 地区の内容。
#[derive(InputObject)]
pub struct DistrictCreateInput {
    /// 名称。
    pub name: String,
    /// 名称のふりがな。
    pub name_kana: String,
    /// 単位。
    pub area_unit: AreaUnit,
}

/// Makes a district.
pub async fn create_district(tx: &Tx, input: DistrictCreateInput) -> Result<DistrictId> {
    tx.may_create::<District>(DISTRICT_CREATE, &[])?;
    let DistrictCreateInput { name, name_kana, area_unit } = input;
    let mut checks = Checks::new();
    let row = district::ActiveModel {
        id: Set(DistrictId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        name_kana: Set(checks.text("input.nameKana", &name_kana, 100)),
        area_unit: Set(area_unit),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// ある日の地区の統計。
#[derive(InputObject)]
pub struct DistrictStatisticRecordInput {
    /// 地区。
    pub district_id: DistrictId,
    /// 基準日。
    pub as_of: Date,
    /// 人口(人)。
    pub population: i32,
    /// 世帯数。
    pub households: i32,
    /// 65歳以上の人口(人)。
    pub aged65: i32,
    /// 75歳以上の人口(人)。
    pub aged75: i32,
    /// 面積(平方メートル)。
    pub area_square_metres: i32,
    /// 出典。
    pub source: String,
}

/// Records the statistics of a district on a day. A day is recorded once.
pub async fn record_statistic(tx: &Tx, input: DistrictStatisticRecordInput) -> Result<DistrictStatisticId> {
    tx.may_create::<DistrictStatistic>(DISTRICT_STATISTIC_RECORD, &[])?;
    let DistrictStatisticRecordInput {
        district_id,
        as_of,
        population,
        households,
        aged65,
        aged75,
        area_square_metres,
        source,
    } = input;
    tx.peek::<District>(district_id, Action::READ).await?;
    let mut checks = Checks::new();
    let counts = [
        ("input.population", population),
        ("input.households", households),
        ("input.areaSquareMetres", area_square_metres),
    ];
    for (path, count) in counts {
        checks.check(count >= 0, path, "RANGE", "0以上で入力してください。", "0 or more.");
    }
    checks.check(
        (0..=population).contains(&aged65),
        "input.aged65",
        "RANGE",
        "人口を超えています。",
        "More than the population.",
    );
    checks.check(
        (0..=aged65).contains(&aged75),
        "input.aged75",
        "RANGE",
        "65歳以上の人口を超えています。",
        "More than those aged 65.",
    );
    let row = district_statistic::ActiveModel {
        id: Set(DistrictStatisticId::new()),
        district_id: Set(district_id),
        as_of: Set(as_of),
        population: Set(population),
        households: Set(households),
        aged65: Set(aged65),
        aged75: Set(aged75),
        area_square_metres: Set(area_square_metres),
        source: Set(checks.text("input.source", &source, 200)),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}

/// 拠点施設の内容。
#[derive(InputObject)]
pub struct FacilityCreateInput {
    /// 名称。
    pub name: String,
    /// 所在地。
    pub address: String,
    /// 電話番号。
    pub phone: Option<String>,
}

/// Registers a base facility.
pub async fn create_facility(tx: &Tx, input: FacilityCreateInput) -> Result<FacilityId> {
    tx.may_create::<Facility>(FACILITY_CREATE, &[])?;
    let FacilityCreateInput { name, address, phone } = input;
    let mut checks = Checks::new();
    let row = facility::ActiveModel {
        id: Set(FacilityId::new()),
        name: Set(checks.text("input.name", &name, 100)),
        address: Set(checks.text("input.address", &address, 200)),
        phone: Set(checks.optional("input.phone", phone.as_deref(), 30)),
        ..Default::default()
    };
    checks.done()?;
    tx.insert_later(row)
}
