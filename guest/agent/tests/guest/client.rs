//! The shim daemon's part: requests, ports, and a container run from creation to deletion.

use std::cell::Cell;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hadron_agent::protocol::agent as proto;
use hadron_agent::protocol::agent_ttrpc::AgentClient;
use hadron_agent::transport::Stream;
use nix::mount::{MsFlags, mount};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use ttrpc::context::{self, Context};

use crate::PORTS;

/// Where the containers' root file system is.
pub const ROOTFS: &str = "/run/test/rootfs";

/// Longer than any single step takes under TCG.
const STEP: Duration = Duration::from_secs(60);

/// Brings the root file system out of the initramfs, which `boot` has left.
pub fn prepare(old_root: &File) {
    std::fs::create_dir_all(PORTS).expect("ports");
    std::fs::create_dir_all(ROOTFS).expect("rootfs");
    let source = format!("/proc/self/fd/{}/rootfs", old_root.as_raw_fd());
    mount(
        Some(source.as_str()),
        ROOTFS,
        None::<&str>,
        MsFlags::MS_BIND,
        None::<&str>,
    )
    .expect("bind");
}

/// A connected client. One for all tests: ids and ports are never used twice.
pub struct Guest {
    client: AgentClient,
    /// What the client writes to and reads from.
    socket: UnixStream,
    next: Cell<u32>,
}

/// What a request answered or the code and the sentence of its refusal.
pub type Answer<T> = Result<T, (ttrpc::Code, String)>;

/// How a container or an additional process ended.
#[derive(Debug)]
pub struct Output {
    pub status: u32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Output {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_string()
    }
}

/// Standard streams under way.
pub struct Streams {
    pub stdio: proto::Stdio,
    stdin: Option<JoinHandle<()>>,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
}

/// One port: accepts one stream.
pub struct Port {
    pub number: u32,
    listener: UnixListener,
}

impl Port {
    pub fn listen(number: u32) -> Self {
        let listener = UnixListener::bind(format!("{PORTS}/{number}")).expect("bind");
        Self { number, listener }
    }

    pub async fn accept(self) -> tokio::net::UnixStream {
        self.next().await
    }

    /// Of several.
    pub async fn next(&self) -> tokio::net::UnixStream {
        self.listener.accept().await.expect("accept").0
    }
}

async fn read_all(port: Port) -> Vec<u8> {
    let mut bytes = Vec::new();
    port.accept()
        .await
        .read_to_end(&mut bytes)
        .await
        .expect("read");
    bytes
}

/// What comes until the end.
pub async fn rest_of(stream: &mut tokio::net::UnixStream) -> String {
    let mut text = String::new();
    within(stream.read_to_string(&mut text))
        .await
        .expect("the end of the stream");
    text
}

/// Fails the test instead of hanging.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(STEP, future).await.expect("in time")
}

fn context() -> Context {
    context::with_duration(STEP)
}

fn answer<T>(result: ttrpc::Result<T>) -> Answer<T> {
    result.map_err(|error| match error {
        ttrpc::Error::RpcStatus(status) => (status.code(), status.message),
        other => panic!("not a status: {other}"),
    })
}

macro_rules! calls {
    ($($name:ident: $request:ident -> $response:ident;)*) => {
        $(pub async fn $name(&self, request: proto::$request) -> Answer<proto::$response> {
            answer(self.client.$name(context(), &request).await)
        })*
    };
}

impl Guest {
    pub fn new(socket: UnixStream) -> Self {
        socket.set_nonblocking(true).expect("nonblocking");
        let duplicate = socket.try_clone().expect("duplicate");
        let stream = Stream::new(duplicate.into(), Arc::default()).expect("stream");
        let transport = ttrpc::r#async::transport::Socket::new(stream);
        Self {
            client: AgentClient::new(ttrpc::r#async::Client::new(transport)),
            socket,
            next: Cell::new(1),
        }
    }

    calls! {
        create_sandbox: CreateSandboxRequest -> CreateSandboxResponse;
        create_container: CreateContainerRequest -> CreateContainerResponse;
        exec_process: ExecProcessRequest -> ExecProcessResponse;
        signal_process: SignalProcessRequest -> Empty;
        update_container: UpdateContainerRequest -> Empty;
        set_clock: SetClockRequest -> SetClockResponse;
        sync: Empty -> Empty;
        set_network: Network -> SetNetworkResponse;
        connect_loopback: ConnectLoopbackRequest -> Empty;
        listen: ListenRequest -> Empty;
        unlisten: UnlistenRequest -> Empty;
    }

    pub async fn watch_listeners(&self) -> ttrpc::r#async::ClientStreamReceiver<proto::Listeners> {
        self.client
            .watch_listeners(Context::default(), &proto::Empty::new())
            .await
            .expect("listeners")
    }

