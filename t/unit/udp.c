/* SPDX-License-Identifier: ISC */
/* The shared port on loopback: who may bind and join, and which slot a datagram goes to. */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <cmd/lib/udp.h>
#include <libike/base/writer.h>

#define WORKERS 3

struct group { struct endpoint at; int fd[1 + WORKERS]; };

static struct endpoint endpoint(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(span_str(text), 0, &e));
	return e;
}

/* The first socket on a free port of that address, the workers joined, nothing attached yet. */
static struct group open_group(const char *address)
{
	struct group g = { .at = endpoint(address) };
	struct cmd_why why;

	assert_int_equal(cmd_udp_bind_first(&g.at, &g.fd[0], &why), IKE_OK);
	assert_int_equal(cmd_udp_local(g.fd[0], &g.at), IKE_OK);
	for (int i = 1; i <= WORKERS; i++)
		assert_int_equal(cmd_udp_join(&g.at, &g.fd[i], &why), IKE_OK);
	return g;
}

static void close_group(struct group *g)
{
	for (int i = 0; i <= WORKERS; i++)
		close(g->fd[i]);
}

/* Sends n octets that begin with `word` and answers the index of the socket that has them. */
static int lands(const struct group *g, const char *to, uint32_t word, size_t n)
{
	uint8_t datagram[64];
	struct wr w = wr_of(datagram, sizeof datagram);
	struct endpoint e = endpoint(to);
	struct sockaddr_storage a;
	struct pollfd p[1 + WORKERS];
	socklen_t len;
	int fd, at = -1;

	e.port = g->at.port;
	len = endpoint_to_sockaddr(&e, &a);
	wr_uint(&w, 4, word);
	wr_zero(&w, sizeof datagram - 4);
	fd = socket(a.ss_family, SOCK_DGRAM, 0);
	assert_true(sendto(fd, datagram, n, 0, (struct sockaddr *)&a, len) == (ssize_t)n);
	close(fd);
	for (int i = 0; i <= WORKERS; i++)
		p[i] = (struct pollfd){ g->fd[i], POLLIN, 0 };
	assert_int_equal(poll(p, 1 + WORKERS, 1000), 1);
	for (int i = 0; i <= WORKERS; i++)
		if (p[i].revents) {
			assert_true(recv(p[i].fd, datagram, sizeof datagram, 0) == (ssize_t)n);
			at = i;
		}
	return at;
}

static void steers(const char *bound, const char *to, const unsigned int *slots)
{
	struct group g = open_group(bound);
	struct cmd_why why;

	assert_int_equal(cmd_udp_steer(g.fd[2], 0, slots, WORKERS, &why), IKE_OK);
	assert_int_equal(lands(&g, to, 0, 64), 0);           /* marker */
	assert_int_equal(lands(&g, to, 0xff000000, 1), 0);   /* keepalive */
	assert_int_equal(lands(&g, to, 0xc0ffee01, 7), 0);   /* too short for ESP */
	for (uint32_t spi = 256; spi < 256 + 64; spi++)
		assert_int_equal(lands(&g, to, spi * 77773, 60),
				 (int)slots[cmd_udp_worker(spi * 77773, WORKERS)]);
	close_group(&g);
}

static void markers_go_to_ike_and_spis_to_their_worker(void **state)
{
	static const unsigned int slots[] = { 1, 2, 3 };

	(void)state;
	steers("127.0.0.1", "127.0.0.1", slots);
	steers("[::1]", "::1", slots);
	steers("[::]", "::1", slots);
	steers("[::]", "127.0.0.1", slots);
}

static void the_slot_map_is_obeyed(void **state)
{
	static const unsigned int slots[] = { 3, 1, 2 };

	(void)state;
	steers("127.0.0.1", "127.0.0.1", slots);
}

static void spis_spread_over_all_workers(void **state)
{
	unsigned int count[WORKERS] = { 0 };

	(void)state;
	for (uint32_t spi = 256; spi < 256 + 3000; spi++)
		count[cmd_udp_worker(spi, WORKERS)]++;
	for (int i = 0; i < WORKERS; i++)
		assert_in_range(count[i], 800, 1200);
}

static void a_second_program_is_told_that_the_port_is_in_use(void **state)
{
	struct group g = open_group("127.0.0.1");
	struct cmd_why why;
	int fd;

	(void)state;
	assert_int_equal(cmd_udp_bind_first(&g.at, &fd, &why), IKE_E_SYSTEM);
	assert_non_null(strstr(why.sentence, "the port is in use"));
	assert_non_null(why.hint);
	assert_int_equal(fd, -1);
	close_group(&g);
}

static void nobody_joins_a_port_that_is_not_shared(void **state)
{
	struct endpoint at = endpoint("127.0.0.1");
	struct cmd_why why;
	int first, second;

	(void)state;
	assert_int_equal(cmd_udp_bind(&at, &first, &why), IKE_OK);
	assert_int_equal(cmd_udp_local(first, &at), IKE_OK);
	assert_int_equal(cmd_udp_join(&at, &second, &why), IKE_E_SYSTEM);
	close(first);
}

static void another_user_cannot_join_until_the_socket_is_his(void **state)
{
	struct endpoint at = endpoint("127.0.0.1");
	struct cmd_why why;
	int first, second;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(cmd_udp_bind_first(&at, &first, &why), IKE_OK);
	assert_int_equal(cmd_udp_local(first, &at), IKE_OK);
	if (seteuid(4242))
		skip();
	assert_int_equal(cmd_udp_join(&at, &second, &why), IKE_E_SYSTEM);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchown(first, 4242, 4242), 0);
	assert_int_equal(seteuid(4242), 0);
	assert_int_equal(cmd_udp_join(&at, &second, &why), IKE_OK);
	assert_int_equal(seteuid(0), 0);
	close(first);
	close(second);
}

static void an_address_of_another_host_is_refused_with_a_hint(void **state)
{
	struct endpoint at = endpoint("192.0.2.1:14500");
	struct cmd_why why;
	int fd;

	(void)state;
	assert_int_equal(cmd_udp_bind_first(&at, &fd, &why), IKE_E_SYSTEM);
	assert_string_equal(why.sentence,
			    "cannot bind 192.0.2.1:14500: this host does not have that address");
	assert_non_null(why.hint);
}

static void a_low_port_needs_the_capability(void **state)
{
	struct endpoint at = endpoint("127.0.0.1:500");
	struct cmd_why why;
	int fd;

	(void)state;
	if (geteuid() != 0 || seteuid(4242))
		skip();
	assert_int_equal(cmd_udp_bind(&at, &fd, &why), IKE_E_PERMISSION);
	assert_string_equal(why.hint,
			    "grant CAP_NET_BIND_SERVICE, or hand the socket over with ike-open");
	assert_int_equal(seteuid(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markers_go_to_ike_and_spis_to_their_worker),
		cmocka_unit_test(the_slot_map_is_obeyed),
		cmocka_unit_test(spis_spread_over_all_workers),
		cmocka_unit_test(a_second_program_is_told_that_the_port_is_in_use),
		cmocka_unit_test(nobody_joins_a_port_that_is_not_shared),
		cmocka_unit_test(another_user_cannot_join_until_the_socket_is_his),
		cmocka_unit_test(an_address_of_another_host_is_refused_with_a_hint),
		cmocka_unit_test(a_low_port_needs_the_capability),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
