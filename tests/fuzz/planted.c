/* Not of the server: a program with a fault of its own behind three comparisons, which the runner
 * must find before what it says about the others counts. */
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	static volatile uint8_t after;
	if (size >= 3 && copy[0] == 'L' && copy[1] == 'U' && copy[2] == 'O')
		after = copy[size + 1];
	free(copy);
	HOLD(size > 0 || after == 0);
	return 0;
}
