/* The floor under any forwarder: what one core can encrypt (AES-128-GCM, libsrtp2) and send, in C.
 *
 *   cc -O2 media_floor.c -o media_floor -lsrtp2
 *   ./media_floor ADDRESS                              as fast as it can, to sockets that nobody reads
 *   ./media_floor ADDRESS SECONDS TO_ADDRESS PORT...   as a camera does, to receivers that somebody reads
 *
 * Unread: one publisher's packets go to RECEIVERS sockets of its own; the kernel's receiving half is cheaper
 * here than with real receivers (full queues, nobody to wake), so this is a hard floor. Read: 30 times a second
 * a burst of BURST packets for every PORT, then a pause: what a forwarder has to do at the same load.
 *
 * Prints one JSON object, CPU microseconds a packet: "encrypt" alone; "sendto", one call a packet; "sendmmsg",
 * one packet a receiver in each call (this is what is called the C floor); "segments", sendmmsg with UDP_SEGMENT
 * and bursts of BURST packets. Read, only the last two, and "packets", how many each of them sent. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RECEIVERS 100
#define MOST_RECEIVERS 1000
#define BURST 10
#define PAYLOAD 1100
#define HEADER 12
#define TAG 16
#define WIRE (HEADER + PAYLOAD + TAG)
#define PACKETS_A_RECEIVER 2000
#define FRAMES_A_SECOND 30
#define UDP_SEGMENT_OPTION 103

enum mode { ENCRYPT, SENDTO, SENDMMSG, SEGMENTS };

static srtp_t sessions[MOST_RECEIVERS];
static struct sockaddr_in receivers[MOST_RECEIVERS];
static unsigned char cells[MOST_RECEIVERS][BURST * WIRE + 32];
static unsigned char payload[PAYLOAD];
static int count;

static double cpu_us(void) {
  struct timespec spent;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return spent.tv_sec * 1e6 + spent.tv_nsec / 1e3;
}

static int open_socket(const char *address, struct sockaddr_in *name) {
  int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  socklen_t length = sizeof *name;
  memset(name, 0, sizeof *name);
  name->sin_family = AF_INET;
  inet_pton(AF_INET, address, &name->sin_addr);
  if (bind(descriptor, (struct sockaddr *)name, length)) return -1;
  getsockname(descriptor, (struct sockaddr *)name, &length);
  return descriptor;
}

static int open_session(int index) {
  unsigned char key[28];
  srtp_policy_t policy;
  memset(&policy, 0, sizeof policy);
  memset(key, index + 1, sizeof key);
  srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, srtp_profile_aead_aes_128_gcm);
  srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, srtp_profile_aead_aes_128_gcm);
  policy.ssrc.type = ssrc_any_outbound;
  policy.key = key;
  policy.window_size = 1024;
  policy.allow_repeat_tx = 1;
  return srtp_create(&sessions[index], &policy);
}

static void write_packet(unsigned char *cell, int receiver, unsigned sequence) {
  unsigned char header[HEADER] = {0x80, 96, sequence >> 8 & 255, sequence & 255, 0, 0, 0, 0, 0, 0, 1, receiver};
  int length = HEADER + PAYLOAD;
  memcpy(cell, header, HEADER);
  memcpy(cell + HEADER, payload, PAYLOAD);
  srtp_protect(sessions[receiver], cell, &length);
}

static int send_round(enum mode mode, int out, unsigned sequence, int burst) {
  static struct mmsghdr messages[MOST_RECEIVERS];
  static struct iovec parts[MOST_RECEIVERS];
  static union {
    char room[CMSG_SPACE(sizeof(unsigned short))];
    struct cmsghdr align;
  } controls[MOST_RECEIVERS];
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < burst; k++) write_packet(cells[i] + k * WIRE, i, sequence + k);
    if (mode == SENDTO) sendto(out, cells[i], WIRE, 0, (struct sockaddr *)&receivers[i], sizeof receivers[i]);
    parts[i].iov_base = cells[i];
    parts[i].iov_len = burst * WIRE;
    memset(&messages[i], 0, sizeof messages[i]);
    messages[i].msg_hdr.msg_name = &receivers[i];
    messages[i].msg_hdr.msg_namelen = sizeof receivers[i];
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    if (mode == SEGMENTS) {
      const unsigned short size = WIRE;
      messages[i].msg_hdr.msg_control = controls[i].room;
      messages[i].msg_hdr.msg_controllen = sizeof controls[i].room;
      struct cmsghdr *control = CMSG_FIRSTHDR(&messages[i].msg_hdr);
      control->cmsg_level = IPPROTO_UDP;
      control->cmsg_type = UDP_SEGMENT_OPTION;
      control->cmsg_len = CMSG_LEN(sizeof size);
      memcpy(CMSG_DATA(control), &size, sizeof size);
    }
  }
  if (mode < SENDMMSG) return 0;
  for (int sent = 0, taken; sent < count; sent += taken) {
    taken = sendmmsg(out, messages + sent, count - sent, 0);
    if (taken <= 0) return -1;
  }
  return 0;
}

static double measure(enum mode mode, int out, unsigned *sequence) {
  const int burst = mode == SEGMENTS ? BURST : 1;
  const double started = cpu_us();
  for (int round = 0; round < PACKETS_A_RECEIVER / burst; round++, *sequence += burst)
    if (send_round(mode, out, *sequence, burst)) return -1;
  return (cpu_us() - started) / ((double)count * (PACKETS_A_RECEIVER / burst * burst));
}

static double measure_paced(enum mode mode, int out, unsigned *sequence, int frames) {
  const int burst = mode == SEGMENTS ? BURST : 1;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  const double started = cpu_us();
  for (int frame = 0; frame < frames; frame++) {
    for (int sent = 0; sent < BURST; sent += burst, *sequence += burst)
      if (send_round(mode, out, *sequence, burst)) return -1;
    next.tv_nsec += 1000000000 / FRAMES_A_SECOND;
    if (next.tv_nsec >= 1000000000) next.tv_nsec -= 1000000000, next.tv_sec++;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
  return (cpu_us() - started) / ((double)count * frames * BURST);
}

int main(int words, char **word) {
  static const char *const names[] = {"encrypt", "sendto", "sendmmsg", "segments"};
  struct sockaddr_in name;
  unsigned sequence = 0;
  const int is_read = words > 4;
  if (words < 2) return 1;
  srtp_init();
  const int out = open_socket(word[1], &name);
  if (out < 0) return 1;
  count = is_read ? words - 4 : RECEIVERS;
  if (count > MOST_RECEIVERS) return 1;
  for (int i = 0; i < count; i++) {
    if (open_session(i)) return 1;
    if (is_read) {
      receivers[i].sin_family = AF_INET;
      receivers[i].sin_port = htons(atoi(word[4 + i]));
      inet_pton(AF_INET, word[3], &receivers[i].sin_addr);
    } else if (open_socket(word[1], &receivers[i]) < 0) {
      return 1;
    }
  }
  const int frames = is_read ? (int)(atof(word[2]) * FRAMES_A_SECOND) : 0;
  for (enum mode mode = is_read ? SENDMMSG : ENCRYPT; mode <= SEGMENTS; mode++) {
    const double spent = is_read ? measure_paced(mode, out, &sequence, frames) : measure(mode, out, &sequence);
    if (spent < 0) return 2;
    printf("%s\"%s\": %.3f", mode == (is_read ? SENDMMSG : ENCRYPT) ? "{" : ", ", names[mode], spent);
  }
  printf(", \"packets\": %d}\n", count * (is_read ? frames * BURST : PACKETS_A_RECEIVER));
  return 0;
}
