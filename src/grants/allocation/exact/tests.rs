use proptest::prelude::*;

use super::*;

#[test]
fn numbers_are_decimals_or_fractions_and_nothing_else() {
    for (text, shown, written) in [
        ("1600", "1,600", "1600"),
        ("0.70", "0.7", "0.7"),
        ("-1234.05", "-1,234.05", "-1234.05"),
        ("1/3", "1/3", "1/3"),
        ("-7/3", "-2 1/3", "-7/3"),
        ("6/3", "2", "2"),
        ("1/8", "0.125", "0.125"),
    ] {
        let number = Exact::parse(text).expect(text);
        assert_eq!(number.to_string(), shown);
        assert_eq!(number.written(), written);
        assert_eq!(Exact::parse(&number.written()), Some(number));
    }
    let long = "1".repeat(19);
    for text in ["", "-", "1.", ".5", "1e3", "+1", "１", "1,000", "1/0", "1/-3", "/3", "1/", "1/2/3", " 1", &long] {
        assert_eq!(Exact::parse(text), None, "{text}");
    }
}

#[test]
fn what_is_stored_is_read_however_long_it_is() {
    for (text, written) in [
        ("123456789.0123456789", "123456789.0123456789"),
        ("1.000000000000000001", "1.000000000000000001"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("999999999999999999.999999999999999999", "999999999999999999.999999999999999999"),
        ("-1/576460752303423488", "-1/576460752303423488"),
    ] {
        let number = Exact::parse(text).expect(text);
        assert_eq!(number.written(), written);
        assert_eq!(Exact::parse(written), Some(number));
    }
    // As it was stored before decimals had eighteen places.
    let before = "1234567890123456789/10000000000";
    assert_eq!(Exact::parse(before), None);
    assert_eq!(Exact::stored(before), Exact::parse("123456789.0123456789"));
    assert_eq!(serde_json::from_value(serde_json::json!(before)).ok(), Exact::stored(before));
    assert_eq!(Exact::stored(before).expect("a number").to_string(), "123,456,789 123456789/10000000000");
    for text in ["1e3", "1/0", "", &"1".repeat(618), &"9".repeat(617), &format!("1/{}", "9".repeat(617))] {
        assert_eq!(Exact::stored(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn every_number_that_may_be_written_is_read_as_it_is_stored(
        text in prop_oneof!["-?[0-9]{1,18}(\\.[0-9]{1,18})?", "-?[0-9]{1,18}/[0-9]{0,17}[1-9]"]
    ) {
        let number = Exact::parse(&text).expect("a number");
        let written = number.written();
        prop_assert_eq!(Exact::parse(&written), Some(number.clone()), "{}", written);
        prop_assert_eq!(Exact::stored(&written), Some(number));
    }
}

#[test]
fn what_leaves_the_range_of_yen_is_not_yen() {
    let yen = |text| Exact::parse(text).expect("a number").yen_below();
    assert_eq!(yen("7/3"), Some(Yen(2)));
    assert_eq!(yen("-7/3"), Some(Yen(-3)));
    assert_eq!(yen("9007199254740992"), Some(Yen::MAX));
    assert_eq!(yen("9007199254740993"), None);
}
