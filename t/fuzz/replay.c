/* SPDX-License-Identifier: ISC */
/*
 * main() of a fuzz target built as a plain program: fuzz_NAME FILE|DIR... feeds it each file, then
 * beginnings of them and copies with one octet changed: at every octet, or, when that would take
 * longer than a few seconds, at as many as they allow. What a target finds wrong it says by
 * abort(); a sanitizer build sees more. Exit: 0, or 66 when there is nothing to feed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS 4  /* for all variants together */
#define VARIANTS 4

static size_t octets, place, stride, inputs;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that reading past the end is seen. */
static void feed(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy, data, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void feed_first(uint8_t *data, size_t n)
{
	feed(data, n);
	octets += n;
	inputs++;
}

static void feed_variants(uint8_t *data, size_t n)
{
	static const uint8_t change[VARIANTS - 1] = { 0x01, 0x80, 0xff };

	for (size_t i = 0; i < n; i++) {
		if (place++ % stride)
			continue;
		feed(data, i);
		for (size_t c = 0; c < sizeof change; c++) {
			data[i] ^= change[c];
			feed(data, n);
			data[i] ^= change[c];
		}
	}
}

static void replay_file(const char *path, void (*how)(uint8_t *, size_t))
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20);
	size_t n;

	if (!f || !data) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		free(data);
		return;
	}
	n = fread(data, 1, 1 << 20, f);
	(void)fclose(f);
	how(data, n);
	free(data);
}

static void replay(const char *path, void (*how)(uint8_t *, size_t))
{
	DIR *dir = opendir(path);
	char name[4096];
	const struct dirent *e;

	if (!dir) {
		replay_file(path, how);
		return;
	}
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		replay_file(name, how);
	}
	(void)closedir(dir);
}

int main(int argc, char **argv)
{
	double spent;
	clock_t begun = clock();

	feed((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i], feed_first);
	if (!inputs)
		return 66;
	spent = (double)(clock() - begun) / CLOCKS_PER_SEC;
	stride = 1 + (size_t)(spent / (double)inputs * VARIANTS * (double)octets / SECONDS);
	for (int i = 1; i < argc; i++)
		replay(argv[i], feed_variants);
	printf("%zu inputs of %zu octets, and variants at 1 of %zu octets, in %.1f s\n", inputs,
	       octets, stride, (double)(clock() - begun) / CLOCKS_PER_SEC);
	return 0;
}
