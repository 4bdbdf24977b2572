//! The protobuf messages that cross the launcher's stdin and stdout, written and read by hand.
//!
//! Wire format: <https://protobuf.dev/programming-guides/encoding/>. Field numbers are containerd's.

use std::time::Duration;

/// One field of a message: varints and fixed-size numbers as `Number`, the rest as `Bytes`.
#[derive(Debug, PartialEq, Eq)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Splits a message into its fields. `None` if the bytes are no protobuf message.
fn fields(mut message: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let (number, wire_type) = (key >> 3, key & 7);
        if number == 0 || number > 0x1fff_ffff {
            return None;
        }
        let value = match wire_type {
            0 => Value::Number(varint(&mut message)?),
            1 => Value::Number(u64::from_le_bytes(take(&mut message, 8)?.try_into().ok()?)),
            2 => {
                let length = varint(&mut message)?;
                Value::Bytes(take(&mut message, usize::try_from(length).ok()?)?)
            }
            5 => Value::Number(u64::from(u32::from_le_bytes(
                take(&mut message, 4)?.try_into().ok()?,
            ))),
            // Groups (3, 4) are used by none of these messages; 6 and 7 do not exist.
            _ => return None,
        };
        fields.push((number, value));
    }
    Some(fields)
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(taken)
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = take(message, 1)?[0];
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    message.push(value.to_le_bytes()[0]);
}

/// Zero is the default and is left out, as proto3 says.
fn put_number(message: &mut Vec<u8>, field: u64, value: u64) {
    if value != 0 {
        put_varint(message, field << 3);
        put_varint(message, value);
    }
}

fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_varint(message, field << 3 | 2);
    put_varint(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

/// containerd 2.3's BootstrapParams, as far as the launcher uses it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BootstrapParams {
    /// Id of the container or sandbox; equal to the `-id` flag.
    pub instance_id: String,
    /// containerd namespace; equal to the `-namespace` flag.
    pub namespace: String,
    /// slog's levels: debug is -4, info 0.
    pub log_level: i32,
    /// Address of containerd's ttrpc service.
    pub ttrpc_address: String,
    /// Address of containerd's gRPC service.
    pub grpc_address: String,
    /// Directory for the shim's socket; empty: the default.
    pub socket_dir: String,
    /// What the runtime's options, one of the extensions, have for `shim_cgroup`.
    pub shim_cgroup: String,
}

impl BootstrapParams {
    /// `None` if the bytes are no such message. Older versions of containerd send an `Any` with the runtime's options,
    /// which reads as a BootstrapParams, too: the caller compares `instance_id` and `namespace` with the flags.
    pub fn decode(message: &[u8]) -> Option<Self> {
        let mut params = Self::default();
        for field in fields(message)? {
            let target = match field {
                // Enums are int32, sign-extended to 64 bits on the wire.
                (3, Value::Number(level)) => {
                    params.log_level = level as i32;
                    continue;
                }
                (8, Value::Bytes(extension)) => {
                    // Extension {value = 1: Any}.
                    for (number, any) in fields(extension)? {
                        if let (1, Value::Bytes(any)) = (number, any)
                            && let Some(path) = shim_cgroup(any)
                        {
                            params.shim_cgroup = path;
                        }
                    }
                    continue;
                }
                (1, Value::Bytes(bytes)) => (&mut params.instance_id, bytes),
                (2, Value::Bytes(bytes)) => (&mut params.namespace, bytes),
                (5, Value::Bytes(bytes)) => (&mut params.ttrpc_address, bytes),
                (6, Value::Bytes(bytes)) => (&mut params.grpc_address, bytes),
                (9, Value::Bytes(bytes)) => (&mut params.socket_dir, bytes),
                // Version and what later versions add. A known number with another type is no
                // BootstrapParams.
                (1 | 2 | 5 | 6 | 9, _) | (3, _) => return None,
                _ => continue,
            };
            *target.0 = std::str::from_utf8(target.1).ok()?.to_owned();
        }
        Some(params)
    }
}

/// The cgroup that containerd.runc.v1.Options, packed into an `Any` {type_url = 1, value = 2}, want for the daemon. `None` for
/// another message, and where they want none.
pub fn shim_cgroup(any: &[u8]) -> Option<String> {
    let mut type_url: &[u8] = b"";
    let mut options: &[u8] = b"";
    for field in fields(any)? {
        match field {
            (1, Value::Bytes(bytes)) => type_url = bytes,
            (2, Value::Bytes(bytes)) => options = bytes,
            _ => {}
        }
    }
    // With or without a "type.googleapis.com/" in front of it.
    if type_url.rsplit(|byte| *byte == b'/').next() != Some(b"containerd.runc.v1.Options") {
        return None;
    }
    let path = fields(options)?
        .into_iter()
        .rev()
        .find_map(|field| match field {
            (3, Value::Bytes(path)) => Some(path),
            _ => None,
        })?;
    let path = std::str::from_utf8(path).ok()?;
    (!path.is_empty()).then(|| path.to_owned())
}

