//! Which values a setting takes: each goes through the door that the commands use, before it is written.

use crate::domain::api_key::ApiKey;
use crate::domain::base_url::BaseUrl;
use crate::domain::money::Money;
use crate::domain::numbering::Region;
use crate::domain::pin_params::{ExpiresIn, MaxTries, PinLength, PinType};
use crate::domain::report_url::ReportUrl;
use crate::domain::sender::Sender;
use crate::domain::sms_text::SmsText;
use crate::failure::{Failure, Kind};
use crate::session::connection;
use crate::settings::{BoxError, Key, NumberCheck, Raw};
use std::error::Error;

/// Judges a value as a command would.
pub(super) fn value(key: Key, raw: &Raw) -> Result<(), BoxError> {
    let text = raw.text();
    let text = text.as_ref();
    match key {
        Key::ApiKey => match raw {
            Raw::Secret(secret) => passes(ApiKey::parse(secret.expose())),
            _ => Ok(()),
        },
        Key::BaseUrl => passes(BaseUrl::parse(text)),
        Key::Sender => passes(Sender::parse(text)),
        // The longest text passes with the shortest PIN; the request knows which PIN it is for.
        Key::SmsText => passes(SmsText::parse(text, PinLength::MIN)),
        Key::ReportUrl => passes(ReportUrl::parse(text)),
        Key::PinType => passes(text.parse::<PinType>()),
        Key::PinLength => passes(text.parse::<PinLength>()),
        Key::ExpiresIn => passes(text.parse::<ExpiresIn>()),
        Key::MaxTries => passes(text.parse::<MaxTries>()),
        Key::Country => passes(text.parse::<Region>()),
        Key::AllowCountries => text
            .split(',')
            .try_for_each(|entry| passes(entry.parse::<Region>())),
        Key::NumberCheck => passes(text.parse::<NumberCheck>()),
        Key::PriceSms | Key::PriceHlr => passes(text.parse::<Money>()),
        Key::Timeout | Key::ConnectTimeout => Ok(connection::positive(text).map(drop)?),
        Key::Retries => Ok(connection::retry_count(text).map(drop)?),
        Key::Proxy => Ok(connection::proxy(text).map(drop)?),
        Key::Profile | Key::ApiKeyCommand | Key::HlrLookup | Key::MaxSends | Key::CaFile => Ok(()),
    }
}

fn passes<T, E: Error + Send + Sync + 'static>(judged: Result<T, E>) -> Result<(), BoxError> {
    judged.map(drop).map_err(Into::into)
}

/// The setting of this name, or the nearest one in the hint.
pub(super) fn key(name: &str) -> Result<Key, Failure> {
    Key::from_name(name).ok_or_else(|| {
        let failure = Failure::message(
            Kind::Usage,
            format_args!("there is no setting {}", crate::text::quote(name)),
        );
        match Key::nearest(name) {
            Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
            None => failure.hint("`smspin config list` shows the settings that are in force"),
        }
    })
}
