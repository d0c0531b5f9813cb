//! `PgBouncer` between a run and its database.

use super::postgres::{Cluster, as_unprivileged, free_port, give_away};
use std::process::Child;
use tempfile::TempDir;

/// Stopped on drop.
pub(crate) struct Pooler {
    pub(crate) port: u16,
    process: Child,
    _folder: TempDir,
}

impl Pooler {
    /// Starts one in this mode, `session` or `transaction`, for the database `sms` and its owner.
    pub(crate) fn start(cluster: &Cluster, mode: &str) -> Self {
        Self::with_sessions(cluster, mode, 20)
    }

    /// The same with so many sessions to give.
    pub(crate) fn with_sessions(cluster: &Cluster, mode: &str, sessions: u32) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smspin-pool-")
            .tempdir_in("/tmp")
            .unwrap();
        let file = |name: &str| folder.path().join(name);
        let (settings, users, port) = (file("settings.ini"), file("users.txt"), free_port());
        std::fs::write(&users, "\"me\" \"\"\n").unwrap();
        let text = format!(
            "[databases]\nsms = host={} port={} dbname=sms\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = {sessions}\nserver_login_retry = 1\nlogfile = {}\n",
            cluster.socket().display(),
            cluster.port,
            users.display(),
            file("log").display(),
        );
        std::fs::write(&settings, text).unwrap();
        for path in [folder.path(), &settings, &users] {
            give_away(path);
        }
        let program = if std::path::Path::new("/usr/sbin/pgbouncer").exists() {
            "/usr/sbin/pgbouncer"
        } else {
            "pgbouncer"
        };
        let mut command = as_unprivileged(program.as_ref());
        let process = command.arg("--quiet").arg(&settings).spawn().unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Self {
            port,
            process,
            _folder: folder,
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
