//! A place where no device is yet: DeviceID 0 (virtio 1.2, section 4.2.2). Linux reads three registers of it and leaves it
//! alone, until somebody has its driver look again.

use std::io;

use crate::device::{Activation, Configuration, Description, Device, Failure, Progress};
use crate::worker::Poll;

/// What its DeviceID is.
pub const NO_DEVICE: u32 = 0;

/// See the module.
#[derive(Debug, Default)]
pub struct Vacant;

impl Device for Vacant {
    fn description(&self) -> Description {
        Description {
            name: "a vacant place".to_owned(),
            device_type: NO_DEVICE,
            queue_sizes: Vec::new(),
            // Not even virtio 1's own: no driver gets as far as DRIVER_OK.
            features: 0,
            configuration: Configuration::new(Vec::new()),
        }
    }

    /// As the disk that may come, which has to be where this is.
    fn waits(&self) -> bool {
        true
    }

    fn activate(&mut self, _: Activation, _: &mut Poll<'_>) -> Result<(), Failure> {
        Err(Failure::Guest("no device is there".to_owned()))
    }

    fn handle(&mut self, _: u32, _: &mut Poll<'_>) -> Result<Progress, Failure> {
        Ok(Progress::Done)
    }

    fn reset(&mut self, _: &mut Poll<'_>) -> io::Result<()> {
        Ok(())
    }
}
