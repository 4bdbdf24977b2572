/* What a container's program sees, printed as one `KEY<tab>VALUE` a line: the tests compare the lines of two runtimes. */
#ifndef PROBE_H
#define PROBE_H

/* Everything about this process and its surroundings; each argument asks for one thing more, `what:path`. */
int view(int count, char **questions);
/* A numbered list of file system operations below `directory`, each with its result or errno. */
int files(const char *directory);
/* Plain behaviours for tests of calls: `name` says which. -1 when there is no such behaviour. */
int act(const char *name, int count, char **args);

/* Prints one line; characters that would break it are escaped. */
__attribute__((format(printf, 2, 3))) void say(const char *key, const char *format, ...);
/* "ENOENT"; NUMBER for one that has no name here. */
const char *error_name(int error);

#endif
