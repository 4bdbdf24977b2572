//! The protobuf messages that cross the launcher's stdin and stdout: what it uses of them, with containerd's field numbers.
//!
//! Written down here instead of generated: they are few, and of most the launcher knows a part. Fields that are not here are
//! skipped.

use std::time::Duration;

use prost::Message;

/// containerd 2.3's BootstrapParams.
#[derive(Clone, PartialEq, Message)]
pub struct BootstrapParams {
    /// Id of the container or sandbox; equal to the `-id` flag.
    #[prost(string, tag = "1")]
    pub instance_id: String,
    /// containerd namespace; equal to the `-namespace` flag.
    #[prost(string, tag = "2")]
    pub namespace: String,
    /// slog's levels: debug is -4, info 0.
    #[prost(int32, tag = "3")]
    pub log_level: i32,
    /// Address of containerd's ttrpc service.
    #[prost(string, tag = "5")]
    pub ttrpc_address: String,
    /// Address of containerd's gRPC service.
    #[prost(string, tag = "6")]
    pub grpc_address: String,
    /// The runtime's options are one of them.
    #[prost(message, repeated, tag = "8")]
    extensions: Vec<Extension>,
    /// Directory for the shim's socket; empty: the default.
    #[prost(string, tag = "9")]
    pub socket_dir: String,
}

#[derive(Clone, PartialEq, Message)]
struct Extension {
    #[prost(message, optional, tag = "1")]
    value: Option<Any>,
}

/// google.protobuf.Any.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// containerd.runc.v1.Options.
#[derive(Clone, PartialEq, Message)]
struct Options {
    #[prost(string, tag = "3")]
    shim_cgroup: String,
}

/// containerd 2.3's BootstrapResult.
#[derive(Clone, PartialEq, Message)]
struct BootstrapResult {
    /// Of the Task API.
    #[prost(int32, tag = "1")]
    version: i32,
    #[prost(string, tag = "2")]
    address: String,
    #[prost(string, tag = "3")]
    protocol: String,
}

/// containerd.task.v2.DeleteResponse.
#[derive(Clone, PartialEq, Message)]
struct DeleteResponse {
    #[prost(uint32, tag = "1")]
    pid: u32,
    #[prost(uint32, tag = "2")]
    exit_status: u32,
    #[prost(message, optional, tag = "3")]
    exited_at: Option<Timestamp>,
}

/// google.protobuf.Timestamp.
#[derive(Clone, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// containerd.types.RuntimeInfo.
#[derive(Clone, PartialEq, Message)]
struct RuntimeInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    version: Option<RuntimeVersion>,
    /// An `Any`, as it came: the same on the wire.
    #[prost(bytes = "vec", tag = "3")]
    options: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    features: Option<Any>,
}

/// containerd.types.RuntimeVersion.
#[derive(Clone, PartialEq, Message)]
struct RuntimeVersion {
    #[prost(string, tag = "1")]
    version: String,
    #[prost(string, tag = "2")]
    revision: String,
}

const RUNC_OPTIONS: &str = "containerd.runc.v1.Options";
/// What the runtime's options may be (src/shim/runtime-options.ts).
const OPTIONS_TYPES: [&str; 2] = [RUNC_OPTIONS, "runtimeoptions.v1.Options"];

/// The type of `features` in containerd's RuntimeInfo: JSON, as features.md of the runtime specification has it.
const FEATURES_TYPE: &str = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";

impl BootstrapParams {
    /// `None` if the bytes are no such message. Older versions of containerd send an `Any` with the runtime's options,
    /// which reads as a BootstrapParams, too: the caller compares `instance_id` and `namespace` with the flags.
    pub fn read(message: &[u8]) -> Option<Self> {
        Self::decode(message).ok()
    }

    /// What the runtime's options, one of the extensions, have for `shim_cgroup`.
    pub fn shim_cgroup(&self) -> Option<String> {
        let values = self
            .extensions
            .iter()
            .filter_map(|extension| extension.value.as_ref());
        values.filter_map(Any::shim_cgroup).next_back()
    }

