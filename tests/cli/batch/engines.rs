//! What a batch does with a journal in a file, it does with one in a database: the same tests, with the other engine.

use super::{Batch, FIRST, killed, repeats, report_files, reports, stopping};
use crate::support::gateway::{Reply, only};
use crate::support::postgres::Cluster;
use rustix::process::Signal;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

thread_local! {
    /// The database that keeps the journals of this thread's batches, if one does.
    static DATABASE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The database that a new batch has its journal in, if one does.
pub(super) fn database() -> Option<String> {
    DATABASE.with_borrow(Clone::clone)
}

/// A campaign of its own for each batch of a database.
pub(super) fn campaign() -> Option<String> {
    static CAMPAIGNS: AtomicU32 = AtomicU32::new(0);
    let next = || format!("campaign-{}", CAMPAIGNS.fetch_add(1, Ordering::Relaxed));
    database().map(|_| next())
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_holds_for_a_file_holds_for_a_database() {
    let cluster = Cluster::start();
    DATABASE.set(Some(cluster.url("me")));
    let tests: [fn(); 22] = [
        // While the database knows no other attempt at these numbers: a report without an id would fit several.
        reports::a_report_settles_what_is_unknown_and_changes_nothing_else,
        after_a_kill_no_number_gets_a_second_sms,
        a_kill_before_the_first_row_changes_nothing,
        repeats::a_finished_batch_says_so_and_sends_nothing,
        repeats::a_limit_leaves_the_rest_for_the_next_run,
        repeats::only_what_is_open_goes_again,
        repeats::asking_for_what_may_be_a_second_sms_needs_a_yes,
        repeats::the_rest_of_an_unfinished_list_gets_what_the_first_rows_got,
        repeats::results_that_could_not_be_written_are_written_by_the_same_command_later,
        repeats::a_refusal_speaks_of_its_own_request_alone,
        repeats::a_run_that_would_send_more_than_it_may_is_refused,
        report_files::a_stop_a_refusal_and_a_status_are_reported_too,
        stopping::an_account_that_is_refused_stops_the_batch_and_goes_again,
        stopping::failures_in_a_row_stop_the_batch,
        stopping::the_first_row_goes_alone_until_the_gateway_has_shown_that_it_is_one,
        stopping::a_gateway_that_does_not_answer_the_free_call_stops_everything,
        stopping::exit_codes_are_those_of_the_worst_row,
        stopping::a_signal_ends_the_launching_and_what_is_under_way_is_awaited,
        stopping::a_second_signal_leaves_at_once_and_the_journal_tells_the_truth,
        stopping::a_run_that_has_had_its_time_stops_in_order_and_the_next_one_goes_on,
        killed::with_a_rate_a_kill_leaves_unknown_what_was_in_flight_and_one,
        killed::in_a_pause_no_claim_waits_on_disk,
    ];
    for test in tests {
        test();
    }
}

#[test]
fn after_a_kill_no_number_gets_a_second_sms() {
    let batch = Batch::of(9, only(FIRST + 3, Reply::Held));
    batch.sends("--limit 2", 4, "pending");
    let running = batch.command("--yes --concurrency 1").start();
    batch.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 3)));
    running.signal(Signal::KILL);
    running.end();
    batch.gateway.release();
    batch.sends("", 5, "finished");
    batch.gateway.asked_each_once();
    assert_eq!(batch.outcomes()[3], "unknown");
}

#[test]
fn a_kill_before_the_first_row_changes_nothing() {
    let batch = Batch::of(3, super::accepting);
    let running = batch.command("--yes").start();
    running.signal(Signal::KILL);
    running.end();
    batch.sends("", 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 3);
}
