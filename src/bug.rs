//! Reports a bug of smspin: a panic ends the command with exit code 70 and a message.

use crate::about;
use crate::failure::{Exit, Failure, Kind};
use crate::output::Ui;
use crate::text;
use std::panic::PanicHookInfo;

/// Says where it went wrong, in place of the language's own words. No key can be in it: keys have no `Display`, and their
/// `Debug` is redacted.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        // Nothing may fail in here; stderr that is gone is gone.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told(panic).as_bytes());
    }));
}

fn told(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(String::new, |place| {
        format!(" ({}:{})", place.file(), place.line())
    });
    let payload = panic.payload();
    let reason = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given");
    format!(
        "error: a bug of smspin {} on {} {}{place}: {}\n\
         hint: please report it ({}) with this text and the command, without phone numbers; \
         the journal is intact, and the same batch goes on where it stopped\n",
        about::VERSION,
        std::env::consts::OS,
        std::env::consts::ARCH,
        text::line(reason),
        about::HOME,
    )
}

/// The document for programs; people have read the rest.
pub(crate) fn exit(ui: &Ui) -> Exit {
    if ui.json {
        let failure = Failure::message(Kind::Bug, "a bug of smspin; standard error says where");
        return ui.failure(&failure);
    }
    Exit::Bug
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_told_with_its_place_and_without_control_characters() {
        let heard = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let hook = std::panic::take_hook();
        let hearing = std::sync::Arc::clone(&heard);
        std::panic::set_hook(Box::new(move |panic| {
            *hearing.lock().unwrap() = super::told(panic);
        }));
        let panicked = std::panic::catch_unwind(|| panic!("odd\u{1b}[2J"));
        std::panic::set_hook(hook);
        assert!(panicked.is_err());
        let told = heard.lock().unwrap().clone();
        assert!(told.contains("src/bug.rs:"), "{told}");
        assert!(told.contains("odd\\u{1b}[2J"), "{told}");
        for part in [super::about::VERSION, std::env::consts::ARCH, super::about::HOME] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
    }
}