    /// The runtime's options, one of the extensions, as an `Any` again.
    pub fn runtime_options(&self) -> Option<Vec<u8>> {
        let values = self
            .extensions
            .iter()
            .filter_map(|extension| extension.value.as_ref());
        let options = values.filter(|any| OPTIONS_TYPES.contains(&any.type_name()));
        options.map(Message::encode_to_vec).next_back()
    }
}

impl Any {
    /// With or without a "type.googleapis.com/" in front of it.
    fn type_name(&self) -> &str {
        self.type_url
            .rsplit_once('/')
            .map_or(self.type_url.as_str(), |(_, name)| name)
    }

    fn shim_cgroup(&self) -> Option<String> {
        if self.type_name() != RUNC_OPTIONS {
            return None;
        }
        let options = Options::decode(self.value.as_slice()).ok()?;
        Some(options.shim_cgroup).filter(|path| !path.is_empty())
    }
}

/// The cgroup that containerd.runc.v1.Options, packed into an `Any`, want for the daemon. `None` for another message, and
/// where they want none.
pub fn shim_cgroup(any: &[u8]) -> Option<String> {
    Any::decode(any).ok()?.shim_cgroup()
}

/// What an older containerd has on stdin, if it is the runtime's options.
pub fn runtime_options(any: &[u8]) -> Option<Vec<u8>> {
    let is_options = |message: &Any| -> bool { OPTIONS_TYPES.contains(&message.type_name()) };
    Any::decode(any)
        .is_ok_and(|message| is_options(&message))
        .then(|| any.to_owned())
}

pub fn bootstrap_result(version: i32, address: &str, protocol: &str) -> Vec<u8> {
    let result = BootstrapResult {
        version,
        address: address.to_owned(),
        protocol: protocol.to_owned(),
    };
    result.encode_to_vec()
}

/// `since_epoch` is the time of the exit.
pub fn delete_response(pid: u32, exit_status: u32, since_epoch: Duration) -> Vec<u8> {
    let response = DeleteResponse {
        pid,
        exit_status,
        exited_at: Some(Timestamp {
            seconds: since_epoch.as_secs().cast_signed(),
            nanos: since_epoch.subsec_nanos().cast_signed(),
        }),
    };
    response.encode_to_vec()
}

