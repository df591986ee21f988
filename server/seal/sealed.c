/* Lengths of sealed bytes. A length that SEAL cannot have is refused at the door, so that nothing
 * but sealed bytes of a padded size is ever stored; what is inside is for the browsers to judge. */
#include "seal/sealed.h"

#include "base/crypt.h"
#include "seal/label.h"

#define PREFIX_SIZE 56
#define CHUNK_SIZE 16384
#define TAG_SIZE 16
#define PAD_LEAST 256
#define PAD_MOST 65536
/* The longest plaintext of an invitation is 4 + 196 + 255 bytes. */
#define INVITE_PAD_MOST 512

size_t sealed_size(size_t p)
{
	return PREFIX_SIZE + p + TAG_SIZE * (p / CHUNK_SIZE + 1);
}

static bool is_padded_to(size_t size, size_t most)
{
	for (size_t p = PAD_LEAST; p <= most; p *= 2)
		if (size == sealed_size(p))
			return true;
	return false;
}

bool sealed_size_is_padded(size_t size)
{
	return is_padded_to(size, PAD_MOST);
}

bool sealed_size_is_possible(uint64_t size)
{
	return size > PREFIX_SIZE && (size - PREFIX_SIZE) % (CHUNK_SIZE + TAG_SIZE) >= TAG_SIZE;
}

bool sealed_invite_fits(size_t size)
{
	return is_padded_to(size, INVITE_PAD_MOST);
}

struct hash invite_token_hash(struct slice token)
{
	return crypt_sha256_parts((struct slice[]){LABEL(LABEL_TOKEN), token}, 2);
}
