/* The file of an identity provider: a byte with whether this is a service for development, then the
 * text. What passes is what the rest of the service counts on. */
#include "fuzz.h"

#include "base/cleanup.h"
#include "keys/provider.h"

static void check(const struct provider *p, bool development)
{
	HOLD(strncmp(p->issuer, "https://", 8) == 0 && p->client_id[0] != '\0');
	HOLD(strncmp(p->authorization_endpoint, "https://", 8) == 0);
	HOLD(strncmp(p->token_endpoint, "https://", 8) == 0);
	HOLD(p->jwks_file[0] != '\0' || strncmp(p->jwks_uri, "https://", 8) == 0);
	HOLD(p->staff || p->encrypted);
	HOLD(development || strstr(p->acr, "loatest") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf why = BUF_MAX(4096);
	struct provider p;
	if (size < 1)
		return 0;
	bool development = data[0] & 1;
	if (provider_parse(SLICE_LIT("bank"), slice_of(data + 1, size - 1), development, &p,
		    &why) != ERR_OK) {
		HOLD(why.n > 0);
		return 0;
	}
	check(&p, development);
	provider_done(&p);
	return 0;
}
