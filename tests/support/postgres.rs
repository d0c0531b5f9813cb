//! A PostgreSQL server of a test's own: in a temporary directory, on a Unix socket and a loopback port, stopped on drop.
//!
//! The server refuses to run as root, so a test that is root gives its directory to the user `postgres` and starts it as that.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A server with one database, `sms`, and its owner, `me`.
pub(crate) struct Cluster {
    folder: TempDir,
    pub(crate) port: u16,
}

impl Cluster {
    /// A new server, started.
    pub(crate) fn start() -> Self {
        let cluster = Self::create(&[]);
        cluster.sql("postgres", "CREATE ROLE me LOGIN");
        cluster.sql("postgres", "CREATE DATABASE sms OWNER me");
        cluster
    }

    /// A new server with these lines in its configuration, started. It has no database of ours.
    pub(crate) fn create(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smspin-pg-")
            .tempdir_in("/tmp")
            .unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = Self {
            folder,
            port: free_port(),
        };
        std::fs::create_dir(cluster.data()).unwrap();
        give_away(&cluster.data());
        give_away(cluster.folder.path());
        let data = cluster.data();
        done(
            server_program("initdb")
                .args(["-A", "trust", "-U", "postgres", "-N", "-D"])
                .arg(&data),
        );
        let socket = cluster.folder.path().display().to_string();
        let mut lines = vec![
            format!("unix_socket_directories = '{socket}'"),
            format!("port = {}", cluster.port),
            "listen_addresses = '127.0.0.1'".to_owned(),
            "max_connections = 60".to_owned(),
            "shared_buffers = '64MB'".to_owned(),
        ];
        lines.extend(settings.iter().map(|&line| line.to_owned()));
        cluster.configure("postgresql.auto.conf", &(lines.join("\n") + "\n"));
        cluster.control("start");
        cluster
    }

