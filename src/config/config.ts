/** From files and annotations to one `Config`. */

import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import { ANNOTATIONS, type Checked, checkAnnotation, checkValue, didYouMean, matches } from "./check.ts";
import { type Document, parseJson, parseToml } from "./parse.ts";
import { ANNOTATION_PREFIX, camelCase, type Config, isKeyName, KEY_NAMES, type KeyName, keyOf, type Settings } from "./schema.ts";

export type { Config } from "./schema.ts";

export const DEFAULT_PATH = "/etc/hadron/config.json";

/** A configuration is a page of text; what is larger is another file by mistake. */
const MAX_BYTES = 1024 * 1024;

/** Keys of containerd's own in the TOML that it makes of an options section. */
const CONTAINERD_KEYS = new Set(["TypeUrl", "ConfigPath", "ConfigBody"]);

export interface ConfigSource {
  /** Absolute. Replaces DEFAULT_PATH, and has to be there. */
  readonly path?: string;
  /** JSON, or flat TOML. What it says goes over what the file says. */
  readonly body?: Uint8Array;
}

/**
 * The file and what is layered over it. Without `source.path`, a default file that is not there is as good as an empty one.
 *
 * @throws HadronError NOT_FOUND when the file that is named is not there, PERMISSION_DENIED when it cannot be read,
 *   FAILED_PRECONDITION when reading fails otherwise, INVALID_ARGUMENT for what it says; with the file, the line, the key and
 *   what is allowed
 */
export async function loadConfig(source: ConfigSource = {}, defaultPath = DEFAULT_PATH): Promise<Config> {
  const documents: Document[] = [];
  const file = readConfigFile(source.path, defaultPath);
  if (file !== undefined) {
    documents.push(parseJson(file.path, textOf(file.bytes, file.path)));
  }
  if (source.body !== undefined && source.body.length > 0) {
    const name = "the config_body of the runtime's options";
    const text = textOf(source.body, name);
    documents.push(text.trimStart().startsWith("{") ? parseJson(name, text) : parseToml(name, text));
  }
  let settings: Settings = {};
  for (const document of documents) {
    settings = { ...settings, ...settingsOf(document) };
  }
  return complete(settings, documents.at(-1)?.source ?? "the defaults");
}

/** What holds where nobody said anything. */
export const DEFAULTS: Config = complete({}, "the defaults");

/**
 * What the annotations of a sandbox's (first) container change. Others than `io.hadron.*` are not ours.
 *
 * @throws HadronError INVALID_ARGUMENT for a name or value that does not exist, PERMISSION_DENIED for an annotation that
 *   `enable_annotations` does not have or a value above its ceiling
 */
export function withAnnotations(config: Config, annotations: Readonly<Record<string, string>>): Config {
  const changes: Record<string, unknown> = {};
  for (const [annotation, text] of Object.entries(annotations)) {
    if (!annotation.startsWith(ANNOTATION_PREFIX)) {
      continue;
    }
    const name = annotation.slice(ANNOTATION_PREFIX.length);
    if (!isKeyName(name) || !keyOf(name).annotation) {
      const why = isKeyName(name) ? "is for the configuration file only" : `does not exist${didYouMean(annotation, ANNOTATIONS)}`;
      throw invalid(`the annotation ${annotation} ${why}; there are ${ANNOTATIONS.join(", ")}`);
    }
    if (!config.enableAnnotations.some((pattern) => matches(pattern, annotation))) {
      const message = `the annotation ${annotation} is not enabled on this host: its administrator can add it to enable_annotations in ${DEFAULT_PATH}`;
      throw new HadronError(Code.PERMISSION_DENIED, message);
    }
    changes[camelCase(name)] = checkedAnnotation(config, name, text);
  }
  return freeze({ ...config, ...changes });
}

function checkedAnnotation(config: Config, name: KeyName, text: string): unknown {
  const value = valueOr(checkAnnotation(name, text), `the annotation ${ANNOTATION_PREFIX}${name}`);
  const key = keyOf(name);
  if (key.type === "integer" && key.ceiling !== undefined) {
    const ceiling = (config as Readonly<Record<string, unknown>>)[camelCase(key.ceiling)];
    if ((value as number) > (ceiling as number)) {
      const message = `the annotation ${ANNOTATION_PREFIX}${name} asks for ${text}; this host allows ${String(ceiling)} (${key.ceiling} in ${DEFAULT_PATH})`;
      throw new HadronError(Code.PERMISSION_DENIED, message);
    }
  }
  return value;
}

function settingsOf(document: Document): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of document.entries) {
    const where = `${document.source}, line ${document.lines.get(name) ?? 1}`;
    if (isKeyName(name)) {
      settings[name] = valueOr(checkValue(name, value), `${where}: the key "${name}"`);
    } else if (!(CONTAINERD_KEYS.has(name) && typeof value === "string")) {
      const hint = didYouMean(name, KEY_NAMES);
      throw invalid(`${where}: there is no key "${name}"${hint}; the keys are ${KEY_NAMES.join(", ")}`);
    }
  }
  return settings;
}

function complete(settings: Settings, source: string): Config {
  const config: Record<string, unknown> = {};
  for (const name of KEY_NAMES) {
    const key = keyOf(name);
    const value = settings[name] ?? key.default;
    if (key.type === "integer" && key.ceiling !== undefined && isKeyName(key.ceiling)) {
      const ceiling = settings[key.ceiling] ?? keyOf(key.ceiling).default;
      if ((value as number) > (ceiling as number)) {
        throw invalid(`${source}: the key "${name}" is ${String(value)}, which is above "${key.ceiling}" (${String(ceiling)})`);
      }
    }
    config[camelCase(name)] = value;
  }
  // Every key of the schema is there and was checked against it.
  return freeze(config as unknown as Config);
}

function freeze(config: Config): Config {
  for (const value of Object.values(config)) {
    Object.freeze(value);
  }
  return Object.freeze(config);
}

function valueOr(checked: Checked, subject: string): unknown {
  if ("wrong" in checked) {
    throw invalid(`${subject}: ${checked.wrong}`);
  }
  return checked.value;
}

function invalid(message: string): HadronError {
  return new HadronError(Code.INVALID_ARGUMENT, message);
}

function textOf(bytes: Uint8Array, source: string): string {
  if (!isUtf8(bytes)) {
    throw invalid(`${source} is not UTF-8 text`);
  }
  return Buffer.from(bytes).toString("utf8");
}

/** Synchronous: a page of text once, where loading node:fs/promises would take 9 ms and 1 MB of every daemon. */
function readConfigFile(named: string | undefined, defaultPath: string): { path: string; bytes: Uint8Array } | undefined {
  const path = named ?? defaultPath;
  if (!isAbsolute(path)) {
    throw invalid(`config_path has to be an absolute path, and is "${path}"`);
  }
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for its other end.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MAX_BYTES) {
      throw invalid(`the configuration ${path} has to be a regular file of at most ${MAX_BYTES} bytes`);
    }
    return { path, bytes: readFileSync(fd) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof HadronError) {
      throw error;
    }
    if (code === "ENOENT" && named === undefined) {
      return undefined;
    }
    if (code === "ENOENT" || code === "ENOTDIR") {
      const message = `the configuration ${path}, which config_path of the runtime's options names, is not there`;
      throw new HadronError(Code.NOT_FOUND, message, { cause: error });
    }
    const status = code === "EACCES" || code === "EPERM" ? Code.PERMISSION_DENIED : Code.FAILED_PRECONDITION;
    throw new HadronError(status, `the configuration ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    if (fd !== undefined) {
      closeSync(fd);
    }
  }
}
