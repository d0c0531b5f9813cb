use super::*;
use crate::domain::text_table;

fn parse(text: &str) -> Result<DatabaseUrl, Invalid> {
    WrittenUrl::parse(text)?.complete(|_| None)
}

const READ: &str = r"
postgres://me@db.example.com/app | db.example.com | 5432 | app | VerifyFull
postgresql://me@db:6000/app?sslmode=require | db | 6000 | app | Require
postgres://me@db/app?sslmode=verify-ca | db | 5432 | app | VerifyCa
postgres://me@127.0.0.1:1/ | 127.0.0.1 | 1 | me | Prefer
postgres://me@localhost/a%20b?sslmode=disable | localhost | 5432 | a b | Disable
postgres://m%40e:x@[::1]:7/app | ::1 | 7 | app | Prefer
";

#[test]
fn urls_are_read_as_libpq_reads_them() {
    for [text, host, port, database, tls] in text_table::rows(READ) {
        let url = parse(text).unwrap();
        assert_eq!(url.address, ServerAddress::Host(host.to_owned()), "{text}");
        assert_eq!(
            (
                url.port.to_string(),
                url.database.as_str(),
                format!("{:?}", url.tls)
            ),
            (port.to_owned(), database, tls.to_owned()),
            "{text}"
        );
    }
    let socket = parse("postgres://me@/app?host=/run/postgresql&port=5433").unwrap();
    assert_eq!(socket.address, ServerAddress::Socket("/run/postgresql".into()));
    assert_eq!((socket.port, socket.tls), (5433, TlsMode::Prefer));
    let encoded = parse("postgres://me@%2Frun%2Fpg/app").unwrap();
    assert_eq!(encoded.address, ServerAddress::Socket("/run/pg".into()));
}

const REFUSED: &str = r"
mysql://me@db/app | starts with postgres://
postgres://db/app | names no user
postgres://@db/app | names no user
postgres://me:hunter2@/app | names no host
postgres://me:hunter2@a,b/app | not one host
postgres://me:hunter2@[::1/app | not one host
postgres://me:hunter2@db:x/app | from 1 to 65535
postgres://me:hunter2@db:0/app | from 1 to 65535
postgres://me:%ff@db/app | percent-encoded
postgres://me:hunter2@db/app?sslmode=maybe | sslmode is one of
postgres://me:hunter2@db/app?sslmode=prefer | sslmode=prefer would let
postgres://me:hunter2@db/app?sslmode=allow | sslmode=allow would let
postgres://me:hunter2@10.0.0.1/app?sslmode=disable | sslmode=disable would let
postgres://me@db/app?password=x | `password` in the URL of the database is not known
";

#[test]
fn what_is_no_url_of_a_database_says_why_and_repeats_nothing() {
    for [text, expected] in text_table::rows(REFUSED) {
        let error = parse(text).unwrap_err().to_string();
        assert!(!error.contains("hunter2"));
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn neither_user_nor_password_is_shown() {
    let url = parse("postgres://me:hunter2@db:6000/app?sslmode=require").unwrap();
    assert_eq!(url.password(), Some("hunter2"));
    assert_eq!(url.to_string(), "postgres://db:6000/app");
    assert!(!format!("{url:?}").contains("hunter2"));
    let socket = parse("postgres://me:hunter2@/app?host=/run/pg").unwrap();
    assert_eq!(socket.to_string(), "postgres:///app?host=/run/pg");
}

#[test]
fn what_a_url_lacks_is_in_the_variables_of_libpq() {
    let variable = |name| {
        let set = [
            ("PGUSER", "you"),
            ("PGHOST", "db"),
            ("PGPORT", "6000"),
            ("PGDATABASE", "app"),
            ("PGSSLMODE", "verify-ca"),
            ("PGSSLROOTCERT", "/ca.pem"),
        ];
        let found = set.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let of = |text: &str| WrittenUrl::parse(text).unwrap().complete(variable).unwrap();
    let all = of("postgres://\n");
    assert_eq!(all.to_string(), "postgres://db:6000/app");
    assert_eq!((all.user.as_str(), all.tls), ("you", TlsMode::VerifyCa));
    assert_eq!(all.root_certificate, Some("/ca.pem".into()));
    let none = of("postgres://me@other:1/sms?sslmode=require&sslrootcert=/mine.pem");
    assert_eq!(none.to_string(), "postgres://other:1/sms");
    assert_eq!((none.user.as_str(), none.tls), ("me", TlsMode::Require));
    assert_eq!(none.root_certificate, Some("/mine.pem".into()));
    assert_eq!(of("postgres://me@other/sms?user=she\r\n").user, "she");
}
