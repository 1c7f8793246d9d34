//! Reports of the bank: each payment pays once, in whatever form and however often it is told.

use entaku::kernel::principal::Role;
use serde_json::json;

use crate::bank::{EXECUTE, Hall, IMPORT, NUMBER, PRODUCE, TRANSFERS, import, in_lines, outcomes, statement, table};
use crate::organizations::text;

/// What was sent to the bank is not the bank's word, however it comes back: in lines, in part, with another name or total.
#[tokio::test]
async fn m14_what_was_sent_pays_nothing_in_whatever_form() {
    let hall = Hall::new().await;
    let (_, payment, bytes) = hall.produced().await;
    let mut renamed = bytes.clone();
    renamed[14..24].copy_from_slice(b"9999999999");
    let ended = [bytes.as_slice(), b"\x1a"].concat();
    for sent in [&bytes, &in_lines(&bytes), &ended, &renamed, &bytes[..240].to_vec()] {
        for format in ["ZENGIN", "CSV"] {
            hall.import(format, sent).await.expect_code("CONFLICT/OWN_FILE");
        }
    }
    assert_eq!((hall.scene.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    let kept = "{ bankReports(first: 10) { nodes { id } } }";
    assert_eq!(hall.scene.payer.run(kept, json!({})).await.data()["bankReports"]["nodes"], json!([]));
}

/// A report pays once, however often and in whatever form it comes.
#[tokio::test]
async fn a_report_pays_once() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let told = statement(&[("080520", 1_100_000)]);
    let done = hall.import("ZENGIN", &told).await.data();
    assert_eq!(outcomes(&done), ["MATCHED"]);
    assert_eq!(hall.scene.state(&payment).await, "PAID");
    assert_eq!(hall.paid_yen().await, "1100000");
    hall.import("ZENGIN", &told).await.expect_code("CONFLICT/IMPORTED");
    let other_bytes = [told.as_slice(), b"\x1a"].concat();
    hall.import("ZENGIN", &other_bytes).await.expect_code("CONFLICT/IMPORTED");
    let again = hall.import("CSV", &table(&[("2026-05-20", NUMBER, 1_100_000, "済")])).await;
    again.expect_code("CONFLICT/NOTHING_MATCHED");
    let kept = "{ bankReports(first: 10) { nodes { format matched } } }";
    let kept = hall.scene.payer.run(kept, json!({})).await.data()["bankReports"]["nodes"].clone();
    assert_eq!(kept, json!([{"format": "ZENGIN", "matched": 1}]), "what told nothing new is not kept");
    assert_eq!(hall.paid_yen().await, "1100000");
    let seen = hall.scene.staff.run(TRANSFERS, json!({})).await.data()["bankTransfers"]["nodes"][0].clone();
    assert_eq!((&seen["state"], &seen["lines"][0]["paidOn"]), (&json!("DONE"), &json!("2026-05-20")));
    let paid = json!({"id": payment, "input": {"paidOn": "2026-05-20"}});
    hall.scene.payer.run(EXECUTE, paid).await.expect_code("CONFLICT/STATE");
}

#[tokio::test]
async fn what_fits_no_payment_is_listed_and_pays_nothing() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let strange = table(&[
        ("2026-05-20", NUMBER, 1_100_001, "済"),
        ("2026-05-19", NUMBER, 1_100_000, "済"),
        ("2026-05-20", "7654321", 1_100_000, "済"),
        ("2026-05-20", NUMBER, 1_100_000, "不能"),
        ("2026-05-20", NUMBER, 1_100_000, "済"),
    ]);
    let done = hall.import("CSV", &strange).await.data();
    assert_eq!(outcomes(&done), ["UNMATCHED", "UNMATCHED", "UNMATCHED", "FAILED", "ALREADY_SETTLED"]);
    assert_eq!((hall.scene.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
    // Another report tells the opposite: nobody is paid by that, and nothing is kept.
    let contrary = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    hall.import("CSV", &contrary).await.expect_code("CONFLICT/CONTRARY_REPORT");
    // What failed goes into the next file.
    let file = text(&hall.prepare(&[&payment]).await.data()["bankTransferPrepare"]["id"]);
    hall.scene.payer.run(PRODUCE, json!({ "id": file })).await.data();
    let paid = json!({"id": payment, "input": {"paidOn": "2026-05-20"}});
    hall.scene.payer.run(EXECUTE, paid).await.expect_code("CONFLICT/IN_TRANSFER");
    let late = hall.import("CSV", &table(&[("2026-05-20", NUMBER, 1_100_000, "振込済")])).await.data();
    assert_eq!(outcomes(&late), ["MATCHED"]);
    assert_eq!(hall.paid_yen().await, "1100000");
}

/// V14: a report that was tampered with, or is none, is refused whole and pays nothing.
#[tokio::test]
async fn v14_a_tampered_report_pays_nothing() {
    let hall = Hall::new().await;
    let (_, payment, _) = hall.produced().await;
    let bytes: Vec<u8> = statement(&[("080520", 1_100_000)]).into_iter().filter(|b| *b >= b' ').collect();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    for (format, bytes) in [
        ("ZENGIN", with(230, b'9').as_slice()),
        ("ZENGIN", &with(72, b'4')),
        ("ZENGIN", &bytes[..600]),
        ("ZENGIN", &bytes[200..]),
        ("ZENGIN", b"" as &[u8]),
        ("ZENGIN", &statement(&[("080521", 1_100_000)])),
        ("CSV", &bytes),
        ("CSV", "振込日,金額\n".as_bytes()),
        ("CSV", &table(&[("2026-05-20", NUMBER, -1_100_000, "済")])),
        ("CSV", &table(&[("2026-05-20", NUMBER, 0, "済")])),
        ("CSV", &table(&[("2026-05-20", NUMBER, 10_000_000_000, "済")])),
        ("CSV", &table(&[("2026-05-21", NUMBER, 1_100_000, "済")])),
        ("CSV", &table(&vec![("2026-05-20", NUMBER, 1, "済"); 401])),
        ("CSV", &table(&[])),
    ] {
        hall.import(format, bytes).await.expect_code("INVALID_INPUT");
    }
    let input = json!({"format": "CSV", "name": "x", "content": "%%%"});
    hall.scene.payer.run(IMPORT, json!({ "input": input })).await.expect_code("INVALID_INPUT");
    import(&hall.scene.staff, "ZENGIN", &bytes).await.expect_code("FORBIDDEN");
    import(&hall.scene.officer, "ZENGIN", &bytes).await.expect_code("FORBIDDEN");
    assert_eq!((hall.scene.state(&payment).await.as_str(), hall.paid_yen().await.as_str()), ("PAYMENT_REQUESTED", "0"));
}

/// Two payers import at once; one payment is posted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_at_once_pay_once() {
    let hall = Hall::new().await;
    hall.produced().await;
    let text = table(&[("2026-05-20", NUMBER, 1_100_000, "済")]);
    let other = hall.scene.town.staff(Role::Payer).await;
    let back = statement(&[("080520", 1_100_000)]);
    let (one, two, three) = tokio::join!(
        import(&hall.scene.payer, "ZENGIN", &back),
        import(&other, "CSV", &text),
        import(&hall.scene.payer, "ZENGIN", &back)
    );
    let matched = [one, two, three].iter().filter(|answer| answer.text.contains("\"MATCHED\"")).count();
    assert_eq!((matched, hall.paid_yen().await.as_str()), (1, "1100000"));
}
