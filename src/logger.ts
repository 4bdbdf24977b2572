/** What the rooms below `shim` know of logging: a level, a sentence, and fields. */
export interface Logger {
  error(fields: LogFields, sentence: string): void;
  warn(fields: LogFields, sentence: string): void;
  info(fields: LogFields, sentence: string): void;
  debug(fields: LogFields, sentence: string): void;
  trace(fields: LogFields, sentence: string): void;
}

/** Values that a log line can carry; an `err` is printed by its message. */
export type LogFields = Readonly<Record<string, unknown>>;
