/* SPDX-License-Identifier: ISC */
/*
 * main() of a fuzz target built as a plain program: fuzz_NAME FILE|DIR... feeds it each file, then,
 * of short files, beginnings and copies with one octet changed, at PLACES places. What a target
 * finds wrong it says by abort(); a sanitizer build sees more. Exit: 0, or 66 when there is nothing
 * to feed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT 1024
#define PLACES 20

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

static void feed_variants(uint8_t *data, size_t n)
{
	static const uint8_t change[] = { 0x01, 0x80, 0xff };

	feed(data, n);
	for (size_t i = 0; n <= SHORT && i < n; i += n / PLACES + 1) {
		feed(data, i);
		for (size_t c = 0; c < sizeof change; c++) {
			data[i] ^= change[c];
			feed(data, n);
			data[i] ^= change[c];
		}
	}
}

/* Answers the number of inputs, 0 if the file cannot be read. */
static unsigned int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(1 << 20);
	size_t n;

	if (!f || !data) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		free(data);
		return 0;
	}
	n = fread(data, 1, 1 << 20, f);
	(void)fclose(f);
	feed_variants(data, n);
	free(data);
	return 1;
}

static unsigned int replay(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int inputs = 0;
	char name[4096];
	const struct dirent *e;

	if (!dir)
		return replay_file(path);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		inputs += replay_file(name);
	}
	(void)closedir(dir);
	return inputs;
}

int main(int argc, char **argv)
{
	unsigned int inputs = 0;

	feed((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		inputs += replay(argv[i]);
	printf("%u inputs, and variants of the short ones\n", inputs);
	return inputs ? 0 : 66;
}
