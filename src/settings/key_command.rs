//! Runs `api_key_command`: without a shell, without standard input, without our own key in its environment, and not
//! for ever. What it prints is the key, so nothing of that is ever shown; what it says on stderr is shown if it fails.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::settings::error::KeyError;
use crate::settings::keys::Key;
use crate::settings::paths::printable_text;
use crate::text;

/// Enough to unlock a password store by hand.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// No key's first line is longer; what follows it is read and dropped.
const FIRST_LINE_LIMIT: u64 = 64 * 1024;
/// How much of its stderr is kept, in bytes.
const STDERR_LIMIT: u64 = 2 * 1024;
/// How often a program that has closed its output is asked whether it has ended.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// Runs `argv`, and gives the bytes of its first line. `subject` begins every error.
pub(crate) fn first_line(argv: &[String], subject: &str, patience: Duration) -> Result<Vec<u8>, KeyError> {
    let program = text::quote(argv.first().map_or("", String::as_str));
    let deadline = Instant::now() + patience;
    let mut child = command(argv).spawn().map_err(|source| KeyError::Start {
        subject: subject.to_owned(),
        program: program.clone(),
        source,
    })?;
    let line = first_line_of(child.stdout.take());
    let stderr = start_of(child.stderr.take());
    // Not the end of the output: a helper that the program leaves behind may hold the pipe open.
    let line = line.recv_timeout(patience).ok();
    let Some(status) = ended(&mut child, deadline) else {
        stop(&mut child);
        return Err(KeyError::TooSlow {
            subject: subject.to_owned(),
            program,
            seconds: patience.as_secs(),
        });
    };
    let line = line.unwrap_or_default();
    if status.success() {
        return Ok(line);
    }
    let stderr = stderr
        .recv_timeout(Duration::from_millis(200))
        .unwrap_or_default();
    let stderr = without(&String::from_utf8_lossy(&stderr), &String::from_utf8_lossy(&line));
    Err(KeyError::Failed {
        subject: subject.to_owned(),
        program,
        status: status.to_string(),
        stderr,
    })
}

fn command(argv: &[String]) -> Command {
    let mut command = Command::new(argv.first().map_or("", String::as_str));
    command.args(argv.iter().skip(1));
    if let Some(variable) = Key::ApiKey.variable() {
        command.env_remove(variable);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Sends the first line as soon as it is whole, then goes on reading, so that the program is not stopped by a full pipe.
fn first_line_of(output: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    read_aside(output, |output, send| {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        let read = output
            .by_ref()
            .take(FIRST_LINE_LIMIT)
            .read_until(b'\n', &mut line);
        if read.is_ok() && send.send(line).is_ok() {
            let _ = std::io::copy(&mut output, &mut std::io::sink());
        }
    })
}

fn start_of(output: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    read_aside(output, |mut output, send| {
        let mut start = Vec::new();
        let read = output.by_ref().take(STDERR_LIMIT).read_to_end(&mut start);
        if read.is_ok() && send.send(start).is_ok() {
            let _ = std::io::copy(&mut output, &mut std::io::sink());
        }
    })
}

fn read_aside<R: Read + Send + 'static>(
    output: Option<R>,
    read: impl FnOnce(R, mpsc::Sender<Vec<u8>>) + Send + 'static,
) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    if let Some(output) = output {
        thread::spawn(move || read(output, send));
    }
    receive
}

fn ended(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::sleep(ASK_AGAIN.min(left));
    }
}

fn stop(child: &mut Child) {
    // Failing means that it has ended in the meantime.
    let _ = child.kill();
    let _ = child.wait();
}

