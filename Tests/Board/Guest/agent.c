/*
 * What the tests do inside a booted image: run programs, and lend a phone on the host the guest's setup socket.
 *
 * It speaks frames over one virtio-serial port: a 4-byte length, a kind, a 4-byte stream number (both numbers little
 * endian), then that many bytes less the five of the head. From the host:
 *   R  run a program: a count of words (1 byte), each word with its zero byte; what follows is its standard input
 *   C  connect to a SOCK_SEQPACKET socket: its path
 *   D  one packet for such a connection
 *   X  end it: SIGKILL for a program, close for a connection
 * To the host:
 *   O, E  what the program wrote to standard output, standard error
 *   D     one packet of a connection
 *   X     the end: of a program its wait status, of a connection 0 or an errno (4 bytes)
 *
 * Nothing of this is in an image that ships.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_streams = 64, most_bytes = 1 << 20, head = 5 };

struct stream {
  uint32_t number;
  int connection;    /* -1 where it is a program */
  int output, error; /* pipes, -1 when they have ended */
  pid_t program;
  int status, ended;
};

static struct stream streams[most_streams];
static int used, port = -1;
static unsigned char frame[4 + most_bytes];

static void fail(const char *what) {
  fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint32_t number_at(const unsigned char *bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_number(unsigned char *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) bytes[i] = value >> (8 * i);
}

static void write_all(int file, const void *data, size_t size) {
  const char *bytes = data;
  while (size > 0) {
    ssize_t done = write(file, bytes, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("cannot write");
    bytes += done;
    size -= done;
  }
}

static void send_frame(char kind, uint32_t number, const void *data, size_t size) {
  unsigned char start[4 + head];
  put_number(start, head + size);
  start[4] = kind;
  put_number(start + 5, number);
  write_all(port, start, sizeof start);
  write_all(port, data, size);
}

static void send_end(uint32_t number, int status) {
  unsigned char bytes[4];
  put_number(bytes, status);
  send_frame('X', number, bytes, sizeof bytes);
}

/* The whole of size bytes, or exit when the host has gone. */
static void read_all(void *data, size_t size) {
  char *bytes = data;
  while (size > 0) {
    ssize_t done = read(port, bytes, size);
    if (done < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (done <= 0) {
      struct pollfd nobody = {.fd = port};
      if (done < 0) fail("cannot read the port");
      poll(&nobody, 1, 50); /* no host yet */
      continue;
    }
    bytes += done;
    size -= done;
  }
}

static struct stream *find(uint32_t number) {
  for (int i = 0; i < used; i++)
    if (streams[i].number == number) return &streams[i];
  return NULL;
}

static struct stream *add(uint32_t number) {
  if (used == most_streams) return NULL;
  struct stream *stream = &streams[used++];
  *stream = (struct stream){.number = number, .connection = -1, .output = -1, .error = -1};
  return stream;
}

static void drop(struct stream *stream) {
  if (stream->connection >= 0) close(stream->connection);
  *stream = streams[--used];
}

static void run(uint32_t number, unsigned char *data, size_t size) {
  char *words[256] = {0};
  size_t at = 1;
  int count = size ? data[0] : 0;
  for (int i = 0; i < count && at < size; i++) {
    words[i] = (char *)data + at;
    at += strnlen(words[i], size - at) + 1;
  }
  if (!words[0] || at > size) return send_end(number, 127 << 8);
  int input = memfd_create("input", MFD_CLOEXEC), output[2], error[2];
  if (input < 0 || pipe2(output, O_CLOEXEC) || pipe2(error, O_CLOEXEC)) fail("cannot make pipes");
  write_all(input, data + at, size - at);
  lseek(input, 0, SEEK_SET);
  struct stream *stream = add(number);
  if (!stream) return send_end(number, 126 << 8);
  stream->program = fork();
  if (stream->program < 0) fail("cannot fork");
  if (stream->program == 0) {
    setsid();
    dup2(input, 0);
    dup2(output[1], 1);
    dup2(error[1], 2);
    execvp(words[0], words);
    fprintf(stderr, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
  }
  close(input);
  close(output[1]);
  close(error[1]);
  stream->output = output[0];
  stream->error = error[0];
}

static void connect_to(uint32_t number, const char *path, size_t size) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  struct stream *stream = add(number);
  if (!stream || connection < 0 || size >= sizeof address.sun_path) {
    send_end(number, EMFILE);
    if (stream) drop(stream);
    return;
  }
  memcpy(address.sun_path, path, size);
  stream->connection = connection;
  if (connect(connection, (struct sockaddr *)&address, sizeof address)) {
    send_end(number, errno);
    drop(stream);
  }
}

static void take_frame(void) {
  unsigned char length[4];
  read_all(length, 4);
  uint32_t size = number_at(length);
  if (size < head || size > most_bytes) {
    errno = EPROTO;
    fail("a frame");
  }
  read_all(frame, size);
  uint32_t number = number_at(frame + 1);
  struct stream *stream = find(number);
  unsigned char *data = frame + head;
  size -= head;
  switch (frame[0]) {
    case 'R': run(number, data, size); break;
    case 'C': connect_to(number, (char *)data, size); break;
    case 'D':
      /* A failure here is seen when the connection is read. */
      if (stream && stream->connection >= 0) (void)!send(stream->connection, data, size, MSG_NOSIGNAL);
      break;
    case 'X':
      if (stream && stream->connection >= 0) drop(stream);
      else if (stream) kill(-stream->program, SIGKILL);
      break;
  }
}

/* Passes on what one of a program's pipes holds. */
static void take_output(struct stream *stream, int *file, char kind) {
  static char bytes[16384];
  ssize_t size = read(*file, bytes, sizeof bytes);
  if (size < 0 && errno == EINTR) return;
  if (size > 0) return send_frame(kind, stream->number, bytes, size);
  close(*file);
  *file = -1;
}

static void take_packet(struct stream *stream) {
  static char bytes[65536];
  ssize_t size = recv(stream->connection, bytes, sizeof bytes, 0);
  if (size > 0) return send_frame('D', stream->number, bytes, size);
  send_end(stream->number, size < 0 ? errno : 0);
  drop(stream);
}

static void reap(void) {
  int status;
  pid_t program;
  while ((program = waitpid(-1, &status, WNOHANG)) > 0)
    for (int i = 0; i < used; i++)
      if (streams[i].connection < 0 && streams[i].program == program) {
        streams[i].ended = 1;
        streams[i].status = status;
      }
  /* A program that left a child with its pipes behind has ended all the same. */
  for (int i = used - 1; i >= 0; i--) {
    struct stream *stream = &streams[i];
    if (stream->connection >= 0 || !stream->ended) continue;
    struct pollfd rest[2] = {{.fd = stream->output, .events = POLLIN}, {.fd = stream->error, .events = POLLIN}};
    if (poll(rest, 2, 0) > 0 && (rest[0].revents & POLLIN || rest[1].revents & POLLIN)) continue;
    if (stream->output >= 0) close(stream->output);
    if (stream->error >= 0) close(stream->error);
    send_end(stream->number, stream->status);
    drop(stream);
  }
}

static void on_child(int signal) { (void)signal; }

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  /* Interrupts poll(), which is all that is asked of it. */
  sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
  /* A console beside it is one of them too, and cannot be opened by that name. */
  for (int i = 1; port < 0 && i < count; i++) port = open(words[i], O_RDWR | O_CLOEXEC);
  if (port < 0) fail("cannot open the port");
  send_frame('H', 0, "ready", 5);
  for (;;) {
    struct pollfd files[1 + 2 * most_streams] = {{.fd = port, .events = POLLIN}};
    for (int i = 0; i < used; i++) {
      int is_program = streams[i].connection < 0;
      files[1 + 2 * i] = (struct pollfd){is_program ? streams[i].output : streams[i].connection, POLLIN, 0};
      files[2 + 2 * i] = (struct pollfd){is_program ? streams[i].error : -1, POLLIN, 0};
    }
    /* A child that ends just before poll() would not interrupt it: so it wakes by itself, too. */
    int number = used, ready = poll(files, 1 + 2 * number, number ? 200 : 1000);
    for (int i = number - 1; ready > 0 && i >= 0; i--) {
      if (streams[i].connection >= 0) {
        if (files[1 + 2 * i].revents) take_packet(&streams[i]);
        continue;
      }
      if (files[1 + 2 * i].revents) take_output(&streams[i], &streams[i].output, 'O');
      if (files[2 + 2 * i].revents) take_output(&streams[i], &streams[i].error, 'E');
    }
    reap();
    if (ready > 0 && files[0].revents & POLLIN) take_frame();
  }
}
