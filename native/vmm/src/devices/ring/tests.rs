use virtio_queue::desc::split::Descriptor;
use vmm_sys_util::eventfd::EFD_NONBLOCK;

use super::*;
use crate::memory::{Backing, create};

const SIZE: u16 = 4;
const DESCRIPTORS: u64 = 0x1000;
const AVAILABLE: u64 = 0x2000;
const USED: u64 = 0x3000;

struct Test {
    ring: Ring,
    memory: Arc<Memory>,
    line: Arc<EventFd>,
    available: u16,
}

/// Of which the first index is `begin`.
fn test(event_idx: bool, begin: u16) -> Test {
    let memory = create(32, Backing::Anonymous).unwrap();
    let mut queue = Queue::new(SIZE).unwrap();
    queue.set_desc_table_address(Some(DESCRIPTORS as u32), None);
    queue.set_avail_ring_address(Some(AVAILABLE as u32), None);
    queue.set_used_ring_address(Some(USED as u32), None);
    queue.set_event_idx(event_idx);
    queue.set_next_avail(begin);
    queue.set_next_used(begin);
    queue.set_ready(true);
    let kick = EventFd::new(EFD_NONBLOCK).unwrap();
    let line = Arc::new(EventFd::new(EFD_NONBLOCK).unwrap());
    let interrupt = Interrupt::new(Arc::clone(&line), Arc::default());
    let mut test = Test {
        ring: Ring::new(Virtqueue { queue, kick }, Arc::clone(&memory), interrupt),
        memory,
        line,
        available: begin,
    };
    test.set(AVAILABLE + 2, begin);
    test.set(USED + 2, begin);
    test.want_at(begin);
    for index in 0..u64::from(SIZE) {
        let descriptor = Descriptor::new(0x8000 + index, 1, 0, 0);
        let at = GuestAddress(DESCRIPTORS + 16 * index);
        test.memory.write_obj(descriptor, at).unwrap();
    }
    test
}

impl Test {
    fn set(&mut self, at: u64, value: u16) {
        self.memory.write_obj(value, GuestAddress(at)).unwrap();
    }

    fn get(&self, at: u64) -> u16 {
        self.memory.read_obj(GuestAddress(at)).unwrap()
    }

    /// The driver wants an interrupt when the buffer with this index was used.
    fn want_at(&mut self, index: u16) {
        self.set(AVAILABLE + 4 + 2 * u64::from(SIZE), index);
    }

    fn offer(&mut self, head: u16) {
        let entry = AVAILABLE + 4 + 2 * u64::from(self.available % SIZE);
        self.set(entry, head);
        self.available = self.available.wrapping_add(1);
        self.set(AVAILABLE + 2, self.available);
    }

    fn take(&mut self) -> Option<u16> {
        self.ring.take().unwrap().map(|chain| chain.head_index())
    }

    fn interrupted(&self) -> bool {
        self.line.read().is_ok()
    }
}

#[test]
fn what_is_given_back_is_seen_all_at_once_also_where_indices_wrap_around() {
    for begin in [0, 3, 0xfffe] {
        let mut test = test(true, begin);
        for head in [2, 0, 3] {
            test.offer(head);
        }
        for head in [2, 0, 3] {
            assert_eq!(test.take(), Some(head));
            test.ring.give_back(head, 100 + u32::from(head)).unwrap();
        }
        assert_eq!(test.take(), None);
        assert_eq!(test.get(USED + 2), begin);
        test.ring.publish().unwrap();
        assert_eq!(test.get(USED + 2), begin.wrapping_add(3));
        for (index, head) in (0..).zip([2u16, 0, 3]) {
            let slot = begin.wrapping_add(index) % SIZE;
            let at = GuestAddress(USED + 4 + 8 * u64::from(slot));
            let element: [u32; 2] = test.memory.read_obj(at).unwrap();
            assert_eq!(element, [head.into(), 100 + u32::from(head)]);
        }
    }
}

#[test]
fn a_driver_is_told_when_it_said_so_and_once() {
    for begin in [0u16, 0xfffe] {
        for (wanted, told) in [(0, true), (2, true), (3, false), (0xffff, false)] {
            let mut test = test(true, begin);
            test.want_at(begin.wrapping_add(wanted));
            for head in 0..3 {
                test.offer(head);
                test.take();
                test.ring.give_back(head, 0).unwrap();
            }
            test.ring.tell().unwrap();
            assert_eq!(test.interrupted(), told, "{begin} {wanted}");
            test.ring.tell().unwrap();
            assert!(!test.interrupted());
        }
    }
}

#[test]
fn a_driver_without_indices_of_events_has_flags() {
    let mut test = test(false, 0);
    for (flags, told) in [(0, true), (1, false)] {
        test.set(AVAILABLE, flags);
        test.offer(1);
        assert_eq!(test.take(), Some(1));
        test.ring.give_back(1, 0).unwrap();
        test.ring.tell().unwrap();
        assert_eq!(test.interrupted(), told);
    }
    test.ring.disarm().unwrap();
    assert_eq!(test.get(USED), 1);
    assert!(!test.ring.rearm().unwrap());
    assert_eq!(test.get(USED), 0);
    test.offer(1);
    assert!(test.ring.rearm().unwrap());
}

#[test]
fn what_was_taken_back_comes_again() {
    let mut test = test(true, 0xffff);
    test.offer(1);
    test.offer(2);
    assert_eq!(test.take(), Some(1));
    test.ring.untake();
    assert_eq!(test.take(), Some(1));
    assert_eq!(test.take(), Some(2));
    assert_eq!(test.take(), None);
}

#[test]
fn indices_and_heads_that_cannot_be_are_the_guests_fault() {
    let mut test = test(true, 0);
    test.set(AVAILABLE + 2, SIZE + 1);
    assert!(matches!(test.ring.take(), Err(Failure::Guest(_))));
    assert!(matches!(
        test.ring.give_back(SIZE, 0),
        Err(Failure::Guest(_))
    ));
}