/// What a program said, fit for a terminal, without any part of the line that it printed elsewhere, and without what looks
/// like a key.
fn without(said: &str, line: &str) -> String {
    let said = without_parts_of(said, line.trim());
    text::hide_keys(&said)
        .lines()
        .map(|line| printable_text(line.trim()))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

/// Takes out of `said` what stands in `secret` too, four characters and more of it in a row, however lines and spaces divide
/// them and whatever their case.
fn without_parts_of(said: &str, secret: &str) -> String {
    const SHORTEST: usize = 4;
    /// No key is longer.
    const MOST: usize = 512;
    let secret: Vec<char> = visible(secret).map(|(_, c)| c).take(MOST).collect();
    let said_characters: Vec<(usize, char)> = visible(said).collect();
    let mut hidden = vec![false; said.len()];
    // How long the run is that ends at each character of the secret and at the one of `said` before.
    let mut runs = vec![0; secret.len()];
    for (at, (_, character)) in said_characters.iter().enumerate() {
        runs = (0..secret.len())
            .map(|place| match (secret[place] == *character, place) {
                (false, _) => 0,
                (true, 0) => 1,
                (true, _) => runs[place - 1] + 1,
            })
            .collect();
        let longest = runs.iter().copied().max().unwrap_or_default();
        if longest >= SHORTEST {
            for (place, _) in &said_characters[at + 1 - longest..=at] {
                hidden[*place] = true;
            }
        }
    }
    let mut kept = String::with_capacity(said.len());
    let mut inside = false;
    for (place, character) in said.char_indices() {
        match (hidden[place], inside) {
            (true, false) => kept.push_str("(hidden)"),
            (true, true) => {}
            (false, _) => kept.push(character),
        }
        // What divides two hidden characters is kept, and begins no other mask.
        inside = hidden[place] || (inside && character.is_whitespace());
    }
    kept
}

/// The characters that can be a part of a key, in lower case, with their places.
fn visible(text: &str) -> impl Iterator<Item = (usize, char)> {
    text.char_indices()
        .filter(|(_, c)| !c.is_whitespace())
        .map(|(place, c)| (place, c.to_ascii_lowercase()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn run(script: &str) -> Result<String, KeyError> {
        let argv = ["sh", "-c", script].map(str::to_owned);
        first_line(&argv, "here", PATIENCE).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn the_first_line_is_the_key_and_the_rest_is_dropped() {
        assert_eq!(
            run(&format!("echo {KEY}; echo login: me")).unwrap(),
            format!("{KEY}\n")
        );
        assert_eq!(run(&format!("printf {KEY}")).unwrap(), KEY);
        assert_eq!(run("true").unwrap(), "");
        let long = run("head -c 300000 /dev/zero | tr '\\0' a").unwrap();
        assert_eq!(long.len() as u64, FIRST_LINE_LIMIT);
    }

    #[test]
    fn more_output_than_a_pipe_holds_stops_nobody() {
        assert_eq!(
            run("echo k; head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2").unwrap(),
            "k\n"
        );
    }

    #[test]
    fn a_helper_left_behind_holds_nothing_up() {
        let pid = run("sleep 600 & echo $!").unwrap();
        assert!(Command::new("kill").arg(pid.trim()).status().unwrap().success());
    }

    #[test]
    fn standard_input_is_empty_and_our_key_is_not_passed_on() {
        assert_eq!(run("cat; echo end").unwrap(), "end\n");
        let command = command(&["env".to_owned()]);
        assert!(
            command
                .get_envs()
                .any(|change| change == ("SMSPIN_API_KEY".as_ref(), None))
        );
    }

    #[test]
    fn a_failure_shows_stderr_and_never_the_output() {
        let error = run(&format!(
            "echo {KEY}; printf 'no \\033[2J store {KEY}\\n\\nsorry' >&2; exit 3"
        ))
        .unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("here: “sh” failed (exit status: 3)"),
            "{message}"
        );
        assert!(
            message.ends_with(r"and said: no \u{1b}[2J store (hidden); sorry"),
            "{message}"
        );
        assert!(!format!("{error:?}").contains(KEY));
    }

    #[test]
    fn no_part_of_the_key_is_in_what_a_failing_program_said() {
        for (script, shown) in [
            (
                format!("echo {KEY}; echo 'bad key: {KEY}' >&2; exit 1"),
                "bad key: (hidden)",
            ),
            (
                format!("echo {KEY}; echo {KEY} | cut -c 1-20 >&2; exit 1"),
                "(hidden)",
            ),
            (
                format!("echo {KEY}; echo {KEY} | fold -w 6 >&2; exit 1"),
                "(hidden)",
            ),
            (
                format!("echo {KEY}; echo {KEY} | fold -w 1 >&2; exit 1"),
                "(hidden)",
            ),
            (
                format!("echo {KEY}; echo {KEY} | tr a-f A-F >&2; exit 1"),
                "(hidden)",
            ),
            (
                format!("echo {KEY}; head -c 2040 /dev/zero | tr '\\0' x >&2; echo {KEY} >&2; exit 1"),
                "x(hidden)",
            ),
            (
                format!("echo 'no entry for {KEY}' >&2; exit 1"),
                "no entry for (hidden)",
            ),
            (
                "echo 'gpg: decryption failed: No secret key' >&2; exit 2".to_owned(),
                "gpg: decryption failed: No secret key",
            ),
        ] {
            let message = run(&script).unwrap_err().to_string();
            assert!(message.contains(shown), "{script}: {message}");
            let bare: String = message
                .to_lowercase()
                .split(|c: char| !c.is_ascii_alphanumeric())
                .collect();
            for part in KEY.as_bytes().windows(5) {
                assert!(
                    !bare.contains(std::str::from_utf8(part).unwrap()),
                    "{script}: {message}"
                );
            }
        }
    }

    #[test]
    fn it_is_not_waited_for_for_ever() {
        let argv = ["sleep", "600"].map(str::to_owned);
        let error = first_line(&argv, "here", Duration::from_millis(30)).unwrap_err();
        assert!(matches!(error, KeyError::TooSlow { .. }), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_gets_a_hint() {
        let error = first_line(&["smspin-no-such-program".to_owned()], "here", PATIENCE).unwrap_err();
        assert!(error.to_string().contains("can't be started"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("without a shell")));
    }
}
