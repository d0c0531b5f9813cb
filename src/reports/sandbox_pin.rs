//! The last PIN that the sandbox sent to a number.

use crate::output::{Report, Style};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxPinReport {
    #[schemars(extend("const" = "done"))]
    pub(crate) outcome: &'static str,
    pub(crate) sandbox: bool,
    pub(crate) msisdn: String,
    pub(crate) pin: String,
}

impl Report for SandboxPinReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.pin.clone()
    }
}
