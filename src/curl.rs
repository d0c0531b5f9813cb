//! The curl command that does what a request would do: pasted into a shell, it puts neither the key nor a proxy's
//! password into an argument list.

use crate::client::{CallPaths, Tuning};
use crate::domain::base_url::BaseUrl;
use crate::text::shell_quoted;
use crate::wire::Body;

/// `printf` is built into every shell, so what it is given is not in the arguments of a process; curl reads the body from a pipe.
pub(crate) fn command(base_url: &BaseUrl, paths: &CallPaths, tuning: &Tuning, body: &Body) -> String {
    const KEY: &str = "@KEY@";
    let json = body.with_key_as(KEY);
    let (before, after) = json.split_once(KEY).unwrap_or((&json, ""));
    let direct = base_url.is_loopback() || base_url.is_plain();
    let proxy = tuning.proxy.as_ref().filter(|_| !direct);
    // A variable is in no argument list. Without it the shell stops, so that nothing goes past the proxy.
    let secret_proxy = proxy.filter(|proxy| proxy.password().is_some() || !proxy.username().is_empty());
    let variable = secret_proxy.map_or(
        "",
        |_| "https_proxy=\"${SMSPIN_PROXY:?is the URL of the proxy}\" ",
    );
    let mut command = format!(
        "printf '%s' {}\"$SMSPIN_API_KEY\"{} | {variable}curl -sS --http1.1 --max-time {} --connect-timeout {}",
        shell_quoted(&portable(before)),
        shell_quoted(&portable(after)),
        tuning.timeout.as_secs_f32(),
        tuning.connect_timeout.as_secs_f32(),
    );
    if direct {
        command.push_str(" --noproxy '*'");
    } else if let Some(proxy) = proxy.filter(|_| secret_proxy.is_none()) {
        command.push_str(&format!(" --proxy {}", shell_quoted(proxy.as_str())));
    }
    if let Some(path) = &tuning.ca_file {
        command.push_str(&format!(" --cacert {}", shell_quoted(&path.to_string_lossy())));
    }
    let url = paths.first_url(base_url, body.call());
    command.push_str(&format!(
        " -H 'Content-Type: application/json' --data-binary @- {}",
        shell_quoted(url.as_str())
    ));
    command
}

/// JSON whose strings hold no quote and no backslash pair, which shells read differently.
fn portable(json: &str) -> String {
    json.replace("\\\\", "\\u005c").replace('\'', "\\u0027")
}
