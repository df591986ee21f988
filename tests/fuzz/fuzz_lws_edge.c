/* What a hostile or broken edge could send to a worker's Unix socket (sockets.h). */
#include "sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sockets.server == NULL)
		sockets_serve(true);
	return sockets_try(slice_of(data, size));
}