    /// A standby of another server, started.
    pub(crate) fn standby_of(primary: &Self) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smspin-pg-")
            .tempdir_in("/tmp")
            .unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        give_away(folder.path());
        let cluster = Self {
            folder,
            port: free_port(),
        };
        let mut copy = server_program("pg_basebackup");
        copy.args(["-R", "-c", "fast", "-U", "postgres", "-h"])
            .arg(primary.folder.path());
        copy.args(["-p", &primary.port.to_string(), "-D"])
            .arg(cluster.data());
        done(&mut copy);
        cluster.configure(
            "postgresql.auto.conf",
            &format!(
                "unix_socket_directories = '{}'\nport = {}\n",
                cluster.folder.path().display(),
                cluster.port
            ),
        );
        cluster.control("start");
        cluster
    }

    /// Writes a file in the server's directory anew.
    pub(crate) fn replace(&self, file: &str, text: &str) {
        std::fs::write(self.data().join(file), text).unwrap();
    }

    /// Adds lines to a file in the server's directory.
    pub(crate) fn configure(&self, file: &str, lines: &str) {
        let path = self.data().join(file);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, before + lines).unwrap();
        give_away(&path);
    }

    /// Speaks TLS from now on, with this certificate and its key.
    pub(crate) fn serve_tls(&self, certificate: &Path, key: &Path) {
        for (from, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let to = self.data().join(name);
            std::fs::copy(from, &to).unwrap();
            std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o600)).unwrap();
            give_away(&to);
        }
        self.configure("postgresql.auto.conf", "ssl = on\n");
        self.control("restart");
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// The URL of the database for a role, over the socket.
    pub(crate) fn url(&self, role: &str) -> String {
        format!(
            "postgres://{role}@/sms?host={}&port={}",
            self.socket().display(),
            self.port
        )
    }

    /// The same over loopback.
    pub(crate) fn tcp_url(&self, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/sms", self.port)
    }

    /// `start`, `stop`, `restart` or `promote`.
    pub(crate) fn control(&self, action: &str) {
        done(&mut self.control_command(action));
    }

    fn control_command(&self, action: &str) -> Command {
        let mut command = server_program("pg_ctl");
        command
            .args([action, "-w", "-t", "60", "-D"])
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.path().join("log"));
        if ["stop", "restart"].contains(&action) {
            command.args(["-m", "fast"]);
        }
        command
    }

    /// Starts it in another network of this machine.
    pub(crate) fn start_in_network(&self, name: &str) {
        let command = self.control_command("start");
        let mut within = Command::new("ip");
        within
            .args(["netns", "exec", name])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir("/")
            .stdin(Stdio::null());
        done(&mut within);
    }

    /// Stops all of its processes until the guard is dropped: it takes connections, and answers nothing.
    pub(crate) fn freeze(&self) -> Frozen {
        let frozen = Frozen(self.postmaster());
        frozen.signal("STOP");
        frozen
    }

    fn postmaster(&self) -> String {
        let pid_file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        pid_file.lines().next().unwrap().to_owned()
    }

    /// Kills the server and everything of it without a word, and waits until it is gone.
    pub(crate) fn kill(&self) {
        let pid = self.postmaster();
        done(Command::new("kill").args(["-KILL", &pid]));
        // Its children see that it has gone, and the next one waits for them.
        while Path::new("/proc").join(&pid).exists() {
            std::thread::yield_now();
        }
    }

    /// Ends it without a checkpoint; its sessions hear of it.
    pub(crate) fn stop_at_once(&self) {
        let mut command = server_program("pg_ctl");
        done(
            command
                .args(["stop", "-m", "immediate", "-w", "-D"])
                .arg(self.data()),
        );
    }

    /// Starts it after a kill. Its old children may still hold what it needs.
    pub(crate) fn start_again(&self) {
        loop {
            let mut command = self.control_command("start");
            let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            if status.unwrap().success() {
                return;
            }
        }
    }

    /// What a statement gives, as the superuser: rows as lines, columns apart by `|`.
    pub(crate) fn sql(&self, database: &str, statement: &str) -> String {
        let mut command = Command::new("psql");
        command.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-h",
        ]);
        command
            .arg(self.socket())
            .args(["-p", &self.port.to_string(), "-d", database, "-c", statement]);
        let output = done(&mut command);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = server_program("pg_ctl");
        command
            .args(["stop", "-m", "immediate", "-w", "-D"])
            .arg(self.data());
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A server whose processes are stopped, by the id of the first one.
pub(crate) struct Frozen(String);

impl Frozen {
    fn signal(&self, signal: &str) {
        // The first one goes first: it would start others.
        done(Command::new("kill").args([&format!("-{signal}"), &self.0]));
        done(Command::new("pkill").args([&format!("-{signal}"), "-P", &self.0]));
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

/// A program of the server's, wherever the system keeps it, as a user who may run it.
fn server_program(name: &str) -> Command {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    versions.sort();
    let program = versions.last().map_or_else(
        || name.into(),
        |version| version.join("bin").join(name).into_os_string(),
    );
    as_unprivileged(&program)
}

/// The program itself, or a command that runs it as the user `postgres` where the test is root.
pub(crate) fn as_unprivileged(program: &OsStr) -> Command {
    if !rustix::process::geteuid().is_root() {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        return command;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program).current_dir("/").stdin(Stdio::null());
    command
}

/// Makes the user that the server runs as the owner.
pub(crate) fn give_away(path: &Path) {
    if rustix::process::geteuid().is_root() {
        done(Command::new("chown").arg("postgres:postgres").arg(path));
    }
}

/// A loopback port that no process listens on.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Runs a program that has to succeed. `pg_ctl start` leaves a server behind that keeps its streams: so they go to files.
fn done(command: &mut Command) -> Output {
    let (stdout, stderr) = (
        tempfile::NamedTempFile::new().unwrap(),
        tempfile::NamedTempFile::new().unwrap(),
    );
    let status = command
        .stdout(stdout.reopen().unwrap())
        .stderr(stderr.reopen().unwrap())
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let output = Output {
        status,
        stdout: std::fs::read(stdout.path()).unwrap(),
        stderr: std::fs::read(stderr.path()).unwrap(),
    };
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}
