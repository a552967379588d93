/* SPDX-License-Identifier: ISC */
/* The table of the protocol: complete, without rows that can never be reached, and well formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rules.h"

static const struct ike_rule *rules;
static size_t n;

static void rows_are_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < n; i++) {
		const struct ike_rule *r = &rules[i];

		assert_int_equal(r->must & r->may, 0);
		assert_non_null(r->handler);
		assert_true(strlen(r->story) > 4);
		assert_true(r->next != IKE_S_NONE && r->state != IKE_S_DEAD);
		assert_string_not_equal(ike_exchange_name(r->exchange), "unknown");
		assert_string_not_equal(ike_state_name(r->next), "?");
	}
}

/* By its story a ladder of the simulator tells which row was walked. */
static void no_two_rows_have_one_story(void **state)
{
	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			assert_string_not_equal(rules[i].story, rules[k].story);
}

/* The first row whose payloads are there wins: a later one must not be hidden by it. */
static void no_row_is_hidden(void **state)
{
	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			if (rules[i].state != rules[k].state ||
			    rules[i].response != rules[k].response ||
			    rules[i].exchange != rules[k].exchange)
				continue;
			if ((rules[i].must & rules[k].must) == rules[i].must)
				print_error("row %zu hides row %zu\n", i, k);
			assert_true((rules[i].must & rules[k].must) != rules[i].must);
		}
	}
}

static bool has_row(enum ike_state s, uint8_t exchange, bool response)
{
	for (size_t i = 0; i < n; i++)
		if (rules[i].state == s && rules[i].exchange == exchange &&
		    rules[i].response == response)
			return true;
	return false;
}

/* Each state, exchange and role has a row, or an answer of its own: never one that ends an IKE_SA
 * that is up for a request, and never a word to a stranger's response. */
static void every_message_has_an_answer(void **state)
{
	static const uint8_t exchanges[] = { IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL,
					     IKE_INTERMEDIATE, 99 };

	(void)state;
	for (int s = IKE_S_NONE; s <= IKE_S_DEAD; s++) {
		for (size_t i = 0; i < sizeof exchanges; i++) {
			if (has_row(s, exchanges[i], false))
				continue;
			assert_true(ike_otherwise(s, false) != IKE_OTHERWISE_END);
			assert_true(ike_otherwise(s, true) != IKE_OTHERWISE_REFUSE);
		}
	}
	assert_true(has_row(IKE_S_UP, INFORMATIONAL, false));
	assert_true(has_row(IKE_S_UP, CREATE_CHILD_SA, false));
	assert_true(has_row(IKE_S_DELETING, CREATE_CHILD_SA, false));
	assert_int_equal(ike_otherwise(IKE_S_INIT_SENT, true), IKE_OTHERWISE_WAIT);
	assert_int_equal(ike_otherwise(IKE_S_SIGNING, false), IKE_OTHERWISE_WAIT);
}

/* From the two beginnings, each state in which something is received can be reached. */
static void every_state_is_reached(void **state)
{
	unsigned int seen = 1u << IKE_S_NONE | 1u << IKE_S_INIT_SENT, before = 0;

	(void)state;
	while (seen != before) {
		before = seen;
		for (size_t i = 0; i < n; i++)
			if (seen & 1u << rules[i].state)
				seen |= 1u << rules[i].next;
		/* helpers' answers */
		if (seen & 1u << IKE_S_SIGNING)
			seen |= 1u << IKE_S_AUTH_SENT;
		if (seen & 1u << IKE_S_VERIFYING)
			seen |= 1u << IKE_S_SIGNING | 1u << IKE_S_UP;
		if (seen & 1u << IKE_S_UP)
			seen |= 1u << IKE_S_DELETING;
	}
	for (int s = IKE_S_NONE; s <= IKE_S_DEAD; s++)
		assert_true(seen & 1u << s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_well_formed),
		cmocka_unit_test(no_two_rows_have_one_story), cmocka_unit_test(no_row_is_hidden),
		cmocka_unit_test(every_message_has_an_answer),
		cmocka_unit_test(every_state_is_reached),
	};

	n = ike_rules(&rules);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
