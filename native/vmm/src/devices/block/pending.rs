//! A request on its way: which operations of the host it takes, one after the other.

use super::engine::{Operation, Vectors};
use super::request::{Ask, IO_ERROR, Refusal, Request, UNSUPPORTED};

/// See the module.
pub struct Pending {
    /// The queue's number.
    pub queue: usize,
    pub request: Request,
    step: Step,
}

/// How far zeroes have got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// As the driver likes it best.
    First,
    /// The other way: not every file system or disk has both.
    Second,
    /// It is zeroes, and has to be on the disk.
    Durable,
}

/// What follows an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another one, see [`Pending::operation`].
    Operation,
    /// The answer.
    Answer(Result<(), Refusal>),
}

impl Pending {
    pub fn new(queue: usize, request: Request) -> Self {
        Pending {
            queue,
            request,
            step: Step::First,
        }
    }

    /// None: there is nothing that the host has to do.
    pub fn operation(&self, durable: bool) -> Option<Operation> {
        match &self.request.ask {
            Ok(Ask::Read { at, data }) if data.bytes() > 0 => Some(Operation::Read {
                at: *at,
                to: Vectors::of(data),
            }),
            Ok(Ask::Write { at, data }) if data.bytes() > 0 => Some(Operation::Write {
                at: *at,
                from: Vectors::of(data),
                durable,
            }),
            Ok(Ask::Flush) => Some(Operation::Sync),
            Ok(Ask::Discard { at, length }) if *length > 0 => Some(Operation::PunchHole {
                at: *at,
                length: *length,
            }),
            Ok(Ask::WriteZeroes { at, length, unmap }) if *length > 0 => {
                let (at, length) = (*at, *length);
                Some(match (self.step, unmap) {
                    (Step::Durable, _) => Operation::Sync,
                    (Step::First, true) | (Step::Second, false) => {
                        Operation::PunchHole { at, length }
                    }
                    (Step::First, false) | (Step::Second, true) => {
                        Operation::ZeroRange { at, length }
                    }
                })
            }
            _ => None,
        }
    }

    /// The operation has this result, as of the system call with a negative errno.
    pub fn done(&mut self, result: i32, durable: bool) -> Next {
        if result == -libc::EINTR {
            return Next::Operation;
        }
        match &mut self.request.ask {
            Ok(Ask::Read { at, data } | Ask::Write { at, data }) => {
                // Zero: somebody has cut the file off.
                let Some(bytes) = usize::try_from(result).ok().filter(|bytes| *bytes > 0) else {
                    return Next::Answer(Err(IO_ERROR));
                };
                *at = at.saturating_add(bytes as u64);
                data.advance(bytes);
                if data.bytes() > 0 {
                    return Next::Operation;
                }
            }
            // A discard is a hint: who cannot, leaves it.
            Ok(Ask::Discard { .. }) if result == -libc::EOPNOTSUPP => {}
            Ok(Ask::WriteZeroes { .. }) if result == -libc::EOPNOTSUPP => {
                if self.step != Step::First {
                    return Next::Answer(Err(UNSUPPORTED));
                }
                self.step = Step::Second;
                return Next::Operation;
            }
            Ok(Ask::WriteZeroes { .. }) if result >= 0 && durable && self.step != Step::Durable => {
                self.step = Step::Durable;
                return Next::Operation;
            }
            _ if result < 0 => return Next::Answer(Err(IO_ERROR)),
            _ => {}
        }
        Next::Answer(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use virtio_queue::desc::split::Descriptor;
    use vm_memory::GuestAddress;

    use super::*;
    use crate::devices::pieces::{Access, Pieces};
    use crate::memory::{Backing, create};

    fn data(addresses: &[u64]) -> Pieces {
        let mut pieces = Pieces::new(create(32, Backing::Anonymous).unwrap());
        let chain = addresses.iter().map(|at| Descriptor::new(*at, 512, 0, 0));
        pieces.append(chain, Access::Read).unwrap();
        pieces
    }

    fn pending(ask: Ask) -> Pending {
        let request = Request {
            head: 0,
            status: GuestAddress(0),
            writable: 0,
            ask: Ok(ask),
        };
        Pending::new(0, request)
    }

    fn zeroes(unmap: bool) -> Pending {
        pending(Ask::WriteZeroes {
            at: 512,
            length: 1024,
            unmap,
        })
    }

    #[test]
    fn a_short_read_goes_on_where_it_ended() {
        let data = data(&[0, 0x1000]);
        let mut read = pending(Ask::Read { at: 4096, data });
        assert_eq!(read.done(-libc::EINTR, false), Next::Operation);
        assert_eq!(read.done(600, false), Next::Operation);
        let operation = read.operation(false);
        assert!(matches!(operation, Some(Operation::Read { at: 4696, .. })));
        let Ok(Ask::Read { data, .. }) = &read.request.ask else {
            panic!("it was one to read");
        };
        assert_eq!((data.count(), data.bytes()), (1, 424));
        assert_eq!(read.done(424, false), Next::Answer(Ok(())));
    }

    #[test]
    fn an_end_and_an_error_are_errors() {
        for result in [
            0,
            -libc::EIO,
            -libc::ENOSPC,
            -libc::EAGAIN,
            -libc::ECANCELED,
        ] {
            let data = data(&[0]);
            let mut write = pending(Ask::Write { at: 0, data });
            assert_eq!(write.done(result, true), Next::Answer(Err(IO_ERROR)));
        }
        let mut flush = pending(Ask::Flush);
        assert_eq!(flush.done(-libc::EIO, true), Next::Answer(Err(IO_ERROR)));
    }

    #[test]
    fn zeroes_are_made_in_either_way() {
        for unmap in [false, true] {
            let hole = |operation| matches!(operation, Some(Operation::PunchHole { .. }));
            let mut request = zeroes(unmap);
            assert_eq!(hole(request.operation(false)), unmap);
            assert_eq!(request.done(-libc::EOPNOTSUPP, false), Next::Operation);
            assert_eq!(hole(request.operation(false)), !unmap);
            let mut other = zeroes(unmap);
            other.done(-libc::EOPNOTSUPP, false);
            assert_eq!(request.done(0, false), Next::Answer(Ok(())));
            let unsupported = Next::Answer(Err(UNSUPPORTED));
            assert_eq!(other.done(-libc::EOPNOTSUPP, false), unsupported);
        }
    }

    #[test]
    fn what_writes_through_has_its_zeroes_on_the_disk() {
        let mut request = zeroes(false);
        assert_eq!(request.done(0, true), Next::Operation);
        assert!(matches!(request.operation(true), Some(Operation::Sync)));
        assert_eq!(request.done(0, true), Next::Answer(Ok(())));
    }

    #[test]
    fn a_discard_that_cannot_be_is_left() {
        let mut request = pending(Ask::Discard { at: 0, length: 512 });
        assert_eq!(request.done(-libc::EOPNOTSUPP, false), Next::Answer(Ok(())));
        let mut request = pending(Ask::Discard { at: 0, length: 512 });
        let error = Next::Answer(Err(IO_ERROR));
        assert_eq!(request.done(-libc::EIO, false), error);
    }
}