    pub async fn events(&self) -> ttrpc::r#async::ClientStreamReceiver<proto::Event> {
        // Lives as long as the connection: no deadline.
        self.client
            .events(Context::default(), &proto::Empty::new())
            .await
            .expect("events")
    }

    /// Closes the connection as a host that goes away does.
    pub fn hang_up(&self) {
        self.socket
            .shutdown(std::net::Shutdown::Both)
            .expect("shutdown");
    }

    pub fn fresh(&self) -> u32 {
        self.next.replace(self.next.get() + 1)
    }

    pub fn id(&self) -> String {
        format!("c{}", self.fresh())
    }

    pub fn port(&self) -> Port {
        Port::listen(self.fresh())
    }

    /// Output is collected; `stdin` is sent and then ended.
    pub fn streams(&self, stdin: Option<Vec<u8>>) -> Streams {
        let (stdout, stderr) = (self.port(), self.port());
        let mut stdio = proto::Stdio::new();
        stdio.stdout_port = stdout.number;
        stdio.stderr_port = stderr.number;
        let stdin = stdin.map(|bytes| {
            let port = self.port();
            stdio.stdin_port = port.number;
            tokio::spawn(async move {
                let mut stream = port.accept().await;
                // The process need not read it all.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            })
        });
        Streams {
            stdio,
            stdin,
            stdout: tokio::spawn(read_all(stdout)),
            stderr: tokio::spawn(read_all(stderr)),
        }
    }

    pub async fn create(&self, id: &str, spec: &Value, stdio: proto::Stdio) -> Answer<u32> {
        let request = proto::CreateContainerRequest {
            container_id: id.into(),
            spec_json: serde_json::to_vec(spec).expect("json"),
            stdio: Some(stdio).into(),
            ..Default::default()
        };
        self.create_container(request)
            .await
            .map(|response| response.pid)
    }

    pub async fn start(&self, id: &str) -> Answer<()> {
        let request = proto::StartContainerRequest {
            container_id: id.into(),
            ..Default::default()
        };
        answer(self.client.start_container(context(), &request).await).map(|_| ())
    }

    pub async fn delete(&self, id: &str) -> Answer<()> {
        let request = proto::DeleteContainerRequest {
            container_id: id.into(),
            ..Default::default()
        };
        answer(self.client.delete_container(context(), &request).await).map(|_| ())
    }

    pub async fn delete_process(&self, id: &str, exec_id: &str) -> Answer<()> {
        answer(
            self.client
                .delete_process(context(), &process(id, exec_id))
                .await,
        )
        .map(|_| ())
    }

    pub async fn wait(&self, id: &str, exec_id: &str) -> Answer<u32> {
        let result = self
            .client
            .wait_process(context(), &process(id, exec_id))
            .await;
        answer(result).map(|response| response.exit_status)
    }

    pub async fn kill(&self, id: &str, exec_id: &str, signal: u32, all: bool) -> Answer<()> {
        let request = proto::SignalProcessRequest {
            container_id: id.into(),
            exec_id: exec_id.into(),
            signal,
            all,
            ..Default::default()
        };
        self.signal_process(request).await.map(|_| ())
    }

    pub async fn resize(&self, id: &str, exec_id: &str, width: u32, height: u32) -> Answer<()> {
        let request = proto::ResizeTerminalRequest {
            container_id: id.into(),
            exec_id: exec_id.into(),
            width,
            height,
            ..Default::default()
        };
        answer(self.client.resize_terminal(context(), &request).await).map(|_| ())
    }

    pub async fn pause(&self, id: &str) -> Answer<()> {
        answer(self.client.pause_container(context(), &container(id)).await).map(|_| ())
    }

    pub async fn resume(&self, id: &str) -> Answer<()> {
        answer(
            self.client
                .resume_container(context(), &container(id))
                .await,
        )
        .map(|_| ())
    }

    pub async fn processes(&self, id: &str) -> Answer<Vec<(u32, String)>> {
        let result = self.client.list_processes(context(), &container(id)).await;
        answer(result).map(|response| {
            response
                .processes
                .into_iter()
                .map(|process| (process.pid, process.exec_id))
                .collect()
        })
    }

    pub async fn stat(&self, id: &str, file: &str) -> String {
        let result = self.client.container_stats(context(), &container(id)).await;
        let files = answer(result).expect("stats").files;
        files
            .get(file)
            .unwrap_or_else(|| panic!("no {file}"))
            .trim_end()
            .to_string()
    }

    pub async fn update(&self, id: &str, resources: Value) -> Answer<()> {
        let request = proto::UpdateContainerRequest {
            container_id: id.into(),
            resources_json: serde_json::to_vec(&resources).expect("json"),
            ..Default::default()
        };
        self.update_container(request).await.map(|_| ())
    }

    /// A container from creation to deletion.
    pub async fn run(&self, spec: &Value, stdin: Option<&[u8]>) -> Output {
        let streams = self.streams(stdin.map(<[u8]>::to_vec));
        self.run_with(spec, streams).await
    }

    pub async fn run_with(&self, spec: &Value, streams: Streams) -> Output {
        let id = self.id();
        self.create(&id, spec, streams.stdio.clone())
            .await
            .expect("create");
        self.start(&id).await.expect("start");
        let status = self.wait(&id, "").await.expect("wait");
        let output = streams.end(status).await;
        self.delete(&id).await.expect("delete");
        output
    }

    /// A shell script as a container with the plain specification.
    pub async fn shell(&self, script: &str) -> Output {
        self.run(&spec(&["sh", "-c", script]), None).await
    }

    /// A container that runs until it is killed.
    pub async fn sleeper(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut spec = spec(&["sleep", "1000"]);
        change(&mut spec);
        let id = self.id();
        self.create(&id, &spec, proto::Stdio::new())
            .await
            .expect("create");
        self.start(&id).await.expect("start");
        id
    }

    pub async fn end(&self, id: &str) {
        self.kill(id, "", 9, false).await.expect("kill");
        assert_eq!(self.wait(id, "").await, Ok(137));
        self.delete(id).await.expect("delete");
    }

    pub async fn exec_start(
        &self,
        id: &str,
        exec_id: &str,
        process: &Value,
        stdio: proto::Stdio,
    ) -> Answer<u32> {
        let request = proto::ExecProcessRequest {
            container_id: id.into(),
            exec_id: exec_id.into(),
            process_json: serde_json::to_vec(process).expect("json"),
            stdio: Some(stdio).into(),
            ..Default::default()
        };
        self.exec_process(request)
            .await
            .map(|response| response.pid)
    }

    pub async fn exec(&self, id: &str, process: &Value, stdin: Option<&[u8]>) -> Output {
        let streams = self.streams(stdin.map(<[u8]>::to_vec));
        self.exec_with(id, process, streams).await
    }

    pub async fn exec_with(&self, id: &str, process: &Value, streams: Streams) -> Output {
        let exec_id = format!("e{}", self.fresh());
        self.exec_start(id, &exec_id, process, streams.stdio.clone())
            .await
            .expect("exec");
        let status = self.wait(id, &exec_id).await.expect("wait");
        let output = streams.end(status).await;
        self.delete_process(id, &exec_id)
            .await
            .expect("delete process");
        output
    }
}

impl Streams {
    pub async fn end(self, status: u32) -> Output {
        if let Some(stdin) = self.stdin {
            within(stdin).await.expect("stdin");
        }
        Output {
            status,
            stdout: within(self.stdout).await.expect("stdout"),
            stderr: within(self.stderr).await.expect("stderr"),
        }
    }
}

fn process(id: &str, exec_id: &str) -> proto::ProcessRequest {
    proto::ProcessRequest {
        container_id: id.into(),
        exec_id: exec_id.into(),
        ..Default::default()
    }
}

fn container(id: &str) -> proto::ContainerRequest {
    proto::ContainerRequest {
        container_id: id.into(),
        ..Default::default()
    }
}

/// A `process` object with containerd's default capabilities.
pub fn process_json(args: &[&str]) -> Value {
    let capabilities = json!([
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FSETID",
        "CAP_FOWNER",
        "CAP_MKNOD",
        "CAP_NET_RAW",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SETFCAP",
        "CAP_SETPCAP",
        "CAP_NET_BIND_SERVICE",
        "CAP_SYS_CHROOT",
        "CAP_KILL",
        "CAP_AUDIT_WRITE"
    ]);
    json!({
        "args": args,
        "cwd": "/",
        "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        "user": { "uid": 0, "gid": 0 },
        "capabilities": {
            "bounding": capabilities, "effective": capabilities, "permitted": capabilities
        },
        "noNewPrivileges": true,
        "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024 }]
    })
}

/// As containerd makes them for ctr.
pub fn spec(args: &[&str]) -> Value {
    json!({
        "ociVersion": "1.1.0",
        "process": process_json(args),
        "root": { "path": ROOTFS },
        "hostname": "inside",
        "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc",
              "options": ["nosuid", "noexec", "nodev"] },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
              "options": ["nosuid", "strictatime", "mode=755", "size=65536k"] },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts",
              "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"] },
            { "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
              "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
            { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
              "options": ["nosuid", "noexec", "nodev"] },
            { "destination": "/sys", "type": "sysfs", "source": "sysfs",
              "options": ["nosuid", "noexec", "nodev", "ro"] },
            { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
              "options": ["nosuid", "noexec", "nodev", "relatime", "ro"] },
            { "destination": "/run", "type": "tmpfs", "source": "tmpfs",
              "options": ["nosuid", "strictatime", "mode=755", "size=65536k"] }
        ],
        "linux": {
            "namespaces": [
                { "type": "pid" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" },
                { "type": "cgroup" }
            ],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        }
    })
}

/// Text of a file of the guest.
pub fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path)
        .expect("read")
        .trim_end()
        .to_string()
}
