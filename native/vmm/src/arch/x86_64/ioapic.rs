//! An I/O APIC of the VMM's own (Intel 82093AA), of which KVM knows only what it leads to.
//!
//! With KVM's one an eventfd's interrupt goes by a kernel worker's queue, since its lock may be held. A message to a local APIC is
//! delivered by whoever writes the eventfd, at once. So each line that is not masked is such a message for KVM, and
//! what the guest writes here changes them. All lines are edges: what is said of levels is kept and read back, and has no meaning.

use std::sync::Arc;

use kvm_bindings::{
    KVM_IRQ_ROUTING_MSI, KvmIrqRouting, kvm_irq_routing_entry, kvm_irq_routing_entry__bindgen_ty_1,
    kvm_irq_routing_msi,
};

use crate::bus::BusDevice;
use crate::layout::IOAPIC_LINES;
use crate::machine::Ending;
use crate::vm::Vm;

/// Offsets of the two registers that there are: which one, and its value.
const SELECT: u64 = 0;
const WINDOW: u64 = 0x10;
/// What can be selected.
const ID: u8 = 0;
const VERSION: u8 = 1;
const ARBITRATION: u8 = 2;
const FIRST_LINE: u8 = 0x10;

const VERSION_VALUE: u32 = (IOAPIC_LINES - 1) << 16 | 0x11;
const MASKED: u64 = 1 << 16;
/// Delivery status and remote IRR.
const READ_ONLY: u64 = 1 << 12 | 1 << 14;
const MESSAGES: u32 = 0xfee0_0000;

/// What of it is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IoApicState {
    select: u8,
    id: u32,
    lines: [u64; IOAPIC_LINES as usize],
}

impl Default for IoApicState {
    fn default() -> Self {
        IoApicState {
            select: 0,
            id: 0,
            lines: [MASKED; IOAPIC_LINES as usize],
        }
    }
}

impl IoApicState {
    fn read(&self) -> u32 {
        match self.select {
            ID | ARBITRATION => self.id,
            VERSION => VERSION_VALUE,
            _ => match self.half() {
                Some((line, high)) => {
                    let value = self.lines.get(line).copied().unwrap_or(0);
                    (if high { value >> 32 } else { value }) as u32
                }
                None => 0,
            },
        }
    }

    /// True: another line is masked, or leads elsewhere.
    fn write(&mut self, value: u32) -> bool {
        if self.select == ID {
            self.id = value & 0x0f00_0000;
            return false;
        }
        let Some((line, high)) = self.half() else {
            return false;
        };
        let Some(entry) = self.lines.get_mut(line) else {
            return false;
        };
        let before = *entry;
        let value = u64::from(value);
        *entry = if high {
            before & 0xffff_ffff | value << 32
        } else {
            before >> 32 << 32 | value & !READ_ONLY
        };
        message(before) != message(*entry)
    }

    /// The line of the selected register, and whether it is the upper half.
    fn half(&self) -> Option<(usize, bool)> {
        let register = self.select.checked_sub(FIRST_LINE)?;
        Some((usize::from(register / 2), register % 2 == 1))
    }

    fn routes(&self) -> Vec<kvm_irq_routing_entry> {
        let lines = (0..).zip(&self.lines);
        lines
            .filter_map(|(gsi, entry)| {
                message(*entry).map(|msi| kvm_irq_routing_entry {
                    gsi,
                    type_: KVM_IRQ_ROUTING_MSI,
                    u: kvm_irq_routing_entry__bindgen_ty_1 {
                        msi: kvm_irq_routing_msi {
                            address_lo: msi.0,
                            data: msi.1,
                            ..Default::default()
                        },
                    },
                    ..Default::default()
                })
            })
            .collect()
    }
}

/// Address and data of the message that a line is (Intel SDM, "Message Signalled Interrupts"); None: it is masked.
fn message(entry: u64) -> Option<(u32, u32)> {
    let (destination, logical) = ((entry >> 56) as u32, (entry >> 11 & 1) as u32);
    let (vector, delivery) = ((entry & 0xff) as u32, (entry & 0x700) as u32);
    (entry & MASKED == 0).then_some((
        MESSAGES | destination << 12 | logical << 2,
        vector | delivery,
    ))
}

pub(crate) struct IoApic {
    state: IoApicState,
    vm: Arc<Vm>,
    ending: Ending,
}

impl IoApic {
    pub(crate) fn new(vm: Arc<Vm>, ending: Ending) -> Self {
        IoApic {
            state: IoApicState::default(),
            vm,
            ending,
        }
    }

    fn lead(&self) {
        let led = KvmIrqRouting::from_entries(&self.state.routes())
            .map_err(|_| kvm_ioctls::Error::new(libc::E2BIG))
            .and_then(|routes| self.vm.lead(&routes));
        if let Err(error) = led {
            self.ending
                .fail(format!("KVM cannot lead interrupts to a CPU: {error}"));
        }
    }
}

impl BusDevice for IoApic {
    fn read(&mut self, offset: u64, data: &mut [u8]) {
        let value = match offset {
            SELECT => self.state.select.into(),
            WINDOW => self.state.read(),
            _ => 0,
        };
        for (to, from) in data.iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }

    fn write(&mut self, offset: u64, data: &[u8]) {
        match (offset, data.first_chunk()) {
            (SELECT, _) => self.state.select = data.first().copied().unwrap_or(0),
            (WINDOW, Some(value)) if self.state.write(u32::from_le_bytes(*value)) => self.lead(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(state: &mut IoApicState, register: u8, value: u32) -> bool {
        state.select = register;
        state.write(value)
    }

    #[test]
    fn a_line_is_a_message_when_it_is_not_masked() {
        let mut state = IoApicState::default();
        assert!(!write(&mut state, 0x1f, 2 << 24));
        assert!(!write(&mut state, 0x1e, MASKED as u32 | 0x31));
        assert!(state.routes().is_empty());
        // Level and logical, lowest priority: the trigger stays an edge.
        assert!(write(&mut state, 0x1e, 0x8931 | READ_ONLY as u32));
        assert_eq!(state.read(), 0x8931);
        let [route] = state.routes()[..] else {
            panic!("one line");
        };
        // SAFETY: it is a message.
        let msi = unsafe { route.u.msi };
        assert_eq!(
            (route.gsi, msi.address_lo, msi.data),
            (7, 0xfee0_2004, 0x131)
        );
        assert!(!write(&mut state, 0x1e, 0x8931));
        assert!(write(&mut state, 0x1e, MASKED as u32));
    }

    #[test]
    fn every_register_can_be_selected() {
        let mut state = IoApicState::default();
        for register in 0..=u8::MAX {
            write(&mut state, register, u32::MAX);
            state.select = register;
            state.read();
        }
        state.select = VERSION;
        assert_eq!(state.read(), 0x0017_0011);
        assert_eq!(state.routes().len(), 0);
    }
}
