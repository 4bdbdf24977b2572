//! The guest's own code: it does what a mailbox says, and tells by its serial port what happened.
//!
//! It sleeps until an interrupt comes. The one of line [`COMMAND_GSI`] is a command, whose end it tells by [`DONE`]; all others it
//! tells by their vectors. No handler returns: each ends where the guest sleeps again, with an empty
//! stack, so that nothing but the simplest instructions is needed.

use std::arch::global_asm;

use hadron_vmm::memory::Memory;
use vm_memory::{Bytes, GuestAddress};

/// Where the code is.
pub const CODE: u64 = 0x10_0000;
const IDT: u64 = 0x11_0000;
/// The command, and below it the stack.
pub const MAILBOX: u64 = 0x12_0000;
/// From here on memory is the test's.
pub const FREE: u64 = 0x20_0000;

/// The interrupt line of commands, which nobody else has.
pub const COMMAND_GSI: u32 = 2;
/// The vector of interrupt line 0; those of the others follow.
pub const FIRST_VECTOR: u8 = 0x20;
const VECTORS: u64 = 0x20 + 24;

/// What it tells beside vectors of interrupts: it has begun; a command is done; an exception, with its vector.
pub const READY: u8 = 1;
pub const DONE: u8 = 2;
/// What a test's own code may tell.
pub const OTHER: u8 = 3;
pub const EXCEPTION: u8 = 0x80;

/// What a command does, `count` times.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Operation {
    Read8,
    Read16,
    Read32,
    Read64,
    Write8,
    Write16,
    Write32,
    Write64,
    In8,
    In16,
    In32,
    Out8,
    Out16,
    Out32,
    /// `count` bytes from or to a buffer at `value`, by one instruction.
    InString,
    OutString,
    /// Calls code at `address`.
    Call,
    /// An exception without anybody who handles it.
    TripleFault,
}

/// What the mailbox holds.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub operation: Operation,
    pub address: u64,
    pub value: u64,
    pub count: u64,
}

const RESULT: u64 = MAILBOX + 32;

impl Command {
    pub fn write(self, memory: &Memory) {
        for (at, word) in (MAILBOX..).step_by(8).zip([
            self.operation as u64,
            self.address,
            self.value,
            self.count,
        ]) {
            memory.write_obj(word, GuestAddress(at)).unwrap();
        }
    }
}

/// What the last operation read.
pub fn result(memory: &Memory) -> u64 {
    memory.read_obj(GuestAddress(RESULT)).unwrap()
}

