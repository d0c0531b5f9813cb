//! Runs `api_key_command`, and the stores for secrets that `config init` offers: without a shell, without our own key in the
//! environment, and not for ever. What such a program prints is the key, so none of that is ever shown. Its stderr goes to a
//! terminal as it is, where a person may have to answer it, and otherwise nowhere: a log must not keep what it says of a key.

use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind};
use crate::settings::keys::Key;
use crate::text;

/// Enough to unlock a password store by hand.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);
/// No key's first line is longer; what follows it is read and dropped.
const FIRST_LINE_LIMIT: u64 = 64 * 1024;
/// How often a program that has closed its output is asked whether it has ended.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// How a program that prints a key ended, and the first line that it printed.
#[derive(Debug)]
pub(crate) struct Printed {
    /// `None` if it did not end in time, and was stopped.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) line: Vec<u8>,
}

/// Runs `argv`, and gives the bytes of its first line. `subject` begins every error.
pub(crate) fn first_line(argv: &[String], subject: &str, timeout: Duration) -> Result<Vec<u8>, Failure> {
    let program = text::quote(argv.first().map_or("", String::as_str));
    let printed = run(command(argv), timeout).map_err(|error| {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        let failure =
            Failure::new(Kind::Config, error).doing(format!("{subject}: {program} can't be started"));
        if is_missing {
            failure.hint("the command runs without a shell: its first word is a program on PATH")
        } else {
            failure
        }
    })?;
    match printed.status {
        Some(status) if status.success() => Ok(printed.line),
        Some(status) => Err(
            Failure::config(format_args!("{subject}: {program} failed ({status})"))
                .hint("run the command by hand to see what it says"),
        ),
        None => Err(Failure::config(format_args!(
            "{subject}: {program} did not finish within {} s, and was stopped",
            timeout.as_secs()
        ))
        .hint("run the command by hand: it may be waiting for an answer, which it can't get here")),
    }
}

fn command(argv: &[String]) -> Command {
    let mut command = Command::new(argv.first().map_or("", String::as_str));
    command.args(argv.iter().skip(1));
    command
}

/// Runs a program that prints a key.
pub(crate) fn run(mut command: Command, timeout: Duration) -> io::Result<Printed> {
    let deadline = Instant::now() + timeout;
    let mut child = quiet(&mut command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let line = first_line_of(child.stdout.take());
    // Not the end of the output: a helper that the program leaves behind may hold the pipe open.
    let line = line.recv_timeout(timeout).unwrap_or_default();
    let status = ended(&mut child, deadline);
    Ok(Printed { status, line })
}

/// The command without our own key in its environment, and with its stderr where it may go.
pub(crate) fn quiet(command: &mut Command) -> &mut Command {
    if let Some(variable) = Key::ApiKey.variable() {
        command.env_remove(variable);
    }
    command.stderr(if io::stderr().is_terminal() {
        Stdio::inherit()
    } else {
        Stdio::null()
    })
}

/// Sends the first line as soon as it is whole, then goes on reading, so that the program is not stopped by a full pipe.
fn first_line_of(output: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output?);
        let mut line = Vec::new();
        let mut start = output.by_ref().take(FIRST_LINE_LIMIT);
        start.read_until(b'\n', &mut line).ok()?;
        send.send(line).ok()?;
        io::copy(&mut output, &mut io::sink()).ok()
    });
    receive
}

/// How a program ends, or `None` after it was stopped at the deadline.
pub(crate) fn ended(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        let Some(left) = deadline.checked_duration_since(Instant::now()) else {
            // Failing means that it has ended in the meantime.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        thread::sleep(ASK_AGAIN.min(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn run_shell(script: &str) -> Result<String, Failure> {
        let argv = ["sh", "-c", script].map(str::to_owned);
        first_line(&argv, "here", TIMEOUT).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn the_first_line_is_the_key_and_the_rest_is_dropped() {
        assert_eq!(
            run_shell(&format!("echo {KEY}; echo login: me")).unwrap(),
            format!("{KEY}\n")
        );
        assert_eq!(run_shell(&format!("printf {KEY}")).unwrap(), KEY);
        assert_eq!(run_shell("true").unwrap(), "");
        let long = run_shell("head -c 300000 /dev/zero | tr '\\0' a").unwrap();
        assert_eq!(long.len() as u64, FIRST_LINE_LIMIT);
    }

    #[test]
    fn more_output_than_a_pipe_holds_stops_nothing() {
        assert_eq!(
            run_shell("echo k; head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2").unwrap(),
            "k\n"
        );
    }

    #[test]
    fn a_helper_left_behind_holds_nothing_up() {
        let pid = run_shell("sleep 600 & echo $!").unwrap();
        assert!(Command::new("kill").arg(pid.trim()).status().unwrap().success());
    }

    #[test]
    fn standard_input_is_empty_and_our_key_is_not_passed_on() {
        assert_eq!(run_shell("cat; echo end").unwrap(), "end\n");
        let mut command = command(&["env".to_owned()]);
        let changes = quiet(&mut command).get_envs();
        assert_eq!(changes.collect::<Vec<_>>(), [("SMSPIN_API_KEY".as_ref(), None)]);
    }

    #[test]
    fn a_failure_shows_nothing_that_the_program_printed() {
        let failure = run_shell(&format!("echo {KEY}; echo {KEY} >&2; exit 3")).unwrap_err();
        assert_eq!(failure.error.to_string(), "here: “sh” failed (exit status: 3)");
        assert!(!format!("{failure:?}").contains(KEY));
    }

    #[test]
    fn it_is_not_waited_for_for_ever() {
        let argv = ["sleep", "600"].map(str::to_owned);
        let error = first_line(&argv, "here", Duration::from_millis(30)).unwrap_err();
        assert!(
            error.error.to_string().contains("did not finish within"),
            "{error:?}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_gets_a_hint() {
        let error = first_line(&["smspin-no-such-program".to_owned()], "here", TIMEOUT).unwrap_err();
        assert!(error.error.to_string().contains("can't be started"), "{error:?}");
        assert!(error.hints[0].contains("without a shell"));
    }
}
