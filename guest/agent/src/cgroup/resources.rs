//! `linux.resources` of the OCI runtime specification, as far as it can be changed later. Keys that are not
//! here have no meaning for cgroup version 2, or were dealt with on the host.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole object.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct Resources {
    pub memory: Option<Memory>,
    pub cpu: Option<Cpu>,
    pub pids: Option<Pids>,
    #[serde(rename = "blockIO")]
    pub block_io: Option<BlockIo>,
    pub hugepage_limits: Option<Vec<HugepageLimit>>,
    pub unified: Option<BTreeMap<String, String>>,
}

/// Bytes; -1 is no limit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct Memory {
    pub limit: Option<i64>,
    pub reservation: Option<i64>,
    pub swap: Option<i64>,
}

/// Times are microseconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct Cpu {
    pub shares: Option<u64>,
    pub quota: Option<i64>,
    pub burst: Option<u64>,
    pub period: Option<u64>,
    pub realtime_runtime: Option<i64>,
    pub realtime_period: Option<u64>,
    pub cpus: Option<String>,
    pub mems: Option<String>,
    pub idle: Option<i64>,
}

/// How many processes and threads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct Pids {
    pub limit: i64,
}

/// Bandwidth.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct BlockIo {
    pub weight: Option<u16>,
    pub throttle_read_bps_device: Option<Vec<Throttle>>,
    pub throttle_write_bps_device: Option<Vec<Throttle>>,
    #[serde(rename = "throttleReadIOPSDevice")]
    pub throttle_read_iops_device: Option<Vec<Throttle>>,
    #[serde(rename = "throttleWriteIOPSDevice")]
    pub throttle_write_iops_device: Option<Vec<Throttle>>,
}

/// Of one block device.
#[derive(Debug, Deserialize)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct Throttle {
    pub major: i64,
    pub minor: i64,
    pub rate: u64,
}

/// Of one size of huge pages.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the specification's")]
pub struct HugepageLimit {
    pub page_size: String,
    pub limit: u64,
}
