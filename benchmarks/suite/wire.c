// A plain TCP transfer, the measure for a block server: one connection, sendfile on one side, recv on the other.
//   wire send ADDRESS PORT FILE  prints "ready", serves FILE to one peer, then a JSON object
//   wire receive ADDRESS PORT    reads to the end of the stream, then a JSON object
// Seconds are from the connection to the last byte; cpu is this process' user + system time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

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

int main(int argc, char **argv) {
  int sends = argc == 5 && !strcmp(argv[1], "send");
  if (!sends && !(argc == 4 && !strcmp(argv[1], "receive"))) {
    fprintf(stderr, "usage: wire send ADDRESS PORT FILE | wire receive ADDRESS PORT\n");
    return 2;
  }
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
  if (inet_pton(AF_INET, argv[2], &at.sin_addr) != 1) fail(argv[2]);
  int peer = sends ? accepted(&at) : socket(AF_INET, SOCK_STREAM, 0);
  double wall0 = wall(), cpu0 = cpu();
  if (!sends && connect(peer, (struct sockaddr *)&at, sizeof at) < 0) fail("connect");
  unsigned long long bytes = sends ? send_all(peer, argv[4]) : receive_all(peer);
  printf("{\"bytes\": %llu, \"seconds\": %.9f, \"cpu\": %.6f}\n", bytes, wall() - wall0, cpu() - cpu0);
  return 0;
}
