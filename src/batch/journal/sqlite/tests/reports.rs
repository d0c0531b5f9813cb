//! Delivery reports in the journal: what they settle, and what is only probable.

use super::*;
use crate::batch::decision::{Decision, decide};
use crate::batch::journal::{ReconcileCounts, ReportToAdd};
use crate::dlr::{DeliveryReport, DeliveryStatus};

fn report(nth: u8, id: Option<ReportId>, digits: u64, status: &str, millis: i64) -> ReportToAdd {
    ReportToAdd {
        digest: [nth; 16],
        report_id: id.map(|id| id.to_string()),
        received_at: later(millis),
        report: Some(DeliveryReport {
            sms_id: None,
            from: None,
            to: number(digits),
            custom: None,
            sms_date: None,
            status: status.to_owned(),
            dlr_date: None,
        }),
    }
}

fn add(journal: &mut FileJournal, reports: &[ReportToAdd]) -> ReconcileCounts {
    let mut matcher = journal.matcher(later(0)).unwrap();
    journal.add_reports(&mut matcher, reports, later(500)).unwrap()
}

/// What becomes of each number long after every PIN has expired.
fn decisions(journal: &FileJournal, retry: RetryUnknown) -> Vec<Decision> {
    let numbers = journal.numbers(later(100_000_000)).unwrap();
    let of = |digits| decide(numbers.standing(number(digits)).unwrap(), retry);
    (1..=4).map(of).collect()
}

#[test]
fn an_id_settles_a_number_alone_makes_it_probable_and_an_earlier_report_nothing() {
    let place = Place::new();
    let (recorder, writer) = place.begin(4);
    let intents: Vec<_> = (1..=4).map(intent).collect();
    let tickets = recorder.intend(intents).wait().unwrap();
    let ids: Vec<_> = tickets.iter().map(Ticket::report_id).collect();
    for ticket in tickets {
        recorder
            .close(ticket, outcome(AttemptResult::Unknown))
            .wait()
            .unwrap();
    }
    drop(recorder);
    let mut journal = writer.finish().unwrap();

    let reports = [
        report(1, Some(ids[0]), 1, "DELIVRD", 200),
        report(2, None, 2, "DELIVRD", 200),
        report(3, None, 3, "DELIVRD", -1),
        // An id with another number was made up.
        report(4, Some(ids[3]), 1, "DELIVRD", 200),
    ];
    let counts = add(&mut journal, &reports);
    assert_eq!(
        (counts.new, counts.matched, counts.settled, counts.unmatched),
        (4, 1, 1, 1)
    );
    assert_eq!(add(&mut journal, &reports).known, 4);

    let left = Decision::LeaveUnknown { carried_over: false };
    let repeat = Decision::Repeat { carried_over: false };
    let accepted = Decision::LeaveAccepted { carried_over: false };
    assert_eq!(
        decisions(&journal, RetryUnknown::Expired),
        [accepted, left, repeat, repeat]
    );
    assert_eq!(
        decisions(&journal, RetryUnknown::All),
        [accepted, repeat, repeat, repeat]
    );

    let deliveries = journal.deliveries().unwrap();
    assert_eq!(deliveries[&number(1)].status, DeliveryStatus::Delivered);
    let mut history = journal.history().unwrap();
    let exact = |digits| {
        history
            .of(number(digits))
            .unwrap()
            .delivery
            .map(|delivery| delivery.sent_at.is_some())
    };
    assert_eq!([1, 2, 3, 4].map(exact), [Some(true), Some(false), None, None]);
    drop(history);
    journal.close().unwrap();
}