/// containerd 2.3's BootstrapResult: Task API version, address, protocol.
pub fn bootstrap_result(version: u32, address: &str, protocol: &str) -> Vec<u8> {
    let mut message = Vec::new();
    put_number(&mut message, 1, u64::from(version));
    put_bytes(&mut message, 2, address.as_bytes());
    put_bytes(&mut message, 3, protocol.as_bytes());
    message
}

/// containerd.task.v2.DeleteResponse {pid = 1, exit_status = 2, exited_at = 3}; `since_epoch` is the time of the exit.
pub fn delete_response(pid: u32, exit_status: u32, since_epoch: Duration) -> Vec<u8> {
    let mut timestamp = Vec::new();
    put_number(&mut timestamp, 1, since_epoch.as_secs());
    put_number(&mut timestamp, 2, u64::from(since_epoch.subsec_nanos()));
    let mut message = Vec::new();
    put_number(&mut message, 1, u64::from(pid));
    put_number(&mut message, 2, u64::from(exit_status));
    put_bytes(&mut message, 3, &timestamp);
    message
}

/// The type of `features` in containerd's RuntimeInfo: JSON, as features.md of the runtime specification has it.
const FEATURES_TYPE: &str = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";

/// containerd.types.RuntimeInfo {name = 1, version = 2 {version = 1, revision = 2}, options = 3, features = 4: Any}.
///
/// `options` is the `Any` from stdin, given back as it came if it is a message at all; `features` is JSON.
pub fn runtime_info(
    name: &str,
    version: &str,
    revision: &str,
    options: &[u8],
    features: &str,
) -> Vec<u8> {
    let mut runtime_version = Vec::new();
    put_bytes(&mut runtime_version, 1, version.as_bytes());
    put_bytes(&mut runtime_version, 2, revision.as_bytes());
    let mut message = Vec::new();
    put_bytes(&mut message, 1, name.as_bytes());
    put_bytes(&mut message, 2, &runtime_version);
    if !options.is_empty() && fields(options).is_some() {
        put_bytes(&mut message, 3, options);
    }
    let mut any = Vec::new();
    put_bytes(&mut any, 1, FEATURES_TYPE.as_bytes());
    put_bytes(&mut any, 2, features.as_bytes());
    put_bytes(&mut message, 4, &any);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params_message() -> Vec<u8> {
        let mut message = Vec::new();
        put_bytes(&mut message, 1, b"id");
        put_bytes(&mut message, 2, b"ns");
        put_number(&mut message, 3, -4i64 as u64);
        put_bytes(&mut message, 4, b"v2.3.4");
        put_bytes(&mut message, 5, b"/run/t.sock");
        put_bytes(&mut message, 6, b"/run/g.sock");
        put_bytes(&mut message, 7, b"/usr/bin/containerd");
        put_bytes(&mut message, 8, b"\x0a\x00");
        put_bytes(&mut message, 9, b"/run/s");
        put_bytes(&mut message, 100, b"later");
        message
    }

    #[test]
    fn bootstrap_params_are_read() {
        let params = BootstrapParams::decode(&params_message()).unwrap();
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
        let params = BootstrapParams::decode(&any).unwrap();
        assert_eq!(params.instance_id, "containerd.runc.v1.Options");
        put_bytes(&mut any, 2, b"\xff\xfe");
        assert_eq!(BootstrapParams::decode(&any), None);
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
        put_number(&mut options, 1, 1);
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
        assert_eq!(
            BootstrapParams::decode(&message).unwrap().shim_cgroup,
            "/shims"
        );
    }

    #[test]
    fn broken_messages_are_no_messages() {
        let message = params_message();
        let whole = fields(&message).unwrap().len();
        for end in 0..message.len() {
            // A cut at a field's end leaves a shorter message, any other cut leaves none.
            assert!(fields(&message[..end]).is_none_or(|fields| fields.len() < whole));
        }
        for broken in [
            &b"\x0a\xff\xff\xff\xff\x0f"[..],
            b"\x00",
            b"\x0b",
            b"\x0f",
            b"\x08",
            b"\x09\x01",
            b"\x0d\x01",
        ] {
            assert_eq!(fields(broken), None, "{broken:?}");
        }
        assert_eq!(
            fields(&[
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02
            ]),
            None
        );
        assert_eq!(
            fields(&[
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
            ]),
            None
        );
    }

    #[test]
    fn varints_round_trip() {
        for value in [
            1,
            127,
            128,
            300,
            u64::from(u32::MAX),
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut message = Vec::new();
            put_number(&mut message, 7, value);
            assert_eq!(fields(&message), Some(vec![(7, Value::Number(value))]));
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
