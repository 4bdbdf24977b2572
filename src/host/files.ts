/**
 * What is used of node:fs/promises and of descriptors, made of node:fs: loading Node's own costs every daemon 2 ms and half a megabyte, for
 * what it is not used for here (file handles, streams, watchers).
 */
import * as fs from "node:fs";
import { promisify } from "node:util";

export const access = promisify(fs.access);
export const appendFile = promisify(fs.appendFile);
export const close = promisify(fs.close);
export const lstat = promisify(fs.lstat);
export const mkdir = promisify(fs.mkdir);
export const opendir = promisify(fs.opendir);
export const readFile = promisify(fs.readFile);
export const realpath = promisify(fs.realpath);
export const rename = promisify(fs.rename);
export const rm = promisify(fs.rm);
export const rmdir = promisify(fs.rmdir);
export const stat = promisify(fs.stat);
export const statfs = promisify(fs.statfs);
export const truncate = promisify(fs.truncate);
export const unlink = promisify(fs.unlink);
export const writeFile = promisify(fs.writeFile);

/** The one that does load it, when it is called. */
export function open(path: string, flags: string | number, mode?: number): Promise<fs.promises.FileHandle> {
  return fs.promises.open(path, flags, mode);
}
