//! What tests need beside the program, for `tests/cli` and `tests/crash` alike.
//!
//! - `browser`: a real browser, driven over its debugging pipe
//! - `home`: a home directory of its own, and the program run in it
//! - `disk`: a file system so small that it can be filled
//! - `ended`: all that can be seen of a run that has ended
//! - `gateway`: a gateway that answers or misbehaves as a test's script says, and records every request
//! - `http`: requests and answers as bytes
//! - `listener`: a listener for delivery reports in a process of its own, and a sender that posts to it
//! - `pooler`: `PgBouncer` between a run and its database
//! - `postgres`: a PostgreSQL server of a test's own
//! - `schema`: checks a document against what `smspin schema` promises
//! - `signals`: signals that the tests ignore, and the program must not
//! - `terminal`: a terminal to run the program at
//! - `text_table`: tables of texts
//! - `tls`: a gateway over https, with a certificate of the test's choice
//! - `workbook`: small workbooks, written part by part
//!
//! Whatever else a test talks to (a receiver of delivery reports, a proxy, a database, a terminal) has a file of its own here.

#![allow(dead_code, reason = "each of the two test programs uses its own part of this")]

pub(crate) mod browser;
pub(crate) mod disk;
pub(crate) mod ended;
pub(crate) mod gateway;
pub(crate) mod home;
pub(crate) mod http;
pub(crate) mod listener;
pub(crate) mod pooler;
pub(crate) mod postgres;
pub(crate) mod schema;
pub(crate) mod signals;
pub(crate) mod terminal;
#[path = "../../src/domain/text_table.rs"]
pub(crate) mod text_table;
pub(crate) mod tls;
pub(crate) mod workbook;
