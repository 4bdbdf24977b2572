/** A guest that goes where no hypervisor can follow. */

/** A kernel for PVH (the note says where to enter it) that jumps to where there is no memory. */
export function strayKernel(): Buffer {
  const [base, code, note] = [0x100000, 0x1000, 0x1010];
  const file = Buffer.alloc(0x1024);
  // Elf64_Ehdr: ELF, 64 bits, little endian, version 1; an executable for x86-64 with two program headers.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const words = (offset: number, sizes: readonly [bytes: 2 | 4 | 8, value: number][]): void => {
    for (const [bytes, value] of sizes) {
      file.writeUIntLE(value, offset, Math.min(bytes, 6));
      offset += bytes;
    }
  };
  words(16, [
    [2, 2],
    [2, 62],
    [4, 1],
    [8, base],
    [8, 64],
    [8, 0],
    [4, 0],
    [2, 64],
    [2, 56],
    [2, 2],
  ]);
  // Elf64_Phdr: PT_LOAD, readable and executable; PT_NOTE.
  words(64, [
    [4, 1],
    [4, 5],
    [8, code],
    [8, base],
    [8, base],
    [8, 7],
    [8, 7],
    [8, 0x1000],
  ]);
  words(120, [
    [4, 4],
    [4, 4],
    [8, note],
    [8, 0],
    [8, 0],
    [8, 20],
    [8, 20],
    [8, 4],
  ]);
  // mov $0xd0000000, %eax; jmp *%eax
  file.set([0xb8, 0, 0, 0, 0xd0, 0xff, 0xe0], code);
  // XEN_ELFNOTE_PHYS32_ENTRY (18) of "Xen".
  words(note, [
    [4, 4],
    [4, 4],
    [4, 18],
  ]);
  file.write("Xen\0", note + 12, "latin1");
  words(note + 16, [[4, base]]);
  return file;
}
