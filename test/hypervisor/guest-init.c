/*
 * /init of the hypervisor tests' guest: loads the modules that the initramfs lists, connects to port 1024 of
 * the host and obeys the lines that come from there. Every line is answered by one line.
 *
 *   mount TAG [virtiofs] mounts the share at /mnt           read PATH         the file's first line
 *   write PATH TEXT      cpus                               cmdline
 *   send PORT BYTES      opens a stream and writes so much, each byte its offset modulo 251
 *   receive PORT BYTES   opens a stream and reads to its end, where so much must have come
 *   drop                 closes this stream without a shutdown
 *   print TEXT           on the console                     reboot  panic
 *
 * With test=panic or test=reboot on the kernel command line it does that without connecting.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

static char text[8192];

static const char *read_line(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file || !fgets(text, sizeof text, file))
		snprintf(text, sizeof text, "error: %s", strerror(errno));
	if (file)
		fclose(file);
	text[strcspn(text, "\n")] = 0;
	return text;
}

static void load_modules(void)
{
	char path[512];
	FILE *list = fopen("/lib/modules/load-order", "r");
	while (list && fgets(path, sizeof path, list)) {
		path[strcspn(path, "\n")] = 0;
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			printf("%s: %s\n", path, strerror(errno));
		close(fd);
	}
	if (list)
		fclose(list);
}

static int dial(unsigned port)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
		printf("connect to %u: %s\n", port, strerror(errno));
		fflush(stdout);
		close(fd);
		return -1;
	}
	return fd;
}

static const char *send_bytes(unsigned port, unsigned long count)
{
	static unsigned char block[251 * 256];
	int fd = dial(port);
	if (fd < 0)
		return "error: no connection";
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = i % 251;
	for (unsigned long done = 0; done < count;) {
		size_t size = count - done < sizeof block ? count - done : sizeof block;
		/* A short write would shift the pattern. */
		for (size_t part = 0; part < size;) {
			ssize_t n = write(fd, block + part, size - part);
			if (n < 0)
				return strerror(errno);
			part += n;
		}
		done += size;
	}
	shutdown(fd, SHUT_WR);
	/* The host's own shutdown says that it has everything. */
	while (read(fd, block, 1) > 0)
		;
	close(fd);
	return "ok";
}

static const char *receive_bytes(unsigned port, unsigned long count)
{
	static unsigned char block[1 << 16];
	int fd = dial(port);
	ssize_t n;
	if (fd < 0)
		return "error: no connection";
	while ((n = read(fd, block, sizeof block)) > 0)
		count -= n;
	close(fd);
	return n || count ? "error: another length" : "ok";
}

static const char *obey(char *line, int *stream)
{
	char *argument = strchr(line, ' ');
	char *second = NULL;
	if (argument) {
		*argument++ = 0;
		second = strchr(argument, ' ');
	}
	if (!strcmp(line, "cpus")) {
		snprintf(text, sizeof text, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
		return text;
	}
	if (!strcmp(line, "cmdline"))
		return read_line("/proc/cmdline");
	if (!strcmp(line, "reboot"))
		reboot(RB_AUTOBOOT);
	if (!strcmp(line, "panic"))
		_exit(3);
	if (!strcmp(line, "drop")) {
		close(*stream);
		*stream = -1;
		return "";
	}
	if (!argument)
		return "error: unknown";
	if (!strcmp(line, "print")) {
		printf("%s\n", argument);
		fflush(stdout);
		return "ok";
	}
	if (!strcmp(line, "mount") && second) {
		*second++ = 0;
		return mount(argument, "/mnt", second, 0, NULL) ? strerror(errno) : "ok";
	}
	if (!strcmp(line, "mount"))
		return mount(argument, "/mnt", "9p", 0, "trans=virtio,version=9p2000.L,msize=131072") ? strerror(errno) : "ok";
	if (!strcmp(line, "read"))
		return read_line(argument);
	if (!second)
		return "error: unknown";
	*second++ = 0;
	if (!strcmp(line, "send"))
		return send_bytes(strtoul(argument, NULL, 10), strtoul(second, NULL, 10));
	if (!strcmp(line, "receive"))
		return receive_bytes(strtoul(argument, NULL, 10), strtoul(second, NULL, 10));
	if (!strcmp(line, "write")) {
		FILE *file = fopen(argument, "w");
		if (!file || fprintf(file, "%s\n", second) < 0 || fclose(file))
			return strerror(errno);
		return "ok";
	}
	return "error: unknown";
}

int main(void)
{
	static char line[4096];

	mkdir("/proc", 0755);
	mkdir("/mnt", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	printf("init is up\n");
	fflush(stdout);
	read_line("/proc/cmdline");
	if (strstr(text, "test=panic"))
		return 3;
	if (strstr(text, "test=reboot"))
		reboot(RB_AUTOBOOT);
	int stream = dial(1024);
	FILE *input = fdopen(stream, "r");
	while (input && stream >= 0 && fgets(line, sizeof line, input)) {
		line[strcspn(line, "\n")] = 0;
		const char *answer = obey(line, &stream);
		if (stream >= 0)
			dprintf(stream, "%s\n", answer);
	}
	for (;;)
		pause();
}
