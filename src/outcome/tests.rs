//! What becomes of a request, line by line and for any answer.

use super::*;
use crate::wire::Secrets;
use proptest::prelude::*;

fn answered(http: u16, body: &str) -> Exchange {
    Exchange::Answered {
        http,
        retry_after: None,
        body: AnswerBody::Whole(ReceivedBody::new(body.into(), Secrets::default())),
    }
}

fn word(attempt: Exchange) -> String {
    match judge(attempt, |_| Some(())).outcome {
        Outcome::Done(()) => "accepted".to_owned(),
        Outcome::Refused(id) => format!("refused {id}"),
        Outcome::Unsent => "unsent".to_owned(),
        Outcome::Unknown => "unknown".to_owned(),
    }
}

#[test]
fn the_table_line_by_line() {
    let refusal = r#"{"status":"error","error_id":"BAD_PARAMS","error_msg":"x"}"#;
    let unlisted = r#"{"status":"error","error_id":"BRAND_NEW"}"#;
    let unknown_error = r#"{"status":"error","error_id":"UNKNOWN_ERROR"}"#;
    for (http, body, expected) in [
        (200, r#"{"status":"ok"}"#, "accepted"),
        (201, r#" {"status":"ok","result":{}}"#, "accepted"),
        (429, r#"{"status":"ok"}"#, "unsent"),
        (429, "<html>", "unsent"),
        (200, refusal, "refused BAD_PARAMS"),
        (400, refusal, "refused BAD_PARAMS"),
        (404, unlisted, "refused BRAND_NEW"),
        (200, unknown_error, "unknown"),
        (400, unknown_error, "unknown"),
        (500, refusal, "unknown"),
        (503, r#"{"status":"ok"}"#, "unknown"),
        (301, r#"{"status":"ok"}"#, "unknown"),
        (400, r#"{"status":"ok"}"#, "unknown"),
        (200, r#"{"status":"error"}"#, "unknown"),
        (200, r#"{"status":"error","error_id":""}"#, "unknown"),
        (200, r#"{"status":"error","error_id":null}"#, "unknown"),
        (200, r#"{"status":"OK"}"#, "unknown"),
        (200, r#"{"error_id":"BAD_PARAMS"}"#, "unknown"),
        (200, r#"[{"status":"ok"}]"#, "unknown"),
        (200, r#"{"status":"ok""#, "unknown"),
        (200, r#"{"status":"ok","status":"error"}"#, "unknown"),
        (
            200,
            r#"{"status":"error","error_id":"BAD_PARAMS","status":"ok"}"#,
            "unknown",
        ),
        (200, "<html>ok</html>", "unknown"),
        (200, "", "unknown"),
        (401, "", "unknown"),
        (502, "<html>", "unknown"),
    ] {
        assert_eq!(word(answered(http, body)), expected, "HTTP {http} {body}");
    }
    assert_eq!(word(Exchange::NotSent(NotSent::default())), "unsent");
    assert_eq!(
        word(Exchange::NoAnswer {
            detail: String::new()
        }),
        "unknown"
    );
    let broken = |http| Exchange::Answered {
        http,
        retry_after: None,
        body: AnswerBody::Broken {
            detail: String::new(),
        },
    };
    assert_eq!(word(broken(200)), "unknown");
    assert_eq!(word(broken(429)), "unsent");
}

/// An answer in pieces, as gateways and what stands before them give it.
fn an_answer() -> impl Strategy<Value = (u16, String, bool)> {
    let rare = prop::sample::select(vec![201, 301, 404, 500, 503]);
    let http = prop_oneof![3 => Just(200), 2 => Just(400), 1 => Just(429), 1 => rare];
    let ids = ErrorId::LISTED.iter().map(|id| format!("\"error_id\":\"{id}\""));
    let others = [
        r#""error_id":"NEW""#,
        r#""error_id":7"#,
        r#""error_msg":"\u001b[31m""#,
        r#""result":{"a":[1]}"#,
        "",
    ];
    let rest = prop::sample::select(ids.chain(others.map(str::to_owned)).collect::<Vec<_>>());
    let status = prop::sample::select(vec![
        r#""status":"ok""#,
        r#""status":"error""#,
        r#""status":"OK""#,
        r#""state":1"#,
    ]);
    let object = (status, rest).prop_map(|(status, rest)| match rest.as_str() {
        "" => format!("{{{status}}}"),
        rest => format!("{{{status},{rest}}}"),
    });
    let cut = (object.clone(), any::<prop::sample::Index>());
    let body = prop_oneof![
        6 => object,
        1 => cut.prop_map(|(text, at)| text[..at.index(text.len())].to_owned()),
        1 => crate::domain::hostile::text(),
    ];
    (http, body, prop::bool::weighted(0.9))
}

/// Whatever is answered: only an `ok` with a code of success says that an SMS is out, only a listed refusal that none is, and only
/// a 429 lets the same request be sent again.
#[test]
fn any_answer_is_judged_on_the_safe_side() {
    let reaches = &[("accepted", 2), ("refused", 2), ("unsent", 2), ("unknown", 2)];
    crate::domain::hostile::check(&an_answer(), reaches, |(http, body, is_whole), reached| {
        let received = ReceivedBody::new(body.clone().into(), Secrets::default());
        let body_of_answer = if is_whole {
            AnswerBody::Whole(received)
        } else {
            AnswerBody::Broken {
                detail: String::new(),
            }
        };
        let verdict = judge(
            Exchange::Answered {
                http,
                retry_after: None,
                body: body_of_answer,
            },
            |_| Some(()),
        );
        let is_success = (200..300).contains(&http);
        match &verdict.outcome {
            Outcome::Done(()) => prop_assert!(is_whole && is_success && body.contains("\"ok\"")),
            Outcome::Refused(id) => {
                prop_assert!(is_whole && (is_success || (400..500).contains(&http)));
                prop_assert!(body.contains("\"error\"") && body.contains(&id.to_string()));
            }
            Outcome::Unsent => prop_assert_eq!(http, 429),
            Outcome::Unknown => prop_assert!(!verdict.is_worth_a_retry()),
        }
        reached.count(verdict.outcome.word().as_str());
        Ok(())
    });
}

#[test]
fn a_path_is_missing_only_where_the_free_probe_gets_the_same() {
    let page = |http| judge(answered(http, "<html>not found</html>"), |_| Some(()));
    let answer = |http, body| judge(answered(http, body), |_| Some(()));
    let refusal = r#"{"status":"error","error_id":"MISSING_PARAMS"}"#;
    for (verdict, probe, expected) in [
        (page(404), page(404), Outcome::Unsent),
        (page(405), page(405), Outcome::Unsent),
        (answer(404, ""), answer(404, ""), Outcome::Unsent),
        (answer(404, r#"{"message":"x"}"#), page(404), Outcome::Unsent),
        (page(404), page(405), Outcome::Unknown),
        (page(404), answer(400, refusal), Outcome::Unknown),
        (page(404), answer(404, refusal), Outcome::Unknown),
        (page(404), page(502), Outcome::Unknown),
        (page(403), page(403), Outcome::Unknown),
        (page(500), page(500), Outcome::Unknown),
        (answer(404, r#"{"status":"error"}"#), page(404), Outcome::Unknown),
        (answer(404, r#"{"status":"ok"}"#), page(404), Outcome::Unknown),
    ] {
        let asked = format!(
            "{:?} {:?} and {:?} {:?}",
            verdict.http, verdict.detail, probe.http, probe.detail
        );
        let verdict = verdict.given_probe(probe.page(), "URL");
        assert_eq!(verdict.outcome, expected, "{asked}");
        assert!(!verdict.is_worth_a_retry(), "{asked}");
    }
    let broken = Exchange::Answered {
        http: 404,
        retry_after: None,
        body: AnswerBody::Broken {
            detail: String::new(),
        },
    };
    let broken = judge(broken, |_| Some(())).given_probe(page(404).page(), "URL");
    assert_eq!(broken.outcome, Outcome::Unknown);
    let accepted = answer(200, r#"{"status":"ok"}"#).given_probe(page(404).page(), "URL");
    assert_eq!(accepted.outcome, Outcome::Done(()));
}

#[test]
fn an_ok_without_the_result_that_was_asked_for_is_unknown() {
    let verdict = judge(answered(200, r#"{"status":"ok"}"#), |_| None::<()>);
    assert_eq!(verdict.outcome, Outcome::Unknown);
}
