//! stub
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region(u8);
impl std::str::FromStr for Region {
    type Err = std::num::ParseIntError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}
impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    Mobile,
    FixedLineOrMobile,
    FixedLine,
    TollFree,
    PremiumRate,
    SharedCost,
    Voip,
    PersonalNumber,
    Pager,
    Uan,
    Voicemail,
    Unknown,
}
impl NumberType {
    pub fn name(self) -> &'static str {
        "x"
    }
}
pub enum Possibility {
    NoSuchCountryCode,
    TooShort { min: u8 },
    TooLong { max: u8 },
    ImpossibleLength { x: u8 },
    Possible,
    Valid,
}
pub struct Finding {
    pub calling_code: Option<u16>,
    pub region: Option<Region>,
    pub number_type: NumberType,
    pub possibility: Possibility,
}
pub fn inspect(_: super::msisdn::Msisdn) -> Finding {
    Finding {
        calling_code: None,
        region: None,
        number_type: NumberType::Mobile,
        possibility: Possibility::Valid,
    }
}
