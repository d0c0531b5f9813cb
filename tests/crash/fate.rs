//! What becomes of a request that reaches the gateway.

use crate::dice::Dice;

/// An answer that breaks off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// Bytes that get out at most; less by chance, and never all of them.
    pub(crate) longest: usize,
    pub(crate) reset: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) takes: bool,
    pub(crate) code: u16,
    pub(crate) body: &'static str,
    pub(crate) cut: Option<Cut>,
}

const OK: &str = r#"{"status":"ok"}"#;
const INVALID: &str =
    r#"{"status":"error","error_id":"INVALID_NUMBER","error_msg":"HLR query returned error."}"#;
const FAILED: &str = r#"{"status":"error","error_id":"UNKNOWN_ERROR","error_msg":"=1+1"}"#;

impl Fate {
    pub(crate) const BUSY: Self = Self::answer(false, 429, "<html>slow down</html>");

    const fn answer(takes: bool, code: u16, body: &'static str) -> Self {
        Self {
            takes,
            code,
            body,
            cut: None,
        }
    }

    const fn cut(takes: bool, longest: usize, reset: bool) -> Self {
        Self {
            takes,
            code: 200,
            body: OK,
            cut: Some(Cut { longest, reset }),
        }
    }

    /// Whether the client can't know what became of it.
    pub(crate) fn doubtful(&self) -> bool {
        self.cut.is_some() || self.code >= 500
    }

    /// In a thousand requests, this many of each.
    pub(crate) fn of(dice: &mut Dice) -> Self {
        match dice.roll(1000) {
            0..20 => Self::answer(false, 200, INVALID),
            20..26 => Self::answer(true, 500, FAILED),
            26..32 => Self::answer(false, 500, FAILED),
            32..38 => Self::answer(true, 503, "<html>"),
            38..44 => Self::answer(false, 502, "<html>"),
            44..52 => Self::cut(true, 0, false),
            52..60 => Self::cut(true, 0, true),
            60..68 => Self::cut(false, 0, true),
            68..76 => Self::cut(true, usize::MAX, false),
            76..84 => Self::cut(false, usize::MAX, true),
            _ => Self::answer(true, 200, OK),
        }
    }
}
