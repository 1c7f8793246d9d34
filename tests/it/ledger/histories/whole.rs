//! A history that is sent whole: one transaction, in which each step has a savepoint, and is asked at its end what a commit
//! would ask. What a step costs otherwise is mostly its way there and back. The model knows beforehand what becomes of each.

use entaku::kernel::fiscal_year::FiscalYear;
use entaku::kernel::read::sql::{Param, Sql};
use entaku::ledger::entity::LedgerJournalId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Act, Model, Outcome, Step};
use crate::support::Town;

/// Does the steps one after the other, and leaves what became of each: the ledger's word, or the SQLSTATE.
const PLAY: &str = "DO $$ DECLARE
    step jsonb;
    said text;
    words text[] := '{}';
    year int := current_setting('entaku.test_year')::int;
BEGIN
    FOR step IN SELECT * FROM jsonb_array_elements(current_setting('entaku.test_steps')::jsonb) LOOP
        BEGIN
            IF step ? 'close' THEN
                said := ledger_close((step ->> 'close')::uuid, (step ->> 'id')::uuid, year, '');
            ELSIF step ? 'reopen' THEN
                said := ledger_reopen(year, (step ->> 'id')::uuid, '');
            ELSIF step ? 'reverses' THEN
                said := ledger_post((step ->> 'id')::uuid, 'TEST_REVERSED', gen_random_uuid(), year, 'x', false,
                    (step ->> 'reverses')::uuid, '{}', '{}', '{}');
            ELSE
                said := ledger_post((step ->> 'id')::uuid, 'TEST', gen_random_uuid(), year, 'x', false, NULL,
                    ARRAY(SELECT jsonb_array_elements_text(step -> 'kinds')),
                    ARRAY(SELECT jsonb_array_elements_text(step -> 'owners')::uuid),
                    ARRAY(SELECT jsonb_array_elements_text(step -> 'amounts')::bigint));
            END IF;
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
        EXCEPTION WHEN unique_violation OR check_violation THEN
            said := SQLSTATE;
        END;
        words := words || said;
    END LOOP;
    PERFORM set_config('entaku.test_said', array_to_string(words, ' '), true);
END $$";

/// Plays a history in a year of its own.
pub async fn history(town: &Town, year: FiscalYear, steps: &[Step]) -> Result<(Model, Vec<Outcome>), String> {
    let mut model = Model::new(town.id.0);
    let (mut asked, mut expected) = (Vec::new(), Vec::new());
    for step in steps {
        let Some(act) = model.act(step) else { continue };
        let (outcome, id) = (model.outcome(&act), LedgerJournalId::new());
        asked.push(told(&act, id));
        expected.push((step, outcome));
        if outcome == Outcome::Done {
            model.apply(act, id);
        }
    }
    let said = ask(town, year, &Value::Array(asked)).await?;
    let said: Vec<&str> = said.split_whitespace().collect();
    if said.len() != expected.len() {
        return Err(format!("{} answers to {} steps", said.len(), expected.len()));
    }
    for ((step, expected), said) in expected.iter().zip(said) {
        let outcome = became(said).ok_or_else(|| format!("{step:?}: {said}"))?;
        if outcome != *expected {
            return Err(format!("{step:?} is {outcome:?} instead of {expected:?}"));
        }
    }
    Ok((model, expected.into_iter().map(|(_, outcome)| outcome).collect()))
}

fn told(act: &Act, id: LedgerJournalId) -> Value {
    match act {
        Act::Post(moves) => {
            let (accounts, amounts): (Vec<_>, Vec<i64>) = moves.iter().copied().unzip();
            let (kinds, owners): (Vec<_>, Vec<Uuid>) =
                accounts.into_iter().map(|(kind, owner)| (kind.word(), owner)).unzip();
            json!({"id": id.0, "kinds": kinds, "owners": owners, "amounts": amounts})
        }
        Act::Reverse { id: of, .. } => json!({"id": id.0, "reverses": of.0}),
        Act::Close => json!({"id": id.0, "close": Uuid::now_v7()}),
        Act::Reopen => json!({"id": id.0, "reopen": true}),
    }
}

async fn ask(town: &Town, year: FiscalYear, steps: &Value) -> Result<String, String> {
    let tx = town.system();
    let mut set = Sql::new("SELECT ");
    set.fill(
        "set_config('entaku.test_year', ?, true), set_config('entaku.test_steps', ?, true)",
        [Param::text(year.0.to_string()), Param::text(steps.to_string())],
    );
    let failed = |error| format!("{error:?}");
    tx.rows(set).await.map_err(failed)?;
    tx.run(Sql::new(PLAY)).await.map_err(failed)?;
    let rows = tx.rows(Sql::new("SELECT current_setting('entaku.test_said')")).await.map_err(failed)?;
    let said = rows[0].get(0);
    tx.commit().await.map_err(failed)?;
    Ok(said)
}

/// What the program makes of it.
fn became(said: &str) -> Option<Outcome> {
    match said {
        "POSTED" => Some(Outcome::Done),
        "23505" => Some(Outcome::Twice),
        "23514" => Some(Outcome::Reversal),
        word => Outcome::of(word),
    }
}
