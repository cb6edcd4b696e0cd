// Reads as a user's program would, and says what it cost: one JSON object on standard output.
//   reader seq FILE              1 MiB read() calls to the end of the file
//   reader random FILE N SEED    N copies of 4 KiB from random places of a MADV_RANDOM mapping
//   reader pieces FILE PLAN      copies the pieces "offset length" of PLAN out of a mapping, in PLAN's order
//   reader files LIST SECONDS    open, read to the end and close each path of LIST, stopping after SECONDS
//   reader flow LIST SECONDS     reads the files of LIST one after the other and stops after SECONDS, amid a file
//   reader watch LIST            reads the files of LIST to their ends, whatever fails: the longest call in seconds
//                                ("longest"), the reads that failed ("failed"), and a checksum of all files
//   reader sum FILE              a checksum, for verifying (never timed)
// Seconds are CLOCK_MONOTONIC; cpu is this process' user + system time, from the first call to the last.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 1 << 20, PAGE = 4096 };
static const uint64_t FNV_START = 1469598103934665603ULL;

static char *buffer;

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
  fprintf(stderr, "reader: %s: %s\n", what, strerror(errno));
  exit(2);
}

static int open_or_fail(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path);
  return fd;
}

static uint64_t drain(int fd, const char *path) {
  uint64_t bytes = 0;
  for (;;) {
    ssize_t n = read(fd, buffer, CHUNK);
    if (n < 0) fail(path);
    if (n == 0) return bytes;
    bytes += (uint64_t)n;
  }
}

static const char *map(int fd, const char *path, int advice, size_t *size) {
  struct stat s;
  if (fstat(fd, &s) < 0) fail(path);
  *size = (size_t)s.st_size;
  void *at = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) fail("mmap");
  if (madvise(at, *size, advice) < 0) fail("madvise");
  return at;
}

static uint64_t at_random(const char *path, uint64_t count, uint64_t seed) {
  size_t size;
  int fd = open_or_fail(path);
  const char *at = map(fd, path, MADV_RANDOM, &size);
  uint64_t pages = size / PAGE, x = seed * 0x9E3779B97F4A7C15ULL + 1;
  for (uint64_t i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    memcpy(buffer, at + (x % pages) * PAGE, PAGE);
    __asm__ volatile("" : : "r"(buffer) : "memory");
  }
  return count * PAGE;
}

static uint64_t by_plan(const char *path, const char *plan) {
  size_t size;
  int fd = open_or_fail(path);
  const char *at = map(fd, path, MADV_NORMAL, &size);
  FILE *lines = fopen(plan, "r");
  if (!lines) fail(plan);
  unsigned long long offset, length;
  uint64_t bytes = 0;
  while (fscanf(lines, "%llu %llu", &offset, &length) == 2) {
    if (offset + length > size) {
      fprintf(stderr, "reader: a piece lies past the end\n");
      exit(2);
    }
    for (uint64_t done = 0; done < length; done += CHUNK) {
      size_t n = length - done < CHUNK ? (size_t)(length - done) : CHUNK;
      memcpy(buffer, at + offset + done, n);
      __asm__ volatile("" : : "r"(buffer) : "memory");
      bytes += n;
    }
  }
  fclose(lines);
  return bytes;
}

static FILE *open_list(const char *list) {
  FILE *lines = fopen(list, "r");
  if (!lines) fail(list);
  return lines;
}

// The next path of a list; NULL after the last one. It lives until the next call.
static const char *next_path(FILE *lines) {
  static char *line;
  static size_t room;
  ssize_t n = getline(&line, &room, lines);
  if (n <= 0) return NULL;
  if (line[n - 1] == '\n') line[n - 1] = 0;
  return line;
}

static uint64_t each_file(const char *list, double limit, uint64_t *files) {
  FILE *lines = open_list(list);
  const char *path;
  uint64_t bytes = 0;
  double end = wall() + limit;
  while (wall() < end && (path = next_path(lines))) {
    int fd = open_or_fail(path);
    bytes += drain(fd, path);
    close(fd);
    (*files)++;
  }
  fclose(lines);
  return bytes;
}

