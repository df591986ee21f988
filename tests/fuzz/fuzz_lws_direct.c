/* What strangers could send to the listener that ends TLS itself (sockets.h). */
#include "sockets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sockets.server == NULL)
		sockets_serve(false);
	return sockets_try(slice_of(data, size));
}
