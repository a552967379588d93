/* SPDX-License-Identifier: ISC */
/*
 * A key exchange that costs nothing, linked in the place of libike/ke.c (--wrap): Diffie-Hellman
 * modulo 2^61 - 1, stretched to the sizes of the group it stands for. For simulations, which look
 * at who says what when, not at the strength of it.
 */
#include "ke_double.h"

#include <stdlib.h>
#include <string.h>

#include "set.h"

#define P ((1ull << 61) - 1)
#define GENERATOR 37
#define PUBLIC_MAX 1024

struct fake { uint64_t x; size_t n; uint8_t public[PUBLIC_MAX]; };

static bool on = true;

/* Names that the linker gives. */
enum ike_err __real_ike_ke_new(struct ike_crypto *c, uint16_t group, struct ike_ke **out);
struct span __real_ike_ke_public(const struct ike_ke *ke);
enum ike_err __real_ike_ke_derive(struct ike_crypto *c, struct ike_ke *ke, struct span peer,
				  struct secret *out);
enum ike_err __real_ike_ke_private(const struct ike_ke *ke, struct secret *out);
enum ike_err __real_ike_ke_restore(struct ike_crypto *c, uint16_t group, struct span private,
				   struct span public, struct ike_ke **out);
void __real_ike_ke_free(struct ike_ke *ke);
enum ike_err __wrap_ike_ke_new(struct ike_crypto *c, uint16_t group, struct ike_ke **out);
struct span __wrap_ike_ke_public(const struct ike_ke *ke);
enum ike_err __wrap_ike_ke_derive(struct ike_crypto *c, struct ike_ke *ke, struct span peer,
				  struct secret *out);
enum ike_err __wrap_ike_ke_private(const struct ike_ke *ke, struct secret *out);
enum ike_err __wrap_ike_ke_restore(struct ike_crypto *c, uint16_t group, struct span private,
				   struct span public, struct ike_ke **out);
void __wrap_ike_ke_free(struct ike_ke *ke);

void ke_double(bool is)
{
	on = is;
}

static uint64_t power(uint64_t base, uint64_t x)
{
	unsigned __int128 b = base % P, y = 1;

	for (; x; x >>= 1) {
		if (x & 1)
			y = y * b % P;
		b = b * b % P;
	}
	return (uint64_t)y;
}

static void stretch(uint64_t value, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i < 8 ? value >> (8 * i) : set_mix(value, i));
}

static enum ike_err fake(uint64_t x, uint16_t group, struct ike_ke **out)
{
	struct fake *f = ike_ke_known(group) ? calloc(1, sizeof *f) : NULL;

	*out = (struct ike_ke *)f;
	if (!f)
		return IKE_E_CRYPTO;
	f->x = x;
	f->n = ike_ke_size(group);
	stretch(power(GENERATOR, f->x), f->public, f->n);
	return IKE_OK;
}

enum ike_err __wrap_ike_ke_new(struct ike_crypto *c, uint16_t group, struct ike_ke **out)
{
	uint64_t x = 0;
	enum ike_err err;

	if (!on)
		return __real_ike_ke_new(c, group, out);
	err = ike_random(c, &x, sizeof x);
	return err ? err : fake(x, group, out);
}

enum ike_err __wrap_ike_ke_private(const struct ike_ke *ke, struct secret *out)
{
	const struct fake *f = (const struct fake *)ke;

	return on ? secret_set(out, span_of(&f->x, sizeof f->x)) : __real_ike_ke_private(ke, out);
}

enum ike_err __wrap_ike_ke_restore(struct ike_crypto *c, uint16_t group, struct span private,
				   struct span public, struct ike_ke **out)
{
	uint64_t x = 0;

	if (!on)
		return __real_ike_ke_restore(c, group, private, public, out);
	if (private.n != sizeof x)
		return IKE_E_INPUT;
	memcpy(&x, private.p, sizeof x);
	return fake(x, group, out);
}

struct span __wrap_ike_ke_public(const struct ike_ke *ke)
{
	const struct fake *f = (const struct fake *)ke;

	return on ? span_of(f->public, f->n) : __real_ike_ke_public(ke);
}

enum ike_err __wrap_ike_ke_derive(struct ike_crypto *c, struct ike_ke *ke, struct span peer,
				  struct secret *out)
{
	const struct fake *f = (const struct fake *)ke;
	uint64_t value = 0;
	enum ike_err err;

	if (!on)
		return __real_ike_ke_derive(c, ke, peer, out);
	secret_free(out);
	if (peer.n != f->n)
		return IKE_E_SYNTAX;
	err = secret_make(out, 32);
	for (size_t i = 0; i < 8; i++)
		value |= (uint64_t)peer.p[i] << (8 * i);
	if (!err)
		stretch(power(value, f->x), out->p, out->n);
	return err;
}

void __wrap_ike_ke_free(struct ike_ke *ke)
{
	if (!on)
		__real_ike_ke_free(ke);
	else
		free(ke);
}
