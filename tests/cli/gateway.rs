//! The gateway that the other tests use: a test fails if the requests aren't those that it expects.

use crate::support::gateway::{Gateway, Reply};
use crate::support::home::Home;

#[test]
#[should_panic(expected = "1 requests that were expected never came")]
fn a_request_that_never_comes_fails_the_test() {
    drop(Gateway::in_turn([Reply::Ok]));
}

#[test]
#[should_panic(expected = "a request too many: POST /api/3.0/account/get-balance")]
fn a_request_too_many_fails_the_test() {
    let gateway = Gateway::in_turn([]);
    let home = Home::new();
    let run = home.typed(format!("balance --base-url {}", gateway.base_url));
    run.env("SMSPIN_API_KEY", "0123456789abcdef0123456789abcdef")
        .end();
}
