//! The read path against something that knows nothing of it: an oracle that reads the same declarations
//! object by object, the number of statements, and PostgreSQL's own plans.

mod ask;
mod asker;
mod decisions;
mod facts;
mod lists;
mod oracle;
mod plans;
mod stage;
mod statements;
mod tap;

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Runtime;

use ask::{ALWAYS, Field, Item, Of, Root, Vars};
use lists::{ORDERS, Page};
use stage::{Stage, shape};

/// How many random queries are compared; `PROPTEST_CASES` says otherwise.
const CASES: u32 = 64;

fn config() -> Config {
    let given = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: given.unwrap_or(CASES), failure_persistence: None, ..Config::default() }
}

#[test]
fn z5_z6_z8_z23_random_queries_are_answered_as_the_oracle_expects() {
    let runtime = Runtime::new().expect("a runtime");
    let stage = RefCell::new(runtime.block_on(Stage::new()));
    let people = 0..stage.borrow().people.len();
    let asked = (people.clone(), people, any::<[bool; 4]>(), vec(any::<u16>(), 0..160));
    let compared = TestRunner::new(config()).run(&asked, |(one, other, [a, b, c, d], tape)| {
        let roots = stage.borrow().ask(one, &tape);
        let (first, again) = (Vars { yes: !a, no: b }, Vars { yes: !c, no: d });
        // The document is compiled for the first and kept for the others.
        for (person, vars) in [(one, first), (other, first), (one, again)] {
            runtime.block_on(stage.borrow_mut().hear_of_looks());
            let stage = stage.borrow();
            let person = &stage.people[person];
            let oracle = stage.oracle(person, vars);
            let compared = Stage::compare(person, &roots, &oracle);
            runtime.block_on(compared).map_err(TestCaseError::fail)?;
        }
        Ok(())
    });
    if let Err(failure) = compared {
        panic!("{failure}");
    }
}

/// Every list in every order, page by page: no row is left out, shown twice or shown to whom it is hidden.
#[tokio::test]
async fn pages_hold_the_whole_list_in_its_order() {
    let stage = Stage::new().await;
    for person in stage.people.iter().step_by(5) {
        for (name, shape) in &stage.roots.lists {
            let orders = ORDERS.iter().filter(|(of, ..)| *of == shape.name).map(|(_, word, _)| Some(*word));
            for order in orders.chain([None]) {
                stage.turn(person, name, shape, &Page { order, ..Page::plain(7) }).await;
            }
        }
    }
}

/// And it finds something: an oracle that forgets the masks is contradicted, one that does not is not.
#[tokio::test]
async fn an_oracle_that_forgets_the_masks_is_contradicted() {
    let stage = Stage::new().await;
    let officers = vec![plain("id", vec![]), plain("name", vec![]), plain("nameKana", vec![])];
    let nodes = vec![plain("nodes", vec![plain("officers", officers)])];
    let of = Of::List(shape("CommunityOrganization").expect("a shape"), Page::plain(3));
    let roots = [Root { key: "r0".into(), name: "organizations".into(), of, when: ALWAYS, items: nodes }];
    let nobody = &stage.people[0];
    let mut oracle = stage.oracle(nobody, Vars { yes: true, no: false });
    Stage::compare(nobody, &roots, &oracle).await.expect("the same");
    oracle.careless = true;
    let difference = Stage::compare(nobody, &roots, &oracle).await.expect_err("a difference");
    assert!(difference.contains("is answered otherwise"), "{difference}");
}

fn plain(name: &'static str, items: Vec<Item>) -> Item {
    Item::Field(Field { key: name.into(), name, page: None, when: ALWAYS, items })
}