static uint64_t flow(const char *list, double limit) {
  FILE *lines = open_list(list);
  const char *path;
  uint64_t bytes = 0;
  double end = wall() + limit;
  while (wall() < end && (path = next_path(lines))) {
    int fd = open_or_fail(path);
    ssize_t n = 1;
    while (n > 0 && wall() < end) {
      n = read(fd, buffer, CHUNK);
      if (n < 0) fail(path);
      bytes += (uint64_t)n;
    }
    close(fd);
  }
  fclose(lines);
  return bytes;
}

static double longest; // open() or read() in seconds
static uint64_t failed;

static void note(double took) {
  if (took > longest) longest = took;
}

static ssize_t timed_read(int fd, char *to, size_t room) {
  double before = wall();
  ssize_t n = read(fd, to, room);
  note(wall() - before);
  return n;
}

static uint64_t add_to_sum(uint64_t sum, size_t have) {
  for (size_t i = 0; i < have; i += 8) {
    uint64_t word;
    memcpy(&word, buffer + i, 8);
    sum = (sum ^ word) * 1099511628211ULL + (sum >> 29);
  }
  return sum;
}

// Continues `sum` over a whole file; a failed read is told on standard error, counted, and ends the file.
static uint64_t checksum(const char *path, uint64_t sum, uint64_t *bytes) {
  double before = wall();
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  note(wall() - before);
  ssize_t n = fd < 0 ? -1 : 1;
  while (n > 0) {
    memset(buffer, 0, CHUNK);
    size_t have = 0;
    while (have < CHUNK && (n = timed_read(fd, buffer + have, CHUNK - have)) > 0) have += (size_t)n;
    if (have == CHUNK || n == 0) sum = add_to_sum(sum, have);
    *bytes += have;
  }
  if (n < 0) {
    fprintf(stderr, "reader: %s at byte %llu of all: %s\n", path, (unsigned long long)*bytes, strerror(errno));
    failed++;
  }
  if (fd >= 0) close(fd);
  return sum;
}

static uint64_t watch(const char *list, uint64_t *sum, uint64_t *files) {
  FILE *lines = open_list(list);
  const char *path;
  uint64_t bytes = 0;
  while ((path = next_path(lines))) {
    *sum = checksum(path, *sum, &bytes);
    (*files)++;
  }
  fclose(lines);
  return bytes;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: reader seq|random|pieces|files|flow|watch|sum FILE [...]\n");
    return 2;
  }
  buffer = aligned_alloc(PAGE, CHUNK);
  if (!buffer) fail("memory");
  memset(buffer, 1, CHUNK);
  uint64_t bytes = 0, files = 1, sum = FNV_START;
  double wall0 = wall(), cpu0 = cpu();
  if (!strcmp(argv[1], "seq")) {
    int fd = open_or_fail(argv[2]);
    bytes = drain(fd, argv[2]);
    close(fd);
  } else if (!strcmp(argv[1], "random") && argc == 5) {
    bytes = at_random(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
  } else if (!strcmp(argv[1], "pieces") && argc == 4) {
    bytes = by_plan(argv[2], argv[3]);
  } else if (!strcmp(argv[1], "files") && argc == 4) {
    files = 0;
    bytes = each_file(argv[2], strtod(argv[3], NULL), &files);
  } else if (!strcmp(argv[1], "flow") && argc == 4) {
    bytes = flow(argv[2], strtod(argv[3], NULL));
  } else if (!strcmp(argv[1], "watch")) {
    files = 0;
    bytes = watch(argv[2], &sum, &files);
  } else if (!strcmp(argv[1], "sum")) {
    sum = checksum(argv[2], sum, &bytes);
    if (failed) return 2;
  } else {
    fprintf(stderr, "reader: unknown command or wrong number of arguments\n");
    return 2;
  }
  double wall1 = wall(), cpu1 = cpu();
  printf("{\"bytes\": %llu, \"files\": %llu, \"seconds\": %.9f, \"cpu\": %.6f, \"sum\": \"%016llx\", ",
         (unsigned long long)bytes, (unsigned long long)files, wall1 - wall0, cpu1 - cpu0, (unsigned long long)sum);
  printf("\"longest\": %.6f, \"failed\": %llu}\n", longest, (unsigned long long)failed);
  return 0;
}
