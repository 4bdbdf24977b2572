/**
 * libhadron.so, called through koffi. Only this file knows koffi.
 *
 * Both are loaded on first use, from one directory: `libhadron.so` and `koffi.node` lie beside the bundle
 * (`PREFIX/lib/hadron`). HADRON_LIB names another directory.
 *
 * koffi's addon is opened directly (process.dlopen), without the npm package around it: that package reads
 * Node's own ELF header to tell glibc from musl and costs ten times as much time and 6 MB of memory. So the
 * build has nothing to bundle and nothing to declare external; it only copies
 *
 *   node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node -> build/lib/hadron/koffi.node
 *   target/release/libhadron.so                                -> build/lib/hadron/libhadron.so
 *
 * and, for a CommonJS bundle, passes esbuild --define:import.meta.dirname=__dirname.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";

/** What `submit` answers; the constants HADRON_* of native/libhadron/src/lib.rs. */
export const Submitted = { OK: 0, FULL: 1, MALFORMED: 2, CLOSED: 3, FAULT: 4 } as const;

/** The functions of libhadron; none of them blocks. */
export interface NativeLibrary {
  /** `answerFd`, the read end of the handle's pipe, becomes the caller's. INTERNAL when it fails. */
  open(): { handle: number; answerFd: number };
  /** The bytes are copied. One of `Submitted`. */
  submit(handle: number, request: Uint8Array): number;
  close(handle: number): void;
  /** 0, or an errno. */
  releaseMemory(): number;
}

/** The little of mapped.node (native/mapped) that is needed here; load.ts knows the rest. */
interface Mapped {
  readonly forget: () => void;
}

type NativeFunction = (...parameters: readonly unknown[]) => unknown;

/** The little of koffi that is needed. */
interface Koffi {
  load(path: string): { func(prototype: string): NativeFunction };
}

const MESSAGE_BYTES = 512;

let library: NativeLibrary | undefined;

/** Loads it once. INTERNAL, with the paths in the sentence, when a file is missing or does not fit. */
export function loadNative(): NativeLibrary {
  library ??= load(libraryDirectory());
  return library;
}

function libraryDirectory(): string {
  const configured = process.env["HADRON_LIB"];
  if (configured !== undefined && configured !== "") {
    return resolve(configured);
  }
  const here = import.meta.dirname;
  const built = resolve(here, "../../build/lib/hadron");
  // From the sources, as the tests run, there is no bundle to lie beside.
  return existsSync(join(here, "libhadron.so")) || !existsSync(built) ? here : built;
}

function load(directory: string): NativeLibrary {
  const addon = join(directory, "koffi.node");
  const path = join(directory, "libhadron.so");
  let open: NativeFunction;
  let submit: NativeFunction;
  let close: NativeFunction;
  let releaseMemory: NativeFunction;
  try {
    const module = { exports: {} as Koffi };
    process.dlopen(module, addon);
    const loaded = module.exports.load(path);
    open = loaded.func("int32_t hadron_open(_Out_ int32_t *answer_fd, uint8_t *message, size_t message_size)");
    submit = loaded.func("int32_t hadron_submit(int32_t handle, const uint8_t *json, size_t length)");
    close = loaded.func("int32_t hadron_close(int32_t handle)");
    releaseMemory = loaded.func("int32_t hadron_release_memory()");
  } catch (cause) {
    throw new HadronError(
      Code.INTERNAL,
      `${addon} and ${path} cannot be loaded (${messageOf(cause)}); run \`make build\`, or set HADRON_LIB to the directory that has both`,
      { cause },
    );
  }
  return {
    open() {
      const answerFd = new Int32Array(1);
      const message = new Uint8Array(MESSAGE_BYTES);
      const handle = open(answerFd, message, message.length);
      const [fd] = answerFd;
      if (typeof handle !== "number" || handle <= 0 || fd === undefined) {
        const text = Buffer.from(message.subarray(0, message.indexOf(0))).toString("utf8");
        throw new HadronError(Code.INTERNAL, text);
      }
      return { handle, answerFd: fd };
    },
    submit(handle, request) {
      return Number(submit(handle, request, request.length));
    },
    close(handle) {
      close(handle);
    },
    releaseMemory() {
      // The bundle's text, which V8 looks at when it compiles: an addon is opened once, however often that is said.
      const mapped = { exports: {} as Mapped };
      process.dlopen(mapped, join(directory, "mapped.node"));
      mapped.exports.forget();
      return Number(releaseMemory());
    },
  };
}
