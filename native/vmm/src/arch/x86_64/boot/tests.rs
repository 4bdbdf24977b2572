use super::*;
use crate::memory::{Backing, MIN_MIB, create};

#[test]
fn the_owners_words_are_last_and_as_many_as_linux_reads() {
    let memory = create(MIN_MIB, Backing::Anonymous).unwrap();
    let most = COMMAND_LINE_SIZE - 1 - OWN_WORDS.len() - 1;
    let words = "x".repeat(most);
    write_command_line(&memory, &words).unwrap();
    let mut line = [1; COMMAND_LINE_SIZE];
    memory
        .read_slice(&mut line, GuestAddress(COMMAND_LINE))
        .unwrap();
    assert_eq!(line, format!("pci=off {words}\0").as_bytes());
    let error = write_command_line(&memory, &format!("{words}x")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the kernel's command line has 2048 bytes; 2047 are possible"
    );
}

fn file(bytes: &[u8]) -> File {
    use std::io::Write;
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::memfd_create("kernel", flags).unwrap());
    file.write_all(bytes).unwrap();
    file
}

/// Why a kernel with an initramfs of this length does not begin.
fn refusal(kernel: &[u8], initrd: u64) -> String {
    let memory = create(MIN_MIB, Backing::Anonymous).unwrap();
    let archive = file(&[]);
    archive.set_len(initrd).unwrap();
    let linux = Linux {
        kernel: file(kernel),
        initrd: Some(archive),
        command_line: String::new(),
    };
    let description = Description {
        vcpus: 1,
        devices: 0,
        serial: false,
    };
    let error = Boot::Linux(linux).load(&memory, description).unwrap_err();
    error.to_string()
}

fn bzimage(xloadflags: u8) -> Vec<u8> {
    let mut image = vec![0; 4096];
    // setup_sects, header, version, loadflags, code32_start, initrd_addr_max, xloadflags, init_size (boot.rst).
    image[0x1f1] = 1;
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x206..0x208].copy_from_slice(&[0x0f, 2]);
    image[0x211] = 1;
    image[0x214..0x218].copy_from_slice(&0x10_0000_u32.to_le_bytes());
    image[0x22c..0x230].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    image[0x236] = xloadflags;
    image[0x260..0x264].copy_from_slice(&0x100_0000_u32.to_le_bytes());
    image
}

#[test]
fn what_cannot_begin_is_refused_by_name() {
    let neither = "the kernel is neither an ELF vmlinux nor a bzImage";
    assert_eq!(refusal(b"", 0), neither);
    assert_eq!(refusal(&[b'x'; 4096], 0), neither);
    let elf = refusal(b"\x7fELF, but no more", 0);
    assert!(elf.starts_with("the kernel cannot be loaded: "), "{elf}");
    assert_eq!(
        refusal(&bzimage(0), 0),
        "the kernel's bzImage has no 64-bit entry"
    );
    assert_eq!(
        refusal(&bzimage(1), 16 << 20),
        "the initramfs of 16777216 bytes does not fit into the guest's memory beside the kernel"
    );
}

#[test]
fn a_bzimage_begins_behind_its_setup() {
    let memory = create(MIN_MIB, Backing::Anonymous).unwrap();
    let linux = Linux {
        kernel: file(&bzimage(1)),
        initrd: Some(file(b"archive")),
        command_line: "quiet".to_owned(),
    };
    let Entry::Long { address, argument } = linux.load(&memory, 0xe_0000).unwrap() else {
        panic!("another entry");
    };
    assert_eq!((address, argument), (0x10_0200, 0x7000));
    let mut archive = [0; 7];
    memory
        .read_slice(&mut archive, GuestAddress((MIN_MIB << 20) - 4096))
        .unwrap();
    assert_eq!(&archive, b"archive");
}
