/* SPDX-License-Identifier: ISC */
#include "checksum.h"

#include "octets.h"

uint64_t esp_sum(uint64_t sum, struct span s)
{
	const uint8_t *p = s.p;
	size_t n = s.n;
	uint64_t a = 0, b = 0, c = 0, d = 0;  /* so that no addition waits for the one before */

	for (; n >= 16; p += 16, n -= 16) {
		a += esp_get32(p);
		b += esp_get32(p + 4);
		c += esp_get32(p + 8);
		d += esp_get32(p + 12);
	}
	sum += a + b + c + d;
	for (; n >= 2; p += 2, n -= 2)
		sum += esp_get16(p);
	return n ? sum + ((uint64_t)*p << 8) : sum;
}

uint64_t esp_sum_pseudo(const uint8_t *ip, uint8_t protocol, uint32_t length)
{
	bool v6 = ip[0] >> 4 == 6;
	uint64_t sum = esp_sum(0, v6 ? span_of(ip + 8, 32) : span_of(ip + 12, 8));

	return sum + protocol + length;
}

uint16_t esp_sum_field(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
