/* SPDX-License-Identifier: ISC */
#include "ranges.h"

/* Stands a before b? A total order, so that each node can be found again. */
static bool before(const struct ike_range *a, const struct ike_range *b)
{
	int c = ip_cmp(&a->s->first, &b->s->first);

	if (c)
		return c < 0;
	return a->rank != b->rank ? a->rank < b->rank : (uintptr_t)a < (uintptr_t)b;
}

static void pull(struct ike_range *r)
{
	r->last = r->s->last;
	if (r->left && ip_cmp(&r->left->last, &r->last) > 0)
		r->last = r->left->last;
	if (r->right && ip_cmp(&r->right->last, &r->last) > 0)
		r->last = r->right->last;
}

/* Divides the tree at r, which is not in it. */
static void split(struct ike_range *tree, const struct ike_range *r, struct ike_range **left,
		  struct ike_range **right)
{
	if (!tree) {
		*left = *right = NULL;
		return;
	}
	if (before(tree, r)) {
		split(tree->right, r, &tree->right, right);
		*left = tree;
	} else {
		split(tree->left, r, left, &tree->left);
		*right = tree;
	}
	pull(tree);
}

/* All of `left` stand before all of `right`. */
static struct ike_range *merge(struct ike_range *left, struct ike_range *right)
{
	if (!left || !right)
		return left ? left : right;
	if (left->rank > right->rank) {
		left->right = merge(left->right, right);
		pull(left);
		return left;
	}
	right->left = merge(left, right->left);
	pull(right);
	return right;
}

static void insert(struct ike_range **at, struct ike_range *r)
{
	struct ike_range *tree = *at;

	if (tree && tree->rank >= r->rank) {
		insert(before(r, tree) ? &tree->left : &tree->right, r);
		pull(tree);
		return;
	}
	split(tree, r, &r->left, &r->right);
	pull(r);
	*at = r;
}

void ike_range_add(struct ike_range **root, struct ike_range *r, const struct selector *s,
		   void *owner, uint64_t rank)
{
	*r = (struct ike_range){ .s = s, .owner = owner, .rank = rank };
	insert(root, r);
}

static void take_out(struct ike_range **at, const struct ike_range *r)
{
	struct ike_range *tree = *at;

	if (tree == r) {
		*at = merge(tree->left, tree->right);
		return;
	}
	take_out(before(r, tree) ? &tree->left : &tree->right, r);
	pull(tree);
}

void ike_range_remove(struct ike_range **root, struct ike_range *r)
{
	if (!r->s)
		return;
	take_out(root, r);
	*r = (struct ike_range){ 0 };
}

bool ike_range_meets(const struct ike_range *root, const struct selector *s,
		     bool (*hit)(const void *owner, const void *ctx), const void *ctx)
{
	struct selector meet;

	if (!root || ip_cmp(&root->last, &s->first) < 0)
		return false;
	if (ike_range_meets(root->left, s, hit, ctx))
		return true;
	if (ip_cmp(&root->s->first, &s->last) > 0)
		return false;
	return (selector_meet(root->s, s, &meet) && hit(root->owner, ctx)) ||
	       ike_range_meets(root->right, s, hit, ctx);
}
