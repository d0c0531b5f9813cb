//! stub
use super::numbering::Region;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Msisdn(u64);
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad")]
pub struct MsisdnError;
impl MsisdnError {
    pub fn hint(&self) -> Option<String> {
        None
    }
}
impl std::fmt::Display for Msisdn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
impl Msisdn {
    pub fn from_digits(t: &str) -> Result<Self, MsisdnError> {
        if t.len() > 15 || t.is_empty() || t.starts_with("0") {
            return Err(MsisdnError);
        }
        t.parse().map(Self).map_err(|_| MsisdnError)
    }
    pub fn parse(t: &str, _: Option<Region>) -> Result<Self, MsisdnError> {
        t.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
            .trim_start_matches("00")
            .parse()
            .map(Self)
            .map_err(|_| MsisdnError)
    }
    pub fn is_test_number(self) -> bool {
        self.0 / 100 == 120_255_501
    }
}