global_asm!(
    r#"
    .pushsection .rodata
    .globl toy_guest, toy_guest_handlers, toy_guest_end
toy_guest:
    mov rsp, {mailbox}
    lidt [rip + 90f]
    // The local APIC: on.
    mov eax, 0xfee00000
    mov dword ptr [rax + 0xf0], 0x1ff
    // The I/O APIC: each line an edge, its own vector, for the first CPU.
    mov r8d, 0xfec00000
    xor ecx, ecx
2:  lea eax, [rcx + rcx + 0x10]
    mov dword ptr [r8], eax
    lea edx, [rcx + 0x20]
    mov dword ptr [r8 + 0x10], edx
    inc eax
    mov dword ptr [r8], eax
    mov dword ptr [r8 + 0x10], 0
    inc ecx
    cmp ecx, 24
    jb 2b
    mov al, {ready}
3:  mov dx, 0x3f8
    out dx, al
4:  mov rsp, {mailbox}
    sti
    hlt
    jmp 4b

    // What is common to all handlers. bl: the vector.
5:  cmp bl, 0x20
    jb 6f
    mov eax, 0xfee00000
    mov dword ptr [rax + 0xb0], 0
    cmp bl, 0x20 + {command}
    je 8f
    mov al, bl
    jmp 3b
6:  mov al, bl
    or al, {exception}
    mov dx, 0x3f8
    out dx, al
7:  cli
    hlt
    jmp 7b

    // A command.
8:  mov ebp, {mailbox}
    mov rbx, [rbp]
    mov rsi, [rbp + 8]
    mov rax, [rbp + 16]
    mov rcx, [rbp + 24]
    mov edx, esi
    shl rbx, 4
    lea r9, [rip + 10f]
    add r9, rbx
    jmp r9
9:  mov [rbp + 32], rax
    mov al, {done}
    jmp 3b

    // One for each operation, 16 bytes each.
    .balign 16
10: mov al, [rsi]
    dec rcx
    jnz 10b
    jmp 9b
    .balign 16
11: mov ax, [rsi]
    dec rcx
    jnz 11b
    jmp 9b
    .balign 16
12: mov eax, [rsi]
    dec rcx
    jnz 12b
    jmp 9b
    .balign 16
13: mov rax, [rsi]
    dec rcx
    jnz 13b
    jmp 9b
    .balign 16
14: mov [rsi], al
    dec rcx
    jnz 14b
    jmp 9b
    .balign 16
15: mov [rsi], ax
    dec rcx
    jnz 15b
    jmp 9b
    .balign 16
16: mov [rsi], eax
    dec rcx
    jnz 16b
    jmp 9b
    .balign 16
17: mov [rsi], rax
    dec rcx
    jnz 17b
    jmp 9b
    .balign 16
18: in al, dx
    dec rcx
    jnz 18b
    jmp 9b
    .balign 16
19: in ax, dx
    dec rcx
    jnz 19b
    jmp 9b
    .balign 16
20: in eax, dx
    dec rcx
    jnz 20b
    jmp 9b
    .balign 16
21: out dx, al
    dec rcx
    jnz 21b
    jmp 9b
    .balign 16
22: out dx, ax
    dec rcx
    jnz 22b
    jmp 9b
    .balign 16
23: out dx, eax
    dec rcx
    jnz 23b
    jmp 9b
    .balign 16
    mov rdi, rax
    cld
    rep insb
    jmp 9b
    .balign 16
    mov rsi, rax
    cld
    rep outsb
    jmp 9b
    .balign 16
    call rsi
    jmp 9b
    .balign 16
    lidt [rip + 91f]
    ud2

    .balign 8
90: .2byte {idt_limit}
    .8byte {idt}
    // Nothing in it.
91: .2byte 0
    .8byte 0

    .balign 8
toy_guest_handlers:
    .set vector, 0
    .rept {vectors}
    mov bl, vector
    jmp 5b
    .balign 8
    .set vector, vector + 1
    .endr
toy_guest_end:
    .popsection
    "#,
    mailbox = const MAILBOX,
    ready = const READY,
    done = const DONE,
    exception = const EXCEPTION,
    command = const COMMAND_GSI,
    idt = const IDT,
    idt_limit = const VECTORS * 16 - 1,
    vectors = const VECTORS,
);

unsafe extern "C" {
    static toy_guest: u8;
    static toy_guest_handlers: u8;
    static toy_guest_end: u8;
}

/// Writes the code, and the table of its interrupt handlers.
pub fn load(memory: &Memory) {
    let (start, handlers, end) = (
        &raw const toy_guest,
        &raw const toy_guest_handlers,
        &raw const toy_guest_end,
    );
    let (handlers, length) = (
        handlers as u64 - start as u64,
        end as usize - start as usize,
    );
    // SAFETY: the assembler has put both into one section, in this order, of which nothing is ever written.
    let code = unsafe { std::slice::from_raw_parts(start, length) };
    memory.write_slice(code, GuestAddress(CODE)).unwrap();
    for vector in 0..VECTORS {
        let handler = CODE + handlers + vector * 8;
        // An interrupt gate to the segment that the VMM has set up (Intel SDM, "64-Bit Mode IDT").
        let (present_gate, selector) = (0x8e00, 0x10);
        let low = handler & 0xffff | selector << 16 | present_gate << 32 | (handler >> 16) << 48;
        let at = IDT + vector * 16;
        memory.write_obj(low, GuestAddress(at)).unwrap();
        memory
            .write_obj(handler >> 32, GuestAddress(at + 8))
            .unwrap();
    }
}
