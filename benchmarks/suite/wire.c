// A plain TCP transfer, the measure for a block server: one connection, sendfile on one side, recv on the other.
//   wire send ADDRESS PORT FILE             prints "ready", serves FILE to one peer, then a JSON object
//   wire receive ADDRESS PORT               reads to the end of the stream, then a JSON object
//   wire send-checked ADDRESS PORT FILE     with a CRC32C of each MiB, taken from a mapping right before it is sent
//   wire receive-checked ADDRESS PORT FILE  into a mapping of FILE, made as long as needed and kept, with a CRC32C of each MiB
// Seconds are from the connection to the last byte; cpu is this process' user + system time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, WINDOW = 4 << 20 };

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
  fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
  exit(2);
}

static int accepted(const struct sockaddr_in *at) {
  int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server, (const struct sockaddr *)at, sizeof *at) < 0 || listen(server, 1) < 0) fail("listen");
  puts("ready");
  fflush(stdout);
  int peer = accept(server, NULL, NULL);
  if (peer < 0) fail("accept");
  close(server);
  return peer;
}

static unsigned long long send_all(int peer, const char *path) {
  int fd = open(path, O_RDONLY);
  struct stat s;
  if (fd < 0 || fstat(fd, &s) < 0) fail(path);
  off_t at = 0;
  while (at < s.st_size)
    if (sendfile(peer, fd, &at, (size_t)(s.st_size - at)) <= 0) fail("sendfile");
  shutdown(peer, SHUT_WR);
  return (unsigned long long)at;
}

static unsigned long long receive_all(int peer) {
  char *buffer = malloc(CHUNK);
  unsigned long long bytes = 0;
  ssize_t n;
  while ((n = recv(peer, buffer, CHUNK, 0)) > 0) bytes += (unsigned long long)n;
  if (n < 0) fail("recv");
  return bytes;
}

// Three strips at a time, as the instruction takes three cycles and can begin in each. One number for all of them.
__attribute__((target("sse4.2"))) static unsigned crc32c(unsigned before, const unsigned char *bytes, size_t n) {
  unsigned long long a = before, b = ~0u, c = ~0u, word;
  size_t strip = n / 24 * 8, i;
  for (i = 0; i < strip; i += 8) {
    memcpy(&word, bytes + i, 8), a = __builtin_ia32_crc32di(a, word);
    memcpy(&word, bytes + strip + i, 8), b = __builtin_ia32_crc32di(b, word);
    memcpy(&word, bytes + 2 * strip + i, 8), c = __builtin_ia32_crc32di(c, word);
  }
  for (i = 3 * strip; i < n; i++) a = __builtin_ia32_crc32qi((unsigned)a, bytes[i]);
  return (unsigned)__builtin_ia32_crc32di(__builtin_ia32_crc32di(a, b), c);
}

static unsigned char *mapped(int fd, off_t at, size_t n, int protection) {
  unsigned char *window = mmap(NULL, n, protection, MAP_SHARED | MAP_POPULATE, fd, at);
  if (window == MAP_FAILED) fail("mmap");
  return window;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static unsigned long long send_checked(int peer, const char *path, unsigned *crc) {
  int fd = open(path, O_RDONLY);
  struct stat s;
  if (fd < 0 || fstat(fd, &s) < 0) fail(path);
  unsigned long long size = (unsigned long long)s.st_size;
  if (send(peer, &size, sizeof size, 0) != sizeof size) fail("send");
  for (off_t at = 0; at < s.st_size;) {
    size_t window = least(WINDOW, (size_t)(s.st_size - at));
    unsigned char *bytes = mapped(fd, at, window, PROT_READ);
    for (size_t done = 0; done < window;) {
      size_t chunk = least(CHUNK, window - done);
      *crc = crc32c(*crc, bytes + done, chunk);
      done += chunk;
      for (off_t end = at + (off_t)chunk; at < end;)
        if (sendfile(peer, fd, &at, (size_t)(end - at)) <= 0) fail("sendfile");
    }
    munmap(bytes, window);
  }
  shutdown(peer, SHUT_WR);
  return size;
}

static unsigned long long receive_checked(int peer, const char *path, unsigned *crc) {
  unsigned long long size = 0, at = 0;
  if (recv(peer, &size, sizeof size, MSG_WAITALL) != sizeof size) fail("recv");
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  if (fd < 0 || posix_fallocate(fd, 0, (off_t)size) != 0) fail(path);
  while (at < size) {
    size_t window = least(WINDOW, size - at);
    unsigned char *bytes = mapped(fd, (off_t)at, window, PROT_READ | PROT_WRITE);
    for (size_t done = 0; done < window;) {
      size_t chunk = least(CHUNK, window - done);
      if (recv(peer, bytes + done, chunk, MSG_WAITALL) != (ssize_t)chunk) fail("recv");
      *crc = crc32c(*crc, bytes + done, chunk);
      done += chunk;
    }
    munmap(bytes, window);
    at += window;
  }
  return at;
}

int main(int argc, char **argv) {
  int sends = argc == 5 && !strncmp(argv[1], "send", 4), checked = argc == 5 && strstr(argv[1], "-checked") != NULL;
  int receives = argc == 4 + checked && !strncmp(argv[1], "receive", 7);
  if (!sends && !receives) {
    fprintf(stderr, "usage: wire send[-checked] ADDRESS PORT FILE | wire receive ADDRESS PORT | wire receive-checked ADDRESS PORT FILE\n");
    return 2;
  }
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
  if (inet_pton(AF_INET, argv[2], &at.sin_addr) != 1) fail(argv[2]);
  int peer = sends ? accepted(&at) : socket(AF_INET, SOCK_STREAM, 0);
  double wall0 = wall(), cpu0 = cpu();
  unsigned crc = ~0u;
  if (!sends && connect(peer, (struct sockaddr *)&at, sizeof at) < 0) fail("connect");
  unsigned long long bytes = sends ? checked ? send_checked(peer, argv[4], &crc) : send_all(peer, argv[4])
                                   : checked ? receive_checked(peer, argv[4], &crc) : receive_all(peer);
  printf("{\"bytes\": %llu, \"seconds\": %.9f, \"cpu\": %.6f, \"crc32c\": %u}\n", bytes, wall() - wall0, cpu() - cpu0, crc);
  return 0;
}