/// `options` is the `Any` from stdin, given back as it came if it is one at all; `features` is JSON.
pub fn runtime_info(
    name: &str,
    version: &str,
    revision: &str,
    options: &[u8],
    features: &str,
) -> Vec<u8> {
    let info = RuntimeInfo {
        name: name.to_owned(),
        version: Some(RuntimeVersion {
            version: version.to_owned(),
            revision: revision.to_owned(),
        }),
        options: match Any::decode(options) {
            Ok(_) => options.to_owned(),
            Err(_) => Vec::new(),
        },
        features: Some(Any {
            type_url: FEATURES_TYPE.to_owned(),
            value: features.as_bytes().to_owned(),
        }),
    };
    info.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that is text or a message, all of them short.
    fn put_bytes(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
        message.extend([field << 3 | 2, u8::try_from(bytes.len()).unwrap()]);
        message.extend(bytes);
    }

    fn params_message() -> Vec<u8> {
        let mut message = Vec::new();
        put_bytes(&mut message, 1, b"id");
        put_bytes(&mut message, 2, b"ns");
        // -4: enums are signed, with 64 bits.
        message.extend(b"\x18\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        put_bytes(&mut message, 4, b"v2.3.4");
        put_bytes(&mut message, 5, b"/run/t.sock");
        put_bytes(&mut message, 6, b"/run/g.sock");
        put_bytes(&mut message, 7, b"/usr/bin/containerd");
        put_bytes(&mut message, 8, b"\x0a\x00");
        put_bytes(&mut message, 9, b"/run/s");
        // Of a later version: field 100, text; 15, a number of every size.
        message.extend(b"\xa2\x06\x05later\x78\x01\x79eightbyt\x7dfour");
        message
    }

    #[test]
    fn bootstrap_params_are_read() {
        let params = BootstrapParams::read(&params_message()).unwrap();
        assert_eq!(params.instance_id, "id");
        assert_eq!(params.namespace, "ns");
        assert_eq!(params.log_level, -4);
        assert_eq!(params.ttrpc_address, "/run/t.sock");
        assert_eq!(params.grpc_address, "/run/g.sock");
        assert_eq!(params.socket_dir, "/run/s");
    }

    #[test]
    fn an_any_reads_as_params_without_matching_anything() {
        let mut any = Vec::new();
        put_bytes(&mut any, 1, b"containerd.runc.v1.Options");
        put_bytes(&mut any, 2, b"\x18\x01");
        let params = BootstrapParams::read(&any).unwrap();
        assert_eq!(params.instance_id, "containerd.runc.v1.Options");
        put_bytes(&mut any, 2, b"\xff\xfe");
        assert_eq!(BootstrapParams::read(&any), None);
    }

    #[test]
    fn the_daemons_cgroup_is_in_the_options() {
        let any = |type_url: &str, options: &[u8]| {
            let mut any = Vec::new();
            put_bytes(&mut any, 1, type_url.as_bytes());
            put_bytes(&mut any, 2, options);
            any
        };
        let mut options = Vec::new();
        options.extend(b"\x08\x01");
        put_bytes(&mut options, 3, b"/shims");
        put_bytes(&mut options, 7, b"/run/runc");
        let wanted = any("containerd.runc.v1.Options", &options);
        assert_eq!(shim_cgroup(&wanted).as_deref(), Some("/shims"));
        let long = any("type.googleapis.com/containerd.runc.v1.Options", &options);
        assert_eq!(shim_cgroup(&long).as_deref(), Some("/shims"));
        for other in [
            any("runtimeoptions.v1.Options", &options),
            any("containerd.runc.v1.Options", b"\x08\x01"),
            any("containerd.runc.v1.Options", b"\x1a\x00"),
            any("containerd.runc.v1.Options", b"\xff"),
            Vec::new(),
            b"garbage".to_vec(),
        ] {
            assert_eq!(shim_cgroup(&other), None);
        }
        let mut extension = Vec::new();
        put_bytes(&mut extension, 1, &wanted);
        let mut message = params_message();
        put_bytes(&mut message, 8, &extension);
        let params = BootstrapParams::read(&message).unwrap();
        assert_eq!(params.shim_cgroup().as_deref(), Some("/shims"));
    }

    #[test]
    fn broken_messages_are_no_messages() {
        let message = params_message();
        let whole = BootstrapParams::read(&message).unwrap();
        // Behind socket_dir there is only what is skipped.
        let known = message.len() - b"\xa2\x06\x05later\x78\x01\x79eightbyt\x7dfour".len();
        for end in 0..known {
            // A cut at a field's end leaves a shorter message, any other cut leaves none.
            assert_ne!(BootstrapParams::read(&message[..end]), Some(whole.clone()));
        }
        for broken in [
            &b"\x0a\xff\xff\xff\xff\x0f"[..],
            b"\x00",
            b"\x0b",
            b"\x0f",
            b"\x08",
            b"\x08\x01",
            b"\x09\x01",
            b"\x0d\x01",
            b"\x1a\x00",
            b"\x78\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            b"\x78\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            assert_eq!(BootstrapParams::read(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn responses_have_containerds_field_numbers() {
        let response = delete_response(7, 137, Duration::new(1_700_000_000, 5));
        assert_eq!(
            response,
            [
                0x08, 7, 0x10, 0x89, 0x01, 0x1a, 8, 0x08, 0x80, 0xe2, 0xcf, 0xaa, 0x06, 0x10, 5
            ]
        );
        assert_eq!(
            bootstrap_result(3, "unix:///s", "ttrpc"),
            b"\x08\x03\x12\x09unix:///s\x1a\x05ttrpc"
        );
        let mut any = Vec::new();
        put_bytes(&mut any, 1, FEATURES_TYPE.as_bytes());
        put_bytes(&mut any, 2, b"{}");
        let mut features = Vec::new();
        put_bytes(&mut features, 4, &any);
        let named = b"\x0a\x01n\x12\x06\x0a\x011\x12\x01r";
        assert_eq!(
            runtime_info("n", "1", "r", b"\x0a\x01t", "{}"),
            [&named[..], b"\x1a\x03\x0a\x01t", &features].concat()
        );
        assert_eq!(
            runtime_info("n", "1", "r", b"garbage", "{}"),
            [&named[..], &features].concat()
        );
    }
}
