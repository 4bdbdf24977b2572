/** How an errno becomes one of gRPC's status codes. */
import { Code, HadronError, messageOf } from "../errors.ts";

const CODES: ReadonlyMap<string, Code> = new Map<string, Code>([
  ["ENOENT", Code.NOT_FOUND],
  ["ESRCH", Code.NOT_FOUND],
  ["EEXIST", Code.ALREADY_EXISTS],
  ["EADDRINUSE", Code.ALREADY_EXISTS],
  ["EACCES", Code.PERMISSION_DENIED],
  ["EPERM", Code.PERMISSION_DENIED],
  ["ENOSPC", Code.RESOURCE_EXHAUSTED],
  ["EDQUOT", Code.RESOURCE_EXHAUSTED],
  ["EMFILE", Code.RESOURCE_EXHAUSTED],
  ["ENFILE", Code.RESOURCE_EXHAUSTED],
  ["ENOMEM", Code.RESOURCE_EXHAUSTED],
  ["EINVAL", Code.INVALID_ARGUMENT],
  ["ENAMETOOLONG", Code.INVALID_ARGUMENT],
  ["ENOTDIR", Code.INVALID_ARGUMENT],
  ["EISDIR", Code.INVALID_ARGUMENT],
  ["ELOOP", Code.INVALID_ARGUMENT],
  ["EBADF", Code.INVALID_ARGUMENT],
  ["EBUSY", Code.FAILED_PRECONDITION],
  ["ENOTEMPTY", Code.FAILED_PRECONDITION],
  ["EROFS", Code.FAILED_PRECONDITION],
  ["EPIPE", Code.UNAVAILABLE],
  ["ECONNRESET", Code.UNAVAILABLE],
  ["ENODEV", Code.FAILED_PRECONDITION],
  ["ENOSYS", Code.FAILED_PRECONDITION],
  ["EOPNOTSUPP", Code.FAILED_PRECONDITION],
  ["ETIMEDOUT", Code.DEADLINE_EXCEEDED],
  ["ECANCELED", Code.CANCELLED],
]);

/** INTERNAL for an errno of which a caller can make nothing. */
export function codeOfErrno(errno: string | undefined): Code {
  return (errno === undefined ? undefined : CODES.get(errno)) ?? Code.INTERNAL;
}

/** For what node:fs throws: `what` is a sentence, to which the reason is added. */
export function errorOfSystemCall(cause: unknown, what: string): HadronError {
  const errno = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return new HadronError(codeOfErrno(errno), `${what}: ${messageOf(cause)}`, { cause });
}
